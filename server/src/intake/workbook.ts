/**
 * In: the bytes of a workbook that is not too large. Out: its head, and its rows. Called by: table.ts.
 * It is read by a thread of its own with a memory of its own: a hundred thousand rows take seconds, in which requests must be answered.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { UserError } from '../platform/errors.ts';
import type { TableRow } from './table.ts';

const MEMORY_MB = 1024;
const FILE = new URL(
  import.meta.url.endsWith('.ts') ? './workbook-worker.ts' : './workbook-worker.js',
  import.meta.url,
);

interface Head {
  columns: string[];
  total: number;
  /** Of all texts, each as often as it stands in a cell. */
  characters: number;
}

export type WorkbookMessage = Head | { rows: TableRow[] } | { problem: 'empty' | 'unreadable' };

/** @throws UserError when it cannot be read. */
export async function workbookHead(bytes: Buffer): Promise<Head> {
  const worker = start(bytes);
  try {
    return await headOf(worker);
  } finally {
    await worker.terminate();
  }
}

export async function* workbookRows(bytes: Buffer): AsyncGenerator<TableRow> {
  const worker = start(bytes);
  try {
    await headOf(worker);
    for (;;) {
      worker.postMessage('more');
      const message = await heard(worker);
      if (!('rows' in message) || message.rows.length === 0) return;
      yield* message.rows;
    }
  } finally {
    await worker.terminate();
  }
}

function start(bytes: Buffer): Worker {
  return new Worker(fileURLToPath(FILE), { workerData: bytes, resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB } });
}

async function headOf(worker: Worker): Promise<Head> {
  const message = await heard(worker);
  if ('columns' in message) return message;
  const empty = 'problem' in message && message.problem === 'empty';
  throw new UserError(
    'invalid-input',
    `文件无法读取：${empty ? '工作簿里没有内容' : '不是有效的 Excel 文件，或已加密'}。没有导入任何内容。`,
    { todo: empty ? '请核对文件。' : '请取消密码后另存为 .xlsx，或另存为 CSV。' },
  );
}

async function heard(worker: Worker): Promise<WorkbookMessage> {
  try {
    const [message] = (await once(worker, 'message')) as [WorkbookMessage];
    return message;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY')
      throw new UserError('too-large', `工作簿的内容超过 ${MEMORY_MB} MB 内存，没有导入任何内容。`, {
        todo: '请只保留要导入的工作表和列，拆成几个文件，或另存为 CSV 后重试。',
        cause,
      });
    throw cause;
  }
}

/** In: an NDJSON file in the import format, plain or .gz. Out: its rows as posts, and a ledger as JSON. Called by: cli.ts. */
import type { IngestReport } from '@minsheng/contracts';
import { existsSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { linesOf } from '../enrich/datasets.ts';
import { EnrichPool } from '../enrich/pool.ts';
import type { Arrival, Rejected } from '../intake/intake.ts';
import { open, type Opened } from '../open.ts';
import { addReports, emptyReport, note, type Prepared } from '../pipeline.ts';
import { readConfig } from '../platform/config.ts';
import { UserError } from '../platform/errors.ts';
import { ModelStore } from '../labels/model-store.ts';
import type { SearchEngine } from '../search/search-engine.ts';
import { dictionaryOf } from '../system/dictionary.ts';
import { answer, parsed, required, say, type Verb } from './verb.ts';

const BATCH = 4000;
/** The first batch is this small, the next twice as large and so on: the writing thread has work as soon as the other one is ready. */
const FIRST_BATCH = 600;
/** A batch of long texts ends earlier, in characters: memory follows text, not rows. */
const BATCH_CHARACTERS = 4_000_000;
/** Batches prepared before one must be written: enough to keep the other thread busy, few enough to stay small. */
const AHEAD = 2;

export const ingestVerb: Verb = {
  usage: '文件 [--quiet]',
  summary: '导入 NDJSON（可为 .gz），输出一行 JSON 台账',
  async run(args) {
    const { positionals, values } = parsed(args, { quiet: { type: 'boolean' } });
    const file = required(positionals[0], '要导入的文件');
    if (!existsSync(file))
      throw new UserError('not-found', `没有找到文件 ${file}。`, { kept: '没有写入任何内容。', todo: '请核对路径。' });
    const opened = await open(readConfig(), (step) => say(`· ${step}`));
    try {
      const left = await opened.core.demo.leaveFor('导入真实数据');
      if (left) say('· 已离开演示，演示数据已清除');
      const ledger = await ingestFile(opened, file, values.quiet === true ? () => undefined : progress());
      await follow(opened.core.engine);
      answer(ledger);
      return 0;
    } finally {
      await opened.close();
    }
  },
};

/** An index outside the database comes after the records; the person is told when it does not come. */
export async function follow(engine: SearchEngine): Promise<void> {
  const { behind, problem } = await engine.settle();
  if (behind > 0) say(`· 检索落后 ${behind} 条（${problem ?? '仍在写入'}）；帖文已入库，下次启动后自动补上`);
}

function progress(): (report: IngestReport, seconds: number) => void {
  let last = 0;
  return (report, seconds) => {
    if (seconds - last < 2) return;
    last = seconds;
    say(
      `· 已读 ${report.read} 条，入库 ${report.stored}，重复 ${report.duplicate}，拒收 ${report.rejected}（${Math.round(report.read / seconds)} 条/秒）`,
    );
  };
}

/** read = stored + duplicate + rejected. */
export interface Ledger extends IngestReport {
  seconds: number;
  postsPerSecond: number;
  /** The most that this process ever held, as the operating system counted it. */
  peakMemoryMB: number;
}

/** The first limit of a heap is set for a long-lived program; after one sweep it follows what is really alive. */
function sweep(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Each batch is committed by itself, so a stopped import is continued by running it again: what is stored counts as duplicate. */
export async function ingestFile(
  opened: Pick<Opened, 'core'>,
  file: string,
  onProgress: (report: IngestReport, seconds: number) => void,
): Promise<Ledger> {
  const { pipeline, db, config } = opened.core;
  // Batches come and go; left alone, the heaps of both threads grow to several times what lives in them before they are swept.
  setFlagsFromString('--heap-growing-percent=30');
  setFlagsFromString('--max-semi-space-size=6');
  sweep();
  const pool = EnrichPool.open(await dictionaryOf(db), new ModelStore(config.dataDir).directory);
  const started = performance.now();
  let total = emptyReport(0);
  let arrivals: Arrival[] = [];
  let malformed: Rejected[] = [];
  let characters = 0;
  let batch = FIRST_BATCH;
  /** Batches on their way through intake and enrich, in the order of the file: the other thread works while this one writes. */
  const ahead: { preparing: Promise<Prepared>; broken: IngestReport }[] = [];
  const writeOne = async () => {
    const first = ahead.shift();
    if (first === undefined) return;
    const report = await pipeline.commit(await first.preparing);
    total = addReports(total, addReports(report, first.broken));
    onProgress(total, (performance.now() - started) / 1000);
  };
  const flush = async () => {
    const broken = emptyReport(malformed.length);
    note(broken, malformed);
    const preparing = pipeline.prepare({ arrivals, sourceId: null }, pool);
    // Waited for in its turn; until then a failure must not count as unheard.
    preparing.catch(() => undefined);
    ahead.push({ preparing, broken });
    arrivals = [];
    malformed = [];
    characters = 0;
    batch = Math.min(BATCH, 2 * batch);
    if (ahead.length > AHEAD) await writeOne();
  };
  let number = 0;
  for await (const line of linesOf(file)) {
    number++;
    if (line.trim() === '') continue;
    const at = `第 ${number} 行`;
    try {
      arrivals.push({ at, item: JSON.parse(line) as unknown });
    } catch {
      malformed.push({ at, reason: 'malformed-json', detail: line.slice(0, 80) });
    }
    characters += line.length;
    if (arrivals.length + malformed.length >= batch || characters >= BATCH_CHARACTERS) await flush();
  }
  if (arrivals.length + malformed.length > 0) await flush();
  while (ahead.length > 0) await writeOne();
  await pool?.close();
  const seconds = (performance.now() - started) / 1000;
  return {
    ...total,
    seconds: Number(seconds.toFixed(2)),
    postsPerSecond: Math.round(total.read / seconds),
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

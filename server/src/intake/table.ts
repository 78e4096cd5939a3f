/**
 * In: a file that somebody exported by hand. Out: its columns and rows as text, whatever its format and charset. Called by: imports. No database.
 */
import { parse } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import { OFFICE_OFFSET_MS } from '../platform/clock.ts';
import { UserError } from '../platform/errors.ts';
import { workbookHead, workbookRows } from './workbook.ts';
import { guardWorkbook } from './workbook-guard.ts';

export const IMPORT_MAX_BYTES = 25 * 1024 * 1024;
const MAX_ROWS = 200_000;
const MAX_COLUMNS = 200;
/** Of all cells together: what a workbook says once and shows in every row counts every time. */
const MAX_CHARACTERS = 200_000_000;
/** A quotation that never ends would take the rest of the file for one cell. */
const MAX_RECORD = 1_000_000;
const CHUNK = 65_536;

/** A row and its line in the file. */
export interface TableRow {
  line: number;
  cells: string[];
}

export interface Table {
  format: 'csv' | 'xlsx' | 'ndjson';
  encoding: string | null;
  columns: string[];
  total: number;
  /** From the first row, anew with every call; a text file is never held as a whole. */
  rows(): AsyncIterable<TableRow>;
}

/** @throws UserError in words when the file cannot be read as a table. */
export async function readTable(bytes: Buffer, name: string): Promise<Table> {
  if (bytes.length === 0) throw unreadable('文件是空的');
  // A workbook is a zip archive, whatever it is called.
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return workbook(bytes);
  if (bytes.subarray(0, 8).toString('hex') === 'd0cf11e0a1b11ae1')
    throw unreadable('这是旧版 Excel 文件（.xls）', '请在 Excel 中另存为 .xlsx 或 CSV 后再导入。');
  const { encoding, label } = charsetOf(bytes);
  const text = () => unhurried(decoded(bytes, label));
  const [head = ''] = decoded(bytes, label);
  const json = /\.(?:ndjson|jsonl)$/iu.test(name) || head.trimStart().startsWith('{');
  const columns: string[] = [];
  const rows = json ? () => ndjson(text(), columns) : () => csv(text(), delimiterOf(head), columns);
  // One pass over the whole file, so that what cannot be read is said before anything is imported.
  let total = 0;
  for await (const { cells } of rows()) {
    if (++total > MAX_ROWS) throw tooMany('行', MAX_ROWS);
    if (cells.length > MAX_COLUMNS) throw tooMany('列', MAX_COLUMNS);
  }
  if (columns.length === 0) throw unreadable(json ? '没有一行是有效的 JSON 对象' : '没有表头');
  if (columns.length > MAX_COLUMNS) throw tooMany('列', MAX_COLUMNS);
  return { format: json ? 'ndjson' : 'csv', encoding, columns, total, rows };
}

/** BOM, else UTF-8 where it is valid, else GB18030, which Excel on Chinese Windows writes. */
function charsetOf(bytes: Buffer): { encoding: string; label: string } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: 'UTF-16', label: 'utf-16le' };
  try {
    const pieces = decoded(bytes, 'utf-8', true);
    while (pieces.next().done !== true);
    return { encoding: 'UTF-8', label: 'utf-8' };
  } catch {
    return { encoding: 'GB18030（GBK）', label: 'gb18030' };
  }
}

function* decoded(bytes: Buffer, label: string, fatal = false): Generator<string> {
  const decoder = new TextDecoder(label, { fatal });
  for (let from = 0; from < bytes.length; from += CHUNK)
    yield decoder.decode(bytes.subarray(from, from + CHUNK), { stream: true });
  yield decoder.decode();
}

/** Between two pieces this thread answers others. */
async function* unhurried(pieces: Iterable<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    yield piece;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The delimiter that the first line uses most. */
function delimiterOf(text: string): string {
  const [head = ''] = text.split('\n', 1);
  return [',', '\t', ';'].toSorted((a, b) => head.split(b).length - head.split(a).length)[0] ?? ',';
}

/** @param columns filled with the first record. */
async function* csv(text: AsyncIterable<string>, delimiter: string, columns: string[]): AsyncGenerator<TableRow> {
  const parser = parse({
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD,
    info: true,
  });
  // Errors reach the loop below; one that ends early needs no more of the text.
  pipeline(Readable.from(text), parser, () => undefined);
  let head = true;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const cells = record.map((cell) => cell.trim());
      if (!head) yield { line: info.lines, cells };
      else if (columns.length === 0) columns.push(...cells);
      head = false;
    }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'CSV_MAX_RECORD_SIZE')
      throw unreadable(
        `有一行超过 ${MAX_RECORD} 个字，通常是引号没有成对`,
        '请在 Excel 中打开核对引号，另存为 CSV 后重试。',
      );
    throw cause instanceof UserError
      ? cause
      : unreadable(`不是有效的 CSV（${cause instanceof Error ? cause.message : ''}）`);
  }
}

async function workbook(bytes: Buffer): Promise<Table> {
  await guardWorkbook(bytes, { rows: MAX_ROWS + 1, columns: MAX_COLUMNS });
  const { columns, total, characters } = await workbookHead(bytes);
  if (characters > MAX_CHARACTERS)
    throw new UserError(
      'too-large',
      `表格文字展开后有 ${characters} 个字，超过 ${MAX_CHARACTERS / 1_000_000} 百万字的上限，没有导入。`,
      { todo: '请拆成几个文件，或另存为 CSV 后重试。' },
    );
  return { format: 'xlsx', encoding: null, columns, total, rows: () => workbookRows(bytes) };
}

/** @param columns in the order in which they first appear, the same in every pass. */
async function* ndjson(text: AsyncIterable<string>, columns: string[]): AsyncGenerator<TableRow> {
  const at = new Map(columns.map((name, i) => [name, i]));
  let number = 0;
  for await (const line of linesOf(text)) {
    number++;
    if (line.trim() === '') continue;
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch {
      record = null;
    }
    const cells: string[] = [];
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) {
      for (const [name, value] of Object.entries(record)) {
        let place = at.get(name);
        if (place === undefined) {
          place = columns.push(name) - 1;
          at.set(name, place);
        }
        cells[place] = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
      }
    }
    yield { line: number, cells: Array.from(cells, (c) => c ?? '') };
  }
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > MAX_RECORD) throw unreadable(`有一行超过 ${MAX_RECORD} 个字`);
  }
  if (rest !== '') yield rest;
}

function tooMany(what: '行' | '列', most: number): UserError {
  return new UserError('too-large', `文件超过 ${most} ${what}，没有导入。`, {
    todo:
      what === '行'
        ? `一次最多导入 ${most} 行。请分成几个文件，或用命令行 ingest 导入。`
        : `一次最多读取 ${most} 列。请删去不需要的列后重试。`,
  });
}

function unreadable(why: string, todo = '请核对文件，或另存为 UTF-8 编码的 CSV 后重试。'): UserError {
  return new UserError('invalid-input', `文件无法读取：${why}。没有导入任何内容。`, { todo });
}

/** `2026年11月24日 8时10分`, `2026-11-24`, an Excel day number: as intake reads times. Other texts are left to intake to refuse. */
export function tableTime(text: string): string {
  const trimmed = text.trim();
  const serial = /^\d{5}(?:\.\d+)?$/u.test(trimmed) ? Number(trimmed) : NaN;
  if (serial > 36_526 && serial < 73_050) {
    const local = Math.round((serial - 25_569) * 86_400) * 1000;
    return new Date(local - OFFICE_OFFSET_MS).toISOString();
  }
  const m =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]*(\d{1,2})[:时：](\d{1,2})(?:[:分：](\d{1,2}))?[分秒]?)?$/u.exec(
      trimmed,
    );
  if (m === null) return trimmed;
  const two = (v: string | undefined) => (v ?? '0').padStart(2, '0');
  return `${m[1]}-${two(m[2])}-${two(m[3])}T${two(m[4])}:${two(m[5])}:${two(m[6])}+08:00`;
}

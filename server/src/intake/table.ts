/**
 * In: a file that somebody exported by hand. Out: its columns and rows as text, whatever its format and charset. Called by: imports. No database.
 */
import { parse } from 'csv-parse/sync';
import readWorkbook from 'read-excel-file/node';
import { OFFICE_OFFSET_MS } from '../platform/clock.ts';
import { UserError } from '../platform/errors.ts';

export const IMPORT_MAX_BYTES = 25 * 1024 * 1024;
const MAX_ROWS = 200_000;
const MAX_COLUMNS = 200;

export interface Table {
  format: 'csv' | 'xlsx' | 'ndjson';
  encoding: string | null;
  columns: string[];
  /** Each with its line in the file. */
  rows: { line: number; cells: string[] }[];
}

/** @throws UserError in words when the file cannot be read as a table. */
export async function readTable(bytes: Buffer, name: string): Promise<Table> {
  if (bytes.length === 0) throw unreadable('文件是空的');
  // A workbook is a zip archive, whatever it is called.
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return bounded(await workbook(bytes));
  if (bytes.subarray(0, 8).toString('hex') === 'd0cf11e0a1b11ae1')
    throw unreadable('这是旧版 Excel 文件（.xls）', '请在 Excel 中另存为 .xlsx 或 CSV 后再导入。');
  const { text, encoding } = decode(bytes);
  const first = text.trimStart();
  if (/\.(?:ndjson|jsonl)$/iu.test(name) || first.startsWith('{')) return bounded(ndjson(text, encoding));
  return bounded(csv(text, encoding));
}

/** BOM, else UTF-8 where it is valid, else GB18030, which Excel on Chinese Windows writes. */
function decode(bytes: Buffer): { text: string; encoding: string } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe)
    return { text: new TextDecoder('utf-16le').decode(bytes), encoding: 'UTF-16' };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'UTF-8' };
  } catch {
    return { text: new TextDecoder('gb18030').decode(bytes), encoding: 'GB18030（GBK）' };
  }
}

function csv(text: string, encoding: string): Table {
  const head = text.slice(0, text.indexOf('\n') === -1 ? text.length : text.indexOf('\n'));
  // The delimiter that the first line uses most.
  const delimiter = [',', '\t', ';'].toSorted((a, b) => head.split(b).length - head.split(a).length)[0] ?? ',';
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      info: true,
    }) as unknown as typeof records;
  } catch (cause) {
    throw unreadable(`不是有效的 CSV（${cause instanceof Error ? cause.message : ''}）`);
  }
  const [columns, ...rows] = records;
  if (columns === undefined) throw unreadable('没有表头');
  return {
    format: 'csv',
    encoding,
    columns: columns.record.map((c) => c.trim()),
    rows: rows.map(({ record, info }) => ({ line: info.lines, cells: record.map((c) => c.trim()) })),
  };
}

async function workbook(bytes: Buffer): Promise<Table> {
  let sheets: { data: unknown[][] }[];
  try {
    sheets = (await readWorkbook(bytes)) as unknown as typeof sheets;
  } catch {
    throw unreadable('不是有效的 Excel 文件，或已加密', '请取消密码后另存为 .xlsx，或另存为 CSV。');
  }
  const data = sheets.find((s) => s.data.length > 0)?.data ?? [];
  const [head, ...rows] = data;
  if (head === undefined) throw unreadable('工作簿里没有内容');
  return {
    format: 'xlsx',
    encoding: null,
    columns: head.map(cellText),
    rows: rows
      .map((cells, i) => ({ line: i + 2, cells: cells.map(cellText) }))
      .filter(({ cells }) => cells.some((c) => c !== '')),
  };
}

/** Excel keeps times without a zone; the reader gives them as UTC, and they were meant as office time. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date) return cell.toISOString().slice(0, 19).replace('T', ' ');
  return typeof cell === 'string'
    ? cell.trim()
    : typeof cell === 'number' || typeof cell === 'boolean'
      ? String(cell)
      : '';
}

function ndjson(text: string, encoding: string): Table {
  const columns: string[] = [];
  const rows = text.split(/\r?\n/u).flatMap((line, i) => {
    if (line.trim() === '') return [];
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch {
      record = null;
    }
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return [{ line: i + 1, cells: [] }];
    const cells: string[] = [];
    for (const [name, value] of Object.entries(record)) {
      let at = columns.indexOf(name);
      if (at === -1) at = columns.push(name) - 1;
      cells[at] = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
    }
    return [{ line: i + 1, cells: Array.from(cells, (c) => c ?? '') }];
  });
  if (columns.length === 0) throw unreadable('没有一行是有效的 JSON 对象');
  return { format: 'ndjson', encoding, columns, rows };
}

function bounded(table: Table): Table {
  if (table.rows.length > MAX_ROWS)
    throw new UserError('too-large', `文件有 ${table.rows.length} 行，一次最多导入 ${MAX_ROWS} 行，没有导入。`, {
      todo: '请分成几个文件，或用命令行 ingest 导入。',
    });
  if (table.columns.length > MAX_COLUMNS) throw unreadable(`列数超过 ${MAX_COLUMNS}`);
  return table;
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

/**
 * In: the bytes of a workbook. Out: nothing, or a refusal before anything of it is unpacked into memory. Called by: table.ts.
 * An .xlsx is a zip archive: a file of a few hundred kilobytes can hold gigabytes, say it holds little, or hold what its directory does not list.
 */
import { pipeline } from 'node:stream/promises';
import { Readable, Writable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { UserError } from '../platform/errors.ts';

/** An office's largest exports stay far below: 200,000 rows of ten columns are some 100 MB of XML. */
const MAX_INFLATED = 256 * 1024 * 1024;
const MAX_ENTRIES = 2000;
const MAX_SHARED_STRINGS = 2_000_000;
/** Between two parts an archive may say a size once more, in at most so many bytes. */
const DESCRIPTOR = 24;
const CHUNK = 65_536;
/** The longest mark that is looked for, so that one on the edge of two chunks is found. */
const OVERLAP = 128;

interface Entry {
  name: string;
  method: number;
  packed: number;
  inflated: number;
  offset: number;
}

interface Limits {
  rows: number;
  columns: number;
}

/** @throws UserError that names the limit and what to do. */
export async function guardWorkbook(bytes: Buffer, limits: Limits): Promise<void> {
  const entries = directoryOf(bytes);
  if (entries.length > MAX_ENTRIES) throw tooLarge(`工作簿里有 ${entries.length} 个部件，最多 ${MAX_ENTRIES} 个`);
  const declared = entries.reduce((sum, entry) => sum + entry.inflated, 0);
  if (declared > MAX_INFLATED) throw tooLarge(`工作簿解压后有 ${megabytes(declared)}，最多 ${megabytes(MAX_INFLATED)}`);
  let actual = 0;
  for (const entry of entries) {
    const count = counterOf(entry.name, limits);
    await inflate(bytes, entry, (chunk) => {
      actual += chunk.length;
      if (actual > MAX_INFLATED) throw tooLarge(`工作簿解压后超过 ${megabytes(MAX_INFLATED)}`);
      count(chunk);
    });
  }
}

/** The parts that the archive lists, which must follow one another without a gap: a reader that goes from part to part meets no others. */
function directoryOf(bytes: Buffer): Entry[] {
  const end = bytes.lastIndexOf(Buffer.from('504b0506', 'hex'));
  if (end < 0 || end + 22 > bytes.length) throw broken();
  const entries: Entry[] = [];
  const start = bytes.readUInt32LE(end + 16);
  let at = start;
  for (let n = bytes.readUInt16LE(end + 10); n > 0; n--) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== 0x02014b50) throw broken();
    if ((bytes.readUInt16LE(at + 8) & 1) === 1) throw broken();
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const [inflated = 0, packed = 0, offset = 0] = wideSizes(bytes.subarray(nameEnd, extraEnd), [
      bytes.readUInt32LE(at + 24),
      bytes.readUInt32LE(at + 20),
      bytes.readUInt32LE(at + 42),
    ]);
    const method = bytes.readUInt16LE(at + 10);
    entries.push({ name: bytes.toString('utf8', at + 46, nameEnd), method, packed, inflated, offset });
    at = extraEnd + bytes.readUInt16LE(at + 32);
  }
  // Between the list and its end only what an archive with wide sizes adds.
  const wide = end >= 20 && bytes.readUInt32LE(end - 20) === 0x07064b50;
  if (at !== end - (wide ? 76 : 0)) throw broken();
  let reached = 0;
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
    const gap = entry.offset - reached;
    if (gap < 0 || gap > (reached === 0 ? 0 : DESCRIPTOR)) throw broken();
    reached = dataOf(bytes, entry) + entry.packed;
  }
  if (start - reached < 0 || start - reached > DESCRIPTOR) throw broken();
  return entries;
}

/** Sizes that do not fit, or that a writer puts there anyway, stand in an extra field in the order of the places they left. */
function wideSizes(extra: Buffer, sizes: number[]): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    return sizes.map((size) => {
      if (size !== 0xffffffff) return size;
      if (from + 8 > extra.length) throw broken();
      from += 8;
      return Number(extra.readBigUInt64LE(from - 8));
    });
  }
  return sizes;
}

/** Where a part's bytes begin. */
function dataOf(bytes: Buffer, { offset }: Entry): number {
  if (offset + 30 > bytes.length || bytes.readUInt32LE(offset) !== 0x04034b50) throw broken();
  return offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
}

/** Unpacks a part piece by piece and keeps nothing of it. */
async function inflate(bytes: Buffer, entry: Entry, take: (chunk: Buffer) => void): Promise<void> {
  const from = dataOf(bytes, entry);
  const packed = bytes.subarray(from, from + entry.packed);
  if (packed.length !== entry.packed || (entry.method !== 0 && entry.method !== 8)) throw broken();
  const pieces = function* () {
    for (let i = 0; i < packed.length; i += CHUNK) yield packed.subarray(i, i + CHUNK);
  };
  let told: unknown;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        take(chunk);
        done();
      } catch (error) {
        told = error;
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  try {
    if (entry.method === 0) await pipeline(Readable.from(pieces()), sink);
    else await pipeline(Readable.from(pieces()), createInflateRaw(), sink);
  } catch {
    throw told instanceof UserError ? told : broken();
  }
}

/** Counts what the reader would make room for: rows, columns by their address, shared texts. */
function counterOf(name: string, limits: Limits): (chunk: Buffer) => void {
  if (/^xl\/sharedStrings\.xml$/iu.test(name)) {
    let strings = 0;
    return scan(/<(?:\w+:)?si[\s>/]/gu, () => {
      if (++strings > MAX_SHARED_STRINGS) throw tooLarge(`工作簿里有超过 ${MAX_SHARED_STRINGS} 段共享文字`);
    });
  }
  if (!/^xl\/worksheets\/[^/]+\.xml$/iu.test(name)) return () => undefined;
  return scan(
    /<(?:\w+:)?(?:c|row)\s[^<>]{0,40}?\br\s*=\s*["']([A-Za-z]{0,8})(\d{1,12})["']/gu,
    ([, letters = '', digits]) => {
      if (Number(digits) > limits.rows) throw tooLarge(`工作表超过 ${limits.rows - 1} 行`);
      if (columnOf(letters) > limits.columns) throw tooLarge(`工作表超过 ${limits.columns} 列`);
    },
  );
}

function scan(pattern: RegExp, found: (match: RegExpExecArray) => void): (chunk: Buffer) => void {
  let tail = '';
  return (chunk) => {
    const text = tail + chunk.toString('latin1');
    let last = 0;
    for (const match of text.matchAll(pattern)) {
      last = match.index + match[0].length;
      found(match);
    }
    tail = text.slice(Math.max(last, text.length - OVERLAP));
  };
}

/** `A` is 1, `AA` is 27. */
function columnOf(letters: string): number {
  let column = 0;
  for (const letter of letters.toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return column;
}

function megabytes(size: number): string {
  return `${Math.ceil(size / 1024 / 1024)} MB`;
}

function tooLarge(why: string): UserError {
  return new UserError('too-large', `${why}，没有导入任何内容。`, {
    todo: '请只保留要导入的工作表，删去空白行列和图片后另存，或拆成几个文件，或另存为 CSV 后重试。',
  });
}

function broken(): UserError {
  return new UserError('invalid-input', '文件无法读取：不是有效的 Excel 文件，或已加密、已损坏。没有导入任何内容。', {
    todo: '请取消密码后另存为 .xlsx，或另存为 CSV。',
  });
}

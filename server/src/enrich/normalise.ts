/**
 * In: the text of a post as intake left it. Out: folded text (one width, one case, one script, nothing invisible) and
 * the author's own words apart from what they quote. Called by: every step of enrich; the search page for its queries.
 */
import { readFileSync } from 'node:fs';
import { modelPath } from './model-files.ts';

const DROP = 0xffff;
const SPACE = 0x20;

/** One entry per UTF-16 code unit: what it becomes; {@link DROP} removes it. Surrogates are handled by {@link fold}. */
const FOLD = buildFoldTable();

function buildFoldTable(): Uint16Array {
  const table = new Uint16Array(0x10000);
  for (let c = 0; c < 0x10000; c++) table[c] = c;
  for (let c = 0; c < 0x20; c++) table[c] = SPACE;
  for (let c = 0x7f; c <= 0xa0; c++) table[c] = SPACE;
  for (let c = 0x41; c <= 0x5a; c++) table[c] = c + 32;
  // Full-width forms; the full-width comma, exclamation and question marks fold too, so both spellings match.
  for (let c = 0xff01; c <= 0xff5e; c++) {
    const half = c - 0xfee0;
    table[c] = half >= 0x41 && half <= 0x5a ? half + 32 : half;
  }
  table[0x3000] = SPACE;
  for (const [from, to] of [
    [0x00ad, 0x00ad],
    [0x034f, 0x034f],
    [0x061c, 0x061c],
    [0x180b, 0x180e],
    [0x200b, 0x200f],
    [0x202a, 0x202e],
    [0x2060, 0x206f],
    [0xfe00, 0xfe0f],
    [0xfeff, 0xfeff],
    [0xfff0, 0xffff],
  ] as const) {
    for (let c = from; c <= to; c++) table[c] = DROP;
  }
  table[0x2028] = SPACE;
  table[0x2029] = SPACE;
  const pairs = readFileSync(modelPath('traditional.txt'), 'utf8');
  for (const line of pairs.split('\n')) {
    if (line.length === 2) table[line.charCodeAt(0)] = line.charCodeAt(1);
  }
  return table;
}

let scratch = new Uint16Array(4096);

/**
 * Folds full width to half width, upper to lower case and traditional to simplified characters, turns control characters
 * and lone surrogates into spaces and drops zero-width characters. Linear in the length; never longer than the input.
 */
export function fold(text: string): string {
  const length = text.length;
  let at = 0;
  for (; at < length; at++) {
    const c = text.charCodeAt(at);
    if (FOLD[c] !== c || (c >= 0xd800 && c <= 0xdfff)) break;
  }
  if (at === length) return text;
  if (scratch.length < length) scratch = new Uint16Array(length * 2);
  const out = scratch;
  let size = 0;
  for (; size < at; size++) out[size] = text.charCodeAt(size);
  for (; at < length; at++) {
    const c = text.charCodeAt(at);
    if (c >= 0xd800 && c <= 0xdfff) {
      const next = at + 1 < length ? text.charCodeAt(at + 1) : 0;
      if (c <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
        out[size++] = c;
        out[size++] = next;
        at++;
      } else {
        out[size++] = SPACE;
      }
      continue;
    }
    const folded = FOLD[c] ?? c;
    if (folded !== DROP) out[size++] = folded;
  }
  const folded = Buffer.from(out.buffer, 0, size * 2).toString('utf16le');
  // A long text must not pin a big buffer for the life of the process.
  if (scratch.length > 1 << 18) scratch = new Uint16Array(4096);
  return folded;
}

const URL = /(?:https?:\/\/|www\.)[\w\-./?%&=#~:+@!]+|o?网页链接/g;
const HANDLE = /@[\p{L}\p{N}_-]{1,30}/gu;

/** Folded text with web addresses and @-handles replaced by a space: what is worth cutting into words. */
export function withoutLinks(folded: string): string {
  let text = folded;
  if (text.includes('http') || text.includes('www.') || text.includes('网页链接')) text = text.replace(URL, ' ');
  if (text.includes('@')) text = text.replace(HANDLE, ' ');
  return text;
}

const REPLY_HEAD = /^\s*(?:回复\s*@[^:]{1,40}:|回复\s*:|转发微博|转发\s*@[^:]{1,40}:)\s*/;

/**
 * The words the author wrote, without the chain of reposts (`//@name: …`) behind them. When nobody but the quoted person
 * said anything, the nearest quotation is returned and `quoted` says so: a bare repost carries that opinion, weakly.
 */
export function ownWords(folded: string): { own: string; quoted: boolean } {
  let text = folded;
  if (text.includes('回复') || text.includes('转发')) text = text.replace(REPLY_HEAD, '');
  const chain = text.indexOf('//@');
  if (chain < 0) return { own: text, quoted: false };
  const own = text.slice(0, chain);
  if (hasWords(own)) return { own, quoted: false };
  const rest = text.slice(chain + 3);
  const start = rest.indexOf(':') + 1;
  const next = rest.indexOf('//@', start);
  return { own: next < 0 ? rest.slice(start) : rest.slice(start, next), quoted: true };
}

function hasWords(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isWordUnit(text.charCodeAt(i))) return true;
  return false;
}

/** Han ideograph (without rare planes). */
export function isHan(c: number): boolean {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf);
}

/** 1 for letters, marks on letters and digits of the basic plane. */
const WORD_UNITS = Uint8Array.from({ length: 0x10000 }, (_, c) =>
  /[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(c)) ? 1 : 0,
);

/** A code unit that can be part of a word: letters of any script, marks on them, digits. Never half of a pair. */
export function isWordUnit(c: number): boolean {
  return WORD_UNITS[c] === 1;
}

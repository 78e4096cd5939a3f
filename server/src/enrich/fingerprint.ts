/**
 * In: the text of a post. Out: a 64-bit fingerprint that edited copies share almost, and a key that exact copies share.
 * Called by: the enricher; topics and claims to count copies.
 */
import { isWordUnit } from './normalise.ts';

/** Two fingerprints of copies differ in at most this many of 64 bits (measured; see the model card `fingerprint.md`). */
export const COPY_DISTANCE = 10;

/** Below this many letters or ideographs a text is too short to be told from others. */
const SHORTEST = 8;

let units = new Uint16Array(2048);

/** Sixty-four counters, four to a word (one per eighth bit of a hash), and their totals. */
const lanes = new Int32Array(16);
const totals = new Int32Array(64);
const EIGHTHS = 0x01010101;
/** A lane holds eight bits, so totals are taken every 255 grams. */
const FLUSH = 255;

/**
 * Fingerprint (16 hex digits; '' when the text is too short) and copy key (16 hex digits) of folded text. Marks, white
 * space, emoji, `[表情]`, links and handles do not count. 64-bit simhash over character 3-grams, Charikar 2002.
 */
export function fingerprint(folded: string): { fingerprint: string; copyKey: string } {
  const size = essence(folded);
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < size; i++) {
    const c = units[i] ?? 0;
    a = Math.imul(a ^ c, 0x01000193);
    b = Math.imul(b + c, 0x85ebca6b);
    b ^= b >>> 13;
  }
  const copyKey = hex(avalanche(a ^ size)) + hex(avalanche(b));
  if (size < SHORTEST) return { fingerprint: '', copyKey };
  totals.fill(0);
  let pending = 0;
  for (let i = 0; i + 2 < size; i++) {
    const gram =
      Math.imul(units[i] ?? 0, 0x9e3779b1) ^
      Math.imul(units[i + 1] ?? 0, 0x85ebca77) ^
      Math.imul(units[i + 2] ?? 0, 0xc2b2ae3d);
    const g = avalanche(gram);
    let h = Math.imul(g ^ 0x27d4eb2f, 0x165667b1);
    h ^= h >>> 15;
    for (let n = 0; n < 8; n++) {
      lanes[n] = (lanes[n] ?? 0) + ((g >>> n) & EIGHTHS);
      lanes[n + 8] = (lanes[n + 8] ?? 0) + ((h >>> n) & EIGHTHS);
    }
    if (++pending === FLUSH) {
      flush();
      pending = 0;
    }
  }
  flush();
  const half = (size - 2) / 2;
  let lowBits = 0;
  let highBits = 0;
  for (let bit = 0; bit < 32; bit++) {
    if ((totals[bit] ?? 0) > half) lowBits |= 1 << bit;
    if ((totals[bit + 32] ?? 0) > half) highBits |= 1 << bit;
  }
  return { fingerprint: hex(highBits) + hex(lowBits), copyKey };
}

/** How many of 64 bits differ. Both must be 16 hex digits; anything else (a short text's '') is as far away as can be. */
export function hamming(a: string, b: string): number {
  if (a.length !== 16 || b.length !== 16) return 64;
  return (
    ones(Number.parseInt(a.slice(0, 8), 16) ^ Number.parseInt(b.slice(0, 8), 16)) +
    ones(Number.parseInt(a.slice(8), 16) ^ Number.parseInt(b.slice(8), 16))
  );
}

function flush(): void {
  for (let n = 0; n < 16; n++) {
    const lane = lanes[n] ?? 0;
    const at = n < 8 ? n : n + 24;
    totals[at] = (totals[at] ?? 0) + (lane & 255);
    totals[at + 8] = (totals[at + 8] ?? 0) + ((lane >>> 8) & 255);
    totals[at + 16] = (totals[at + 16] ?? 0) + ((lane >>> 16) & 255);
    totals[at + 24] = (totals[at + 24] ?? 0) + (lane >>> 24);
    lanes[n] = 0;
  }
}

/** Fills `units` with what counts of the text and returns how many there are. */
function essence(folded: string): number {
  const length = folded.length;
  if (units.length < length) units = new Uint16Array(length * 2);
  let size = 0;
  for (let i = 0; i < length; i++) {
    const c = folded.charCodeAt(i);
    if (c === 0x5b) {
      // [泪] and its like: at most eight characters between square brackets.
      let close = i + 1;
      while (close < length && close - i <= 9 && folded.charCodeAt(close) !== 0x5d) close++;
      if (close < length && close - i <= 9) {
        i = close;
        continue;
      }
    } else if (c === 0x40) {
      while (i + 1 < length && isNameUnit(folded.charCodeAt(i + 1))) i++;
      continue;
    } else if (c === 0x68 && folded.startsWith('http', i)) {
      while (i + 1 < length && isAddressUnit(folded.charCodeAt(i + 1))) i++;
      continue;
    }
    if (isWordUnit(c)) units[size++] = c;
  }
  if (units.length > 1 << 18) units = units.slice(0, Math.max(size, 2048));
  return size;
}

function isNameUnit(c: number): boolean {
  return isWordUnit(c) || c === 0x2d || c === 0x5f;
}

function isAddressUnit(c: number): boolean {
  return c > 0x20 && c < 0x7f;
}

function avalanche(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function ones(x: number): number {
  let v = x - ((x >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Eight digits; twice per post, so from a table. */
function hex(x: number): string {
  return `${HEX[x >>> 24] ?? ''}${HEX[(x >>> 16) & 255] ?? ''}${HEX[(x >>> 8) & 255] ?? ''}${HEX[x & 255] ?? ''}`;
}

/**
 * In: texts, one after another. Out: for each the earlier text it is an edited copy of, if any. Called by: topics, which count
 * copies as one opinion said many times; `eval duplicates`.
 *
 * Winnowing (Schleimer, Wilkerson, Aiken 2003) finds candidates: of every few neighbouring character triples the least hash is
 * indexed, so two texts that share a run of letters share a hash. A candidate is a copy when enough of the shorter text's triples are
 * in the longer one (containment: cut copies count) and neither denies the other. Memory is fixed: the last {@link TEXTS_KEPT} texts.
 */
import { polarityDiffers } from './negation.ts';
import { fold, isWordUnit } from './normalise.ts';

/** Texts remembered; a text that is copied stays. */
export const TEXTS_KEPT = 1 << 15;
/** Buckets of the index, and texts remembered in each: the newest replaces the oldest. */
const BUCKETS = 1 << 17;
const DEPTH = 4;
/** Share of the shorter text's triples that must be in the longer one. */
const CONTAINED = 0.65;
/** Under this many letters nearly every letter must agree. */
const SHORT = 16;
const SHORT_CONTAINED = 0.8;
/** A copy is at least this share of the longer text. */
const LENGTHS = 0.5;
/** Fewer letters are a cheer, not a text that is passed on. */
export const SHORTEST_COPY = 8;
/** A text whose sense one added word turns round keeps its length within this. */
const EDITED_LETTERS = 6;
const WHOLE = 40;
const READ = 600;
const WINDOWS = 14;
const VERIFIED = 6;

interface Kept {
  id: number;
  letters: string;
  /** Hashes of the triples, ascending. */
  triples: Uint32Array;
  at: number;
}

export class NearCopies {
  readonly #ring: (Kept | undefined)[] = new Array<Kept | undefined>(TEXTS_KEPT);
  /** Running numbers (+1) of texts, `DEPTH` to a bucket. */
  readonly #index = new Int32Array(BUCKETS * DEPTH);
  readonly #cursor = new Uint8Array(BUCKETS);
  #next = 0;

  /**
   * The id of the first text that this one copies, or null when it is new; a new text is remembered.
   * @param within milliseconds between a text and its copy
   */
  see(id: number, text: string, at: number, within: number): number | null {
    const letters = lettersToCompare(text);
    if (letters.length < SHORTEST_COPY) return null;
    const hashes = hashesOf(letters);
    const triples = hashes.slice().sort();
    const marks = winnow(hashes);
    const found = this.#find(letters, triples, marks, at, within, id);
    if (found === undefined) {
      this.#keep({ id, letters, triples, at }, marks);
      return null;
    }
    const { kept, number } = found;
    // What is copied again and again must not fall out of the ring.
    if (this.#next - number > TEXTS_KEPT / 2) this.#keep(kept, winnow(hashesOf(kept.letters)));
    return kept.id;
  }

  /** A text that was found to be new before, e.g. ahead of a restart. */
  remember(id: number, text: string, at: number): void {
    const letters = lettersToCompare(text);
    if (letters.length < SHORTEST_COPY) return;
    const hashes = hashesOf(letters);
    this.#keep({ id, letters, triples: hashes.slice().sort(), at }, winnow(hashes));
  }

  /** Like {@link see}, and remembers nothing. */
  look(text: string, at: number, within: number): number | null {
    const letters = lettersToCompare(text);
    if (letters.length < SHORTEST_COPY) return null;
    const hashes = hashesOf(letters);
    return this.#find(letters, hashes.slice().sort(), winnow(hashes), at, within, -1)?.kept.id ?? null;
  }

  #find(letters: string, triples: Uint32Array, marks: readonly number[], at: number, within: number, id: number) {
    const hits = new Map<number, number>();
    for (const mark of marks) {
      const bucket = (mark & (BUCKETS - 1)) * DEPTH;
      for (let i = 0; i < DEPTH; i++) {
        const number = (this.#index[bucket + i] ?? 0) - 1;
        if (number >= 0 && number >= this.#next - TEXTS_KEPT) hits.set(number, (hits.get(number) ?? 0) + 1);
      }
    }
    const candidates = [...hits].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, VERIFIED);
    let best: { kept: Kept; number: number } | undefined;
    let most = 0;
    for (const [number] of candidates) {
      const kept = this.#ring[number % TEXTS_KEPT];
      if (kept === undefined || kept.id === id || Math.abs(at - kept.at) > within) continue;
      const contained = containment(triples, kept.triples);
      if (contained <= most || !enough(contained, triples.length, kept.triples.length)) continue;
      if (denies(letters, kept.letters)) continue;
      [best, most] = [{ kept, number }, contained];
    }
    return best;
  }

  #keep(kept: Kept, marks: readonly number[]): void {
    const number = this.#next++;
    this.#ring[number % TEXTS_KEPT] = kept;
    for (const mark of marks) {
      const bucket = mark & (BUCKETS - 1);
      const slot = this.#cursor[bucket] ?? 0;
      this.#index[bucket * DEPTH + slot] = number + 1;
      this.#cursor[bucket] = (slot + 1) % DEPTH;
    }
  }

  clear(): void {
    this.#ring.fill(undefined);
    this.#index.fill(0);
    this.#cursor.fill(0);
    this.#next = 0;
  }
}

/** Whether two texts are copies of each other, as {@link NearCopies} decides it. */
export function areCopies(a: string, b: string): boolean {
  const [x, y] = [lettersToCompare(a), lettersToCompare(b)];
  if (x.length < SHORTEST_COPY || y.length < SHORTEST_COPY) return false;
  const [p, q] = [hashesOf(x).sort(), hashesOf(y).sort()];
  return enough(containment(p, q), p.length, q.length) && !denies(x, y);
}

function enough(contained: number, a: number, b: number): boolean {
  const [shorter, longer] = a < b ? [a, b] : [b, a];
  return contained >= (shorter < SHORT ? SHORT_CONTAINED : CONTAINED) && shorter >= longer * LENGTHS;
}

/** One edit turned the text into its contrary. A long text cut short is not asked: its missing part makes every negation one-sided. */
function denies(a: string, b: string): boolean {
  const cut = Math.abs(a.length - b.length);
  return (cut <= EDITED_LETTERS || Math.min(a.length, b.length) < WHOLE) && polarityDiffers(a, b);
}

/** Share of the shorter list's hashes that the longer one has; both ascending. */
function containment(a: Uint32Array, b: Uint32Array): number {
  let i = 0;
  let j = 0;
  let shared = 0;
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i] ?? 0, b[j] ?? 0];
    if (x === y) {
      shared++;
      i++;
      j++;
    } else if (x < y) i++;
    else j++;
  }
  return shared / Math.max(1, Math.min(a.length, b.length));
}

const FORWARDED = /^(?:转发微博|转发|转自|转|扩散|【转】|\[转\]|repost)[\s:：,，!！]*(?=\S)/;

/** Letters, digits and ideographs of the author's own words: no marks, emoji, `[表情]`, links, handles, no chain of reposts. */
function lettersToCompare(text: string): string {
  let folded = fold(text);
  const chain = folded.indexOf('//@');
  if (chain > 0) folded = folded.slice(0, chain);
  folded = folded.replace(/^(?:\/\/)?(?:回复)?@[^:\s]{1,40}[:\s]/, '');
  for (let i = 0; i < 3 && FORWARDED.test(folded); i++) folded = folded.replace(FORWARDED, '');
  folded = folded.replace(/https?:\/\/[!-~]+|@[\p{L}\p{N}_-]{1,30}|\[[^\]]{1,8}\]/gu, '');
  let letters = '';
  for (let i = 0; i < folded.length && letters.length < READ; i++) {
    const c = folded.charCodeAt(i);
    if (isWordUnit(c)) letters += folded[i] ?? '';
  }
  return letters;
}

function hashesOf(letters: string): Uint32Array {
  const n = letters.length - 2;
  const hashes = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    let h =
      Math.imul(letters.charCodeAt(i), 0x9e3779b1) ^
      Math.imul(letters.charCodeAt(i + 1), 0x85ebca77) ^
      Math.imul(letters.charCodeAt(i + 2), 0xc2b2ae3d);
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    hashes[i] = (h ^ (h >>> 16)) >>> 0;
  }
  return hashes;
}

/** The least hash of each window; windows grow with the text, so that a long text has no more marks than a middling one. */
function winnow(hashes: Uint32Array): number[] {
  const width = Math.max(3, Math.ceil(hashes.length / WINDOWS));
  const marks: number[] = [];
  for (let start = 0; start === 0 || start + width <= hashes.length; start++) {
    let least = 0xffffffff;
    for (let i = start; i < Math.min(start + width, hashes.length); i++) least = Math.min(least, hashes[i] ?? least);
    if (marks.at(-1) !== least) marks.push(least);
  }
  return marks;
}

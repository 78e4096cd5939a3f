/**
 * In: jieba's dictionary (lines `word frequency tag`) and our own words. Out: for any word whether it is known, how
 * frequent it is and what kind of word it is, in about 6 MB. Called by: segment (sub-words), keywords, places.
 */
import { UserError } from '../platform/errors.ts';

/** Coarse parts of speech, from jieba's tags. Order matters: it is stored in a byte. */
export const WordKind = {
  other: 0,
  noun: 1,
  place: 2,
  person: 3,
  organisation: 4,
  verb: 5,
  adjective: 6,
  phrase: 7,
  domain: 8,
  time: 9,
  /** A kind of place (搅拌站, 停车场): names one only after a name. */
  facility: 10,
} as const;
export type WordKind = (typeof WordKind)[keyof typeof WordKind];

const SLOTS = 1 << 20;

/**
 * The general dictionary marks hundreds of sayings as places (关门大吉, 故步自封). A name of so many characters ends as places do (呼和浩特市,
 * 黄土高原) or is written often (乌鲁木齐).
 */
const SAYING = 4;
const OFTEN = 60;
const PLACES_END = new Set(
  Array.from(
    '路街镇乡村区县市州省桥苑湖河江海山岛湾港站厂巷门口寺庙宫园原地岭峰关国堡城院校馆所厅局部洲盟旗岗坪沟洞坝域脉库',
    (c) => c.charCodeAt(0),
  ),
);

/**
 * An open-addressed hash set of words. A word is stored as its 32-bit hash, so an unknown word is taken for a known one
 * about once in ten thousand times; nothing here needs more.
 */
export class Lexicon {
  readonly #keys = new Uint32Array(SLOTS);
  readonly #frequency = new Float32Array(SLOTS);
  readonly #kind = new Uint8Array(SLOTS);
  #total = 0;
  #size = 0;

  /** Reads a dictionary file's bytes (UTF-8, one `word frequency tag` a line). */
  static fromBytes(bytes: Uint8Array): Lexicon {
    const lexicon = new Lexicon();
    const length = bytes.length;
    let at = 0;
    while (at < length) {
      let hash = SEED;
      let units = 0;
      let last = 0;
      // The word, decoded to UTF-16 code units on the fly.
      while (at < length) {
        const b = bytes[at] ?? 0;
        if (b === 0x20 || b === 0x0a) break;
        if (b < 0x80) {
          hash = step(hash, b >= 0x41 && b <= 0x5a ? b + 32 : b);
          at += 1;
        } else if (b < 0xe0) {
          hash = step(hash, ((b & 0x1f) << 6) | ((bytes[at + 1] ?? 0) & 0x3f));
          at += 2;
        } else if (b < 0xf0) {
          last = ((b & 0x0f) << 12) | (((bytes[at + 1] ?? 0) & 0x3f) << 6) | ((bytes[at + 2] ?? 0) & 0x3f);
          hash = step(hash, last);
          units++;
          at += 3;
        } else {
          const point =
            ((b & 0x07) << 18) |
            (((bytes[at + 1] ?? 0) & 0x3f) << 12) |
            (((bytes[at + 2] ?? 0) & 0x3f) << 6) |
            ((bytes[at + 3] ?? 0) & 0x3f);
          hash = step(step(hash, 0xd800 + ((point - 0x10000) >> 10)), 0xdc00 + ((point - 0x10000) & 0x3ff));
          at += 4;
        }
      }
      let frequency = 0;
      at++;
      for (; at < length; at++) {
        const b = bytes[at] ?? 0;
        if (b < 0x30 || b > 0x39) break;
        frequency = frequency * 10 + (b - 0x30);
      }
      const tag = bytes[at] === 0x20 ? kindOfTag(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0) : WordKind.other;
      while (at < length && bytes[at] !== 0x0a) at++;
      at++;
      const saying = tag === WordKind.place && units >= SAYING && frequency < OFTEN && !PLACES_END.has(last);
      lexicon.#put(hash >>> 0 || 1, Math.max(1, frequency), saying ? WordKind.phrase : tag);
    }
    return lexicon;
  }

  get size(): number {
    return this.#size;
  }

  /** Sum of all frequencies: the denominator of a word's probability. */
  get total(): number {
    return this.#total;
  }

  add(word: string, frequency: number, kind: WordKind): void {
    this.#put(hashOf(word, 0, word.length), frequency, kind);
  }

  /** Another kind for a word that is known; its frequency stays. */
  reclassify(word: string, kind: WordKind): void {
    const slot = this.#slot(hashOf(word, 0, word.length));
    if (this.#keys[slot] !== 0) this.#kind[slot] = kind;
  }

  remove(word: string): void {
    const slot = this.#slot(hashOf(word, 0, word.length));
    // A tombstone: the key stays so that probing chains hold; frequency 0 reads as unknown.
    if (this.#keys[slot] !== 0) {
      this.#total -= this.#frequency[slot] ?? 0;
      this.#frequency[slot] = 0;
      this.#kind[slot] = WordKind.other;
    }
  }

  /** Occurrences in the dictionary's corpus; 0 when unknown. */
  frequency(text: string, start = 0, end = text.length): number {
    return this.#frequency[this.#slot(hashOf(text, start, end))] ?? 0;
  }

  has(text: string, start = 0, end = text.length): boolean {
    return this.frequency(text, start, end) > 0;
  }

  kind(text: string, start = 0, end = text.length): WordKind {
    return (this.#kind[this.#slot(hashOf(text, start, end))] ?? 0) as WordKind;
  }

  #slot(hash: number): number {
    let slot = hash & (SLOTS - 1);
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== hash) slot = (slot + 1) & (SLOTS - 1);
    return slot;
  }

  #put(hash: number, frequency: number, kind: WordKind): void {
    const slot = this.#slot(hash);
    if (this.#keys[slot] === 0) {
      if (this.#size > SLOTS * 0.8)
        throw new UserError('invalid-input', '词典过大：词条超过八十万个。', { todo: '请精简后再加载。' });
      this.#keys[slot] = hash;
      this.#size++;
    } else {
      this.#total -= this.#frequency[slot] ?? 0;
    }
    this.#frequency[slot] = frequency;
    this.#kind[slot] = kind;
    this.#total += frequency;
  }
}

const SEED = 0x811c9dc5;

function step(hash: number, unit: number): number {
  const h = Math.imul(hash ^ unit, 0x01000193);
  return h ^ (h >>> 15);
}

function hashOf(text: string, start: number, end: number): number {
  let hash = SEED;
  for (let i = start; i < end; i++) hash = step(hash, text.charCodeAt(i));
  return hash >>> 0 || 1;
}

function kindOfTag(first: number, second: number): WordKind {
  switch (first) {
    case 0x6e: // n
      if (second === 0x73) return WordKind.place; // ns
      if (second === 0x72) return WordKind.person; // nr
      if (second === 0x74) return WordKind.organisation; // nt
      return WordKind.noun;
    case 0x76: // v
      return WordKind.verb;
    case 0x61: // a
      return WordKind.adjective;
    case 0x69: // i
    case 0x6c: // l
    case 0x6a: // j
      return WordKind.phrase;
    case 0x74: // t
      return WordKind.time;
    default:
      return WordKind.other;
  }
}

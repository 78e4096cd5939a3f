/**
 * In: words as jieba cuts them, fresh strings every time. Out: what was remembered of them. Called by: the segmenter, once per word of
 * every text. A Map would first compute each fresh string's hash, which costs more than everything else enrich does with the word.
 */

/** Above this many words the table is emptied before the next text. */
const MEMORY = 120_000;
/** Emptied even within a text. */
const FULL = 200_000;
const SLOTS = 1 << 18;
/** Longer words are hardly seen twice. */
const LONGEST = 32;

export class FactsTable<Facts extends { readonly text: string }> {
  /** By character code: four words in ten are one character. */
  #ones: (Facts | undefined)[] = [];
  /** Open addressing; a slot's key tells most words apart, and words of two characters exactly. */
  #slots: (Facts | undefined)[] = [];
  readonly #keys = new Int32Array(SLOTS);
  #size = 0;

  constructor() {
    this.clear();
  }

  clear(): void {
    this.#ones = new Array<Facts | undefined>(0x10000).fill(undefined);
    this.#slots = new Array<Facts | undefined>(SLOTS).fill(undefined);
    this.#size = 0;
  }

  /** Between two texts. */
  trim(): void {
    if (this.#size >= MEMORY) this.clear();
  }

  get(word: string): Facts | undefined {
    const n = word.length;
    if (n === 1) return this.#ones[word.charCodeAt(0)];
    if (n > LONGEST) return undefined;
    const key = keyOf(word);
    let slot = slotOf(key);
    for (;;) {
      const facts = this.#slots[slot];
      if (facts === undefined) return undefined;
      if (this.#keys[slot] === key && (n === 2 ? facts.text.length === 2 : facts.text === word)) return facts;
      slot = (slot + 1) & (SLOTS - 1);
    }
  }

  /** For a word that is not in the table. */
  put(facts: Facts): Facts {
    const n = facts.text.length;
    if (n === 1) this.#ones[facts.text.charCodeAt(0)] = facts;
    else if (n <= LONGEST) {
      if (this.#size >= FULL) this.clear();
      const key = keyOf(facts.text);
      let slot = slotOf(key);
      while (this.#slots[slot] !== undefined) slot = (slot + 1) & (SLOTS - 1);
      this.#slots[slot] = facts;
      this.#keys[slot] = key;
      this.#size++;
    }
    return facts;
  }
}

function keyOf(word: string): number {
  if (word.length === 2) return (word.charCodeAt(0) << 16) | word.charCodeAt(1);
  let key = word.length;
  for (let i = 0; i < word.length; i++) key = Math.imul(key ^ word.charCodeAt(i), 0x5bd1e995) ^ (key >>> 13);
  return key;
}

function slotOf(key: number): number {
  return Math.imul(key ^ (key >>> 15), 0x9e3779b1) >>> 14;
}

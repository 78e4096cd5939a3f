/**
 * In: folded text and its words. Out: hashed features, and scores of a linear model over them. Called by: sentiment,
 * claims, department (scoring) and train (learning). The same code makes the features in both.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { UserError } from '../platform/errors.ts';

/**
 * The features of one text: 32-bit hashes, each once, and once more when it is said again: signals, feelings, emoticons, single characters,
 * words and their groups. No strings are made: a hash is folded from character codes, and a word brings its own. (What a message is about is
 * read by matter.ts.)
 */
export class Features {
  hashes: Int32Array = new Int32Array(MOST);
  size = 0;
  /** Open-addressed set of the hashes seen in this text; a slot is current when its stamp is this text's. */
  readonly #slots = new Int32Array(16384);
  readonly #stamps = new Int32Array(16384);
  /** By character code: 2 × this text's stamp when it was seen once, one more when it was seen again. */
  readonly #singles = new Int32Array(0x10000);
  /** The same by group of words. */
  readonly #groups = new Int32Array(0x10000);
  #stamp = 0;
  /** Number of this text, never used again: words remember it. */
  #text = 0;

  start(): void {
    this.size = 0;
    this.#stamp++;
    this.#text += 2;
    if (this.#stamp === 0x3fffffff) {
      this.#stamps.fill(0);
      this.#singles.fill(0);
      this.#groups.fill(0);
      this.#stamp = 1;
    }
  }

  add(hash: number, repeated = false): void {
    // Past this many distinct features a text says nothing new; it bounds the work on a text of 100,000 characters.
    if (this.size >= MOST) return;
    const h = hash | 0;
    let slot = (Math.imul(h, 0x9e3779b1) >>> 18) & 16383;
    while (this.#stamps[slot] === this.#stamp) {
      if (this.#slots[slot] === h) {
        // Said again: [泪][泪][泪] is more than [泪]. Once more is enough to tell.
        if (!repeated) this.add(h ^ AGAIN, true);
        return;
      }
      slot = (slot + 1) & 16383;
    }
    this.#stamps[slot] = this.#stamp;
    this.#slots[slot] = h;
    this.hashes[this.size++] = h;
  }

  /** A feature that no text has twice: nothing is looked up. */
  addOnce(hash: number): void {
    if (this.size < MOST) this.hashes[this.size++] = hash;
  }

  /** A word and its group. The word itself remembers where it was seen last, so that nothing is looked up. */
  addWord(word: WordFeatures): void {
    if (this.size >= MOST - 1) return;
    if (word.seenIn < this.#text) {
      word.seenIn = this.#text;
      this.hashes[this.size++] = word.hash;
    } else if (word.seenIn === this.#text) {
      word.seenIn++;
      this.hashes[this.size++] = word.hash ^ AGAIN;
    }
    const { group } = word;
    if (group === 0) return;
    const once = this.#stamp * 2;
    const seen = this.#groups[group];
    if (seen === once + 1) return;
    this.#groups[group] = seen === once ? once + 1 : once;
    const hash = hashOfGroup(group);
    this.hashes[this.size++] = seen === once ? hash ^ AGAIN : hash;
  }

  /** Emoticons (`[泪]`) and single characters of the first `end` code units. */
  addCharacters(text: string, end: number): void {
    const once = this.#stamp * 2;
    for (let i = 0; i < end; i++) {
      const c = text.charCodeAt(i);
      if (c === 0x20) continue;
      if (c === 0x5b) {
        const close = text.indexOf(']', i);
        if (close > i + 1 && close <= i + EMOTICON) this.add(hashOfSpan(EMOTICON_SEED, text, i, close));
      }
      const seen = this.#singles[c];
      if (seen === once + 1 || this.size >= MOST) continue;
      const h = mix(0x811c9dc5, c);
      this.#singles[c] = seen === once ? once + 1 : once;
      this.hashes[this.size++] = seen === once ? h ^ AGAIN : h;
    }
  }
}

/** What a word brings: its own feature, the number of its group (0 = in none), and the text it was last seen in. */
export interface WordFeatures {
  hash: number;
  group: number;
  seenIn: number;
}

function hashOfGroup(group: number): number {
  return Math.imul(group, 0x5851f42d) ^ 0x4cf5ad43;
}

/** Most features of a text. */
const MOST = 4096;

/** Longest emoticon in code units, brackets included. */
const EMOTICON = 9;
const EMOTICON_SEED = 0x51ed270b;

const AGAIN = 0x3c6ef372;

function mix(h: number, c: number): number {
  const x = Math.imul(h ^ c, 0x01000193);
  return Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
}

function hashOfSpan(seed: number, text: string, from: number, to: number): number {
  let h = seed;
  for (let i = from; i < to; i++) h = mix(h, text.charCodeAt(i));
  return h | 0;
}

/** The feature that stands for a word. */
export function hashOfWord(word: string): number {
  return hashOfSpan(0x2545f491, word, 0, word.length);
}

/** Where a 32-bit hash falls in a table of 2^bits. */
export function bucket(hash: number, bits: number): number {
  return Math.imul(hash ^ (hash >>> 16), 0x45d9f3b) >>> (32 - bits);
}

/** A trained model as it is kept: one-vs-rest weights over hashed features, then a calibration to probabilities. */
export interface LinearModel {
  task: string;
  labels: string[];
  /** The table of each label has 2^bits weights. */
  bits: number;
  /** Of a model that reads what a text is about (matter.ts): how rare each feature is. Without it the model reads how a text speaks. */
  rarity?: Uint16Array;
  /** Weights, label by label interleaved: weights[bucket × labels + label] × scale[label]. */
  weights: Int16Array;
  scale: number[];
  bias: number[];
  /** Softmax regression from scores to probabilities: logit[k] = Σ matrix[k][j]·score[j] + offset[k]. */
  matrix: number[][];
  offset: number[];
  /** What the officer should know: data, figures, date, seed. */
  meta: Record<string, unknown>;
}

/** Scores of each label over a text's features: (Σ weights) / √count + bias. Writes into `out`. */
export function score(model: LinearModel, features: Pick<Features, 'hashes' | 'size'>, out: Float64Array): void {
  scoreOf(model, features.hashes, out, features.size);
}

export function scoreOf(model: LinearModel, hashes: Int32Array, out: Float64Array, size: number = hashes.length): void {
  const { labels, bits, weights, scale, bias } = model;
  const n = labels.length;
  if (n === 1) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += weights[bucket(hashes[i] ?? 0, bits)] ?? 0;
    out[0] = (sum * (scale[0] ?? 0)) / Math.sqrt(size || 1) + (bias[0] ?? 0);
    return;
  }
  if (n === 3) {
    let [a, b, c] = [0, 0, 0];
    for (let i = 0; i < size; i++) {
      const at = bucket(hashes[i] ?? 0, bits) * 3;
      a += weights[at] ?? 0;
      b += weights[at + 1] ?? 0;
      c += weights[at + 2] ?? 0;
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
  } else sumOf(model, hashes, out, size);
  const norm = 1 / Math.sqrt(size || 1);
  for (let k = 0; k < n; k++) out[k] = (out[k] ?? 0) * norm * (scale[k] ?? 0) + (bias[k] ?? 0);
}

function sumOf(model: LinearModel, hashes: Int32Array, out: Float64Array, size: number): void {
  const { labels, bits, weights } = model;
  const n = labels.length;
  out.fill(0);
  for (let i = 0; i < size; i++) {
    const at = bucket(hashes[i] ?? 0, bits) * n;
    for (let k = 0; k < n; k++) out[k] = (out[k] ?? 0) + (weights[at + k] ?? 0);
  }
}

/** Calibrated probabilities from scores, in place order of `labels`; a one-score model yields P(labels[0]). */
export function probabilities(model: LinearModel, scores: Float64Array, out: Float64Array): void {
  const n = model.labels.length;
  if (n === 1) {
    out[0] = 1 / (1 + Math.exp(-((model.matrix[0]?.[0] ?? 1) * (scores[0] ?? 0) + (model.offset[0] ?? 0))));
    return;
  }
  let most = -Infinity;
  for (let k = 0; k < n; k++) {
    let logit = model.offset[k] ?? 0;
    const row = model.matrix[k];
    for (let j = 0; j < n; j++) logit += (row?.[j] ?? 0) * (scores[j] ?? 0);
    out[k] = logit;
    if (logit > most) most = logit;
  }
  let sum = 0;
  for (let k = 0; k < n; k++) {
    const e = Math.exp((out[k] ?? 0) - most);
    out[k] = e;
    sum += e;
  }
  for (let k = 0; k < n; k++) out[k] = (out[k] ?? 0) / sum;
}

const MAGIC = 'MINSHENG-LINEAR-3\n';

/**
 * File: magic line, one line of JSON (everything but the weights, and how many rows follow), then the rows of the table that are not
 * all zero: their numbers (32 bits each), then their weights (16 bits each, label by label), then their rarities where the model has them
 * (16 bits each). Most of a table is zeros.
 */
export function saveModel(path: string, model: LinearModel): void {
  const { weights, rarity, ...head } = model;
  const n = model.labels.length;
  const rows: number[] = [];
  for (let row = 0; row < 2 ** model.bits; row++) {
    if ((rarity?.[row] ?? 0) !== 0 || weights.subarray(row * n, row * n + n).some((weight) => weight !== 0))
      rows.push(row);
  }
  const kept = Int16Array.from(rows.flatMap((row) => [...weights.subarray(row * n, row * n + n)]));
  // Whole or not at all: another process may be about to load it.
  writeFileSync(
    `${path}.part`,
    Buffer.concat([
      Buffer.from(MAGIC + JSON.stringify({ ...head, rows: rows.length, rare: rarity !== undefined }) + '\n'),
      Buffer.from(Uint32Array.from(rows).buffer),
      Buffer.from(kept.buffer),
      Buffer.from(Uint16Array.from(rarity === undefined ? [] : rows, (row) => rarity?.[row] ?? 0).buffer),
    ]),
  );
  renameSync(`${path}.part`, path);
}

export function loadModel(path: string): LinearModel {
  const bytes = readFileSync(path);
  const start = MAGIC.length;
  const end = bytes.indexOf(0x0a, start);
  if (bytes.subarray(0, start).toString() !== MAGIC || end < 0) {
    throw new UserError('invalid-input', `模型文件 ${path} 已损坏或不是本系统的模型。`, {
      todo: '请恢复原文件或重新训练。',
    });
  }
  const { rows, rare, ...head } = JSON.parse(bytes.subarray(start, end).toString()) as Omit<
    LinearModel,
    'weights' | 'rarity'
  > & { rows: number; rare: boolean };
  const n = head.labels.length;
  const body = new Uint8Array(bytes.subarray(end + 1));
  if (body.length !== rows * (4 + 2 * n + (rare ? 2 : 0))) {
    throw new UserError('invalid-input', `模型文件 ${path} 不完整（应有 ${rows} 行权重）。`, {
      todo: '请恢复原文件或重新训练。',
    });
  }
  const numbers = new Uint32Array(body.buffer, 0, rows);
  const kept = new Int16Array(body.buffer, rows * 4, rows * n);
  const weights = new Int16Array(2 ** head.bits * n);
  numbers.forEach((row, i) => weights.set(kept.subarray(i * n, i * n + n), row * n));
  if (!rare) return { ...head, weights };
  const rarity = new Uint16Array(2 ** head.bits);
  const rarities = new Uint16Array(body.buffer, rows * (4 + 2 * n), rows);
  numbers.forEach((row, i) => (rarity[row] = rarities[i] ?? 0));
  return { ...head, weights, rarity };
}

/**
 * In: folded text and its words. Out: what the text is about, as weighted features, and scores of a model over them. Called by: department
 * (scoring) and train (learning). Only messages are read this way: it takes ten times as long as the features of how a text speaks.
 */
import { bucket, hashOfWord, type LinearModel } from './linear-model.ts';
import { READ } from './signals.ts';

/** A part of what is said: its features, how much each is said (1 + ln of its count), and what the part counts beside the others. */
export interface Part {
  hashes: Int32Array;
  said: Float32Array;
  weight: number;
}

/** People come to the point at once: the head is heard again. */
const HEAD = 60;
const HEAD_WEIGHT = 0.7;
const HEAD_SEED = 0x3779b97f;
const LONGEST_RUN = 3;

/** Letters and digits that stand for a place in texts made anonymous (L3县): they say where, not what. */
const CODED_PLACE = /[a-z]+\d*(?=[市县区镇乡村路街])/g;
const CODE = /^[a-z]+\d*$/;

/** The whole text by runs of one to three characters; its words; the runs of its head. */
export function partsOf(folded: string, words: readonly string[]): Part[] {
  const text = folded.slice(0, READ).replace(CODED_PLACE, '');
  const counts = new Map<number, number>();
  for (const word of words) {
    if (word === ' ' || CODE.test(word)) continue;
    const hash = hashOfWord(word);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return [runsOf(text, 0, 1), partOf(counts, 1), runsOf(text.slice(0, HEAD), HEAD_SEED, HEAD_WEIGHT)];
}

function runsOf(text: string, seed: number, weight: number): Part {
  const counts = new Map<number, number>();
  for (const hash of runHashes(text, seed)) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  return partOf(counts, weight);
}

/** Runs of one to three characters. */
export function* runHashes(text: string, seed = 0): Generator<number> {
  for (let from = 0; from < text.length; from++) {
    let hash = 0x811c9dc5 ^ seed;
    for (let n = 0; n < LONGEST_RUN && from + n < text.length; n++) {
      hash = Math.imul(hash ^ text.charCodeAt(from + n), 0x01000193);
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) + n;
      yield hash | 0;
    }
  }
}

function partOf(counts: ReadonlyMap<number, number>, weight: number): Part {
  return {
    hashes: Int32Array.from(counts.keys()),
    said: Float32Array.from(counts.values(), (count) => 1 + Math.log(count)),
    weight,
  };
}

/** Rarities are kept as whole numbers. */
export const RARITY_STEP = 1 / 4096;

/** How rare each feature is: 1 + ln((1 + texts) / (1 + texts that have it)); 0 when fewer than `rarest` have it. */
export function raritiesOf(texts: readonly (readonly Part[])[], bits: number, rarest: number): Uint16Array {
  const seen = new Uint32Array(2 ** bits);
  for (const parts of texts)
    for (const { hashes } of parts)
      for (const hash of hashes) seen[bucket(hash, bits)] = (seen[bucket(hash, bits)] ?? 0) + 1;
  return Uint16Array.from(seen, (n) =>
    n < rarest ? 0 : Math.min(0xffff, Math.round((1 + Math.log((1 + texts.length) / (1 + n))) / RARITY_STEP)),
  );
}

/** Table index and value of every known feature: said × rarity, each part of length `weight`. */
export function valuesOf(
  parts: readonly Part[],
  rarity: Uint16Array,
  bits: number,
): { at: Int32Array; value: Float32Array } {
  const size = parts.reduce((sum, part) => sum + part.hashes.length, 0);
  const at = new Int32Array(size);
  const value = new Float32Array(size);
  let n = 0;
  for (const { hashes, said, weight } of parts) {
    const start = n;
    let square = 0;
    for (let i = 0; i < hashes.length; i++) {
      const place = bucket(hashes[i] ?? 0, bits);
      const x = (said[i] ?? 0) * (rarity[place] ?? 0);
      if (x === 0) continue;
      at[n] = place;
      value[n++] = x;
      square += x * x;
    }
    const by = weight / (Math.sqrt(square) || 1);
    for (let i = start; i < n; i++) value[i] = (value[i] ?? 0) * by;
  }
  return { at: at.subarray(0, n), value: value.subarray(0, n) };
}

/** Scores of each label. Writes into `out`. */
export function scoreParts(model: LinearModel, rarity: Uint16Array, parts: readonly Part[], out: Float64Array): void {
  const { labels, bits, weights, scale, bias } = model;
  const n = labels.length;
  out.fill(0);
  const { at, value } = valuesOf(parts, rarity, bits);
  for (let i = 0; i < at.length; i++) {
    const row = (at[i] ?? 0) * n;
    for (let k = 0; k < n; k++) out[k] = (out[k] ?? 0) + (weights[row + k] ?? 0) * (value[i] ?? 0);
  }
  for (let k = 0; k < n; k++) out[k] = (out[k] ?? 0) * (scale[k] ?? 0) + (bias[k] ?? 0);
}

/**
 * In: labelled feature sets. Out: a linear model, quantised and calibrated. Called by: train (the CLI verb) and the
 * cross-validations that the model cards quote.
 */
import { bucket, probabilities, score, type FeatureView, type LinearModel } from './linear-model.ts';

/** One labelled text: its feature hashes, the index of its label, and how much it counts (1 = normally). */
export interface Example {
  hashes: Int32Array;
  label: number;
  weight: number;
  /** A label that this row's file never uses: absence says little, so that label's machine hears the row at a fraction. */
  silent?: number;
}

const SILENT = 0.3;

export interface LearnOptions {
  labels: string[];
  /** Table size 2^bits per label. */
  bits: number;
  /** Inverse strength of regularisation. */
  cost: number;
  /** Features seen in fewer rows are dropped. */
  rarest: number;
  /** Scales each feature by its log-count ratio (Wang & Manning 2012, NB-SVM); 0 = off, 1 = full. */
  bayes: number;
  /** Counts rare labels as much as frequent ones: 0 = off, 1 = fully. */
  balance: number;
  seed: number;
  /** Two labels need one score, that of the first. */
  oneScore?: boolean;
  epochs?: number;
}

/** A small seeded generator (mulberry32), so that training gives the same file every time. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The rows of a data set as table indexes, rare features dropped. */
function index(examples: readonly Example[], bits: number, rarest: number): Int32Array[] {
  const seen = new Uint16Array(2 ** bits);
  for (const example of examples) {
    for (const hash of example.hashes) {
      const at = bucket(hash, bits);
      const count = seen[at] ?? 0;
      if (count < 0xffff) seen[at] = count + 1;
    }
  }
  return examples.map((example) => {
    const row = new Int32Array(example.hashes.length);
    let size = 0;
    for (const hash of example.hashes) {
      const at = bucket(hash, bits);
      if ((seen[at] ?? 0) >= rarest) row[size++] = at;
    }
    return row.subarray(0, size);
  });
}

/**
 * One-vs-rest support vector machines with squared hinge loss, solved by dual coordinate descent (Hsieh et al. 2008).
 * Returns the model without calibration: `matrix` is the identity.
 */
export function learn(examples: readonly Example[], options: LearnOptions): LinearModel {
  const { labels, bits } = options;
  const machines = options.oneScore === true ? 1 : labels.length;
  const size = 2 ** bits;
  const rows = index(examples, bits, options.rarest);
  const norms = examples.map((example) => 1 / Math.sqrt(example.hashes.length || 1));
  const weights = new Int8Array(size * machines);
  const scale: number[] = [];
  const bias: number[] = [];
  for (let k = 0; k < machines; k++) {
    const solved = solve(rows, norms, examples, k, size, options);
    let most = 0;
    for (const w of solved.weights) most = Math.max(most, Math.abs(w));
    // A few giants would cost all others their resolution: the scale fits all but one in ten thousand.
    const sorted = Float32Array.from(solved.weights.filter((w) => w !== 0).map(Math.abs)).sort();
    const limit = sorted[Math.floor(sorted.length * 0.9995)] ?? most;
    const step = (limit || 1) / 127;
    for (let i = 0; i < size; i++) {
      weights[i * machines + k] = Math.max(-127, Math.min(127, Math.round((solved.weights[i] ?? 0) / step)));
    }
    scale.push(step);
    bias.push(solved.bias);
  }
  return {
    task: '',
    labels: machines === 1 ? [labels[0] ?? ''] : labels,
    bits,
    weights,
    scale,
    bias,
    matrix: scale.map((_, i) => scale.map((_, j) => (i === j ? 1 : 0))),
    offset: scale.map(() => 0),
    meta: {},
  };
}

function solve(
  rows: readonly Int32Array[],
  norms: readonly number[],
  examples: readonly Example[],
  positive: number,
  size: number,
  options: LearnOptions,
): { weights: Float32Array; bias: number } {
  const n = rows.length;
  const weightOf = (example: Example) => (example.silent === positive ? example.weight * SILENT : example.weight);
  const ratio = new Float32Array(size).fill(1);
  let positives = 0;
  let total = 0;
  for (const example of examples) {
    total += weightOf(example);
    if (example.label === positive) positives += example.weight;
  }
  if (options.bayes > 0) {
    const p = new Float32Array(size).fill(0.5);
    const q = new Float32Array(size).fill(0.5);
    rows.forEach((row, i) => {
      const example = examples[i];
      if (example === undefined) return;
      const side = example.label === positive ? p : q;
      for (const at of row) side[at] = (side[at] ?? 0) + weightOf(example);
    });
    const base = Math.log((positives + 1) / (total - positives + 1));
    for (let i = 0; i < size; i++) {
      const r = Math.abs(Math.log((p[i] ?? 1) / (q[i] ?? 1)) - base);
      ratio[i] = 1 - options.bayes + options.bayes * r;
    }
  }
  const w = new Float64Array(size);
  let b = 0;
  const alpha = new Float64Array(n);
  const target = examples.map((example) => (example.label === positive ? 1 : -1));
  // Diagonal 1/(2C) of the squared hinge, by example.
  const positiveWeight = Math.pow(total / (2 * positives), options.balance);
  const negativeWeight = Math.pow(total / (2 * (total - positives)), options.balance);
  const diagonal = examples.map(
    (example, i) => 0.5 / (options.cost * weightOf(example) * ((target[i] ?? 0) > 0 ? positiveWeight : negativeWeight)),
  );
  const square = rows.map((row, i) => {
    let sum = 0;
    for (const at of row) sum += (ratio[at] ?? 0) ** 2;
    return sum * (norms[i] ?? 0) ** 2 + 1 + (diagonal[i] ?? 0);
  });
  const random = seeded(options.seed + positive * 7919);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let epoch = 0; epoch < (options.epochs ?? 30); epoch++) {
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      const swap = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = swap;
    }
    let moved = 0;
    for (const i of order) {
      const row = rows[i];
      if (row === undefined) continue;
      const y = target[i] ?? 1;
      const norm = norms[i] ?? 0;
      let dot = 0;
      for (let f = 0; f < row.length; f++) {
        const at = row[f] ?? 0;
        dot += (w[at] ?? 0) * (ratio[at] ?? 0);
      }
      const gradient = y * (dot * norm + b) - 1 + (diagonal[i] ?? 0) * (alpha[i] ?? 0);
      const before = alpha[i] ?? 0;
      const after = Math.max(0, before - gradient / (square[i] ?? 1));
      const change = (after - before) * y;
      if (Math.abs(change) < 1e-9) continue;
      alpha[i] = after;
      moved = Math.max(moved, Math.abs(change));
      b += change;
      for (let f = 0; f < row.length; f++) {
        const at = row[f] ?? 0;
        w[at] = (w[at] ?? 0) + change * norm * (ratio[at] ?? 0);
      }
    }
    if (moved < 1e-3) break;
  }
  const weights = new Float32Array(size);
  for (let i = 0; i < size; i++) weights[i] = (w[i] ?? 0) * (ratio[i] ?? 0);
  return { weights, bias: b };
}

/** The features of an example, for scoring outside the enricher. */
function view(example: Example): FeatureView {
  return { hashes: example.hashes, size: example.hashes.length };
}

export function scoresOf(model: LinearModel, examples: readonly Example[]): Float64Array[] {
  return examples.map((example) => {
    const out = new Float64Array(model.labels.length);
    score(model, view(example), out);
    return out;
  });
}

/** Scores of every example from a model that did not see its fold. `groupOf` keeps copies of a text in one fold. */
export function outOfFold(
  examples: readonly Example[],
  options: LearnOptions,
  folds: number,
  groupOf?: (i: number) => number,
): Float64Array[] {
  const random = seeded(options.seed);
  const group = new Map<number, number>();
  const fold = examples.map((_, i) => {
    const key = groupOf?.(i) ?? i;
    const known = group.get(key);
    if (known !== undefined) return known;
    const f = Math.floor(random() * folds);
    group.set(key, f);
    return f;
  });
  const found: Float64Array[] = new Array<Float64Array>(examples.length);
  for (let f = 0; f < folds; f++) {
    const model = learn(
      examples.filter((_, i) => fold[i] !== f),
      options,
    );
    examples.forEach((example, i) => {
      if (fold[i] !== f) return;
      const out = new Float64Array(model.labels.length);
      score(model, view(example), out);
      found[i] = out;
    });
  }
  return found;
}

/**
 * Fits the map from scores to probabilities on out-of-fold scores (multinomial logistic regression, gradient descent with
 * momentum). Writes `matrix` and `offset` into the model.
 */
export function calibrate(model: LinearModel, scores: readonly Float64Array[], examples: readonly Example[]): void {
  const k = model.labels.length;
  let weight = 0;
  for (const example of examples) weight += example.weight;
  const matrix = model.matrix.map((row) => [...row]);
  const offset = [...model.offset];
  const v = matrix.map((row) => row.map(() => 0));
  const vo = offset.map(() => 0);
  const trial: LinearModel = { ...model, matrix, offset };
  const p = new Float64Array(k);
  for (let iteration = 0; iteration < 400; iteration++) {
    const g = matrix.map((row) => row.map(() => 0));
    const go = offset.map(() => 0);
    scores.forEach((s, i) => {
      const example = examples[i];
      if (example === undefined) return;
      probabilities(trial, s, p);
      for (let a = 0; a < k; a++) {
        const error = example.weight * ((p[a] ?? 0) - (example.label === a ? 1 : 0));
        go[a] = (go[a] ?? 0) + error;
        const row = g[a];
        if (row !== undefined) for (let c = 0; c < k; c++) row[c] = (row[c] ?? 0) + error * (s[c] ?? 0);
      }
    });
    for (let a = 0; a < k; a++) {
      vo[a] = 0.9 * (vo[a] ?? 0) - (0.5 * (go[a] ?? 0)) / weight;
      offset[a] = (offset[a] ?? 0) + (vo[a] ?? 0);
      for (let c = 0; c < k; c++) {
        const row = matrix[a];
        const speed = v[a];
        if (row === undefined || speed === undefined) continue;
        speed[c] = 0.9 * (speed[c] ?? 0) - (0.5 * (g[a]?.[c] ?? 0)) / weight;
        row[c] = (row[c] ?? 0) + (speed[c] ?? 0);
      }
    }
  }
  const round = (x: number) => Math.round(x * 1e4) / 1e4;
  model.matrix = matrix.map((row) => row.map(round));
  model.offset = offset.map(round);
}

/**
 * In: labelled feature sets. Out: a linear model, quantised and calibrated. Called by: train (the CLI verb) and the
 * cross-validations that the model cards quote.
 */
import { bucket, probabilities, scoreOf, type LinearModel } from './linear-model.ts';
import { raritiesOf, scoreParts, valuesOf, type Part } from './matter.ts';

/** One labelled text: its feature hashes, the index of its label, and how much it counts (1 = normally). */
export interface Example {
  hashes: Int32Array;
  /** What the text is about, for models that read that; `hashes` then only tell topics apart. */
  parts?: readonly Part[];
  label: number;
  weight: number;
  /** A label that this row's file never uses: absence says little, so that label's machine hears the row at a fraction. */
  silent?: number;
}

/** How much a row counts where its file is silent. */
export const SILENT = 0.1;

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
  /** Scales each feature by its rarity among the rows (1 + ln of the inverse share), to this power; 0 = off. */
  rarity: number;
  /** Counts rare labels as much as frequent ones: 0 = off, 1 = fully. */
  balance: number;
  seed: number;
  /** Two labels need one score, that of the first. */
  oneScore?: boolean;
  /** A model to start from: what is learnt is added to it, and regularisation pulls towards it instead of towards nothing. */
  base?: LinearModel;
}

const EPOCHS = 30;

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

/** One row of a data set: table indexes and their values. */
interface Sparse {
  at: Int32Array;
  value: Float32Array;
}

/** Rows as table indexes, rare features dropped. */
function index(examples: readonly Example[], bits: number, rarest: number): Sparse[] {
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
    return { at: row.subarray(0, size), value: new Float32Array(size).fill(1 / Math.sqrt(row.length || 1)) };
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
  const { base } = options;
  const texts = examples.flatMap(({ parts }) => (parts === undefined ? [] : [parts]));
  const rarity = base?.rarity ?? (texts.length > 0 ? raritiesOf(texts, bits, options.rarest) : undefined);
  const rows =
    rarity === undefined ? index(examples, bits, options.rarest) : texts.map((parts) => valuesOf(parts, rarity, bits));
  const before = base === undefined ? undefined : scoresOf(base, examples);
  const weights = new Int16Array(size * machines);
  const scale: number[] = [];
  const bias: number[] = [];
  for (let k = 0; k < machines; k++) {
    const started = before?.map((scores) => scores[k] ?? 0);
    const solved = solve(rows, examples, k, size, options, started);
    if (base !== undefined) {
      const scaled = base.scale[k] ?? 0;
      for (let i = 0; i < size; i++) {
        solved.weights[i] = (solved.weights[i] ?? 0) + (base.weights[i * machines + k] ?? 0) * scaled;
      }
      solved.bias += base.bias[k] ?? 0;
    }
    let most = 0;
    for (const w of solved.weights) most = Math.max(most, Math.abs(w));
    const step = (most || 1) / 32767;
    for (let i = 0; i < size; i++) {
      weights[i * machines + k] = Math.round((solved.weights[i] ?? 0) / step);
    }
    scale.push(step);
    bias.push(solved.bias);
  }
  return {
    task: '',
    labels: machines === 1 ? [labels[0] ?? ''] : labels,
    bits,
    ...(rarity === undefined ? {} : { rarity }),
    weights,
    scale,
    bias,
    matrix: scale.map((_, i) => scale.map((_, j) => (i === j ? 1 : 0))),
    offset: scale.map(() => 0),
    meta: {},
  };
}

function solve(
  rows: readonly Sparse[],
  examples: readonly Example[],
  positive: number,
  size: number,
  options: LearnOptions,
  started?: readonly number[],
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
      for (const at of row.at) side[at] = (side[at] ?? 0) + weightOf(example);
    });
    const base = Math.log((positives + 1) / (total - positives + 1));
    for (let i = 0; i < size; i++) {
      const r = Math.abs(Math.log((p[i] ?? 1) / (q[i] ?? 1)) - base);
      ratio[i] = 1 - options.bayes + options.bayes * r;
    }
  }
  if (options.rarity > 0) {
    const seen = new Uint32Array(size);
    for (const { at } of rows) for (const place of at) seen[place] = (seen[place] ?? 0) + 1;
    for (let i = 0; i < size; i++) {
      const rare = 1 + Math.log((1 + rows.length) / (1 + (seen[i] ?? 0)));
      ratio[i] = (ratio[i] ?? 1) * Math.pow(rare, options.rarity);
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
  const square = rows.map(({ at, value }, i) => {
    let sum = 0;
    for (let f = 0; f < at.length; f++) sum += ((ratio[at[f] ?? 0] ?? 0) * (value[f] ?? 0)) ** 2;
    return sum + 1 + (diagonal[i] ?? 0);
  });
  const random = seeded(options.seed + positive * 7919);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
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
      const { at, value } = row;
      const y = target[i] ?? 1;
      let dot = 0;
      for (let f = 0; f < at.length; f++) dot += (w[at[f] ?? 0] ?? 0) * (ratio[at[f] ?? 0] ?? 0) * (value[f] ?? 0);
      const gradient = y * (dot + b + (started?.[i] ?? 0)) - 1 + (diagonal[i] ?? 0) * (alpha[i] ?? 0);
      const before = alpha[i] ?? 0;
      const after = Math.max(0, before - gradient / (square[i] ?? 1));
      const change = (after - before) * y;
      if (Math.abs(change) < 1e-9) continue;
      alpha[i] = after;
      moved = Math.max(moved, Math.abs(change));
      b += change;
      for (let f = 0; f < at.length; f++) {
        const place = at[f] ?? 0;
        w[place] = (w[place] ?? 0) + change * (ratio[place] ?? 0) * (value[f] ?? 0);
      }
    }
    if (moved < 1e-3) break;
  }
  const weights = new Float32Array(size);
  for (let i = 0; i < size; i++) weights[i] = (w[i] ?? 0) * (ratio[i] ?? 0);
  return { weights, bias: b };
}

function scoreExample(model: LinearModel, example: Example, out: Float64Array): void {
  if (model.rarity !== undefined && example.parts !== undefined) scoreParts(model, model.rarity, example.parts, out);
  else scoreOf(model, example.hashes, out);
}

export function scoresOf(model: LinearModel, examples: readonly Example[]): Float64Array[] {
  return examples.map((example) => {
    const out = new Float64Array(model.labels.length);
    scoreExample(model, example, out);
    return out;
  });
}

/** Scores of every example from a model that did not see its fold. `groupOf` keeps copies of a text in one fold. */
export function outOfFold(
  examples: readonly Example[],
  options: LearnOptions,
  folds: number,
  unlabelled: readonly Int32Array[] = [],
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
  return outOfGivenFold(examples, options, fold, unlabelled);
}

/** The same with folds that are given, e.g. one topic each. */
export function outOfGivenFold(
  examples: readonly Example[],
  options: LearnOptions,
  fold: readonly number[],
  unlabelled: readonly Int32Array[],
): Float64Array[] {
  const found: Float64Array[] = new Array<Float64Array>(examples.length);
  for (const f of new Set(fold)) {
    const model = learnMore(
      examples.filter((_, i) => fold[i] !== f),
      options,
      unlabelled,
    );
    examples.forEach((example, i) => {
      if (fold[i] !== f) return;
      const out = new Float64Array(model.labels.length);
      scoreExample(model, example, out);
      found[i] = out;
    });
  }
  return found;
}

/** An unlabelled text is taken for neutral when its scores for positive and negative differ by less. */
const NEITHER = 0.4;
const UNLABELLED_WEIGHT = 0.2;

/**
 * {@link learn}, and once more with those unlabelled texts that the first model finds neither positive nor negative as neutral examples:
 * no labelled set of everyday posts says what neutral looks like there. Without unlabelled texts it is {@link learn}.
 */
export function learnMore(
  examples: readonly Example[],
  options: LearnOptions,
  unlabelled: readonly Int32Array[],
): LinearModel {
  const first = learn(examples, options);
  const [positive, neutral, negative] = ['positive', 'neutral', 'negative'].map((name) => options.labels.indexOf(name));
  if (unlabelled.length === 0 || positive === undefined || neutral === undefined || negative === undefined)
    return first;
  const texts = unlabelled.map((hashes) => ({ hashes, label: neutral, weight: UNLABELLED_WEIGHT }));
  const scores = scoresOf(first, texts);
  const neither = texts.filter((_, i) => {
    const s = scores[i];
    return s !== undefined && Math.abs((s[positive] ?? 0) - (s[negative] ?? 0)) < NEITHER;
  });
  return learn([...examples, ...neither], options);
}

/**
 * Fits the probabilities of a model with several labels to out-of-fold scores: one factor for all scores, so that the most probable label
 * stays the one with the highest score. Writes `matrix` and `offset` into the model.
 */
export function calibrateFactor(
  model: LinearModel,
  scores: readonly Float64Array[],
  examples: readonly Example[],
): void {
  const k = model.labels.length;
  const p = new Float64Array(k);
  const set = (factor: number) => {
    model.matrix = Array.from({ length: k }, (_, i) => Array.from({ length: k }, (_, j) => (i === j ? factor : 0)));
    model.offset = Array.from({ length: k }, () => 0);
  };
  const loss = (factor: number) => {
    set(factor);
    let sum = 0;
    scores.forEach((s, i) => {
      const example = examples[i];
      if (example === undefined) return;
      probabilities(model, s, p);
      // Where the row's file is silent about a label, that label's share is nobody's error.
      const thinkable = example.silent !== undefined && example.silent >= 0 ? 1 - (p[example.silent] ?? 0) : 1;
      sum -= example.weight * Math.log(Math.max(1e-9, (p[example.label] ?? 0) / Math.max(1e-9, thinkable)));
    });
    return sum;
  };
  let best = 1;
  let least = Infinity;
  for (let factor = 0.5; factor < 12; factor *= 1.05) {
    const now = loss(factor);
    if (now < least) {
      least = now;
      best = factor;
    }
  }
  set(Math.round(best * 1e4) / 1e4);
}

/** The same for a model with one score: a factor and an offset (Platt 1999), by Newton's method. */
export function calibrateOne(model: LinearModel, scores: readonly Float64Array[], examples: readonly Example[]): void {
  let factor = 1;
  let offset = 0;
  for (let round = 0; round < 50; round++) {
    let ga = 1e-6 * factor;
    let gb = 0;
    let haa = 1e-6;
    let hab = 0;
    let hbb = 1e-6;
    scores.forEach((s, i) => {
      const example = examples[i];
      const x = s[0] ?? 0;
      if (example === undefined) return;
      const p = 1 / (1 + Math.exp(-(factor * x + offset)));
      const error = example.weight * (p - (example.label === 0 ? 1 : 0));
      const h = example.weight * p * (1 - p);
      ga += error * x;
      gb += error;
      haa += h * x * x;
      hab += h * x;
      hbb += h;
    });
    const determinant = haa * hbb - hab * hab;
    factor -= (hbb * ga - hab * gb) / determinant;
    offset -= (haa * gb - hab * ga) / determinant;
  }
  model.matrix = [[Math.round(factor * 1e4) / 1e4]];
  model.offset = [Math.round(offset * 1e4) / 1e4];
}

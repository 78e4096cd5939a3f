/**
 * In: the labelled examples of one task. Out: the figures of models that were taught with one part and measured on another: by time, by
 * topic, one set left out, the files' own test rows. Called by: `train --thorough`; the model cards quote it.
 */
import type { Row } from './datasets.ts';
import { figuresOfSets, measure, usedLabels, type Figures } from './figures.ts';
import { learnMore, outOfFold, outOfGivenFold, scoresOf, seeded, type Example, type LearnOptions } from './learn.ts';
import type { LinearModel } from './linear-model.ts';

export interface Splits {
  /** Taught with everything above, measured on the rows that the files keep for testing, set by set. */
  test?: (Figures & { set: string })[];
  /** First set alone, if it has times: taught with the earlier 70 %, measured on the later 30 %. */
  time?: Figures;
  /** Each quarter of the first set's time measured by a model of everything else. */
  quarters?: Figures[];
  /** Texts grouped into topics; each topic measured by a model of the others. */
  topic: Figures;
  /** The same, set by set; only with several sets. */
  topicPerSet?: (Figures & { set: string })[];
  /** Taught with all sets but one, measured on that one; only with several sets that have two labels. */
  leaveOneSetOut?: (Figures & { set: string })[];
}

export interface SplitInput {
  examples: readonly Example[];
  rows: readonly Row[];
  setOf: (row: Row) => number;
  setNames: readonly string[];
  test: readonly { set: number; examples: readonly Example[] }[];
  learning: LearnOptions;
  unlabelled: readonly Int32Array[];
  /** Names the labels of `scores`, which a model taught with `part` gave; it is calibrated first where that moves the border. */
  decide: (
    part: readonly Example[],
    model: LinearModel,
    found: { outOfFold: () => Float64Array[]; scores: Float64Array[]; silent: (number | undefined)[] },
  ) => string[];
}

const TOPICS = 8;

export function measureSplits(input: SplitInput): Splits {
  const { examples, rows } = input;
  const splits: Splits = byTopic(input);
  if (input.test.length > 0) {
    splits.test = input.test.map((test) => ({
      set: input.setNames[test.set] ?? '',
      ...transfer(input, examples, test.examples),
    }));
  }
  const timed: { at: number; example: Example }[] = [];
  const others: Example[] = [];
  examples.forEach((example, i) => {
    const row = rows[i];
    if (row === undefined || input.setOf(row) !== 0) others.push(example);
    else if (row.at !== undefined) timed.push({ at: row.at, example });
  });
  if (timed.length > 0.9 * (examples.length - others.length) && timed.length >= 100) {
    const order = timed.sort((a, b) => a.at - b.at).map(({ example }) => example);
    const cut = Math.floor(order.length * 0.7);
    splits.time = transfer(input, order.slice(0, cut), order.slice(cut));
    const edge = (q: number) => Math.floor((order.length * q) / 4);
    splits.quarters = [0, 1, 2, 3].map((q) =>
      transfer(
        input,
        [...order.slice(0, edge(q)), ...order.slice(edge(q + 1)), ...others],
        order.slice(edge(q), edge(q + 1)),
      ),
    );
  }
  const labelsOf = (set: readonly Example[]) => new Set(set.map((example) => example.label)).size;
  for (const [set, name] of input.setNames.entries()) {
    const inside = examples.filter((_, i) => rows[i] !== undefined && input.setOf(rows[i]) === set);
    const outside = examples.filter((_, i) => rows[i] !== undefined && input.setOf(rows[i]) !== set);
    if (labelsOf(outside) < 2 || labelsOf(inside) < 2) continue;
    (splits.leaveOneSetOut ??= []).push({ set: name, ...transfer(input, outside, inside) });
  }
  return splits;
}

function transfer(input: SplitInput, part: readonly Example[], test: readonly Example[]): Figures {
  const { labels } = input.learning;
  const taught = new Set(part.map((example) => example.label));
  // A label that no row of the part has cannot be learnt and is no answer.
  const missing = labels.findIndex((_, k) => !taught.has(k));
  const model = learnMore(part, input.learning, missing < 0 ? input.unlabelled : []);
  const found = input.decide(part, model, {
    outOfFold: () => outOfFold(part, input.learning, 5, missing < 0 ? input.unlabelled : []),
    scores: scoresOf(model, test),
    silent: test.map((example) => (missing >= 0 ? missing : example.silent)),
  });
  const gold = test.map((example) => labels[example.label] ?? '');
  return measure(gold, found, usedLabels(gold, labels));
}

function byTopic(input: SplitInput): Pick<Splits, 'topic' | 'topicPerSet'> {
  const { examples, rows, learning, setNames } = input;
  const { labels } = learning;
  const scores = outOfGivenFold(examples, learning, topicsOf(examples, learning.seed), input.unlabelled);
  const model = learnMore(examples, learning, input.unlabelled);
  const found = input.decide(examples, model, {
    outOfFold: () => scores,
    scores,
    silent: examples.map((example) => example.silent),
  });
  const gold = examples.map((example) => labels[example.label] ?? '');
  return {
    topic: measure(gold, found, usedLabels(gold, labels)),
    ...(setNames.length < 2
      ? {}
      : { topicPerSet: figuresOfSets(setNames, rows.map(input.setOf), gold, found, labels) }),
  };
}

const DIMENSIONS = 512;

/** Spherical k-means on the texts' features, weighted by rarity and folded into few dimensions. */
function topicsOf(examples: readonly Example[], seed: number): number[] {
  const count = new Map<number, number>();
  for (const example of examples) for (const hash of example.hashes) count.set(hash, (count.get(hash) ?? 0) + 1);
  const vectors = examples.map((example) => {
    const vector = new Float32Array(DIMENSIONS);
    for (const hash of example.hashes) {
      const n = count.get(hash) ?? 1;
      // What is in every fifth text says nothing about its topic, and what is in two of them little.
      if (n < 3 || n > examples.length / 5) continue;
      const at = (Math.imul(hash, 0x9e3779b1) >>> 8) & (DIMENSIONS - 1);
      vector[at] = (vector[at] ?? 0) + (hash & 0x10000 ? 1 : -1) * Math.log(examples.length / n);
    }
    return unit(vector);
  });
  const random = seeded(seed);
  let centres = Array.from(
    { length: TOPICS },
    () => vectors[Math.floor(random() * vectors.length)] ?? unit(new Float32Array(DIMENSIONS)),
  );
  let topic: number[] = [];
  for (let round = 0; round < 15; round++) {
    topic = vectors.map((vector) => {
      const near = centres.map((centre) => centre.reduce((sum, x, k) => sum + x * (vector[k] ?? 0), 0));
      return near.indexOf(Math.max(...near));
    });
    const sums = centres.map(() => new Float32Array(DIMENSIONS));
    vectors.forEach((vector, i) => {
      const sum = sums[topic[i] ?? 0];
      if (sum !== undefined) for (let k = 0; k < DIMENSIONS; k++) sum[k] = (sum[k] ?? 0) + (vector[k] ?? 0);
    });
    centres = sums.map(unit);
  }
  return topic;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0)) || 1;
  return vector.map((x) => x / length);
}

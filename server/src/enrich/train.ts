/**
 * In: labelled NDJSON files. Out: a model file, and the figures of its cross-validation. Called by: the `train` verb; the
 * system page when an office retrains on its own labels. Same files, same seed: same model, byte for byte.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRows, type LabelledTask, type Row } from './datasets.ts';
import { type Enricher } from './enricher.ts';
import { fingerprint } from './fingerprint.ts';
import { calibrate, learn, outOfFold, scoresOf, type Example, type LearnOptions } from './learn.ts';
import { probabilities, saveModel, type LinearModel } from './linear-model.ts';
import { measure, type Figures } from './figures.ts';
import { fold } from './normalise.ts';

const SEED = 20261124;

/** What was chosen by cross-validation and time splits; see the model cards. */
const SETTINGS: Record<LabelledTask, Omit<LearnOptions, 'labels' | 'seed'>> = {
  sentiment: { bits: 18, cost: 0.3, rarest: 2, bayes: 0.5, balance: 0.5 },
  rumor: { bits: 16, cost: 0.2, rarest: 8, bayes: 0, balance: 0.5, oneScore: true },
  routing: { bits: 17, cost: 1, rarest: 2, bayes: 1, balance: 0.5 },
};

const LABELS: Record<Exclude<LabelledTask, 'routing'>, string[]> = {
  sentiment: ['positive', 'neutral', 'negative'],
  rumor: ['rumor', 'nonrumor'],
};

/** Fewest rows of a label that a model can be taught with. */
const FEWEST = 10;

export interface TrainReport {
  task: LabelledTask;
  rows: number;
  ignored: number;
  labels: Record<string, number>;
  /** Five-fold cross-validation, copies of a text kept in one fold. */
  crossValidation: Figures;
  /** Trained on the earlier 70 %, measured on the later 30 %; only when most rows have a time. */
  timeSplit?: Figures;
  /** Trained on all files but one, measured on that one; only with several files. */
  leaveOneFileOut?: (Figures & { file: string })[];
  /** `rumor`: the score that 2 % of official posts (else of all `nonrumor` rows) reach, out of fold. */
  alertAt?: number;
  /** Path of the model file. */
  model: string;
}

export interface TrainOptions {
  files: readonly string[];
  /** Directory that receives `<task>.model`. */
  out: string;
  enricher: Enricher;
  /** Also measure time split and leave-one-file-out (a few times the work). */
  thorough?: boolean;
}

export async function runTrain(task: LabelledTask, options: TrainOptions): Promise<TrainReport> {
  const read = await readRows(task, options.files);
  // Rows that a file keeps for testing are never learnt from, so that `eval` on them stays honest.
  const rows = read.rows.filter((row) => row.split !== 'test');
  const ignored = read.ignored + read.rows.length - rows.length;
  const counts: Record<string, number> = {};
  for (const row of rows) counts[row.label] = (counts[row.label] ?? 0) + 1;
  const labels = task === 'routing' ? Object.keys(counts).sort() : LABELS[task];
  const missing = labels.filter((label) => (counts[label] ?? 0) < FEWEST);
  if (labels.length < 2 || missing.length > 0) {
    throw new Error(
      `标注不足：${missing.join('、') || task} 少于 ${FEWEST} 条。现用模型未改动；请补充标注后重新训练。`,
    );
  }
  const learning: LearnOptions = { ...SETTINGS[task], labels, seed: SEED };
  const { examples, groups } = prepare(task, rows, labels, options.enricher);
  const model = learn(examples, learning);
  const scores = outOfFold(examples, learning, 5, (i) => groups[i] ?? i);
  calibrate(model, scores, weighted(task, examples, labels));
  const gold = examples.map((example) => labels[example.label] ?? '');
  const report: TrainReport = {
    task,
    rows: rows.length,
    ignored,
    labels: counts,
    crossValidation: measure(gold, decide(model, labels, scores), labels),
    model: join(options.out, `${task}.model`),
  };
  if (options.thorough === true) {
    const timed = rows.map((row, i) => [row.at, i] as const).filter(([at]) => at !== undefined);
    if (timed.length > rows.length * 0.9) {
      timed.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
      const cut = Math.floor(timed.length * 0.7);
      const pick = (part: typeof timed) => part.flatMap(([, i]) => examples[i] ?? []);
      report.timeSplit = transfer(task, pick(timed.slice(0, cut)), pick(timed.slice(cut)), learning);
    }
    if (options.files.length > 1) {
      report.leaveOneFileOut = [];
      for (const [file, path] of options.files.entries()) {
        const inside = examples.filter((_, i) => rows[i]?.file === file);
        const outside = examples.filter((_, i) => rows[i]?.file !== file);
        if (labels.filter((_, k) => outside.some((e) => e.label === k)).length < 2) continue;
        report.leaveOneFileOut.push({ file: path, ...transfer(task, outside, inside, learning) });
      }
    }
  }
  if (task === 'rumor') report.alertAt = alertThreshold(model, scores, examples, rows);
  model.task = task;
  model.meta = {
    ...(report.alertAt === undefined ? {} : { alertAt: report.alertAt }),
    rows: rows.length,
    labels: counts,
    seed: SEED,
    macroF1: report.crossValidation.macroF1,
    accuracy: report.crossValidation.accuracy,
  };
  mkdirSync(options.out, { recursive: true });
  saveModel(report.model, model);
  writeFileSync(
    join(options.out, `${task}.training.json`),
    JSON.stringify({ ...report, model: `${task}.model` }, null, 2) + '\n',
  );
  return report;
}

function prepare(
  task: LabelledTask,
  rows: readonly Row[],
  labels: readonly string[],
  enricher: Enricher,
): { examples: Example[]; groups: number[] } {
  const used = new Map<number, Set<string>>();
  for (const row of rows) used.set(row.file, (used.get(row.file) ?? new Set()).add(row.label));
  const copies = new Map<string, number>();
  const groups: number[] = [];
  const examples = rows.map((row, i) => {
    const { features } = enricher.reading(row.text);
    const size = task === 'rumor' ? features.style : features.size;
    const silent = labels.findIndex((label) => used.get(row.file)?.has(label) !== true);
    const key = fingerprint(fold(row.text)).copyKey;
    const group = copies.get(key) ?? i;
    copies.set(key, group);
    groups.push(group);
    return { hashes: features.hashes.slice(0, size), label: labels.indexOf(row.label), weight: 1, silent };
  });
  return { examples, groups };
}

/**
 * The rows as calibration counts them. Probabilities are for posts to come, whose shares of labels are not those of a
 * training set: rare labels count more, and files that lack a label count less.
 */
function weighted(task: LabelledTask, examples: readonly Example[], labels: readonly string[]): Example[] {
  const counts = labels.map((_, k) => examples.filter((example) => example.label === k).length);
  const power = task === 'rumor' ? 1 : 0.5;
  return examples.map((example) => ({
    ...example,
    weight:
      Math.pow(examples.length / (labels.length * Math.max(1, counts[example.label] ?? 1)), power) *
      (example.silent !== undefined && example.silent >= 0 ? 0.3 : 1),
  }));
}

function alertThreshold(
  model: LinearModel,
  scores: readonly Float64Array[],
  examples: readonly Example[],
  rows: readonly Row[],
): number {
  const p = new Float64Array(1);
  const probabilityOf = (i: number) => {
    probabilities(model, scores[i] ?? p, p);
    return p[0] ?? 0;
  };
  const withRumors = new Set(rows.filter((row) => row.label === 'rumor').map((row) => row.file));
  const plain = examples.flatMap((example, i) => (example.label === 1 ? [i] : []));
  const official = plain.filter((i) => !withRumors.has(rows[i]?.file ?? -1));
  const values = (official.length >= 100 ? official : plain).map(probabilityOf).sort((a, b) => a - b);
  return Math.max(0.5, Math.ceil((values[Math.floor(values.length * 0.98)] ?? 0.8) * 1000) / 1000);
}

/** The most probable label of each row; rows of a file without some label are decided among the others. */
function decide(model: LinearModel, labels: readonly string[], scores: readonly Float64Array[]): string[] {
  const p = new Float64Array(model.labels.length);
  return scores.map((s) => {
    probabilities(model, s, p);
    if (p.length === 1) return (p[0] ?? 0) >= 0.5 ? (labels[0] ?? '') : (labels[1] ?? '');
    let best = 0;
    for (let k = 1; k < p.length; k++) if ((p[k] ?? 0) > (p[best] ?? 0)) best = k;
    return labels[best] ?? '';
  });
}

function transfer(task: LabelledTask, train: Example[], test: Example[], options: LearnOptions): Figures {
  const model = learn(train, options);
  calibrate(model, outOfFold(train, options, 5), weighted(task, train, options.labels));
  const silent = new Set(test.map((example) => example.silent));
  const only = silent.size === 1 ? [...silent][0] : undefined;
  const scores = scoresOf(model, test);
  if (only !== undefined && only >= 0 && model.offset.length > 1) model.offset[only] = -1e6;
  const gold = test.map((example) => options.labels[example.label] ?? '');
  return measure(
    gold,
    decide(model, options.labels, scores),
    options.labels.filter((label) => gold.includes(label)),
  );
}

/**
 * In: labelled NDJSON files. Out: a model file, and the figures of its cross-validation. Called by: the `train` verb. Same files, same
 * seed: same model, byte for byte.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../platform/errors.ts';
import { readLabels, readRows, readTexts, type LabelledTask, type Row } from './datasets.ts';
import { type Enricher } from './enricher.ts';
import { fingerprint } from './fingerprint.ts';
import {
  calibrateFactor,
  calibrateOne,
  learnMore,
  outOfFold,
  scoresOf,
  SILENT,
  type Example,
  type LearnOptions,
} from './learn.ts';
import { probabilities, saveModel, type LinearModel } from './linear-model.ts';
import { figuresOfSets, measure, usedLabels, type Figures } from './figures.ts';
import { partsOf } from './matter.ts';
import { fold } from './normalise.ts';
import { measureSplits, type Splits } from './splits.ts';

const SEED = 20261124;

/** What was chosen by cross-validation and time splits; see the model cards. */
const SETTINGS: Record<LabelledTask, Omit<LearnOptions, 'labels' | 'seed'>> = {
  sentiment: { bits: 19, cost: 0.1, rarest: 2, bayes: 0.5, rarity: 0.5, balance: 0.7 },
  rumor: { bits: 18, cost: 0.5, rarest: 3, bayes: 0.3, rarity: 0, balance: 1, oneScore: true },
  routing: { bits: 20, cost: 1, rarest: 2, bayes: 0.5, rarity: 0, balance: 0.5 },
};

const LABELS: Record<Exclude<LabelledTask, 'routing'>, string[]> = {
  sentiment: ['positive', 'neutral', 'negative'],
  rumor: ['rumor', 'nonrumor'],
};

/** Fewest rows of a label that a model can be taught with. */
const FEWEST = 10;

/** Shares of official posts and of the public's unremarkable posts that may reach the alert threshold out of fold. */
const FALSE_ALARMS = { official: 0.01, public: 0.05 };

export interface TrainReport {
  task: LabelledTask;
  rows: number;
  ignored: number;
  labels: Record<string, number>;
  /** Texts without labels that helped. */
  unlabelled: number;
  /** Five-fold cross-validation, copies of a text kept in one fold. */
  crossValidation: Figures;
  /** The same, set by set. */
  perSet?: (Figures & { set: string; topThree?: number })[];
  /** With `base`: the base model alone on the same rows, which it never saw unless it was taught with them. */
  before?: Figures;
  /** `routing`: share of rows whose label is among the three most probable, out of fold. */
  topThree?: number;
  /** Only with `thorough`. */
  splits?: Splits;
  /** `rumor`: the alert threshold, and the shares of official posts, the public's other posts and rumours that reach it out of fold. */
  alertAt?: number;
  alertedOfficial?: number;
  alertedPublic?: number;
  alertedRumors?: number;
  /** Path of the model file. */
  model: string;
}

export interface TrainOptions {
  /** A name may join several files with commas: they are left out together when one set is left out. */
  files: readonly string[];
  /** Labels by id for texts that have none of their own, or another. */
  labels?: string;
  /** Texts without labels: `sentiment` learns from them what neutral looks like where no set has it labelled. */
  unlabelled?: readonly string[];
  /** Directory that receives `<task>.model`. */
  out: string;
  enricher: Enricher;
  /** Start from this model instead of from nothing, so that a few hundred own labels correct it without the data it was taught with. */
  base?: LinearModel;
  /** Which version that model is. */
  startedFrom?: string;
  /** Names the version; without it the file is called after its task. */
  id?: string;
  /** Also measure splits by time, topic and set (several times the work). */
  thorough?: boolean;
  /** Receives the rows that a model of the other folds got wrong. */
  onError?: (row: { text: string; label: string; found: string }) => void;
}

export async function runTrain(task: LabelledTask, options: TrainOptions): Promise<TrainReport> {
  const sets = options.files.map((name) => name.split(','));
  const given = await readLabels(options.labels);
  const read = await readRows(task, sets.flat(), given);
  const setOf = sets.flatMap((files, set) => files.map(() => set));
  // Rows that a file keeps for testing are never learnt from, so that `eval` on them stays honest.
  const rows = read.rows.filter((row) => row.split !== 'test');
  const ignored = read.ignored + read.rows.length - rows.length;
  const counts: Record<string, number> = {};
  for (const row of rows) counts[row.label] = (counts[row.label] ?? 0) + 1;
  const { base } = options;
  const own = task === 'routing' ? Object.keys(counts).sort() : LABELS[task];
  const labels = base === undefined || task !== 'routing' ? own : base.labels;
  const known = new Set(labels);
  const strange = own.filter((label) => !known.has(label));
  if (strange.length > 0) {
    throw new UserError('invalid-input', `标注中有现用模型没有的单位：${strange.join('、')}。`, {
      kept: '现用模型未改动。',
      todo: '单位不同时不能在现用模型上续训：请去掉 --base，用本单位的全部标注从头训练。',
    });
  }
  const short = base === undefined ? labels.filter((label) => (counts[label] ?? 0) < FEWEST) : [];
  if (labels.length < 2 || short.length > 0 || rows.length < 2 * FEWEST) {
    throw new UserError(
      'invalid-input',
      base === undefined
        ? `标注不足：${short.join('、') || task} 少于 ${FEWEST} 条。`
        : `标注不足：只有 ${rows.length} 条，续训至少要 ${2 * FEWEST} 条。`,
      { kept: '现用模型未改动。', todo: '请补充标注后重新训练。' },
    );
  }
  const learning: LearnOptions = { ...SETTINGS[task], labels, seed: SEED, ...(base === undefined ? {} : { base }) };
  const matter = task === 'routing';
  const teaching = prepare(rows, labels, options.enricher, matter);
  const unlabelled =
    task === 'sentiment' && base === undefined
      ? (await readTexts(options.unlabelled ?? [], given)).map((text) => speechOf(options.enricher, text))
      : [];
  const { examples, groups } = teaching;
  const model = learnMore(examples, learning, unlabelled);
  const scores = outOfFold(examples, learning, 5, unlabelled, (i) => groups[i] ?? i);
  fit(task, model, scores, examples, labels, base);
  const gold = examples.map((example) => labels[example.label] ?? '');
  const found = decide(
    model,
    labels,
    scores,
    examples.map((example) => example.silent),
  );
  rows.forEach(({ text, label }, i) => {
    if (found[i] !== label) options.onError?.({ text, label, found: found[i] ?? '' });
  });
  const report: TrainReport = {
    task,
    rows: rows.length,
    ignored,
    labels: counts,
    unlabelled: unlabelled.length,
    crossValidation: measure(gold, found, usedLabels(gold, labels)),
    ...(sets.length < 2
      ? {}
      : {
          perSet: figuresOfSets(
            sets.map(nameOf),
            rows.map((row) => setOf[row.file] ?? 0),
            gold,
            found,
            labels,
          ).map((figures, set) => ({
            ...figures,
            ...(task === 'routing'
              ? {
                  topThree: topThree(
                    scores,
                    examples.map((example, i) => (setOf[rows[i]?.file ?? 0] === set ? example : undefined)),
                  ),
                }
              : {}),
          })),
        }),
    model: join(options.out, `${options.id ?? task}.model`),
  };
  if (base !== undefined) {
    report.before = measure(gold, decide(base, labels, scoresOf(base, examples)), usedLabels(gold, labels));
  }
  if (task === 'routing') report.topThree = topThree(scores, examples);
  if (options.thorough === true) {
    const test = sets.flatMap((_, set) => {
      const kept = read.rows.filter((row) => row.split === 'test' && setOf[row.file] === set);
      return kept.length === 0 ? [] : [{ set, examples: prepare(kept, labels, options.enricher, matter).examples }];
    });
    report.splits = measureSplits({
      examples,
      rows,
      setOf: (row) => setOf[row.file] ?? 0,
      setNames: sets.map(nameOf),
      test,
      learning,
      unlabelled,
      decide: (part, taught, found) => {
        // One factor for all scores moves no border; a factor and an offset do.
        if (task === 'rumor') fit(task, taught, found.outOfFold(), part, labels);
        return decide(taught, labels, found.scores, found.silent);
      },
    });
  }
  if (task === 'rumor') Object.assign(report, alertFigures(model, scores, examples, rows, base));
  model.task = task;
  model.meta = {
    ...(report.alertAt === undefined ? {} : { alertAt: report.alertAt }),
    ...(options.id === undefined ? {} : { id: options.id }),
    ...(options.startedFrom === undefined ? {} : { startedFrom: options.startedFrom }),
    rows: rows.length,
    labels: counts,
    seed: SEED,
    macroF1: report.crossValidation.macroF1,
    accuracy: report.crossValidation.accuracy,
  };
  mkdirSync(options.out, { recursive: true });
  saveModel(report.model, model);
  writeFileSync(
    join(options.out, `${options.id ?? task}.training.json`),
    JSON.stringify({ ...report, model: basename(report.model) }, null, 2) + '\n',
  );
  return report;
}

const nameOf = (files: readonly string[]) => files.map((file) => basename(file)).join('，');

function speechOf(enricher: Enricher, text: string): Int32Array {
  const { features } = enricher.reading(text);
  return features.hashes.slice(0, features.size);
}

function matterOf(enricher: Enricher, text: string): Pick<Example, 'hashes' | 'parts'> {
  const { folded, words } = enricher.reading(text);
  const parts = partsOf(folded, words);
  return { parts, hashes: Int32Array.from(parts.slice(0, 2).flatMap(({ hashes }) => [...hashes])) };
}

function prepare(
  rows: readonly Row[],
  labels: readonly string[],
  enricher: Enricher,
  matter: boolean,
): { examples: Example[]; groups: number[] } {
  const inFile = new Map<number, Set<string>>();
  for (const row of rows) inFile.set(row.file, (inFile.get(row.file) ?? new Set()).add(row.label));
  const copies = new Map<string, number>();
  const groups: number[] = [];
  const examples = rows.map((row, i) => {
    const silent = labels.length === 3 ? labels.findIndex((label) => inFile.get(row.file)?.has(label) !== true) : -1;
    const key = fingerprint(fold(row.text)).copyKey;
    const group = copies.get(key) ?? i;
    copies.set(key, group);
    groups.push(group);
    return {
      ...(matter ? matterOf(enricher, row.text) : { hashes: speechOf(enricher, row.text) }),
      label: labels.indexOf(row.label),
      weight: row.weight,
      silent,
    };
  });
  return { examples, groups };
}

/** Probabilities. A model that was started from another keeps that one's: a few hundred labels say too little about them. */
function fit(
  task: LabelledTask,
  model: LinearModel,
  scores: readonly Float64Array[],
  examples: readonly Example[],
  labels: readonly string[],
  base?: LinearModel,
): void {
  if (base !== undefined) {
    model.matrix = base.matrix;
    model.offset = base.offset;
  } else if (task === 'rumor') calibrateOne(model, scores, weighted(examples, labels, 1));
  else calibrateFactor(model, scores, weighted(examples, labels, 0.5));
}

/**
 * The rows as calibration counts them. Probabilities are for posts to come, whose shares of labels are not those of a
 * training set: rare labels count more, and files that lack a label count less.
 */
function weighted(examples: readonly Example[], labels: readonly string[], power: number): Example[] {
  const counts = labels.map((_, k) => examples.filter((example) => example.label === k).length);
  return examples.map((example) => ({
    ...example,
    weight:
      Math.pow(examples.length / (labels.length * Math.max(1, counts[example.label] ?? 1)), power) *
      (example.silent !== undefined && example.silent >= 0 ? SILENT : 1),
  }));
}

function alertFigures(
  model: LinearModel,
  scores: readonly Float64Array[],
  examples: readonly Example[],
  rows: readonly Row[],
  base: LinearModel | undefined,
): Pick<TrainReport, 'alertAt' | 'alertedOfficial' | 'alertedPublic' | 'alertedRumors'> {
  const p = new Float64Array(1);
  const reached = examples.map((_, i) => {
    probabilities(model, scores[i] ?? p, p);
    return p[0] ?? 0;
  });
  const withRumors = new Set(rows.filter((row) => row.label === 'rumor').map((row) => row.file));
  const plain = examples.flatMap((example, i) => (example.label === 1 ? [i] : []));
  const official = plain.filter((i) => !withRumors.has(rows[i]?.file ?? -1));
  const others = plain.filter((i) => withRumors.has(rows[i]?.file ?? -1));
  const atMost = (list: readonly number[], part: number) => {
    const sorted = list.map((i) => reached[i] ?? 0).sort((x, y) => x - y);
    return sorted[Math.floor(sorted.length * (1 - part))] ?? 0;
  };
  const kept = base?.meta['alertAt'];
  const found = Math.max(0.5, atMost(official, FALSE_ALARMS.official), atMost(others, FALSE_ALARMS.public));
  const alertAt = typeof kept === 'number' ? kept : Math.ceil(found * 1000) / 1000;
  const rumors = examples.flatMap((example, i) => (example.label === 0 ? [reached[i] ?? 0] : []));
  const share = (list: readonly number[]) =>
    Math.round((list.filter((x) => x >= alertAt).length / Math.max(1, list.length)) * 1e4) / 1e4;
  return {
    alertAt,
    alertedOfficial: share(official.map((i) => reached[i] ?? 0)),
    alertedPublic: share(others.map((i) => reached[i] ?? 0)),
    alertedRumors: share(rumors),
  };
}

/** The most probable label of each row. `silent`: a label that the rows' file never uses, which is then no answer. */
function decide(
  model: LinearModel,
  labels: readonly string[],
  scores: readonly Float64Array[],
  silent: readonly (number | undefined)[] = [],
): string[] {
  const p = new Float64Array(model.labels.length);
  return scores.map((s, i) => {
    probabilities(model, s, p);
    if (p.length === 1) return (p[0] ?? 0) >= 0.5 ? (labels[0] ?? '') : (labels[1] ?? '');
    let best = -1;
    for (let k = 0; k < p.length; k++) {
      if (k !== silent[i] && (best < 0 || (p[k] ?? 0) > (p[best] ?? 0))) best = k;
    }
    return labels[best] ?? '';
  });
}

/** Share of the examples whose label is among the three highest scores; rows that are undefined are not asked. */
function topThree(scores: readonly Float64Array[], examples: readonly (Example | undefined)[]): number {
  let asked = 0;
  let right = 0;
  examples.forEach((example, i) => {
    const s = scores[i];
    if (s === undefined || example === undefined) return;
    asked++;
    const mine = s[example.label] ?? -Infinity;
    if (s.filter((other) => other > mine).length < 3) right++;
  });
  return Math.round((right / Math.max(1, asked)) * 1e4) / 1e4;
}

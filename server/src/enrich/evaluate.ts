/**
 * In: a labelled NDJSON file. Out: the figures of the shipped pipeline on it. Called by: the `eval` verb, which prints
 * the result; its last line is the returned object as JSON.
 */
import { CHECK_WORTHY } from './claims.ts';
import { readLabels, readRows, type LabelledTask } from './datasets.ts';
import type { Enricher, EnrichOptions } from './enricher.ts';
import { measure, type Figures } from './figures.ts';
import { UserError } from '../platform/errors.ts';

export interface EvalReport extends Figures {
  task: LabelledTask;
  postsPerSecond: number;
  /** Rows that have no label of this task. */
  ignored: number;
  [extra: string]: unknown;
}

export interface EvalOptions {
  file: string;
  /** Labels by id for texts that have none of their own, or another. */
  labels?: string;
  enricher: Enricher;
  /** Receives one line of progress or a wrong answer at a time; nothing is printed here. */
  onError?: (row: { text: string; label: string; found: string; confidence: number }) => void;
}

const KIND: Record<LabelledTask, EnrichOptions> = {
  sentiment: { official: false, kind: 'comment' },
  rumor: { official: false, kind: 'post' },
  routing: { official: false, kind: 'message' },
};

/** Runs the whole of enrich on every row, so that speed and answers are what the product gives. */
export async function runEval(task: LabelledTask, options: EvalOptions): Promise<EvalReport> {
  const { enricher } = options;
  const { rows, ignored } = await readRows(task, [options.file], await readLabels(options.labels));
  if (rows.length === 0)
    throw new UserError('invalid-input', `${options.file} 中没有可用于 ${task} 的标注行，没有测量。`, {
      todo: '请检查 label 字段。',
    });
  const gold = rows.map((row) => row.label);
  const used = new Set(gold);
  const found: string[] = [];
  let uncertain = 0;
  let inThree = 0;
  let alerts = 0;
  let falseAlarms = 0;
  const sure: number[] = [];
  const started = performance.now();
  for (const row of rows) {
    const result = enricher.enrich(row.text, KIND[task]);
    let answer: string;
    let confidence: number;
    if (task === 'sentiment') {
      const [positive = 0, neutral = 0, negative = 0] = enricher.sentiment.last;
      // A file without neutral rows asks for the better of two; `uncertain` counts by its most likely label.
      const thinkable = used.has('neutral') ? neutral : -1;
      answer =
        positive >= negative && positive >= thinkable ? 'positive' : negative >= thinkable ? 'negative' : 'neutral';
      confidence = result.sentimentConfidence;
      if (result.sentiment === 'uncertain') uncertain++;
      else sure.push(found.length);
    } else if (task === 'rumor') {
      answer = result.claimScore >= CHECK_WORTHY ? 'rumor' : 'nonrumor';
      confidence = result.claimScore;
      if (result.claimScore >= enricher.claims.alertAt) {
        alerts++;
        if (row.label === 'nonrumor') falseAlarms++;
      }
    } else {
      answer = result.department?.[0]?.id ?? '';
      confidence = result.department?.[0]?.probability ?? 0;
      if (result.department?.some((suggestion) => suggestion.id === row.label) === true) inThree++;
    }
    found.push(answer);
    if (answer !== row.label) options.onError?.({ text: row.text, label: row.label, found: answer, confidence });
  }
  const seconds = (performance.now() - started) / 1000;
  const report: EvalReport = {
    task,
    ...measure(gold, found, [...used].sort()),
    postsPerSecond: Math.round(rows.length / Math.max(1e-6, seconds)),
    ignored,
  };
  const test = rows.some((row) => row.split === 'test') && rows.some((row) => row.split !== 'test');
  if (test) {
    const at = rows.flatMap((row, i) => (row.split === 'test' ? [i] : []));
    report['testSplit'] = measure(
      at.map((i) => gold[i] ?? ''),
      at.map((i) => found[i] ?? ''),
      [...used].sort(),
    );
  }
  if (task === 'sentiment') {
    report['uncertainShare'] = share(uncertain, rows.length);
    // The figures above force a choice; these leave out what the product calls uncertain.
    report['whenCertain'] = measure(
      sure.map((i) => gold[i] ?? ''),
      sure.map((i) => found[i] ?? ''),
      [...used].sort(),
    );
  } else if (task === 'rumor') {
    const nonrumors = gold.filter((label) => label === 'nonrumor').length;
    report['alertThreshold'] = enricher.claims.alertAt;
    report['alertShare'] = share(alerts, rows.length);
    report['falseAlarmShare'] = share(falseAlarms, nonrumors);
  } else report['topThree'] = share(inThree, rows.length);
  return report;
}

function share(part: number, of: number): number {
  return of > 0 ? Math.round((part / of) * 1e4) / 1e4 : 0;
}

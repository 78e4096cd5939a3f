/**
 * In: labelled NDJSON files. Out: rows of one task with normalised labels, and what was left out and why. Called by:
 * train and evaluate.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { UserError } from '../platform/errors.ts';

export type LabelledTask = 'sentiment' | 'rumor' | 'routing';

export interface Row {
  text: string;
  label: string;
  /** Milliseconds; undefined when the file does not say. */
  at?: number;
  split?: string;
  /** How much it counts in training; 1 when the file does not say. */
  weight: number;
  /** Index of the file the row came from. */
  file: number;
}

/** Lines end with LF alone: readline would also break at U+2028, which JSON texts contain. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const raw = createReadStream(file);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of (file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw) as AsyncIterable<Uint8Array>) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  yield rest + decoder.decode();
}

/** Every JSON object of a file (plain or .gz), with its line number. Throws on a malformed line, naming it. */
export async function* readNdjson(file: string): AsyncGenerator<Record<string, unknown>> {
  let number = 0;
  for await (const line of linesOf(file)) {
    number++;
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new UserError('invalid-input', `${file} 第 ${number} 行不是有效的 JSON。`, {
        kept: '没有写入任何内容。',
        todo: '请修正这一行后重试。',
      });
    }
    if (typeof value === 'object' && value !== null) yield value as Record<string, unknown>;
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** Unix seconds or milliseconds, or a date in words. */
function moment(value: unknown): number | undefined {
  const n = typeof value === 'number' ? value : Number(value);
  if (Number.isFinite(n) && n > 0) return n < 1e11 ? n * 1000 : n;
  const parsed = Date.parse(text(value));
  return Number.isNaN(parsed) ? undefined : parsed;
}

const ALIASES: Record<LabelledTask, Record<string, string>> = {
  sentiment: {
    positive: 'positive',
    neutral: 'neutral',
    negative: 'negative',
    正面: 'positive',
    中性: 'neutral',
    负面: 'negative',
  },
  rumor: {
    rumor: 'rumor',
    fake: 'rumor',
    nonrumor: 'nonrumor',
    'non-rumor': 'nonrumor',
    real: 'nonrumor',
    待核实: 'rumor',
    一般: 'nonrumor',
  },
  routing: {},
};

/**
 * The label of a row, or undefined when it has none for this task. For `rumor`, a post with an official ruling is
 * check-worthy, and in the import format an official account's post is not.
 */
function labelOf(task: LabelledTask, row: Record<string, unknown>): string | undefined {
  const label = text(row['label']);
  if (task === 'routing') return label === '' ? undefined : label;
  if (label !== '') return ALIASES[task][label];
  if (task !== 'rumor') return undefined;
  if (text(row['officialAnalysis']) !== '') return 'rumor';
  return row['kind'] === 'post' && text(row['account']) !== '' ? 'nonrumor' : undefined;
}

function weightOf(row: Record<string, unknown>): number {
  const weight = row['weight'];
  return typeof weight === 'number' && weight > 0 ? weight : 1;
}

/** Labels that are kept apart from the texts they belong to, by id: lines `{id, label, split?, weight?}`. */
export type GivenLabels = ReadonlyMap<string, Record<string, unknown>>;

export async function readLabels(file: string | undefined): Promise<GivenLabels> {
  const labels = new Map<string, Record<string, unknown>>();
  if (file !== undefined) for await (const row of readNdjson(file)) labels.set(text(row['id']), row);
  return labels;
}

export async function readRows(
  task: LabelledTask,
  files: readonly string[],
  labels: GivenLabels = new Map(),
): Promise<{ rows: Row[]; ignored: number }> {
  const rows: Row[] = [];
  let ignored = 0;
  for (const [file, path] of files.entries()) {
    for await (const found of readNdjson(path)) {
      const raw = { ...found, ...labels.get(text(found['id'])) };
      const label = labelOf(task, raw);
      const body = [text(raw['title']), text(raw['text'])].filter((part) => part !== '').join('\n');
      if (label === undefined || body === '') {
        ignored++;
        continue;
      }
      rows.push({
        text: body,
        label,
        at: moment(raw['publishedAt']),
        split: text(raw['split']) || undefined,
        weight: weightOf(raw),
        file,
      });
    }
  }
  return { rows, ignored };
}

/** Texts alone, whatever their labels; rows kept for testing and rows of `labels` left out. */
export async function readTexts(files: readonly string[], labels: GivenLabels = new Map()): Promise<string[]> {
  const texts: string[] = [];
  for (const path of files) {
    for await (const raw of readNdjson(path)) {
      if (text(raw['split']) === 'test' || text(raw['text']) === '' || labels.has(text(raw['id']))) continue;
      texts.push(text(raw['text']));
    }
  }
  return texts;
}

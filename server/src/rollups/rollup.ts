/**
 * In: rows of posts. Out: how much each counter changes, added up in memory, so that a batch of thousands costs a few hundred upserts.
 * Used by: rollups.ts.
 */
import { dayStart, hourOf } from '../platform/clock.ts';

/** What the counters need to know about one post. */
export interface RollupRow {
  id: number;
  /** ms */
  publishedAt: number;
  platform: string;
  kind: string;
  official: boolean;
  sourceId: number | null;
  accountId: number | null;
  /** -1 negative · 0 neutral · 1 positive · 9 uncertain */
  sentiment: number;
  keywords: readonly string[];
}

export interface CounterDelta {
  at: number;
  platform: string;
  kind: string;
  sourceId: number;
  accountId: number;
  sentiment: number;
  posts: number;
}

export interface WordDelta {
  grain: 'h' | 'd';
  at: number;
  word: string;
  /** By sentiment: positive, neutral, negative, uncertain. */
  split: [number, number, number, number];
}

export interface Deltas {
  hours: CounterDelta[];
  days: CounterDelta[];
  words: WordDelta[];
}

/** `hourlyWordsFrom`: words of earlier hours are counted by day only. */
export function deltasOf(rows: readonly RollupRow[], sign: 1 | -1, hourlyWordsFrom: number): Deltas {
  const hours = new Map<string, CounterDelta>();
  const days = new Map<string, CounterDelta>();
  const hourWords = new Map<number, Map<string, WordDelta>>();
  const dayWords = new Map<number, Map<string, WordDelta>>();
  for (const row of rows) {
    const hour = hourOf(row.publishedAt);
    const day = dayStart(row.publishedAt);
    count(hours, row, hour, sign);
    count(days, row, day, sign);
    // The words are the public's: what people talk about, not what the office repeats.
    if (row.official || row.keywords.length === 0) continue;
    const words = new Set(row.keywords);
    if (hour >= hourlyWordsFrom) countWords(hourWords, 'h', hour, words, row.sentiment, sign);
    countWords(dayWords, 'd', day, words, row.sentiment, sign);
  }
  const words = [hourWords, dayWords].flatMap((grains) => [...grains.values()].flatMap((of) => [...of.values()]));
  return { hours: [...hours.values()], days: [...days.values()], words };
}

function count(counters: Map<string, CounterDelta>, row: RollupRow, at: number, sign: number): void {
  const accountId = row.official ? (row.accountId ?? 0) : 0;
  const sourceId = row.sourceId ?? 0;
  const key = `${String(at)} ${row.platform} ${row.kind} ${String(sourceId)} ${String(accountId)} ${String(row.sentiment)}`;
  const known = counters.get(key);
  if (known !== undefined) known.posts += sign;
  else {
    const { platform, kind, sentiment } = row;
    counters.set(key, { at, platform, kind, sourceId, accountId, sentiment, posts: sign });
  }
}

function countWords(
  grains: Map<number, Map<string, WordDelta>>,
  grain: 'h' | 'd',
  at: number,
  words: ReadonlySet<string>,
  sentiment: number,
  sign: number,
): void {
  let counted = grains.get(at);
  if (counted === undefined) grains.set(at, (counted = new Map()));
  for (const word of words) {
    let delta = counted.get(word);
    if (delta === undefined) counted.set(word, (delta = { grain, at, word, split: [0, 0, 0, 0] }));
    delta.split[partOf(sentiment)] += sign;
  }
}

function partOf(sentiment: number): 0 | 1 | 2 | 3 {
  return sentiment === 1 ? 0 : sentiment === 0 ? 1 : sentiment === -1 ? 2 : 3;
}

/** The column that counts a sentiment, of words and of topics’ hours. */
export function columnOf(sentiment: number): string {
  return ['positive', 'neutral', 'negative', 'uncertain'][partOf(sentiment)] ?? 'uncertain';
}

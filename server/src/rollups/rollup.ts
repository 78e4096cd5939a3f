/**
 * In: rows of posts. Out: how much each counter changes, added up in memory, so that a batch of thousands costs a few hundred upserts.
 * Used by: rollups.ts.
 */
import { dayOf, hourOf, startOfDay } from '../platform/clock.ts';

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

export function dayStart(ms: number): number {
  return startOfDay(dayOf(ms));
}

/** `hourlyWordsFrom`: words of earlier hours are counted by day only. */
export function deltasOf(rows: readonly RollupRow[], sign: 1 | -1, hourlyWordsFrom: number): Deltas {
  const hours = new Map<string, CounterDelta>();
  const days = new Map<string, CounterDelta>();
  const words = new Map<string, WordDelta>();
  for (const row of rows) {
    const hour = hourOf(row.publishedAt);
    const day = dayStart(row.publishedAt);
    count(hours, row, hour, sign);
    count(days, row, day, sign);
    // The words are the public's: what people talk about, not what the office repeats.
    if (row.official) continue;
    for (const word of new Set(row.keywords)) {
      if (hour >= hourlyWordsFrom) countWord(words, 'h', hour, word, row.sentiment, sign);
      countWord(words, 'd', day, word, row.sentiment, sign);
    }
  }
  return { hours: [...hours.values()], days: [...days.values()], words: [...words.values()] };
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

function countWord(
  words: Map<string, WordDelta>,
  grain: 'h' | 'd',
  at: number,
  word: string,
  sentiment: number,
  sign: number,
): void {
  const key = `${grain}${String(at)} ${word}`;
  let delta = words.get(key);
  if (delta === undefined) {
    delta = { grain, at, word, split: [0, 0, 0, 0] };
    words.set(key, delta);
  }
  delta.split[partOf(sentiment)] += sign;
}

function partOf(sentiment: number): 0 | 1 | 2 | 3 {
  return sentiment === 1 ? 0 : sentiment === 0 ? 1 : sentiment === -1 ? 2 : 3;
}

/** The column of `rollup_words` that counts a sentiment. */
export function columnOf(sentiment: number): string {
  return ['positive', 'neutral', 'negative', 'uncertain'][partOf(sentiment)] ?? 'uncertain';
}

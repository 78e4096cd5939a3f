/**
 * In: a window. Out: figures from the counters, at a cost bounded by the hours or days of the window. Used by: dashboard, coverage, briefings.
 */
import type { SentimentSplit } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { dayStart, hourOf } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { firstIdAt } from '../posts/post-id.ts';
import { DAY, HOUR, type Window } from '../platform/time-window.ts';

/** As counted; what is shown of it is for small-cells.ts to say. */
export type Split = Omit<SentimentSplit, 'withheld'>;

/** Windows up to this long are read by the hour, longer ones by the office day. */
export const HOURLY_WINDOW = 8 * DAY;

export interface Bucket extends Split {
  at: number;
  official: number;
}

export interface Totals extends Split {
  posts: number;
  public: number;
  official: number;
}

export interface ChannelCount {
  platform: string;
  /** 0 = the public. */
  accountId: number;
  official: number;
  public: number;
}

export interface WordCount {
  word: string;
  posts: number;
  split: Split;
}

const SPLIT = `sum(CASE WHEN sentiment = 1 AND account_id = 0 THEN posts ELSE 0 END) AS positive,
  sum(CASE WHEN sentiment = 0 AND account_id = 0 THEN posts ELSE 0 END) AS neutral,
  sum(CASE WHEN sentiment = -1 AND account_id = 0 THEN posts ELSE 0 END) AS negative,
  sum(CASE WHEN sentiment NOT IN (-1, 0, 1) AND account_id = 0 THEN posts ELSE 0 END) AS uncertain,
  sum(CASE WHEN account_id <> 0 THEN posts ELSE 0 END) AS official`;

/** The counters that cover a window, whole hours or whole days: the first one may begin before the window. */
export function grainOf(window: Window): { table: 'rollup_hours' | 'rollup_days'; seconds: number; from: number } {
  return window.to - window.from <= HOURLY_WINDOW
    ? { table: 'rollup_hours', seconds: HOUR / 1000, from: hourOf(window.from) }
    : { table: 'rollup_days', seconds: DAY / 1000, from: dayStart(window.from) };
}

@Injectable()
export class RollupReader {
  constructor(private readonly db: Database) {}

  /** Sentiments are of public posts; official posts are counted apart. Buckets without posts are left out. */
  async series(window: Window): Promise<Bucket[]> {
    const { table, from } = grainOf(window);
    const rows = await this.db.all<Record<keyof Bucket, number | string>>(
      `SELECT at, ${SPLIT} FROM ${table} WHERE at >= ? AND at < ? GROUP BY at ORDER BY at`,
      [from, window.to],
    );
    return rows.map((r) => ({ ...splitOf(r), at: Number(r.at), official: Number(r.official) }));
  }

  async totals(window: Window): Promise<Totals> {
    const { table, from } = grainOf(window);
    const row = await this.db.one<Record<keyof Split | 'official', number | string | null>>(
      `SELECT ${SPLIT} FROM ${table} WHERE at >= ? AND at < ?`,
      [from, window.to],
    );
    const split = splitOf(row ?? { positive: 0, neutral: 0, negative: 0, uncertain: 0 });
    const official = Number(row?.official ?? 0);
    const everyone = split.positive + split.neutral + split.negative + split.uncertain;
    return { ...split, public: everyone, official, posts: everyone + official };
  }

  /**
   * Posts from the start of an hour to any moment: whole hours from the counters, the last, unfinished one from post ids,
   * so that a comparison with an unfinished hour is fair.
   */
  async postsBetween(fromHour: number, to: number): Promise<number> {
    const lastHour = hourOf(to);
    const whole = await this.db.one<{ n: number | null }>(
      'SELECT sum(posts) AS n FROM rollup_hours WHERE at >= ? AND at < ?',
      [fromHour, lastHour],
    );
    const rest = await this.db.one<{ n: number }>('SELECT count(*) AS n FROM posts WHERE id >= ? AND id < ?', [
      firstIdAt(lastHour),
      firstIdAt(to),
    ]);
    return Number(whole?.n ?? 0) + Number(rest?.n ?? 0);
  }

  /** The first counted moment; null when nothing was ever counted. */
  async earliest(): Promise<number | null> {
    const row = await this.db.one<{ at: number | string | null }>('SELECT min(at) AS at FROM rollup_hours');
    return row?.at === null || row?.at === undefined ? null : Number(row.at);
  }

  /** The newest counted hour; null when nothing was ever counted. */
  async latest(): Promise<number | null> {
    const row = await this.db.one<{ at: number | string | null }>('SELECT max(at) AS at FROM rollup_hours');
    return row?.at === null || row?.at === undefined ? null : Number(row.at);
  }

  async channels(window: Window): Promise<ChannelCount[]> {
    const { table, from } = grainOf(window);
    const rows = await this.db.all<{ platform: string; account: number | string; n: number | string }>(
      `SELECT platform, account_id AS account, sum(posts) AS n FROM ${table} WHERE at >= ? AND at < ?
       GROUP BY platform, account_id HAVING sum(posts) > 0 ORDER BY n DESC`,
      [from, window.to],
    );
    return rows.map((r) => {
      const accountId = Number(r.account);
      const n = Number(r.n);
      return { platform: r.platform, accountId, official: accountId === 0 ? 0 : n, public: accountId === 0 ? n : 0 };
    });
  }

  /** Posts by source; 0 = no source (imports). */
  async sources(window: Window): Promise<Map<number, number>> {
    const { table, from } = grainOf(window);
    const rows = await this.db.all<{ id: number | string; n: number | string }>(
      `SELECT source_id AS id, sum(posts) AS n FROM ${table} WHERE at >= ? AND at < ? GROUP BY source_id`,
      [from, window.to],
    );
    return new Map(rows.map((r) => [Number(r.id), Number(r.n)]));
  }

  /** The most frequent words of public posts. */
  async words(window: Window, hourly: boolean, limit: number): Promise<WordCount[]> {
    const from = hourly ? hourOf(window.from) : dayStart(window.from);
    const rows = await this.db.all<Record<keyof Split | 'posts', number | string> & { word: string }>(
      `SELECT word, sum(positive) AS positive, sum(neutral) AS neutral, sum(negative) AS negative, sum(uncertain) AS uncertain,
         sum(positive + neutral + negative + uncertain) AS posts
       FROM rollup_words WHERE grain = ? AND at >= ? AND at < ?
       GROUP BY word HAVING sum(positive + neutral + negative + uncertain) > 0 ORDER BY posts DESC, word LIMIT ${String(limit)}`,
      [hourly ? 'h' : 'd', from, window.to],
    );
    return rows.map((r) => ({ word: r.word, posts: Number(r.posts), split: splitOf(r) }));
  }

  /** How many public posts used each of these words on the whole office days of the window. */
  async wordTotals(window: Window, words: readonly string[]): Promise<Map<string, number>> {
    if (words.length === 0) return new Map();
    const rows = await this.db.all<{ word: string; n: number | string }>(
      `SELECT word, sum(positive + neutral + negative + uncertain) AS n FROM rollup_words
       WHERE grain = 'd' AND at >= ? AND at < ? AND word IN (${words.map(() => '?').join(', ')}) GROUP BY word`,
      [dayStart(window.from), window.to, ...words],
    );
    return new Map(rows.map((r) => [r.word, Number(r.n)]));
  }
}

function splitOf(row: Record<keyof Split, number | string | null>): Split {
  return {
    positive: Number(row.positive ?? 0),
    neutral: Number(row.neutral ?? 0),
    negative: Number(row.negative ?? 0),
    uncertain: Number(row.uncertain ?? 0),
  };
}

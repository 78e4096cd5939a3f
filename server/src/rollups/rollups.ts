/**
 * In: what happened to posts, in the transaction that writes them. Out: counters by hour and by day, and words; they cost the same however many
 * posts there are. Called by: pipeline (add, subtract), an hourly job (prune), reindex (recount). Read by: rollup-reader.ts.
 *
 * Source 0 = none; account 0 = the public. Words are counted for public posts only, by day, and by hour for the last days; of a closed hour or
 * day only the most frequent are kept, so a rare word's count is a lower bound.
 */
import { Injectable } from '@nestjs/common';
import { Clock, dayStart, hourOf } from '../platform/clock.ts';
import { runEach } from '../platform/database/bulk.ts';
import type { Param, Tx } from '../platform/database/database.ts';
import { DAY, HOUR } from '../platform/time-window.ts';
import { columnOf, deltasOf, type CounterDelta, type RollupRow } from './rollup.ts';

/** Words are counted by the hour for this long; older windows read whole days. */
export const HOURLY_WORDS = 4 * DAY;
/** Words kept of a closed hour and of a closed day. */
export const WORDS_PER_HOUR = 300;
export const WORDS_PER_DAY = 1000;

const COUNTERS = ['rollup_hours', 'rollup_days', 'rollup_words', 'rollup_words_open'] as const;
const UPSERT_COUNTER = (table: string) =>
  `INSERT INTO ${table} (at, platform, kind, source_id, account_id, sentiment, posts) VALUES (?, ?, ?, ?, ?, ?, ?)
   ON CONFLICT (at, platform, kind, source_id, account_id, sentiment) DO UPDATE SET posts = ${table}.posts + excluded.posts`;
const UPSERT_HOURS = UPSERT_COUNTER('rollup_hours');
const UPSERT_DAYS = UPSERT_COUNTER('rollup_days');
const UPSERT_WORDS = `INSERT INTO rollup_words (grain, at, word, positive, neutral, negative, uncertain) VALUES (?, ?, ?, ?, ?, ?, ?)
   ON CONFLICT (grain, at, word) DO UPDATE SET positive = rollup_words.positive + excluded.positive,
     neutral = rollup_words.neutral + excluded.neutral, negative = rollup_words.negative + excluded.negative,
     uncertain = rollup_words.uncertain + excluded.uncertain`;
const COUNTER_TYPES = ['bigint', 'text', 'text', 'bigint', 'bigint', 'smallint', 'bigint'];
const OPEN = 'INSERT INTO rollup_words_open (grain, at) VALUES (?, ?) ON CONFLICT (grain, at) DO NOTHING';

@Injectable()
export class Rollups {
  constructor(private readonly clock: Clock) {}

  /** Counts new posts. */
  add(tx: Tx, rows: readonly RollupRow[]): Promise<void> {
    return this.apply(tx, rows, 1);
  }

  /** Takes back what `add` counted: rows as they were then. */
  subtract(tx: Tx, rows: readonly RollupRow[]): Promise<void> {
    return this.apply(tx, rows, -1);
  }

  /** A post's sentiment is another from now on. Of words, those that are still counted move; what was pruned stays forgotten. */
  async correct(tx: Tx, row: RollupRow, sentiment: number): Promise<void> {
    if (sentiment === row.sentiment) return;
    await this.apply(tx, [{ ...row, keywords: [] }], -1);
    await this.apply(tx, [{ ...row, keywords: [], sentiment }], 1);
    if (row.official) return;
    const [from, to] = [columnOf(row.sentiment), columnOf(sentiment)];
    for (const word of new Set(row.keywords)) {
      for (const [grain, at] of [
        ['h', hourOf(row.publishedAt)],
        ['d', dayStart(row.publishedAt)],
      ] as const) {
        await tx.run(
          `UPDATE rollup_words SET ${from} = ${from} - 1, ${to} = ${to} + 1 WHERE grain = ? AND at = ? AND word = ? AND ${from} > 0`,
          [grain, at, word],
        );
      }
    }
  }

  /** Keeps the most frequent words of closed hours and days, and drops hourly words that no window reads any more. */
  async prune(tx: Tx): Promise<void> {
    const now = this.clock.now();
    const open = await tx.all<{ grain: string; at: number | string }>('SELECT grain, at FROM rollup_words_open');
    for (const bucket of open) {
      const at = Number(bucket.at);
      const closed = bucket.grain === 'h' ? at + HOUR <= hourOf(now) : at + DAY <= dayStart(now);
      if (!closed) continue;
      const keep = bucket.grain === 'h' ? WORDS_PER_HOUR : WORDS_PER_DAY;
      await tx.run(
        `DELETE FROM rollup_words WHERE grain = ? AND at = ? AND word NOT IN (
           SELECT word FROM rollup_words WHERE grain = ? AND at = ?
           ORDER BY positive + neutral + negative + uncertain DESC, word LIMIT ${String(keep)})`,
        [bucket.grain, at, bucket.grain, at],
      );
      await tx.run('DELETE FROM rollup_words_open WHERE grain = ? AND at = ?', [bucket.grain, at]);
    }
    await tx.run(`DELETE FROM rollup_words WHERE grain = 'h' AND at < ?`, [this.hourlyWordsFrom()]);
  }

  async clear(tx: Tx): Promise<void> {
    for (const table of COUNTERS) await tx.run(`DELETE FROM ${table}`);
  }

  /**
   * Counts a stretch of whole days anew. In one transaction that no other writer of counters gets between, so that charts never show half of it
   * and what arrives meanwhile is counted once.
   * @param from start of a day, `to` likewise; `rows` reads what is stored of them, after the others have been made to wait
   */
  async recount(tx: Tx, from: number, to: number, rows: () => AsyncIterable<readonly RollupRow[]>): Promise<void> {
    await tx.inOrder();
    for (const table of COUNTERS) await tx.run(`DELETE FROM ${table} WHERE at >= ? AND at < ?`, [from, to]);
    for await (const part of rows()) await this.add(tx, part);
  }

  private hourlyWordsFrom(): number {
    return hourOf(this.clock.now() - HOURLY_WORDS);
  }

  private async apply(tx: Tx, rows: readonly RollupRow[], sign: 1 | -1): Promise<void> {
    if (rows.length === 0) return;
    // Two transactions that raise the same counters in different orders would wait for each other.
    await tx.inOrder();
    const { hours, days, words } = deltasOf(rows, sign, this.hourlyWordsFrom());
    const values = (d: CounterDelta): Param[] => [
      d.at,
      d.platform,
      d.kind,
      d.sourceId,
      d.accountId,
      d.sentiment,
      d.posts,
    ];
    await runEach(tx, UPSERT_HOURS, COUNTER_TYPES, hours.map(values));
    await runEach(tx, UPSERT_DAYS, COUNTER_TYPES, days.map(values));
    await runEach(
      tx,
      UPSERT_WORDS,
      ['text', 'bigint', 'text', 'bigint', 'bigint', 'bigint', 'bigint'],
      words.map((w) => [w.grain, w.at, w.word, ...w.split]),
    );
    const opened = new Map(words.map((w) => [`${w.grain}${String(w.at)}`, [w.grain, w.at] satisfies Param[]]));
    await runEach(tx, OPEN, ['text', 'bigint'], [...opened.values()]);
  }
}

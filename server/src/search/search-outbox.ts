/**
 * In: changes of posts, inside the transaction that makes them. Out: the same changes in order, for an engine outside the database, and what it
 * has come to. Used by: engines/elasticsearch.ts (writes), engines/elasticsearch-indexer.ts (reads, forgets).
 *
 * Why rows are deleted one by one and not by a position: with several writers a lower number may be committed after a higher one. Changes of one
 * post are always in order, because their transactions wait for each other at the post's row.
 */
import type { Clock } from '../platform/clock.ts';
import type { Database, Param, Tx } from '../platform/database/database.ts';

export type OutboxOp = 'put' | 'drop' | 'look' | 'clear' | 'rebuild';

export interface OutboxRow {
  seq: number;
  postId: number;
  op: OutboxOp;
  document: string | null;
}

export interface IndexState {
  /** The index generation that searches read; null before the first. */
  live: string | null;
  /** The generation that is being filled from the records; may be the live one. */
  building: string | null;
  /** The last post that was filled in. */
  builtTo: number;
}

export interface Waiting {
  /** Number of the oldest change that waits; 0 when none does. */
  first: number;
  last: number;
  behind: number;
  since: number | null;
  refused: number;
  problem: string | null;
  /** Posts that the index which searches read, or will read, has yet to be given from the records; those that wait are not counted twice. */
  unfilled: number;
}

const COLUMNS = 4;
/** Rows of one statement; PostgreSQL takes 65,535 parameters, SQLite 32,766. */
const CHUNK = 1000;

export class SearchOutbox {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async append(tx: Tx, rows: readonly Omit<OutboxRow, 'seq'>[]): Promise<void> {
    const now = this.clock.now();
    const insert = 'INSERT INTO search_outbox (post_id, at, op, document) VALUES ';
    if (tx.sqlite !== null) {
      const statement = tx.sqlite.prepare(`${insert}(?, ?, ?, ?)`);
      for (const { postId, op, document } of rows) statement.run(BigInt(postId), BigInt(now), op, document);
      return;
    }
    for (let i = 0; i < rows.length; i += CHUNK) {
      const part = rows.slice(i, i + CHUNK);
      const values = part.map(() => `(${Array.from({ length: COLUMNS }, () => '?').join(', ')})`).join(', ');
      await tx.run(
        insert + values,
        part.flatMap(({ postId, op, document }): Param[] => [postId, now, op, document]),
      );
    }
  }

  /** Forgets everything that waits and asks for an empty index. */
  async clear(tx: Tx): Promise<void> {
    await tx.run('DELETE FROM search_outbox');
    await this.append(tx, [{ postId: 0, op: 'clear', document: null }]);
  }

  /** Asks for a new index beside the live one. */
  async rebuild(): Promise<void> {
    await this.db.write((tx) => this.append(tx, [{ postId: 0, op: 'rebuild', document: null }]));
  }

  /** The next rows above `after`, oldest first. */
  async next(limit: number, after = 0): Promise<OutboxRow[]> {
    const rows = await this.db.all<{ seq: number; post_id: number; op: OutboxOp; document: string | null }>(
      'SELECT seq, post_id, op, document FROM search_outbox WHERE seq > ? AND refused IS NULL ORDER BY seq LIMIT ?',
      [after, limit],
    );
    return rows.map((r) => ({ seq: Number(r.seq), postId: Number(r.post_id), op: r.op, document: r.document }));
  }

  /** Rows that were taken, as `next` gave them; refused ones stay. */
  async forget(rows: readonly OutboxRow[]): Promise<void> {
    const first = rows[0]?.seq;
    const last = rows.at(-1)?.seq;
    if (first === undefined || last === undefined) return;
    await this.db.write(async (tx) => {
      // With one writer nothing can have appeared between the first and the last of them.
      if (this.db.dialect === 'sqlite')
        return tx.run('DELETE FROM search_outbox WHERE seq >= ? AND seq <= ? AND refused IS NULL', [first, last]);
      for (let i = 0; i < rows.length; i += CHUNK) {
        const part = rows.slice(i, i + CHUNK).map((row) => row.seq);
        await tx.run(
          `DELETE FROM search_outbox WHERE refused IS NULL AND seq IN (${part.map(() => '?').join(', ')})`,
          part,
        );
      }
    });
  }

  /** Sets rows aside that the engine will never take. */
  async refuse(refused: readonly { seq: number; reason: string }[]): Promise<void> {
    if (refused.length === 0) return;
    await this.db.write(async (tx) => {
      for (const { seq, reason } of refused)
        await tx.run('UPDATE search_outbox SET refused = ? WHERE seq = ?', [reason.slice(0, 500), seq]);
    });
  }

  /**
   * How many changes wait (at most), since when, and how many were refused. Reads both ends of the table, not the rows; only while an index is filled
   * are they counted, those of posts that are yet to be filled in left out.
   */
  async waiting(): Promise<Waiting> {
    const row = await this.db.one<
      Record<'first' | 'last' | 'since' | 'refused' | 'filled_to' | 'unfilled' | 'changed', number | null> & {
        problem: string | null;
      }
    >(
      `WITH filling AS (SELECT CASE WHEN live IS NULL THEN 0 WHEN building = live THEN built_to END AS filled_to FROM search_state WHERE id = 1)
       SELECT (SELECT seq FROM search_outbox WHERE refused IS NULL ORDER BY seq LIMIT 1) AS first,
         (SELECT seq FROM search_outbox WHERE refused IS NULL ORDER BY seq DESC LIMIT 1) AS last,
         (SELECT at FROM search_outbox WHERE refused IS NULL ORDER BY seq LIMIT 1) AS since,
         (SELECT count(*) FROM search_outbox WHERE refused IS NOT NULL) AS refused,
         (SELECT filled_to FROM filling) AS filled_to,
         CASE WHEN (SELECT filled_to FROM filling) IS NOT NULL
           THEN (SELECT count(*) FROM posts WHERE id > (SELECT filled_to FROM filling)) END AS unfilled,
         CASE WHEN (SELECT filled_to FROM filling) IS NOT NULL
           THEN (SELECT count(*) FROM search_outbox WHERE refused IS NULL AND post_id <= (SELECT filled_to FROM filling)) END AS changed,
         (SELECT problem FROM search_state WHERE id = 1) AS problem`,
    );
    const first = Number(row?.first ?? 0);
    const last = Number(row?.last ?? 0);
    return {
      first,
      last,
      behind: row?.filled_to == null ? (first === 0 ? 0 : last - first + 1) : Number(row.changed ?? 0),
      since: row?.since === null || row?.since === undefined ? null : Number(row.since),
      refused: Number(row?.refused ?? 0),
      problem: row?.problem ?? null,
      unfilled: Number(row?.unfilled ?? 0),
    };
  }

  /** Posts up to an id, for the progress of a rebuild. */
  async countTo(id: number): Promise<number> {
    const row = await this.db.one<{ n: number }>('SELECT count(*) AS n FROM posts WHERE id <= ?', [id]);
    return Number(row?.n ?? 0);
  }

  async state(): Promise<IndexState> {
    const row = await this.db.one<{ live: string | null; building: string | null; built_to: number }>(
      'SELECT live, building, built_to FROM search_state WHERE id = 1',
    );
    return { live: row?.live ?? null, building: row?.building ?? null, builtTo: Number(row?.built_to ?? 0) };
  }

  /** Whether an engine outside the database is the one that is asked. */
  async isWanted(): Promise<boolean> {
    const row = await this.db.one<{ engine: string | null }>('SELECT engine FROM search_state WHERE id = 1');
    return row?.engine == null || row.engine === 'elasticsearch';
  }

  /** From one state to the next. @returns false when it is no longer in the first: somebody else has taken over, and nothing is changed. */
  move(from: IndexState, to: IndexState): Promise<boolean> {
    return this.db.write(async (tx) => {
      await tx.run('INSERT INTO search_state (id) VALUES (1) ON CONFLICT (id) DO NOTHING');
      const moved = await tx.all(
        `UPDATE search_state SET live = ?, building = ?, built_to = ? WHERE id = 1
           AND live IS NOT DISTINCT FROM ? AND building IS NOT DISTINCT FROM ? AND built_to = ? RETURNING id`,
        [to.live, to.building, to.builtTo, from.live, from.building, from.builtTo],
      );
      return moved.length > 0;
    });
  }

  async setProblem(problem: string | null): Promise<void> {
    await this.db.write((tx) =>
      tx.run(
        'INSERT INTO search_state (id, problem) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET problem = excluded.problem',
        [problem],
      ),
    );
  }
}

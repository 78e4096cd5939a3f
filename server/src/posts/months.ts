/**
 * In: moments of posts that are about to be written. Out: PostgreSQL partitions of `posts`, one per UTC month, since an id is a time (post-id.ts).
 * Called by: post-store (before a batch), the migration that partitions. Nothing happens on SQLite.
 *
 * A month's partition is made beside the table and then attached, which does not hold up readers or writers of other months. Posts that were
 * written before their month had a partition lie in the default one and are moved over first.
 */
import { firstIdAt } from './post-id.ts';

/** A database at the level of plain SQL: a query runner, or a transaction. */
export type Query = (sql: string, params?: readonly (string | number)[]) => Promise<unknown>;

export interface Month {
  /** `posts_2026_11` */
  table: string;
  min: number;
  end: number;
}

export function monthOfPost(publishedAt: number): Month {
  const at = new Date(publishedAt);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  return {
    table: `posts_${String(year)}_${String(month + 1).padStart(2, '0')}`,
    min: firstIdAt(Date.UTC(year, month, 1)),
    end: firstIdAt(Date.UTC(year, month + 1, 1)),
  };
}

/** To be called alone (`Database.alone`) and in a transaction of its own. */
export async function addMonth(query: Query, { table, min, end }: Month): Promise<void> {
  const made = (await query('SELECT to_regclass($1)::text AS name', [table])) as { name: string | null }[];
  if (made[0]?.name !== null) return;
  await query(`CREATE TABLE ${table} (LIKE posts INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)`);
  await query(
    `WITH moved AS (DELETE FROM posts_default WHERE id >= ${String(min)} AND id < ${String(end)} RETURNING *) INSERT INTO ${table} SELECT * FROM moved`,
  );
  await query(`ALTER TABLE posts ATTACH PARTITION ${table} FOR VALUES FROM (${String(min)}) TO (${String(end)})`);
}

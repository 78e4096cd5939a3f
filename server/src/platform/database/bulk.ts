/**
 * In: one statement and many rows. Out: all of them written by the database's own bulk means. Used by: posts, rollups, whatever writes by the thousand.
 */
import type { Param, Tx } from './database.ts';

/**
 * On SQLite the statement is prepared once and run for each row; on PostgreSQL its `VALUES (?, …)` becomes whole columns at once, whose types are
 * PostgreSQL's. An upsert must not name the same row twice.
 */
export async function runEach(
  tx: Tx,
  sql: string,
  types: readonly string[],
  rows: readonly (readonly Param[])[],
): Promise<void> {
  if (rows.length === 0) return;
  if (tx.postgres !== null) {
    await tx.postgres.query(asColumns(sql, types), columnsOf(types, rows));
    return;
  }
  const statement = tx.sqlite?.prepare(sql);
  for (const row of rows) statement?.run(...row);
}

function asColumns(sql: string, types: readonly string[]): string {
  return sql.replace(/VALUES \([?,\s]+\)/u, `SELECT * FROM ${unnest(types)} AS given`);
}

/** `unnest($1::bigint[], $2::text[])` */
export function unnest(types: readonly string[]): string {
  return `unnest(${types.map((type, i) => `$${String(i + 1)}::${type}[]`).join(', ')})`;
}

export function columnsOf(types: readonly string[], rows: readonly (readonly Param[])[]): Param[][] {
  return types.map((_, i) => rows.map((row) => row[i] ?? null));
}

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

/**
 * As `runEach`, for `UPDATE … SET a = ?, … WHERE id = ?`: on PostgreSQL one statement for all rows, whatever their number. No row may be named twice.
 */
export async function updateEach(
  tx: Tx,
  sql: string,
  types: readonly string[],
  rows: readonly (readonly Param[])[],
): Promise<void> {
  if (tx.postgres === null) return runEach(tx, sql, types, rows);
  if (rows.length === 0) return;
  let n = 0;
  const given = sql.replaceAll('?', () => `given.v${String(++n)}`);
  const names = types.map((_, i) => `v${String(i + 1)}`).join(', ');
  const from = ` FROM ${unnest(types)} AS given (${names}) WHERE`;
  await tx.postgres.query(given.replace(/\sWHERE(?!.*\sWHERE)/su, from), columnsOf(types, rows));
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

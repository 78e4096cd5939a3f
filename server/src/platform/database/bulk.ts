/**
 * In: one statement and many rows. Out: all of them written by the database's own bulk means. Used by: posts, rollups, whatever writes by the thousand.
 */
import type { Param, Row, Tx } from './database.ts';

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

/** Values of one `IN (…)`: a statement takes only so many. */
const AT_ONCE = 500;

/** Asks for many values lot by lot. @param work the values of a lot, and as many question marks for its `IN (…)` */
export async function inLots<T extends Param>(
  values: readonly T[],
  work: (some: T[], marks: string) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < values.length; i += AT_ONCE) {
    const some = values.slice(i, i + AT_ONCE);
    await work(some, some.map(() => '?').join(', '));
  }
}

/** Numbers taken from PostgreSQL at once. */
const AHEAD = 100;

/**
 * Numbers for new rows of a table that numbers itself, given before the rows are written: so many of them are written by one statement, and what
 * refers to them as well. A number that is not used leaves a gap.
 */
export class Numbers {
  private free: number[] = [];
  private last = 0;

  constructor(private readonly table: string) {}

  async next(tx: Tx): Promise<number> {
    if (tx.postgres === null) {
      // One writer at a time: whatever was written with the numbers given so far, and by others since, is counted here.
      const row = tx.sqlite?.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').get(this.table) as
        Row | undefined;
      return (this.last = Math.max(this.last, Number(row?.['seq'] ?? 0)) + 1);
    }
    if (this.free.length === 0) {
      const rows = await tx.postgres.query<{ id: number }>(
        `SELECT nextval(pg_get_serial_sequence($1, 'id')) AS id FROM generate_series(1, ${String(AHEAD)})`,
        [this.table],
      );
      this.free = rows.map(({ id }) => Number(id)).reverse();
    }
    return this.free.pop() ?? 0;
  }

  /** Another process has written meanwhile: its numbers are lower than those given from now on. */
  forget(): void {
    this.free = [];
  }
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

/**
 * In: a table of either database. Out: its rows in lots, in the order of their key, and rows written in lots; with a sum by which two tables can be
 * compared whatever their order. Used by: backup, restore, move.
 */
import { createHash } from 'node:crypto';
import { columnsOf, unnest } from '../platform/database/bulk.ts';
import type { Database, Param, Tx } from '../platform/database/database.ts';
import { UserError } from '../platform/errors.ts';
import { addMonth, monthOfPost } from '../posts/months.ts';
import { publishedAtOf } from '../posts/post-id.ts';

export type Values = (string | number | null)[];
export type Read = <T extends object>(sql: string, params?: readonly Param[]) => Promise<T[]>;

export interface Shape {
  table: string;
  /** Alphabetical, the same in both databases. */
  columns: string[];
  key: string[];
}

const LOT = 2000;

/** Sum of the rows' hashes (128 bits each): equal for equal sets of rows, in any order. */
export class Sum {
  private total = 0n;
  rows = 0;

  constructor(state?: { rows: number; sum: string }) {
    if (state === undefined) return;
    this.rows = state.rows;
    this.total = BigInt(`0x${state.sum}`);
  }

  add(values: Values): void {
    const hash = createHash('sha256').update(JSON.stringify(values)).digest('hex');
    this.total = (this.total + BigInt(`0x${hash.slice(0, 32)}`)) & ((1n << 128n) - 1n);
    this.rows++;
  }

  get sum(): string {
    return this.total.toString(16).padStart(32, '0');
  }
}

export async function shapeOf(db: Database, table: string): Promise<Shape> {
  const { names, key } = await db.columns(table);
  if (key.length === 0) throw new Error(`${table} has no primary key`);
  return { table, columns: names, key };
}

const name = (column: string) => `"${column}"`;

/** Lots of rows after `after` (values of the key), each with the key of its last row. */
export async function* lotsOf(
  read: Read,
  { table, columns, key }: Shape,
  after: Values | null = null,
): AsyncGenerator<{ rows: Values[]; last: Values }> {
  const keys = key.map(name).join(', ');
  const sql = (where: string) =>
    `SELECT ${columns.map(name).join(', ')} FROM ${name(table)} ${where} ORDER BY ${keys} LIMIT ${LOT}`;
  for (let from = after; ;) {
    const found: Record<string, Param>[] = await read(
      sql(from === null ? '' : `WHERE (${keys}) > (${key.map(() => '?').join(', ')})`),
      from ?? [],
    );
    const rows = found.map((row) => columns.map((column) => portable(row[column] ?? null, table)));
    const end = rows.at(-1);
    if (end === undefined) return;
    const last = key.map((column) => end[columns.indexOf(column)] ?? null);
    yield { rows, last };
    if (rows.length < LOT) return;
    from = last;
  }
}

/** What both databases can hold: PostgreSQL has no U+0000 in texts. */
function portable(value: Param, table: string): string | number | null {
  if (Buffer.isBuffer(value)) throw new Error(`${table} holds bytes`);
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
}

export async function sumOf(read: Read, shape: Shape): Promise<Sum> {
  const sum = new Sum();
  for await (const { rows } of lotsOf(read, shape)) for (const row of rows) sum.add(row);
  return sum;
}

/** Types of a table's columns, for bulk writes; none on SQLite. */
export async function typesOf(db: Database, { table, columns }: Shape): Promise<string[]> {
  if (db.dialect === 'sqlite') return [];
  const rows = await db.all<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = CAST(? AS regclass) AND attnum > 0`,
    [table],
  );
  const types = new Map(rows.map((r) => [r.name, r.type]));
  return columns.map((column) => types.get(column) ?? 'text');
}

/** Writes a lot; posts get the partitions of their months first. */
export async function writeLot(
  tx: Tx,
  { table, columns }: Shape,
  types: readonly string[],
  rows: readonly Values[],
): Promise<void> {
  const names = columns.map(name).join(', ');
  if (tx.postgres !== null) {
    const { query } = tx.postgres;
    if (table === 'posts') {
      const at = columns.indexOf('id');
      const months = new Map(rows.map((r) => monthOfPost(publishedAtOf(Number(r[at])))).map((m) => [m.table, m]));
      for (const month of months.values()) await addMonth(query, month);
    }
    await query(
      `INSERT INTO ${name(table)} (${names}) SELECT * FROM ${unnest(types)} AS given`,
      columnsOf(types, rows),
    );
    return;
  }
  const statement = tx.sqlite?.prepare(
    `INSERT INTO ${name(table)} (${names}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  for (const row of rows) statement?.run(...row);
}

/** New rows are numbered after the highest that was brought along. SQLite sees to that itself. */
export async function continueNumbers(tx: Tx, tables: readonly string[]): Promise<void> {
  if (tx.postgres === null) return;
  for (const table of tables) {
    const identities = await tx.postgres.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attidentity <> ''`,
      [table],
    );
    for (const { name: column } of identities) {
      await tx.postgres.query(
        `SELECT setval(pg_get_serial_sequence($1, $2), coalesce(max(${name(column)}), 0) + 1, false) FROM ${name(table)}`,
        [table, column],
      );
    }
  }
}

/** @throws UserError when there is an office in this database already. */
export async function requireEmpty(db: Database, what: string): Promise<void> {
  for (const table of ['posts', 'users', 'sources']) {
    if ((await db.one(`SELECT 1 AS one FROM ${table} LIMIT 1`)) === undefined) continue;
    throw new UserError('conflict', `${what}里已有数据，没有写入。`, {
      kept: '两边的数据都没有改动。',
      todo: '请换一个空的库或数据目录；确认旧数据不再需要后再清空它。',
    });
  }
}

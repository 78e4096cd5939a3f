/**
 * In: an office on SQLite and an empty PostgreSQL. Out: the same office there, every row compared, in a ledger. Called by: cli/archive.ts.
 *
 * Each lot of rows and the place it ends at are committed together, so a move that was killed anywhere goes on there. The office on SQLite is read
 * only and stays as it is.
 */
import type { Database } from '../platform/database/database.ts';
import { UserError } from '../platform/errors.ts';
import { IndexOwner } from '../search/index-owner.ts';
import {
  continueNumbers,
  lotsOf,
  requireEmpty,
  shapeOf,
  sumOf,
  typesOf,
  writeLot,
  type Read,
  type Shape,
  type Values,
} from './tables.ts';

export interface Moved {
  table: string;
  rows: number;
  /** Rows that were there from an earlier, interrupted run. */
  before: number;
  from: string;
  to: string;
  equal: boolean;
}

export async function move(
  source: Database,
  target: Database,
  tell: (line: string) => void,
): Promise<{ ledger: Moved[]; equal: boolean }> {
  const begun = await begin(target);
  const shapes = await shapesOf(source, target);
  for (const shape of shapes) await copy(source, target, shape, begun.get(shape.table) ?? null, tell);
  await target.write((tx) =>
    continueNumbers(
      tx,
      shapes.map((s) => s.table),
    ),
  );
  const ledger: Moved[] = [];
  for (const shape of shapes) {
    tell(`核对 ${shape.table}`);
    const [from, to] = [await sumOf(readerOf(source), shape), await sumOf(readerOf(target), shape)];
    const equal = from.rows === to.rows && from.sum === to.sum;
    const before = begun.get(shape.table)?.rows ?? 0;
    ledger.push({ table: shape.table, rows: to.rows, before, from: from.sum, to: to.sum, equal });
  }
  const equal = ledger.every((l) => l.equal);
  if (equal) {
    await new IndexOwner(target).forget();
    await target.write((tx) => tx.run('DROP TABLE move_progress'));
  }
  return { ledger, equal };
}

const readerOf =
  (db: Database): Read =>
  (sql, params) =>
    db.all(sql, params);

interface Progress {
  last: Values | null;
  rows: number;
}

/** Where an earlier run stopped, by table. @throws UserError when the target holds something that no move has brought. */
async function begin(target: Database): Promise<Map<string, Progress>> {
  const [there] = await target.all<{ name: string | null }>(`SELECT to_regclass('move_progress')::text AS name`);
  if (there?.name === null) {
    await requireEmpty(target, '目标库');
    await target.write((tx) =>
      tx.run('CREATE TABLE move_progress (name TEXT PRIMARY KEY, last TEXT, count BIGINT NOT NULL)'),
    );
  }
  const rows = await target.all<{ name: string; last: string | null; count: number }>(
    'SELECT name, last, count FROM move_progress',
  );
  return new Map(
    rows.map((r) => [r.name, { last: r.last === null ? null : (JSON.parse(r.last) as Values), rows: r.count }]),
  );
}

/** Every table of the record with the same columns on both sides. */
async function shapesOf(source: Database, target: Database): Promise<Shape[]> {
  const [ours, theirs] = [await source.tables(), await target.tables()];
  if (ours.join() !== theirs.join()) throw differs(`${ours.join(' ')} / ${theirs.join(' ')}`);
  const shapes = [];
  for (const table of ours) {
    const [a, b] = [await shapeOf(source, table), await shapeOf(target, table)];
    if (a.columns.join() !== b.columns.join()) throw differs(table);
    shapes.push(a);
  }
  return shapes;
}

function differs(what: string): UserError {
  return new UserError('conflict', `两边的库结构不同（${what}），没有搬迁。`, {
    kept: '两边的数据都没有改动。',
    todo: '请用同一个版本的程序对两边各运行一次 npx pnpm minsheng migrate。',
  });
}

async function copy(
  source: Database,
  target: Database,
  shape: Shape,
  progress: Progress | null,
  tell: (line: string) => void,
): Promise<void> {
  const types = await typesOf(target, shape);
  let rows = progress?.rows ?? 0;
  const keep = `INSERT INTO move_progress (name, last, count) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET last = excluded.last, count = excluded.count`;
  if (progress === null) {
    // Migrations write some rows of their own; the office has them as it left them.
    await target.write(async (tx) => {
      await tx.run(`DELETE FROM "${shape.table}"`);
      await tx.run(keep, [shape.table, null, 0]);
    });
  }
  for await (const lot of lotsOf(readerOf(source), shape, progress?.last ?? null)) {
    rows += lot.rows.length;
    await target.write(async (tx) => {
      await writeLot(tx, shape, types, lot.rows);
      await tx.run(keep, [shape.table, JSON.stringify(lot.last), rows]);
    }, 'once');
    if (rows % 20_000 === 0) tell(`${shape.table}：${rows} 行`);
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testDatabaseUrl } from '../../../test/database.ts';
import { firstIdAt } from '../../posts/post-id.ts';
import { PostMonths1764000004001 } from '../../posts/post-months.migration.ts';
import { Leases1764000004003 } from '../leases/leases.migration.ts';
import { migrations } from './migrations.ts';
import { forPostgres, openPool } from './postgres.ts';

type Migration = (typeof migrations)[number];
const timeOf = (m: Migration) => Number(m.name.slice(-13));
/** As TypeORM runs them, whatever the order of the list. */
const inOrder = [...migrations].sort((a, b) => timeOf(a) - timeOf(b));

async function emptyDatabase() {
  const url = await testDatabaseUrl(true);
  const dir = mkdtempSync(join(tmpdir(), 'minsheng-migrations-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const sources: DataSource[] = [];
  onTestFinished(async () => {
    for (const source of sources) if (source.isInitialized) await source.destroy();
  });
  /** The database as a program that knows these migrations opens it. */
  return async (known: readonly Migration[]) => {
    for (const source of sources) if (source.isInitialized) await source.destroy();
    const list = known as Migration[];
    const source =
      url === undefined
        ? await new DataSource({
            type: 'better-sqlite3',
            database: join(dir, 'x.sqlite'),
            migrations: list,
            migrationsTransactionMode: 'each',
          }).initialize()
        : await openPool(url, list);
    sources.push(source);
    const postgres = url !== undefined;
    const all = async (sql: string, params: (string | number)[] = []) =>
      (await source.query<unknown>(postgres ? forPostgres(sql) : sql, params)) as Record<string, unknown>[];
    return { source, all, postgres };
  };
}

const SCHEMA = {
  sqlite: `SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_index%' AND name <> 'migrations' ORDER BY type, name`,
  postgres: `SELECT c.relname AS name, c.relkind AS type, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS kind, a.attnotnull AS required
    FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'migrations%' AND c.relname NOT LIKE 'PK_%' ORDER BY c.relname, a.attname`,
};

describe('migrations', () => {
  it('go up from nothing, down to nothing one by one, and up to the same again', async () => {
    const open = await emptyDatabase();
    const { source, all, postgres } = await open(migrations);
    const schema = () => all(postgres ? SCHEMA.postgres : SCHEMA.sqlite);
    await source.runMigrations();
    const first = await schema();
    expect(first.length).toBeGreaterThan(30);
    for (let i = 0; i < migrations.length; i++) await source.undoLastMigration();
    expect(await schema()).toEqual([]);
    await source.runMigrations();
    expect(await schema()).toEqual(first);
  });

  it('keep posts when they are put into months, and when that is undone', async () => {
    const open = await emptyDatabase();
    const before = await open(inOrder.filter((m) => timeOf(m) < timeOf(PostMonths1764000004001)));
    await before.source.runMigrations();
    const moments = ['2026-09-30T23:59:59Z', '2026-10-01T00:00:00Z', '2026-11-24T00:10:00Z'].map((t) => Date.parse(t));
    for (const [i, at] of moments.entries()) {
      await before.all(
        `INSERT INTO posts (id, platform, kind, native_id, published_at, fetched_at, text) VALUES (?, 'weibo', 'comment', ?, ?, ?, '停水')`,
        [firstIdAt(at) + 7, String(i), at, at],
      );
    }
    const rows = 'SELECT * FROM posts ORDER BY id';
    const kept = await before.all(rows);
    expect(kept).toHaveLength(3);

    const after = await open(migrations);
    await after.source.runMigrations();
    expect(await after.all(rows)).toEqual(kept);
    expect(await after.all('SELECT native_id, post_id FROM post_natives ORDER BY post_id')).toEqual(
      kept.map((r) => ({ native_id: r['native_id'], post_id: r['id'] })),
    );
    if (after.postgres) {
      expect(await after.all('SELECT DISTINCT tableoid::regclass::text AS t FROM posts ORDER BY 1')).toEqual([
        { t: 'posts_2026_09' },
        { t: 'posts_2026_10' },
        { t: 'posts_2026_11' },
      ]);
    }
    const twice = after.all(
      `INSERT INTO posts (id, platform, kind, native_id, published_at, fetched_at, text) VALUES (5, 'weibo', 'comment', '0', 5, 5, '又')`,
    );
    await expect(twice).rejects.toThrow(/unique/iu);
    while (
      (await after.all('SELECT name FROM migrations ORDER BY id DESC LIMIT 1'))[0]?.['name'] !==
      'PostMonths1764000004001'
    )
      await after.source.undoLastMigration();
    await after.source.undoLastMigration();
    expect(await after.all(rows)).toEqual(kept);
    await expect(
      after.all(
        `INSERT INTO posts (id, platform, kind, native_id, published_at, fetched_at, text) VALUES (5, 'weibo', 'comment', '0', 5, 5, '又')`,
      ),
    ).rejects.toThrow(/unique/iu);
  });

  it('keep the readers’ places when leases come and go', async () => {
    const open = await emptyDatabase();
    const before = await open(inOrder.filter((m) => timeOf(m) < timeOf(Leases1764000004003)));
    await before.source.runMigrations();
    await before.all(`INSERT INTO post_consumers (name, seq) VALUES ('topics', 42)`);
    const after = await open(inOrder.filter((m) => timeOf(m) <= timeOf(Leases1764000004003)));
    await after.source.runMigrations();
    expect(await after.all('SELECT * FROM post_consumers')).toEqual([{ name: 'topics', seq: 42, changed: 0 }]);
    await after.source.undoLastMigration();
    expect(await after.all('SELECT * FROM post_consumers')).toEqual([{ name: 'topics', seq: 42 }]);
  });
});

describe('SQL for PostgreSQL', () => {
  it('numbers its places and leaves quoted text alone', () => {
    expect(forPostgres(`SELECT '?', "a?" FROM t WHERE x = ? AND y LIKE ? AND z = 'it''s ?'`)).toBe(
      `SELECT '?', "a?" FROM t WHERE x = $1 AND y ILIKE $2 AND z = 'it''s ?'`,
    );
  });
});

/**
 * In: the dialect of the Vitest project that runs the test (vitest.config.ts). Out: a real, migrated database of its own, gone after the test.
 * Used by: integration tests; none of them knows which dialect it runs on.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import type { Config } from '../src/platform/config.ts';
import { Database, type Tx } from '../src/platform/database/database.ts';

export const ON_POSTGRES = process.env['TEST_DATABASE'] === 'postgres';

export async function openTestDatabase(): Promise<Database> {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-test-'));
  const databaseUrl = await testDatabaseUrl();
  const db = await Database.open({ dataDir, databaseUrl });
  onTestFinished(async () => {
    await db.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return db;
}

/** For `open(config)`: undefined on SQLite, else a fresh database, migrated unless `bare`; dropped with the server it lies on. */
export async function testDatabaseUrl(bare = false): Promise<string | undefined> {
  if (!ON_POSTGRES) return undefined;
  const home = inject('postgres');
  const name = `t_${randomBytes(6).toString('hex')}`;
  await withClient(home, async (client) => {
    if (!bare) await ensureTemplate(client, home);
    await client.query(`CREATE DATABASE ${name}${bare ? '' : ` TEMPLATE ${TEMPLATE}`}`);
  });
  return at(home, name);
}

/** A silent office on a free port, without the demo city. */
export function testConfig(dataDir: string, databaseUrl: string | undefined): Config {
  const silent = { demo: false, logLevel: 'silent' } as const;
  return { port: 0, host: '127.0.0.1', dataDir, databaseUrl, elasticsearchUrl: undefined, ...silent };
}

const TEMPLATE = 'minsheng_template';

/** Migrated once per run: copying it takes a fraction of the time. */
async function ensureTemplate(client: pg.Client, home: string): Promise<void> {
  await client.query('SELECT pg_advisory_lock(1)');
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate', [TEMPLATE]);
  if (rowCount === 0) {
    await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE}`);
    await client.query(`CREATE DATABASE ${TEMPLATE}`);
    const db = await Database.open({ dataDir: tmpdir(), databaseUrl: at(home, TEMPLATE) });
    await db.close();
    await client.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true`);
  }
  await client.query('SELECT pg_advisory_unlock(1)');
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function at(home: string, name: string): string {
  const url = new URL(home);
  url.pathname = `/${name}`;
  return url.href;
}

/** Deletes every row, and lets ids begin anew. */
export async function empty(tx: Tx, table: string): Promise<void> {
  if (tx.postgres !== null) {
    await tx.run(`TRUNCATE ${table} RESTART IDENTITY`);
    return;
  }
  await tx.run(`DELETE FROM ${table}`);
  await tx.run('DELETE FROM sqlite_sequence WHERE name = ?', [table]);
}

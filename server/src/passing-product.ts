/**
 * In: work to be done with a product. Out: what it brought; the product and its directory are gone afterwards. Called by: benches and `eval`.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { open, type Opened } from './open.ts';
import { readConfig } from './platform/config.ts';
import { connectionOf } from './platform/database/postgres.ts';

/** Silent, embedded and empty, without the demo city. @param server a PostgreSQL in which it gets a database of its own */
export async function inPassingProduct<T>(work: (opened: Opened) => Promise<T>, server?: string): Promise<T> {
  if (server !== undefined) return inPassingDatabase(server, (databaseUrl) => inProductOn(databaseUrl, work));
  return inProductOn(undefined, work);
}

async function inProductOn<T>(databaseUrl: string | undefined, work: (opened: Opened) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-passing-'));
  try {
    const opened = await open({ ...readConfig({}), dataDir, databaseUrl, demo: false, logLevel: 'silent' });
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function inPassingDatabase<T>(server: string, work: (databaseUrl: string) => Promise<T>): Promise<T> {
  const client = new pg.Client(connectionOf(server));
  await client.connect();
  const name = `minsheng_passing_${randomBytes(6).toString('hex')}`;
  try {
    await client.query(`CREATE DATABASE ${name}`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    return await work(url.href);
  } finally {
    await client.query(`DROP DATABASE IF EXISTS ${name}`);
    await client.end();
  }
}

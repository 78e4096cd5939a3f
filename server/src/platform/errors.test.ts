import BetterSqlite3 from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from './database/database.ts';
import { storageError } from './errors.ts';

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'minsheng-errors-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('storage failures', () => {
  it('tells a full disk, and keeps what was committed before', async () => {
    const db = await Database.open({ dataDir: directory(), databaseUrl: undefined });
    onTestFinished(() => db.close());
    await db.write((tx) => tx.run(`INSERT INTO settings (key, value) VALUES ('kept', '1')`));
    const [pages] = await db.all<{ page_count: number }>('PRAGMA page_count');
    // The database may not grow any further: what SQLite meets on a full disk.
    await db.write((tx) => tx.run(`PRAGMA max_page_count = ${Number(pages?.page_count)}`));
    const fill = db.write(async (tx) => {
      await tx.run(`INSERT INTO settings (key, value) VALUES ('half', '2')`);
      await tx.run(`INSERT INTO settings (key, value) VALUES ('big', ?)`, ['x'.repeat(2_000_000)]);
    });
    const error = await fill.then(() => null, storageError);
    expect(error).toMatchObject({ code: 'storage-full', message: expect.stringContaining('磁盘已满') });
    expect(error?.kept).toBeTruthy();
    expect(error?.todo).toBeTruthy();
    expect(await db.all('SELECT key FROM settings')).toEqual([{ key: 'kept' }]);
  });

  it('tells a database that another process holds', () => {
    const file = join(directory(), 'held.sqlite');
    const one = new BetterSqlite3(file);
    const two = new BetterSqlite3(file, { timeout: 1 });
    onTestFinished(() => {
      one.close();
      two.close();
    });
    one.exec('CREATE TABLE t (x); BEGIN IMMEDIATE');
    let met: unknown;
    try {
      two.exec('INSERT INTO t VALUES (1)');
    } catch (error) {
      met = error;
    }
    expect(storageError(met)).toMatchObject({ code: 'storage-busy', message: expect.stringContaining('另一个进程') });
  });

  it('leaves other errors to others', () => {
    expect(storageError(new Error('x'))).toBeNull();
    expect(storageError('x')).toBeNull();
  });
});

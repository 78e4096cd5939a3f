import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import 'reflect-metadata';
import { expect, it, onTestFinished } from 'vitest';
import { ingestFile } from '../src/cli/ingest.ts';
import { open } from '../src/open.ts';
import { storageError } from '../src/platform/errors.ts';
import { testConfig } from './database.ts';
import { SMALL_DISKS, smallDisk } from './small-disk.ts';

const ROWS = 30_000;

function row(i: number): string {
  return JSON.stringify({
    platform: 'weibo',
    kind: 'comment',
    id: String(i),
    author: `u${String(i % 97)}`,
    publishedAt: new Date(Date.now() - i * 60_000).toISOString(),
    text: `望江路停水第 ${String(i)} 天，请问什么时候能恢复供水`,
  });
}

it.runIf(SMALL_DISKS)(
  'an import onto a full disk keeps what was whole and says so; with room again the same import ends it, nothing twice',
  async () => {
    const disk = smallDisk(120);
    const file = join(disk.path, 'rows.ndjson');
    writeFileSync(file, Array.from({ length: ROWS }, (_, i) => row(i)).join('\n'));
    const opened = await open(testConfig(join(disk.path, 'data'), undefined));
    onTestFinished(() => opened.close());
    const { db, engine } = opened.core;
    const count = async (sql: string) => Number((await db.one<{ n: number }>(sql))?.n ?? 0);
    const balanced = async () => {
      const stored = await count('SELECT count(*) AS n FROM posts');
      expect(await count('SELECT count(*) AS n FROM post_natives')).toBe(stored);
      expect(await count('SELECT count(*) AS n FROM post_changes')).toBe(stored);
      expect(await count('SELECT sum(posts) AS n FROM rollup_days')).toBe(stored);
      expect((await engine.status()).documents).toBe(stored);
      return stored;
    };
    let full = false;
    const importing = ingestFile(opened, file, () => {
      // After the first lot, somebody else fills the disk.
      if (!full) disk.fill();
      full = true;
    });
    const refused = await importing.catch((error: unknown) => storageError(error));
    expect(refused).toMatchObject({ code: 'storage-full', message: '磁盘已满，这一步没有写入。' });
    const kept = await balanced();
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(ROWS);
    disk.free();
    expect(await ingestFile(opened, file, () => undefined)).toMatchObject({
      read: ROWS,
      stored: ROWS - kept,
      duplicate: kept,
    });
    expect(await balanced()).toBe(ROWS);
    expect(await db.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  },
);

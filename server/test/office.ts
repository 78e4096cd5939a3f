/**
 * In: nothing. Out: a grown office on the database at hand, and sums to compare two of them by. Used by: tests of backup and move.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { shapeOf, sumOf } from '../src/archive/tables.ts';
import { open, type Opened } from '../src/open.ts';
import { AuthService } from '../src/platform/auth/auth.service.ts';
import type { Config } from '../src/platform/config.ts';
import type { Database } from '../src/platform/database/database.ts';
import { SourceBook } from '../src/sources/source-book.ts';
import { ON_POSTGRES, testConfig, testDatabaseUrl } from './database.ts';

export async function configOf(onPostgres = ON_POSTGRES): Promise<Config> {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-archive-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const databaseUrl = onPostgres ? await testDatabaseUrl(true) : undefined;
  return testConfig(dataDir, databaseUrl);
}

export const POSTS = 600;

/** Posts of two months with all that belongs to them, people, a source with a credential. */
export async function grow(config: Config): Promise<Opened> {
  const opened = await open(config);
  const { db, pipeline, secrets, clock, demo } = opened.core;
  const now = Date.now();
  for (let lot = 0; lot < 3; lot++) {
    const arrivals = Array.from({ length: POSTS / 3 }, (_, i) => ({
      at: String(i),
      item: {
        platform: 'weibo',
        kind: i % 9 === 0 ? 'post' : 'comment',
        id: `${lot}-${i}`,
        ...(i % 9 === 0 ? { account: '澜江发布' } : { author: `u${i % 50}`, replyHandle: { commentId: String(i) } }),
        publishedAt: new Date(now - (lot * 200 + i) * 90 * 60_000).toISOString(),
        text: `望江路停水第 ${lot} 批第 ${i} 条，“引号”、\\反斜杠\\、表情 😀 与换行\n都在`,
      },
    }));
    await pipeline.accept({ arrivals, sourceId: null });
  }
  // More rows than are brought in one lot.
  for (let i = 0; i < 3; i++) {
    await db.write((tx) =>
      tx.run(`INSERT INTO post_changes (post_id, change) SELECT post_id, 'engagement' FROM post_changes`),
    );
  }
  await new AuthService(db, clock).bootstrap();
  await new SourceBook(db, secrets, clock, demo).add({
    kind: 'weibo-official',
    name: '官方微博',
    settings: {},
    credentials: { accessToken: 'geheim-token' },
  });
  return opened;
}

/** What an index has come to is not of the record: a move or a restoration fills it anew. */
const OF_THE_INDEX = ['search_state', 'search_outbox'];

export async function sums(db: Database, without: readonly string[] = []): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const table of await db.tables()) {
    if (without.includes(table) || OF_THE_INDEX.includes(table)) continue;
    const sum = await sumOf((sql, params) => db.all(sql, params), await shapeOf(db, table));
    found[table] = `${sum.rows} ${sum.sum}`;
  }
  return found;
}

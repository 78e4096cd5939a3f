import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { expect, it, onTestFinished } from 'vitest';
import { open, type Opened } from '../src/open.ts';
import { IndexOwner } from '../src/search/index-owner.ts';
import { testConfig, testDatabaseUrl } from './database.ts';

const LOT = 1200;

/** Posts that are searched for, one lot after another. */
async function store(opened: Opened, lot: number): Promise<void> {
  const arrivals = Array.from({ length: LOT }, (_, i) => ({
    at: String(i),
    item: {
      platform: 'weibo',
      kind: 'comment',
      id: `${String(lot)}-${String(i)}`,
      author: `u${String(i)}`,
      publishedAt: new Date(Date.now() - (lot * LOT + i) * 60_000).toISOString(),
      text: `望江路停水 ${String(lot)} ${String(i)}`,
    },
  }));
  await opened.core.pipeline.accept({ arrivals, sourceId: null });
}

const found = async ({ core }: Opened) =>
  (
    await core.engine.count(
      { query: { type: 'words', text: '停水', tokens: ['停水'], quoted: false }, filters: {} },
      false,
    )
  ).total;

it('fills what another engine was given meanwhile, from where it stopped, and says so until it is done', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-engines-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const config = testConfig(dataDir, await testDatabaseUrl());
  // A cluster that cannot be reached: what it is sent waits in the outbox.
  const away = { ...config, elasticsearchUrl: 'http://127.0.0.1:9' };
  const session = async (with_: typeof config, work: (opened: Opened) => Promise<void>) => {
    const opened = await open(with_);
    await work(opened).finally(() => opened.close());
  };
  await session(config, async (opened) => {
    await store(opened, 0);
    expect(await found(opened)).toBe(LOT);
  });
  await session(away, async (opened) => {
    await store(opened, 1);
    await store(opened, 2);
    const [gone] = await opened.core.db.all<{ native_id: string }>(
      `SELECT native_id FROM posts WHERE native_id = '0-7'`,
    );
    await opened.core.pipeline.accept({
      arrivals: [],
      sourceId: null,
      gone: [{ platform: 'weibo', kind: 'comment', id: gone?.native_id ?? '', state: 'deleted' }],
    });
    // There is no index yet: every post is missing, and none is counted twice.
    expect((await opened.core.engine.lag()).behind).toBe(3 * LOT);
  });
  // Closed while it fills: what is done stays done.
  await session(config, async (opened) => {
    const { behind, problem } = await opened.core.engine.status();
    expect(behind).toBeGreaterThan(0);
    expect(problem).toContain('正在由帖文补建');
  });
  await session(config, async (opened) => {
    expect(await opened.core.engine.settle()).toMatchObject({ documents: 3 * LOT - 1, behind: 0, problem: null });
    expect(await found(opened)).toBe(3 * LOT - 1);
    expect(await new IndexOwner(opened.core.db).filledTo()).toBeNull();
    expect(await opened.core.db.all('SELECT count(*) AS n FROM search_outbox')).toEqual([{ n: 0 }]);
  });
  // Nothing was missed: nothing is filled.
  await session(config, async (opened) => {
    expect(await opened.core.engine.lag()).toEqual({ behind: 0, since: null });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../test/database.ts';
import { Clock } from '../platform/clock.ts';
import { DAY, HOUR } from '../platform/time-window.ts';
import { RollupReader } from './rollup-reader.ts';
import { Rollups, WORDS_PER_HOUR } from './rollups.ts';
import type { RollupRow } from './rollup.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');

class FixedClock extends Clock {
  constructor(private readonly at: number) {
    super();
  }
  override now(): number {
    return this.at;
  }
}

let next = 1;
function row(given: Partial<RollupRow> = {}): RollupRow {
  return {
    id: next++,
    publishedAt: NOW,
    platform: 'weibo',
    kind: 'comment',
    official: false,
    sourceId: 1,
    accountId: null,
    sentiment: 0,
    keywords: [],
    ...given,
  };
}

async function opened(now = NOW) {
  const db = await openTestDatabase();
  return { db, rollups: new Rollups(new FixedClock(now)), reader: new RollupReader(db) };
}

describe('rollups', () => {
  it('count by hour and by office day, the public by sentiment and officials apart', async () => {
    const { db, rollups, reader } = await opened();
    await db.write((tx) =>
      rollups.add(tx, [
        row({ sentiment: -1 }),
        row({ sentiment: 9, publishedAt: NOW - HOUR }),
        row({ official: true, accountId: 4, kind: 'post' }),
        row({ publishedAt: NOW - 9 * HOUR, platform: 'wechat' }),
      ]),
    );
    expect(await reader.series({ from: NOW - 2 * HOUR, to: NOW + 1000 })).toEqual([
      { at: NOW - 70 * 60_000, positive: 0, neutral: 0, negative: 0, uncertain: 1, official: 0 },
      { at: NOW - 10 * 60_000, positive: 0, neutral: 0, negative: 1, uncertain: 0, official: 1 },
    ]);
    expect(await reader.series({ from: NOW - 20 * DAY, to: NOW + 1000 })).toMatchObject([
      { at: Date.parse('2026-11-23T00:00:00+08:00'), neutral: 1 },
      { at: Date.parse('2026-11-24T00:00:00+08:00'), negative: 1, uncertain: 1, official: 1 },
    ]);
    expect(await reader.totals({ from: NOW - DAY, to: NOW + 1000 })).toMatchObject({
      posts: 4,
      public: 3,
      official: 1,
    });
    expect(await reader.channels({ from: NOW - DAY, to: NOW + 1000 })).toEqual([
      { platform: 'weibo', accountId: 0, official: 0, public: 2 },
      { platform: 'wechat', accountId: 0, official: 0, public: 1 },
      { platform: 'weibo', accountId: 4, official: 1, public: 0 },
    ]);
  });

  it('are back where they were after what was added is subtracted', async () => {
    const given = fc.record({
      publishedAt: fc.integer({ min: NOW - 2 * DAY, max: NOW }),
      sentiment: fc.constantFrom(-1, 0, 1, 9),
      official: fc.boolean(),
      accountId: fc.constantFrom(null, 3),
      sourceId: fc.constantFrom(null, 1, 2),
      keywords: fc.array(fc.constantFrom('停水', '噪声', '学位')),
    });
    const { db, rollups, reader } = await opened();
    await db.write((tx) => rollups.add(tx, [row({ keywords: ['停水'] })]));
    const window = { from: NOW - 3 * DAY, to: NOW + HOUR };
    const state = async () => ({ totals: await reader.totals(window), words: await reader.words(window, true, 10) });
    const before = await state();
    await fc.assert(
      fc.asyncProperty(fc.array(given, { maxLength: 30 }), async (rows) => {
        const posts = rows.map((r) => row(r));
        await db.write((tx) => rollups.add(tx, posts));
        expect((await state()).totals.posts).toBe(before.totals.posts + posts.length);
        await db.write((tx) => rollups.subtract(tx, posts));
        expect(await state()).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it('count words of the public once per post, and keep the most frequent of a closed hour', async () => {
    const { db, rollups, reader } = await opened();
    const rare = Array.from({ length: WORDS_PER_HOUR + 50 }, (_, i) => `词${String(i)}`);
    const past = NOW - 3 * HOUR;
    await db.write(async (tx) => {
      await rollups.add(tx, [
        row({ publishedAt: past, keywords: ['停水', '停水'], sentiment: -1 }),
        row({ publishedAt: past, keywords: ['停水'] }),
        row({ publishedAt: past, keywords: rare }),
        row({ publishedAt: past, keywords: ['通知'], official: true, accountId: 1 }),
      ]);
      await rollups.prune(tx);
    });
    const words = await reader.words({ from: past, to: NOW }, true, 1000);
    expect(words[0]).toEqual({
      word: '停水',
      posts: 2,
      split: { positive: 0, neutral: 1, negative: 1, uncertain: 0 },
    });
    expect(words).toHaveLength(WORDS_PER_HOUR);
    expect(words.map((w) => w.word)).not.toContain('通知');
    // The day is not over: nothing of it is dropped yet.
    expect(await reader.words({ from: past, to: NOW }, false, 1000)).toHaveLength(rare.length + 1);
  });
});

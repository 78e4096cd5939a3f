import { routes } from '@minsheng/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../test/database.ts';
import { storePosts, type PostGiven } from '../../test/posts.ts';
import { AccountEntity } from '../accounts/account.entity.ts';
import { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { DAY, HOUR } from '../platform/time-window.ts';
import { PostViews, StoredNames } from '../posts/post-view.ts';
import { SmallCells } from '../posts/small-cells.ts';
import { RollupCoverage } from '../rollups/coverage.ts';
import { RollupReader } from '../rollups/rollup-reader.ts';
import { Rollups } from '../rollups/rollups.ts';
import { searchEngineFor } from '../search/search-choice.ts';
import type { SearchEngine } from '../search/search-engine.ts';
import { SearchService } from '../search/search.service.ts';
import { AccountsService } from './accounts.service.ts';
import { DashboardService } from './dashboard.service.ts';
import { OverviewService } from './overview.service.ts';
import { createEnricher } from '../enrich/enricher.ts';
import { EnricherReasons } from '../search/claim-reasons.ts';
import { NoClaims, NoInbox, NoMarks, NoSourceHealth, NoTopics } from './ports.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');

class FixedClock extends Clock {
  override now(): number {
    return NOW;
  }
}

const reasons = new EnricherReasons(createEnricher());
const cutter = { cut: (text: string) => Array.from(text) };

describe('overview, charts and search over stored posts', () => {
  let db: Database;
  let charts: DashboardService;
  let accounts: AccountsService;
  let overviews: OverviewService;
  let search: SearchService;
  let rollups: Rollups;
  let engine: SearchEngine;

  beforeEach(async () => {
    const clock = new FixedClock();
    db = await openTestDatabase();
    rollups = new Rollups(clock);
    engine = searchEngineFor(db);
    const reader = new RollupReader(db);
    const coverage = new RollupCoverage(db, reader);
    const names = new StoredNames(db);
    const cells = new SmallCells(db);
    charts = new DashboardService(reader, coverage, names, cells, new NoMarks(), clock);
    accounts = new AccountsService(db, clock);
    const ports = [new NoTopics(), new NoClaims(), new NoInbox(), new NoSourceHealth()] as const;
    overviews = new OverviewService(reader, charts, accounts, ...ports, cells, clock);
    search = new SearchService(db, engine, new PostViews(db, names), names, cutter, reasons, coverage, cells, clock);
  });

  async function store(...given: (Partial<PostGiven> & { text: string })[]) {
    return db.write(async (tx) => {
      const rows = await storePosts(
        tx,
        given.map((g, i) => ({ publishedAt: NOW - i * 60_000, nativeId: `${g.text} ${String(i)}`, sourceId: 1, ...g })),
      );
      const written = rows.map((r) => ({ ...r, official: r.accountId !== null, keywords: r.keywords ?? [] }));
      await rollups.add(tx, written);
      await engine.write(
        tx,
        written.map((r) => ({ ...r, searchTokens: cutter.cut(r.text).join(' ') })),
      );
      return rows;
    });
  }

  it('answers an empty product without inventing anything', async () => {
    const answer = await overviews.overview(charts.window({}));
    expect(routes.dashboard.overview.response.parse(answer)).toEqual(answer);
    expect(answer.headline).toBe('还没有采集到任何帖文。');
    expect(answer.figures).toMatchObject({ posts: 0, postsBefore: null, negativeShare: null });
    expect(answer.volume.buckets).toHaveLength(24);
  });

  it('compares with the same stretch of last week, unfinished hour included', async () => {
    await store(
      ...Array.from({ length: 6 }, (_, i) => ({ text: `今天 ${String(i)}`, sentiment: -1 as const })),
      { text: '上周', publishedAt: NOW - 7 * DAY - HOUR },
      { text: '上周，同一小时之前', publishedAt: NOW - 7 * DAY - 60_000 },
      { text: '上周，同一小时之后', publishedAt: NOW - 7 * DAY + 60_000 },
      { text: '更早', publishedAt: NOW - 9 * DAY },
    );
    const { figures } = await overviews.overview(charts.window({}));
    expect(figures).toMatchObject({ posts: 6, postsBefore: 2, negativeShare: null });
  });

  it('tells sentiments apart from ten people on, however much fewer say', async () => {
    const say = (person: number, i: number, publishedAt: number) => ({
      text: `停水 ${String(i)}`,
      authorKey: `person ${String(person)}`,
      sentiment: -1 as const,
      publishedAt,
    });
    const nine = Array.from({ length: 40 }, (_, i) => say(i % 9, i, NOW - 3 * HOUR - i));
    await store(...nine);
    const volume = async () => (await charts.volume(charts.window({}))).buckets;
    const facets = async () => (await search.search(routes.search.posts.query.parse({ q: '停水' }))).facets;
    expect((await volume()).find((b) => b.withheld > 0)).toMatchObject({ negative: 0, withheld: 40 });
    expect(await facets()).toMatchObject({ sentiment: [], sentimentWithheld: true });
    expect((await overviews.overview(charts.window({}))).figures.negativeShare).toBeNull();
    await store(say(9, 100, NOW - 3 * HOUR - 100));
    expect((await volume()).find((b) => b.negative > 0)).toMatchObject({ negative: 41, withheld: 0 });
    expect(await facets()).toMatchObject({ sentimentWithheld: false });
    expect((await overviews.overview(charts.window({}))).figures.negativeShare).toBe(1);
  });

  it('gives words with their change, channels with names, and volume by day for a month', async () => {
    await db.write((tx) =>
      tx.run(
        `INSERT INTO accounts (id, platform, native_id, name, first_seen_at, last_post_at) VALUES (4, 'weibo', 'x', '江城发布', 0, ?)`,
        [NOW - 12.5 * DAY],
      ),
    );
    await store(
      { text: '停水', keywords: ['停水'] },
      { text: '停水了', keywords: ['停水', '学位'] },
      { text: '停水', keywords: ['停水'], publishedAt: NOW - 3 * DAY },
      { text: '通报', keywords: ['停水'], accountId: 4, kind: 'post', publishedAt: NOW - HOUR },
    );
    const words = await charts.words(charts.window({}));
    expect(words.items.map((w) => [w.word, w.posts, w.change])).toEqual([
      ['停水', 2, 13.503],
      ['学位', 1, null],
    ]);
    const channels = await charts.channels(charts.window({ range: '7d' }));
    expect(channels.items).toEqual([
      { platform: 'weibo', accountId: null, name: '微博群众', official: 0, public: 3 },
      { platform: 'weibo', accountId: '4', name: '江城发布', official: 1, public: 0 },
    ]);
    const volume = await charts.volume(charts.window({ range: '30d' }));
    expect(volume.bucketSeconds).toBe(86_400);
    expect(volume.buckets.length).toBeGreaterThanOrEqual(30);
    const list = await accounts.list();
    expect(routes.accounts.list.response.parse(list)).toEqual(list);
    expect(list.items[0]).toMatchObject({ name: '江城发布', activity: 'urgent', daysSilent: 12, posts7d: 1 });
    expect(await db.repo(AccountEntity).count()).toBe(1);
  });

  it('answers a search as the contract promises, and one post with its parent and replies', async () => {
    const [post, reply] = await store(
      { text: '望江路停水，什么时候来', sentiment: -1, url: 'https://weibo.example/1' },
      { text: '同问停水' },
    );
    await db.write((tx) => tx.run('UPDATE posts SET parent_id = ? WHERE id = ?', [post?.id ?? 0, reply?.id ?? 0]));
    const query = routes.search.posts.query.parse({ q: '停水 -同问' });
    const answer = await search.search(query);
    expect(routes.search.posts.response.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ total: 1, understood: '停水 不含 同问', totalIsLowerBound: false });
    expect(answer.items[0]?.snippet).toEqual([
      { text: '望江路', hit: false },
      { text: '停水', hit: true },
      { text: '，什么时候来', hit: false },
    ]);
    expect(answer.facets).toMatchObject({ sentiment: [], sentimentWithheld: true });
    const single = await search.post(reply?.id ?? 0);
    expect(single.parent?.text).toBe('望江路停水，什么时候来');
    // A link to a citizen's comment would lead to the person.
    expect(single.parent?.url).toBeNull();
    expect((await search.post(post?.id ?? 0)).replies.map((r) => r.text)).toEqual(['同问停水']);
    expect((await search.post(post?.id ?? 0)).claimReasons).toEqual([]);
    await db.write((tx) => tx.run('UPDATE posts SET claim_score = 0.7 WHERE id = ?', [post?.id ?? 0]));
    const worth = await search.post(post?.id ?? 0);
    expect(routes.search.post.response.parse(worth)).toEqual(worth);
    expect(worth.claimReasons).toEqual(['无来源', '提到灾害险情或停供']);
    await db.write((tx) => tx.run(`UPDATE posts SET state = 'deleted' WHERE id = ?`, [post?.id ?? 0]));
    expect((await search.post(post?.id ?? 0)).claimReasons).toEqual([]);
    await expect(search.post(404)).rejects.toThrow('没有找到');
    expect((await search.quick('停水', 5)).map((h) => h.title)).toEqual(['望江路停水，什么时候来', '同问停水']);
  });
});

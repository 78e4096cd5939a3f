/**
 * Two instances of the collector on one database, against a platform that counts: what one learns, the other keeps to. On PostgreSQL each has its
 * own connections; on SQLite they share the one that its data directory allows, and remember nothing in common but the file.
 */
import type { RawItem } from '@minsheng/contracts';
import { startReplay, type ReplayOptions } from '@minsheng/crawlers/replay';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ON_POSTGRES, testDatabaseUrl } from '../../test/database.ts';
import { createEnricher } from '../enrich/enricher.ts';
import { Intake } from '../intake/intake.ts';
import { Pseudonyms } from '../intake/pseudonym.ts';
import { Clock } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { Live } from '../platform/live/live.ts';
import { createLog } from '../platform/logging.ts';
import { Secrets } from '../platform/secrets.ts';
import { Pipeline } from '../pipeline.ts';
import { connectorOf as connectorNamed } from '../sources/kinds.ts';
import { Collector, type CollectOptions } from './collector.ts';

const enricher = createEnricher();
const ACCOUNT = '澜江发布';

/** Posts with one comment each: every post costs a request of its own. */
function city(posts: number): RawItem[] {
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const site = { platform: 'site' as const, kind: 'post' as const, account: '市政府', publishedAt: at(60) };
  const weibo = Array.from({ length: posts }, (_, n) => [
    {
      platform: 'weibo' as const,
      kind: 'post' as const,
      id: String(5_200_000_000_000_000 + n * 10),
      account: ACCOUNT,
      publishedAt: at(300 - n * 5),
      text: `第 ${n} 号停水通知：供水管网抢修`,
      comments: 1,
    },
    {
      platform: 'weibo' as const,
      kind: 'comment' as const,
      id: String(5_200_000_000_000_000 + n * 10 + 1),
      parentId: String(5_200_000_000_000_000 + n * 10),
      author: `u${n}`,
      publishedAt: at(299 - n * 5),
      text: '什么时候来水？',
    },
  ]).flat();
  return [...weibo, { ...site, id: '1', title: '停水通知', text: '今日停水' }];
}

async function platform(options: Omit<ReplayOptions, 'items'> & { posts?: number } = {}) {
  const arrivals: number[] = [];
  const { posts = 12, ...rest } = options;
  const server = await startReplay({ ...rest, items: city(posts), onTime: () => arrivals.push(performance.now()) });
  onTestFinished(() => server.close());
  return { server, arrivals };
}

/** The office's database, and as many instances of the program as wanted, all of one clock that can be put forward. */
async function office() {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-replicas-'));
  const databaseUrl = await testDatabaseUrl();
  const secrets = Secrets.open(dataDir);
  let ahead = 0;
  const clock = new Clock();
  clock.now = () => Date.now() + ahead;
  const open = async () => {
    const db = await Database.open({ dataDir, databaseUrl });
    onTestFinished(() => db.close());
    return db;
  };
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const db = await open();
  const addSource = async (kind: string, name: string, settings: object, credentials: object = {}): Promise<number> => {
    const [row] = await db.write(async (tx) => {
      await tx.run(
        'INSERT INTO sources (kind, name, settings, credentials, schedule, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        [
          kind,
          name,
          JSON.stringify(settings),
          secrets.seal('source-credentials', JSON.stringify(credentials)),
          JSON.stringify({ everySeconds: 60 }),
          clock.now(),
        ],
      );
      return tx.all<{ id: number }>('SELECT max(id) AS id FROM sources');
    });
    return Number(row?.id);
  };
  return {
    db,
    advance: (ms: number) => (ahead += ms),
    async instance(options: Partial<CollectOptions> = {}): Promise<Collector> {
      const own = ON_POSTGRES ? await open() : db;
      const live = new Live();
      const intake = new Intake(new Pseudonyms(own, secrets));
      const pipeline = new Pipeline(own, intake, () => enricher, [], secrets, live, clock);
      return new Collector(own, pipeline, secrets, live, clock, createLog('silent'), options);
    },
    addSource,
    add: (name: string, baseUrl: string, accessToken: string) =>
      addSource('weibo-official', name, { baseUrl, allowPrivateNetwork: true }, { accessToken }),
  };
}

describe('two instances on one database', () => {
  it('keep the least interval of a host between them', async () => {
    // Long against what a busy machine may be late by.
    const interval = 400;
    const { server, arrivals } = await platform({ posts: 4, weibo: { tokens: [{ token: 'a' }, { token: 'b' }] } });
    const { add, instance } = await office();
    const pace = () => ({ minIntervalMs: interval, jitterMs: 0 });
    const [first, second] = [await instance({ pace }), await instance({ pace })];
    const [a, b] = [await add('甲', server.url, 'a'), await add('乙', server.url, 'b')];
    const began = performance.now();
    const runs = await Promise.all([first.runNow(a), second.runNow(b)]);
    const took = performance.now() - began;
    expect(runs.map((r) => r.outcome).sort()).toEqual(['nothing-new', 'ok']);
    expect(arrivals.length).toBe(runs[0].requests + runs[1].requests);
    expect(arrivals.length).toBeGreaterThan(10);
    // One that is held up on its way may come closer to the next, which is on time; over a few requests that evens out.
    const apart = (n: number) => Math.min(...arrivals.slice(n).map((at, i) => at - (arrivals[i] ?? 0)));
    expect(apart(1)).toBeGreaterThan(interval / 2);
    expect(apart(5)).toBeGreaterThan(4.5 * interval);
    // Neither idles: together they are as fast as one may be.
    expect(took).toBeLessThan((arrivals.length + 10) * interval);
    expect(took).toBeGreaterThanOrEqual((arrivals.length - 1) * interval * 0.95);
  });

  it.each([
    { scope: 'credential' as const, tokens: ['a', 'a'] },
    { scope: 'host' as const, tokens: ['a', 'b'] },
  ])('draw on one budget per $scope, and never ask once more than granted', async ({ scope, tokens }) => {
    const granted = 9;
    const { server } = await platform({ weibo: { tokens: [{ token: 'a' }, { token: 'b' }] } });
    // As the platform counts: asking for the allowance itself is free.
    const counted = () =>
      [...server.requests].reduce((sum, [path, n]) => sum + (path.includes('rate_limit_status') ? 0 : n), 0);
    const { db, add, instance } = await office();
    const connectorOf = () => ({
      ...connectorNamed('weibo-official'),
      budgets: () => [{ scope, requests: granted, windowSeconds: 86_400 }],
    });
    const [first, second] = [await instance({ connectorOf }), await instance({ connectorOf })];
    const [a, b] = [await add('甲', server.url, tokens[0] ?? ''), await add('乙', server.url, tokens[1] ?? '')];
    const runs = await Promise.all([first.runNow(a), second.runNow(b)]);
    const waiting = { outcome: 'waiting', message: expect.stringContaining('额度') as string };
    expect(runs).toMatchObject([waiting, waiting]);
    expect(counted()).toBe(granted);
    for (const [collector, id] of [
      [first, b],
      [second, a],
    ] as const)
      expect(await collector.runNow(id)).toMatchObject(waiting);
    expect(counted()).toBe(granted);
    expect(await db.all('SELECT allowed, used FROM collect_budgets')).toEqual([{ allowed: granted, used: granted }]);
    // A credential of its own has a budget of its own.
    await first.runNow(await add('丙', server.url, 'b'));
    expect(counted()).toBe(scope === 'credential' ? 2 * granted : granted);
  });

  it('both wait when a host asks one of them to', async () => {
    const faults = { script: [{ fault: 'too-many' as const, path: '/feeds/', nth: 3 }], retryAfterSeconds: 90 };
    const { server, arrivals } = await platform({ faults });
    const { addSource, instance, advance } = await office();
    const [first, second] = [await instance(), await instance()];
    const common = { accountName: '市政府', allowPrivateNetwork: true, respectRobots: false };
    const [a, b] = [
      await addSource('feed', '甲', { url: `${server.url}/feeds/site-posts.rss`, ...common }),
      await addSource('feed', '乙', { url: `${server.url}/feeds/site-posts.atom`, ...common }),
    ];
    // Both know the host well before it asks for time.
    expect(await first.runNow(a)).toMatchObject({ outcome: 'ok', requests: 1 });
    expect(await second.runNow(b)).toMatchObject({ outcome: 'nothing-new', requests: 1 });
    expect(await first.runNow(a)).toMatchObject({ outcome: 'waiting', requests: 1 });
    for (const [collector, id] of [
      [second, b],
      [first, a],
    ] as const)
      expect(await collector.runNow(id)).toMatchObject({
        outcome: 'waiting',
        requests: 0,
        message: expect.stringContaining('要求放慢访问') as string,
      });
    expect(arrivals.length).toBe(3);
    advance(91_000);
    expect(await second.runNow(b)).toMatchObject({ outcome: 'nothing-new', requests: 1 });
    expect(await first.runNow(a)).toMatchObject({ outcome: 'nothing-new', requests: 1 });
  });

  it('count failures together, rest together, and send one to try again', async () => {
    const down = { fault: 'connection-reset' as const, nth: 1, times: 6 };
    const { server, arrivals } = await platform({
      weibo: { tokens: [{ token: 'a' }, { token: 'b' }] },
      faults: { script: [down] },
    });
    const { add, instance, advance } = await office();
    const [first, second] = [await instance(), await instance()];
    const [a, b] = [await add('甲', server.url, 'a'), await add('乙', server.url, 'b')];
    // Four tries of the first and one of the second make five.
    expect(await first.runNow(a)).toMatchObject({ outcome: 'failed' });
    expect(await second.runNow(b)).toMatchObject({ outcome: 'failed' });
    expect(arrivals.length).toBe(5);
    const resting = { outcome: 'failed', requests: 0, message: expect.stringContaining('不打扰') as string };
    expect(await first.runNow(a)).toMatchObject(resting);
    expect(await second.runNow(b)).toMatchObject(resting);
    expect(arrivals.length).toBe(5);
    advance(31_000);
    await Promise.all([first.runNow(a), second.runNow(b)]);
    expect(arrivals.length).toBe(6);
    // It failed again: the rest is twice as long.
    advance(31_000);
    expect(await first.runNow(a)).toMatchObject(resting);
    advance(31_000);
    expect(await second.runNow(b)).toMatchObject({ outcome: 'ok' });
    expect(await first.runNow(a)).toMatchObject({ outcome: 'nothing-new' });
  });
});

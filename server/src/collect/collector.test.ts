import { ConnectorError, createHttpClient, defineConnector, type ConnectorDefinition } from '@minsheng/crawlers';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import 'reflect-metadata';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { openTestDatabase } from '../../test/database.ts';
import { createEnricher } from '../enrich/enricher.ts';
import { Intake } from '../intake/intake.ts';
import { Pseudonyms } from '../intake/pseudonym.ts';
import { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { Live } from '../platform/live/live.ts';
import { createLog } from '../platform/logging.ts';
import { Secrets } from '../platform/secrets.ts';
import { Pipeline } from '../pipeline.ts';
import { Collector, type CollectOptions } from './collector.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const PAGE = 10;
const enricher = createEnricher();

/** A platform with numbered posts, one per minute, oldest first; what it was asked is written down. */
async function platform(posts: number) {
  const asked: string[] = [];
  const tokens: (string | undefined)[] = [];
  const state = {
    posts,
    gone: new Set<string>(),
    likes: 0,
    /** Called before every answer; may wait, answer itself (true) or break the connection. */
    before: (_request: IncomingMessage, _response: ServerResponse): Promise<boolean> | boolean => false,
  };
  const server = createServer((request, response) => {
    void (async () => {
      const url = new URL(request.url ?? '/', 'http://x');
      asked.push(url.pathname + url.search);
      tokens.push(request.headers.authorization);
      if (await state.before(request, response)) return;
      response.setHeader('content-type', 'application/json');
      if (url.pathname === '/counts') {
        const ids = (url.searchParams.get('ids') ?? '').split(',');
        response.end(JSON.stringify(ids.map((id) => ({ id, likes: state.likes, gone: state.gone.has(id) }))));
        return;
      }
      const after = Number(url.searchParams.get('after') ?? 0);
      const upTo = Number(url.searchParams.get('upto') ?? state.posts);
      const last = Math.min(after + PAGE, upTo, state.posts);
      const ids = Array.from({ length: Math.max(0, last - after) }, (_, i) => after + i + 1);
      response.end(JSON.stringify({ ids, more: last < Math.min(upTo, state.posts) }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return { url: `http://127.0.0.1:${port}`, asked, tokens, state };
}

const at = (n: number) => new Date(NOW - 3_600_000 * 30 + n * 60_000);
const Answer = z.object({ ids: z.array(z.number()), more: z.boolean() });
const Cursor = z.object({ after: z.number() });
/** For those posts that are asked for anew. */
const Counts = z.array(z.object({ id: z.string(), likes: z.number(), gone: z.boolean() }));

const numbers = defineConnector({
  kind: 'numbers',
  platform: 'site',
  manual: { name: '编号', brings: '', needs: '', cost: '' },
  settings: z.object({
    url: z.string(),
    allowPrivateNetwork: z.literal(true).default(true),
    budget: z.number().default(1000),
  }),
  credentials: z.object({ token: z.string().default('') }),
  cursor: Cursor,
  defaultIntervalSeconds: 60,
  backfill: '可补采全部历史。',
  budgets: ({ budget }) => [{ scope: 'credential', requests: budget, windowSeconds: 3600 }],
  refresh: {
    batch: 5,
    kinds: ['post'],
    async ask(run, items) {
      const ids = items.map((i) => i.id).join(',');
      const answer = await run.http.request({ url: `${run.settings.url}/counts?ids=${ids}`, signal: run.signal });
      const counts = Counts.parse(answer.json());
      return {
        engagement: counts
          .filter((c) => !c.gone)
          .map(({ id, likes }) => ({ platform: 'site', kind: 'post', id, likes })),
        gone: counts.filter((c) => c.gone).map(({ id }) => ({ platform: 'site', kind: 'post', id, state: 'deleted' })),
      };
    },
  },
  probe: () => Promise.resolve('连接正常。'),
  async *crawl(run) {
    const index = (d: Date) => Math.ceil((d.getTime() - at(0).getTime()) / 60_000);
    let after = run.cursor?.after ?? (run.range === undefined ? 0 : Math.max(0, index(run.range.from) - 1));
    const upTo = run.range === undefined ? '' : `&upto=${index(run.range.to) - 1}`;
    for (let more = true; more;) {
      const answer = await run.http.request({
        url: `${run.settings.url}/list?after=${after}${upTo}`,
        headers: { authorization: run.credentials.token },
        signal: run.signal,
      });
      const page = Answer.parse(answer.json());
      after = page.ids.at(-1) ?? after;
      more = page.more;
      yield {
        items: page.ids.map((n) => ({
          platform: 'site' as const,
          kind: 'post' as const,
          id: String(n),
          account: '编号发布',
          publishedAt: at(n).toISOString(),
          text: `第 ${n} 条`,
        })),
        cursor: { after },
      };
    }
  },
});

async function desk(options: Partial<CollectOptions> = {}, connector: ConnectorDefinition = numbers) {
  const db = await openTestDatabase();
  const keys = mkdtempSync(join(tmpdir(), 'minsheng-keys-'));
  onTestFinished(() => rmSync(keys, { recursive: true, force: true }));
  const secrets = Secrets.open(keys);
  const clock = new Clock();
  let now = NOW;
  clock.now = () => now;
  const live = new Live();
  /** Another process on the same database. */
  const process = (more: Partial<CollectOptions> = {}) => {
    const pipeline = new Pipeline(
      db,
      new Intake(new Pseudonyms(db, secrets)),
      () => enricher,
      [],
      secrets,
      live,
      clock,
    );
    return new Collector(db, pipeline, secrets, live, clock, createLog('silent'), {
      connectorOf: () => connector,
      ...options,
      ...more,
    });
  };
  const add = async (url: string, more: { token?: string; budget?: number } = {}) => {
    const { token = 'geheim-1', budget = 1000 } = more;
    return db.write(async (tx) => {
      await tx.run(
        'INSERT INTO sources (kind, name, settings, credentials, schedule, created_at) VALUES (?, ?, ?, ?, ?, ?)',
        [
          'numbers',
          `源 ${token} ${Math.random()}`,
          JSON.stringify({ url, budget }),
          secrets.seal('source-credentials', JSON.stringify({ token })),
          JSON.stringify({ everySeconds: 60 }),
          now,
        ],
      );
      const [row] = await tx.all<{ id: number }>('SELECT max(id) AS id FROM sources');
      return Number(row?.id);
    });
  };
  return {
    db,
    secrets,
    process,
    add,
    advance: (ms: number) => (now += ms),
    ticks: (by: () => number) => (clock.now = by),
  };
}

const stored = async (db: Database) =>
  (await db.all<{ native_id: string }>('SELECT native_id FROM posts ORDER BY id')).map((r) => Number(r.native_id));
const source = async (db: Database, id: number) => (await db.one('SELECT * FROM sources WHERE id = ?', [id])) ?? {};
const gaps = (db: Database) =>
  db.all<{ name: string; cause: string; closed_at: number | null }>(
    'SELECT name, cause, size, closed_at FROM source_gaps ORDER BY id',
  );
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('the collector', () => {
  it('asks for nothing again that was stored before the process died', async () => {
    const { url, asked, state } = await platform(45);
    const { db, process, add, advance } = await desk();
    const id = await add(url);
    let hang: (() => void) | undefined;
    // The first process hangs before its fourth page and is never heard of again, as far as the second can tell.
    state.before = async () => {
      if (asked.length !== 4) return false;
      await new Promise<void>((resolve) => (hang = resolve));
      return false;
    };
    const first = process();
    const dying = first.runNow(id);
    while (hang === undefined) await sleep(5);
    advance(61_000);
    const second = process();
    expect(await second.runNow(id)).toMatchObject({ outcome: 'ok', stored: 15, duplicate: 0 });
    hang();
    expect(await dying).toMatchObject({ outcome: 'interrupted', stored: 30 });
    expect(await stored(db)).toEqual(upTo(45));
    expect(asked.slice(4)).toEqual(['/list?after=30', '/list?after=40']);
    expect(await source(db, id)).toMatchObject({ position: '{"after":45}', failures: 0, lease_owner: null, posts: 45 });
  });

  it('keeps its lease through a page that takes longer than the lease', async () => {
    const { url, state } = await platform(5);
    const { add, process, db, ticks } = await desk({ leaseMs: 200 });
    // This test's clock is the real one: the lease is a matter of seconds.
    const id = await add(url);
    const offset = NOW - Date.now();
    ticks(() => Date.now() + offset);

    state.before = async () => {
      await sleep(700);
      return false;
    };
    const first = process();
    const second = process();
    const running = first.runNow(id);
    await sleep(500);
    expect(await second.tick()).toBe(0);
    await expect(second.runNow(id)).rejects.toThrow(/正在采集中/u);
    expect(await running).toMatchObject({ outcome: 'ok', stored: 5 });
    expect(await stored(db)).toEqual(upTo(5));
  });

  it.each(['this process', 'another one'])(
    'takes new credentials saved by %s without a restart: its next request has them, from where it was',
    async (by) => {
      const { url, state, asked, tokens } = await platform(35);
      const { db, secrets, add, process } = await desk();
      const id = await add(url);
      const collector = process();
      state.before = async () => {
        if (asked.length !== 2) return false;
        await db.write((tx) =>
          tx.run('UPDATE sources SET credentials = ?, revision = revision + 1 WHERE id = ?', [
            secrets.seal('source-credentials', JSON.stringify({ token: 'neu' })),
            id,
          ]),
        );
        if (by === 'this process') await collector.changed(id);
        return false;
      };
      expect(await collector.runNow(id)).toMatchObject({ outcome: 'interrupted' });
      expect(await collector.tick()).toBe(1);
      await collector.idle();
      expect(await stored(db)).toEqual(upTo(35));
      // The request under way is cut off in this process; one of another process is answered, and its page kept.
      expect(tokens).toEqual(['geheim-1', 'geheim-1', ...tokens.slice(2).map(() => 'neu')]);
      expect(tokens.length).toBeGreaterThan(3);
      expect(await source(db, id)).toMatchObject({ failures: 0 });
      expect(JSON.stringify(await db.all('SELECT * FROM collect_budgets'))).not.toMatch(/neu|geheim/u);
    },
  );

  it('shares a budget between processes and restarts, and tells credentials apart', async () => {
    const { url } = await platform(60);
    const { db, add, process, advance } = await desk();
    const a = await add(url, { budget: 3 });
    const b = await add(url, { budget: 3 });
    const c = await add(url, { budget: 3, token: 'another' });
    expect(await process().runNow(a)).toMatchObject({ outcome: 'waiting', requests: 3, stored: 30 });
    expect(await process().runNow(b)).toMatchObject({ outcome: 'waiting', requests: 0 });
    expect(await process().runNow(c)).toMatchObject({ outcome: 'waiting', requests: 3 });
    expect(await source(db, a)).toMatchObject({ failures: 0, message: expect.stringContaining('额度') as string });
    // The window ends on the hour, at 09:00.
    expect(Number((await source(db, a))['hold_until'])).toBe(Date.parse('2026-11-24T09:00:00+08:00'));
    advance(3_600_000);
    expect(await process().runNow(a)).toMatchObject({ outcome: 'ok', requests: 3, fetched: 30 });
  });

  it('leaves a host alone that does not answer, for all its sources and processes', async () => {
    const { url, asked, state } = await platform(5);
    const { db, add, process, advance } = await desk();
    const [a, b] = [await add(url), await add(url, { token: 'another' })];
    state.before = (request) => {
      request.socket.destroy();
      return true;
    };
    expect(await process().runNow(a)).toMatchObject({ outcome: 'failed' });
    const collector = process();
    await collector.runNow(b);
    await sleep(50);
    const before = asked.length;
    expect(before).toBeLessThanOrEqual(6);
    expect(await process().runNow(b)).toMatchObject({
      outcome: 'failed',
      requests: 0,
      message: expect.stringContaining('不打扰') as string,
    });
    expect(asked.length).toBe(before);
    expect(await gaps(db)).toEqual([
      expect.objectContaining({ name: 'outage', cause: 'outage', closed_at: null }),
      expect.objectContaining({ name: 'outage', closed_at: null }),
    ]);
    state.before = () => false;
    advance(3_600_000);
    expect(await process().runNow(b)).toMatchObject({ outcome: 'ok', stored: 5 });
    expect((await gaps(db)).map((g) => g.closed_at === null)).toEqual([true, false]);
  });

  it('waits as long as a host asks, without calling it a failure', async () => {
    const { url, state } = await platform(5);
    const { db, add, process, advance } = await desk();
    const id = await add(url);
    state.before = (_, response) => {
      response.writeHead(429, { 'retry-after': '120' }).end();
      return true;
    };
    expect(await process().runNow(id)).toMatchObject({ outcome: 'waiting', requests: 1 });
    expect(await source(db, id)).toMatchObject({ failures: 0, hold_until: NOW + 120_000, next_run_at: NOW + 120_000 });
    state.before = () => false;
    advance(121_000);
    expect(await process().runNow(id)).toMatchObject({ outcome: 'ok', stored: 5 });
  });

  it('stops for a person, looks again once soon and then seldom', async () => {
    const { db, add, process, advance } = await desk(
      {},
      {
        ...numbers,
        // eslint-disable-next-line require-yield -- it only fails
        async *crawl() {
          throw new ConnectorError('login-needed', '登录已失效，请重新授权。');
        },
      },
    );
    const id = await add('http://127.0.0.1:1');
    const collector = process();
    await collector.runNow(id);
    expect(await source(db, id)).toMatchObject({ failures: 1, error_kind: 'login-needed', next_run_at: NOW + 300_000 });
    advance(300_000);
    await collector.runNow(id);
    expect(await source(db, id)).toMatchObject({ failures: 2, next_run_at: NOW + 300_000 + 6 * 3_600_000 });
  });

  it('refreshes counters on a decaying schedule and follows deletions', async () => {
    const { url, asked, state } = await platform(7);
    const { db, add, process, advance } = await desk();
    // Posts one minute old: the first refresh is due at ten minutes.
    const young = { ...numbers } as ConnectorDefinition;
    const id = await add(url);
    advance(-30 * 3_600_000 + 10 * 60_000);
    const collector = process({ connectorOf: () => young });
    await collector.runNow(id);
    const [first] = await db.all<{ n: number; due: number }>(
      'SELECT count(*) AS n, min(due_at) AS due FROM collect_refresh',
    );
    expect(first).toEqual({ n: 7, due: at(1).getTime() + 10 * 60_000 });
    state.likes = 9;
    state.gone.add('2');
    advance(10 * 60_000);
    await db.write((tx) => tx.run('UPDATE sources SET next_run_at = 9e15'));
    expect(await collector.tick()).toBe(1);
    await collector.idle();
    expect(asked.filter((a) => a.startsWith('/counts'))).toEqual(['/counts?ids=1,2,3,4,5', '/counts?ids=6,7']);
    expect(await db.all(`SELECT likes, count(*) AS n FROM posts WHERE state <> 'deleted' GROUP BY likes`)).toEqual([
      { likes: 9, n: 6 },
    ]);
    expect(await db.all(`SELECT native_id FROM posts WHERE state = 'deleted'`)).toEqual([{ native_id: '2' }]);
    expect(await collector.tick()).toBe(0);
    // A week of polling asks each post at most sixteen times.
    for (let hour = 0; hour < 9 * 24; hour++) {
      advance(3_600_000);
      await db.write((tx) => tx.run('UPDATE sources SET next_run_at = 9e15'));
      await collector.tick();
      await collector.idle();
    }
    expect(asked.filter((a) => a.startsWith('/counts?ids=1,')).length).toBeLessThanOrEqual(16);
    expect(await db.all('SELECT count(*) AS n FROM collect_refresh')).toEqual([{ n: 0 }]);
    expect((await db.all(`SELECT DISTINCT purpose FROM source_runs ORDER BY purpose`)).length).toBe(2);
  });

  it('fills a range of the past beside the regular cursor; it can be cancelled, resumed and killed', async () => {
    const { url, asked } = await platform(100);
    const { db, add, process } = await desk({ sliceMs: 0 });
    const id = await add(url);
    await db.write((tx) => tx.run(`UPDATE sources SET position = '{"after":95}' WHERE id = ?`, [id]));
    const collector = process();
    const job = await collector.backfills.ask(id, at(21).getTime(), at(61).getTime(), '管理员');
    await expect(collector.backfills.ask(id, at(1).getTime(), at(9).getTime(), '管理员')).rejects.toThrow(
      /已有一项补采/u,
    );
    await collector.runNow(id);
    const [half] = await collector.backfills.list(id);
    expect(half).toMatchObject({ state: 'waiting', pages: 1, stored: 10 });
    expect(half?.progress).toBeGreaterThan(0.05);
    expect((await source(db, id))['position']).toBe('{"after":100}');
    await collector.backfills.cancel(id, Number(job.id));
    await collector.runNow(id);
    expect((await collector.backfills.list(id))[0]).toMatchObject({ state: 'cancelled', pages: 1 });
    await collector.backfills.resume(id, Number(job.id));
    // Another process goes on where the first was.
    const next = process({ sliceMs: 60_000 });
    await next.runNow(id);
    expect((await next.backfills.list(id))[0]).toMatchObject({ state: 'done', progress: 1, stored: 40, duplicate: 0 });
    expect(await stored(db)).toEqual([...upTo(60).slice(20), ...upTo(100).slice(95)]);
    expect(asked.filter((a) => a.includes('upto'))).toEqual([20, 30, 40, 50].map((n) => `/list?after=${n}&upto=60`));
    expect((await source(db, id))['position']).toBe('{"after":100}');
  });

  it('keeps a gap that a page names until it is named as filled, and counts what was refused', async () => {
    let turn = 0;
    const { db, add, process, advance } = await desk(
      {},
      {
        ...numbers,
        async *crawl() {
          turn++;
          const item = {
            platform: 'site' as const,
            kind: 'post' as const,
            account: '编号发布',
            text: '内容',
            publishedAt: at(turn).toISOString(),
          };
          yield {
            items: [
              { ...item, id: `a${turn}` },
              { ...item, id: `b${turn}`, text: '' },
            ],
            cursor: { after: turn },
            gaps:
              turn === 1
                ? [
                    { what: '较早的评论', size: 7, cause: 'platform-limit' as const },
                    { what: '长文', size: 2, cause: 'truncated' as const },
                  ]
                : [],
          };
        },
      },
    );
    const id = await add('http://127.0.0.1:1');
    const collector = process();
    await collector.runNow(id);
    const open = async () =>
      (await gaps(db)).filter((g) => g.closed_at === null).map((g) => [g.cause, (g as { size?: number }).size]);
    expect(await open()).toEqual([
      ['platform-limit', 7],
      ['truncated', 2],
      ['rejected', 1],
    ]);
    expect(JSON.parse(String((await source(db, id))['gaps']))).toHaveLength(3);
    advance(60_000);
    await collector.runNow(id);
    expect(await open()).toEqual([
      ['truncated', 2],
      ['rejected', 2],
    ]);
  });

  it('gives up its leases and keeps its cursor on shutdown', async () => {
    const { url, state, asked } = await platform(45);
    const { db, add, process } = await desk();
    const id = await add(url);
    const collector = process();
    let stopped: Promise<void> | undefined;
    state.before = () => {
      if (asked.length === 2) stopped = collector.stop();
      return false;
    };
    expect(await collector.runNow(id)).toMatchObject({ outcome: 'interrupted', message: '程序停止，下次从断点继续。' });
    await stopped;
    expect(await source(db, id)).toMatchObject({ lease_until: 0, failures: 0 });
    await process().runNow(id);
    expect(await stored(db)).toEqual(upTo(45));
  });
});

describe('the client', () => {
  it('tells how each try went', async () => {
    const { url, state } = await platform(1);
    const heard: unknown[] = [];
    const http = createHttpClient({
      allowPrivateNetwork: true,
      pace: { minIntervalMs: 0, jitterMs: 0 },
      retries: 1,
      sleep: () => Promise.resolve(),
      onOutcome: (_, o) => heard.push(o),
    });
    onTestFinished(() => http.close());
    let n = 0;
    state.before = (request, response) => {
      n++;
      if (n === 1) request.socket.destroy();
      if (n === 3) response.writeHead(429, { 'retry-after': '7' }).end();
      return n === 1 || n === 3;
    };
    await http.request({ url });
    await http.request({ url });
    expect(heard).toEqual(['fault', 'ok', { slowDownSeconds: 7 }, 'ok']);
  });
});

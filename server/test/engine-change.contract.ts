/**
 * In: an office that has grown on SQLite. Out: tests that it may be given a cluster, taken away and given again, though it is killed meanwhile.
 * Called by: the suites with a real Elasticsearch, once for each database the records may lie in.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { prepare } from '../bin/prepare.mjs';
import { move } from '../src/archive/move.ts';
import { open, type Opened } from '../src/open.ts';
import { Clock } from '../src/platform/clock.ts';
import { readConfig, type Config } from '../src/platform/config.ts';
import { Database } from '../src/platform/database/database.ts';
import type { QueryNode } from '../src/search/query-language.ts';
import { SearchOutbox } from '../src/search/search-outbox.ts';
import { ON_POSTGRES, testConfig, testDatabaseUrl } from './database.ts';
import { newIndex } from './elasticsearch/open.ts';
import { count, passwordOf, startReplica, until } from './replica.ts';
import { browserOf } from './served.ts';

/** More than two of the lots in which an index is filled. */
const POSTS = 56_000;
const LOT = 4000;
/** Within one month, so that one index holds them all. */
const NEWEST = Date.parse('2026-10-28T08:10:00+08:00');
const WORDS = ['停水', '抢修', '路灯'];
const LEASE_SECONDS = 4;

export function engineChangeContract(where: string): void {
  // Compiling what is out of date is not what is timed.
  beforeAll(() => prepare(), 600_000);

  it(`an office on ${where} is given a cluster, killed while its index is filled, and misses nothing on the way back and forth`, async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-grown-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const small = testConfig(dataDir, undefined);
    const before = await session(small, async (opened) => {
      await store(opened, 0, POSTS);
      await withdraw(opened, 7);
      return answersOf(opened);
    });
    expect(before.total).toBe(POSTS - 1);
    const embedded = ON_POSTGRES ? await moved(small) : small;
    const [cluster, index] = [inject('elasticsearch'), newIndex()];
    const env = {
      ...{ DATA_DIR: dataDir, DATABASE_URL: embedded.databaseUrl ?? '', DEMO: '0' },
      ...{ ELASTICSEARCH_URL: cluster, ELASTICSEARCH_INDEX: index, LEASE_SECONDS: String(LEASE_SECONDS) },
    };
    const large = { ...embedded, elasticsearchUrl: cluster, elasticsearch: readConfig(env).elasticsearch };
    const provincial: Config = { ...large, leaseMs: LEASE_SECONDS * 1000 };

    // Stopped half-way by a cluster that takes nothing more, and then killed.
    const child = await startReplica(env);
    const db = await Database.open(embedded);
    const outbox = new SearchOutbox(db, new Clock());
    await until('a part is filled in', async () => (await outbox.state()).builtTo > 0, 60_000, 5);
    await readOnly(cluster, index, true);
    const half = await stalled(outbox);
    expect(half.building).toBe(half.live);
    const browser = browserOf<never>(child.url, [{ username: 'admin', oneTimePassword: passwordOf(child.said) }]);
    await browser.login('admin');
    const missing = await count(db, `SELECT count(*) AS n FROM posts WHERE id > ${String(half.builtTo)}`);
    expect(missing).toBeGreaterThan(0);
    const { body } = await browser.call(
      'GET',
      `/search?${new URLSearchParams({ q: WORDS[0] ?? '' }).toString()}&range=all`,
    );
    // Topics are found meanwhile, and their changes wait as well; a post is counted once.
    expect(Number(body['behind'])).toBeGreaterThanOrEqual(missing);
    expect(Number(body['behind'])).toBeLessThanOrEqual(POSTS);
    expect(Number(body['total'])).toBeLessThan(before.words[0]?.total ?? 0);
    const { body: sources } = await browser.call('GET', '/sources');
    expect(sources['searchEngine']).toMatchObject({
      behind: expect.toSatisfy((n: number) => n >= missing && n <= POSTS),
    });
    const ended = new Promise((resolve) => child.process.once('exit', resolve));
    child.process.kill('SIGKILL');
    await ended;
    await db.close();
    await readOnly(cluster, index, false);

    const after = await session(provincial, async (opened) => {
      const { core } = opened;
      expect(await settled(opened)).toMatchObject({ documents: POSTS - 1, behind: 0, problem: null });
      // What was done before the kill was not done again.
      expect(await new SearchOutbox(core.db, core.clock).state()).toEqual({
        live: half.live,
        building: null,
        builtTo: 0,
      });
      expect(await answersOf(opened)).toEqual(before);
      await store(opened, POSTS, LOT);
      await withdraw(opened, 11);
      expect(await settled(opened)).toMatchObject({ documents: POSTS + LOT - 2, behind: 0, problem: null });
      expect(await count(core.db, 'SELECT count(*) AS n FROM search_outbox')).toBe(0);
      return answersOf(opened);
    });
    expect(after.total).toBe(POSTS + LOT - 2);

    // Back to the embedded index, with posts of the time between, and once more to the cluster, whose index is old by then.
    await session(embedded, async (opened) => {
      expect(await settled(opened)).toMatchObject({ documents: POSTS + LOT - 2, behind: 0, problem: null });
      expect(await answersOf(opened)).toEqual(after);
      await store(opened, POSTS + LOT, LOT);
    });
    await session(provincial, async (opened) => {
      expect((await opened.core.engine.lag()).behind).toBeGreaterThan(0);
      expect((await opened.core.engine.status()).problem).toContain('正在由帖文补建');
      expect(await settled(opened)).toMatchObject({ documents: POSTS + 2 * LOT - 2, behind: 0, problem: null });
      expect(await generationsOf(cluster, index)).toHaveLength(1);
    });
  });
}

async function session<T>(config: Config, work: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await open(config);
  return work(opened).finally(() => opened.close());
}

/** The same office on PostgreSQL. */
async function moved(config: Config): Promise<Config> {
  const databaseUrl = await testDatabaseUrl(true);
  const [source, target] = [await Database.open(config), await Database.open({ ...config, databaseUrl })];
  expect((await move(source, target, () => undefined)).equal).toBe(true);
  await source.close();
  await target.close();
  return { ...config, databaseUrl };
}

async function store({ core }: Opened, from: number, n: number): Promise<void> {
  for (let at = from; at < from + n; at += LOT) {
    const arrivals = Array.from({ length: LOT }, (_, k) => {
      const i = at + k;
      const item = {
        ...{ platform: i % 3 === 0 ? 'wechat' : 'weibo', kind: 'comment', id: String(i), author: `u${String(i % 97)}` },
        publishedAt: new Date(NEWEST - i * 15_000).toISOString(),
        text: `望江路${WORDS[i % WORDS.length] ?? ''}第 ${String(i)} 天，${i % 2 === 0 ? '非常感谢' : '太让人失望了'}`,
      };
      return { at: String(i), item };
    });
    expect((await core.pipeline.accept({ arrivals, sourceId: null })).stored).toBe(LOT);
  }
}

/** Deleted at the source. */
async function withdraw({ core }: Opened, i: number): Promise<void> {
  const [row] = await core.db.all<{ native_id: string; platform: string }>(
    'SELECT native_id, platform FROM posts ORDER BY id DESC LIMIT 1 OFFSET ?',
    [i],
  );
  const gone = { platform: row?.platform ?? '', kind: 'comment', id: row?.native_id ?? '', state: 'deleted' as const };
  await core.pipeline.accept({ arrivals: [], sourceId: null, gone: [gone] });
}

/** What a desk sees: how many posts, and for some words figures and the newest hits. */
async function answersOf({ core }: Opened) {
  const { engine } = core;
  const words = await Promise.all(
    WORDS.map(async (text) => {
      const query: QueryNode = { type: 'words', text, tokens: [text], quoted: false };
      const request = { query, filters: {} };
      const { total, facets } = await engine.count(request, true);
      const { ids } = await engine.search({ ...request, sort: 'time', cursor: null, limit: 50 });
      const { ids: ranked } = await engine.search({ ...request, sort: 'relevance', cursor: null, limit: 50 });
      return { total, platforms: sorted(facets?.platform), days: sorted(facets?.day), ids, ranked };
    }),
  );
  return { total: (await engine.status()).documents, words };
}

const sorted = (counts: Map<string, number> | undefined) => [...(counts ?? [])].sort(([a], [b]) => a.localeCompare(b));

/** `settle` gives up after a while so that nobody hangs; the lease of a dead process has to run out first. */
async function settled({ core }: Opened) {
  let status = await core.engine.settle();
  await until('the index has followed', async () => (status = await core.engine.settle()).problem === null, 120_000);
  return status;
}

/** The state once it no longer moves. */
async function stalled(outbox: SearchOutbox) {
  let state = await outbox.state();
  await until('the index is not filled any further', async () => {
    const last = state;
    state = await outbox.state();
    return last.builtTo === state.builtTo && (await outbox.waiting()).problem !== null;
  });
  return state;
}

async function readOnly(cluster: string, index: string, on: boolean): Promise<void> {
  const answer = await fetch(`${cluster}/${index}*/_settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ 'index.blocks.read_only_allow_delete': on ? true : null }),
  });
  expect(answer.status).toBe(200);
}

async function generationsOf(cluster: string, index: string): Promise<string[]> {
  const answer = (await (await fetch(`${cluster}/${index}-v*/_alias`)).json()) as Record<string, unknown>;
  return [...new Set(Object.keys(answer).map((name) => name.replace(/-[^-]+$/u, '')))];
}

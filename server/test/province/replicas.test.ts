/**
 * A province as it is started: `DATABASE_URL=… ELASTICSEARCH_URL=…`, two processes, the demo city. Everything that one office's embedded mode runs
 * runs here: crawl, detection, briefing, search, live events, reindex under writes, the death of a replica, a farewell in good order.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import 'reflect-metadata';
import { expect, inject, it, onTestFinished } from 'vitest';
import { node, prepare, root } from '../../bin/prepare.mjs';
import { Database } from '../../src/platform/database/database.ts';
import { testDatabaseUrl } from '../database.ts';
import { count, passwordOf, startReplica, until, type Replica } from '../replica.ts';

const LEASE_SECONDS = 4;
const WORD = '停水';

it(
  'two replicas on PostgreSQL and Elasticsearch run the whole product, and either may die',
  { timeout: 400_000 },
  async () => {
    prepare();
    const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-province-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const databaseUrl = (await testDatabaseUrl()) ?? '';
    const index = `province-${randomUUID().slice(0, 8)}`;
    const env = {
      DATABASE_URL: databaseUrl,
      ELASTICSEARCH_URL: inject('elasticsearch'),
      ELASTICSEARCH_INDEX: index,
      DATA_DIR: dataDir,
      LEASE_SECONDS: String(LEASE_SECONDS),
    };
    const [one, two] = await Promise.all([startReplica(env), startReplica(env)]);
    const db = await Database.open({ dataDir, databaseUrl });
    onTestFinished(() => db.close());
    const cookie = await signIn([one, two]);
    const get = async (replica: Replica, path: string) => {
      const answer = await fetch(`${replica.url}/api${path}`, { headers: { cookie } });
      expect([path, answer.status]).toEqual([path, 200]);
      return (await answer.json()) as Record<string, never>;
    };
    const heard = new Map([one, two].map((replica) => [replica, listen(replica, cookie)]));

    // The demo city is served by one of them and crawled, read and told by either.
    await until(
      'the city is crawled',
      async () => {
        expect(await count(db, TWICE_AT_WORK)).toBe(0);
        return (await count(db, 'SELECT count(*) AS n FROM sources WHERE last_success_at IS NULL')) === 0;
      },
      120_000,
    );
    await until('every reader has read the log', () => everyReaderDone(db), 120_000);
    expect(await count(db, 'SELECT count(*) AS n FROM topics WHERE posts >= 3')).toBeGreaterThan(0);
    expect(await count(db, 'SELECT count(*) AS n FROM claims WHERE listed = 1')).toBeGreaterThan(0);
    expect(await count(db, 'SELECT count(*) AS n FROM inbox_cases')).toBeGreaterThan(0);
    await until('the briefings are made', async () => (await count(db, 'SELECT count(*) AS n FROM briefings')) > 0);
    for (const replica of [one, two]) {
      const [, events = []] = [...heard].find(([r]) => r === replica) ?? [];
      await until('its browsers hear of posts', () => Promise.resolve(events.includes('posts')));
      await until('its search finds them', async () => Number((await get(replica, SEARCH))['total']) > 0);
      const { coverage } = await get(replica, '/overview');
      expect(Number(coverage?.['sources'])).toBeGreaterThan(0);
      const { searchEngine } = await get(replica, '/sources');
      expect(searchEngine?.['name']).toBe('Elasticsearch');
    }

    // A new index beside the old one, while posts arrive: no search finds fewer than before.
    const before = Number((await get(one, SEARCH))['total']);
    let least = Infinity;
    const zeros: number[][] = [];
    let rebuilding = true;
    const searching = (async () => {
      while (rebuilding)
        for (const r of [one, two]) {
          const t = Number((await get(r, SEARCH))['total']);
          least = Math.min(least, t);
          if (t < before) zeros.push([Date.now(), t]);
        }
    })();
    const minsheng = (...args: string[]) =>
      promisify(execFile)(node, [join(root, 'server/dist/main.js'), ...args], {
        env: { ...process.env, ...env, LOG_LEVEL: 'silent' },
      });
    const reindexed = await minsheng('reindex');
    rebuilding = false;
    await searching;
    expect([least, zeros]).toEqual([expect.any(Number), []]);
    expect(least).toBeGreaterThanOrEqual(before);
    expect(
      Number((JSON.parse(reindexed.stdout.trim().split('\n').at(-1) ?? '{}') as { reindexed: number }).reindexed),
    ).toBeGreaterThan(0);

    // The one that serves the city dies without a word. Its leases are not taken away: they run out.
    const owners = () => db.all<{ name: string; owner: string }>('SELECT name, owner FROM leases');
    const pidOf = async (name: string) => Number((await owners()).find((l) => l.name === name)?.owner.split('/')[0]);
    const first = await pidOf('demo-city');
    const [victim, survivor] = one.process.pid === first ? [one, two] : [two, one];
    expect(victim.process.pid).toBe(first);
    victim.process.kill('SIGKILL');
    const died = Date.now();
    await until('the city is taken over', async () => (await pidOf('demo-city')) === survivor.process.pid, 60_000);
    expect(Date.now() - died).toBeGreaterThan(500);
    await until(
      'all its work is taken over',
      async () => (await owners()).every((l) => Number(l.owner.split('/')[0]) === survivor.process.pid),
      60_000,
    );
    const third = await startReplica(env);
    const news = listen(third, cookie);
    await until(
      'the sources are crawled again from where it stood',
      async () => {
        expect(await count(db, TWICE_AT_WORK)).toBe(0);
        const stale = `SELECT count(*) AS n FROM sources WHERE kind <> 'push' AND (last_success_at < ${String(died)} OR failures > 0)`;
        return (await count(db, stale)) === 0;
      },
      120_000,
    );
    await until('the new replica hears of it', () => Promise.resolve(news.includes('source')));
    await until('every reader has read the log', () => everyReaderDone(db), 120_000);

    // Asked to stop, both hand back what they hold, and what was stored is what is found and counted.
    for (const replica of [survivor, third]) {
      const ended = new Promise<number | null>((resolve) => replica.process.once('exit', resolve));
      replica.process.kill('SIGTERM');
      expect(await ended).toBe(0);
    }
    expect(await owners()).toEqual([]);
    expect(await count(db, 'SELECT count(*) AS n FROM sources WHERE lease_owner IS NOT NULL')).toBe(0);
    await minsheng('migrate');
    const posts = await count(db, 'SELECT count(*) AS n FROM posts');
    expect(await count(db, 'SELECT count(DISTINCT (platform, kind, native_id)) AS n FROM posts')).toBe(posts);
    expect(await count(db, 'SELECT sum(posts) AS n FROM rollup_days')).toBe(posts);
    expect(await count(db, 'SELECT sum(posts) AS n FROM rollup_hours')).toBe(posts);
    expect(
      await count(db, 'SELECT count(*) AS n FROM (SELECT 1 FROM briefings GROUP BY day HAVING count(*) > 1) AS d'),
    ).toBe(0);
    // A topic that went into another keeps the numbers it had; they are counted again in the one it went into.
    const told = await count(db, 'SELECT count(*) AS n FROM posts WHERE topic_id IS NOT NULL');
    expect(await count(db, 'SELECT sum(posts) AS n FROM topics WHERE merged_into IS NULL')).toBe(told);
    expect(await count(db, 'SELECT sum(posts) AS n FROM topic_hours')).toBe(told);
    const visible = `SELECT count(*) AS n FROM posts WHERE state NOT IN ('deleted', 'restricted', 'expired')`;
    await fetch(`${inject('elasticsearch')}/${index}/_refresh`, { method: 'POST' });
    const found = (await (await fetch(`${inject('elasticsearch')}/${index}/_count`)).json()) as { count: number };
    // What was committed as the last process stopped waits in the outbox for the next one; all else is in the index, once.
    const waiting = await count(db, 'SELECT count(*) AS n FROM search_outbox');
    expect(waiting).toBeLessThan(100);
    expect(Math.abs(found.count - (await count(db, visible)))).toBeLessThanOrEqual(waiting);
  },
);

const SEARCH = `/search?${new URLSearchParams({ q: WORD, range: 'all' }).toString()}`;

/** Sources that two processes work on at once. */
const TWICE_AT_WORK = `SELECT count(*) AS n FROM (SELECT 1 FROM source_runs WHERE outcome = 'running' GROUP BY source_id HAVING count(*) > 1) AS d`;

async function everyReaderDone(db: Database): Promise<boolean> {
  const last = await count(db, 'SELECT max(seq) AS n FROM post_changes');
  const readers = await db.all<{ seq: number }>('SELECT seq FROM post_consumers');
  return readers.length >= 3 && readers.every((r) => Number(r.seq) >= last);
}

/** A session made on one replica, with a password of one's own. */
async function signIn(replicas: readonly Replica[]): Promise<string> {
  const first = replicas.find((r) => r.said.includes('一次性口令'));
  const current = passwordOf(first?.said ?? '');
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${first?.url ?? ''}/api${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const login = await post('/auth/login', { username: 'admin', password: current });
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { csrfToken } = (await login.json()) as { csrfToken: string };
  const changed = await post(
    '/auth/password',
    { current, next: 'Lanjiang-2026!' },
    { cookie, 'x-csrf-token': csrfToken },
  );
  expect(changed.status).toBe(200);
  return cookie;
}

/** What an open dashboard hears: the types of the events, as they come. */
function listen(replica: Replica, cookie: string): string[] {
  const heard: string[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  void (async () => {
    const answer = await fetch(`${replica.url}/api/events`, { headers: { cookie }, signal: stop.signal });
    const text = new TextDecoder();
    for await (const chunk of answer.body ?? [])
      for (const [, type = ''] of text.decode(chunk as Uint8Array).matchAll(/"type":"(\w+)"/gu)) heard.push(type);
  })().catch(() => undefined);
  return heard;
}

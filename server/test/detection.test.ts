/**
 * What detection finds in the demo city, whose truth is known: every story is a topic, every claim of it is listed, nothing depends on
 * where the process was killed.
 */
import { startDemoCity, World } from '@minsheng/crawlers/demo-city';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClaimDetector } from '../src/claims/detect.ts';
import { Steps } from '../src/collect/scheduler.ts';
import { empty, testDatabaseUrl } from './database.ts';
import { open, type Opened } from '../src/open.ts';
import { serve, type Served } from '../src/serve.ts';
import { TopicDetector } from '../src/topics/detect.ts';

const START = Date.parse('2026-11-24T08:10:00+08:00');

const world = new World(20_261_124, START, 14);
let dataDir: string;
let databaseUrl: string | undefined;
let opened: Opened;
let served: Served;

async function boot(): Promise<void> {
  opened = await open({
    port: 0,
    host: '127.0.0.1',
    dataDir,
    databaseUrl,
    elasticsearchUrl: undefined,
    demo: false,
    logLevel: 'silent',
  });
  opened.core.clock.now = () => START;
  served = await serve(opened, { scheduled: false });
}

async function halt(): Promise<void> {
  await served.close();
  await opened.close();
}

/** Everything that detection wrote, without the times of writing. */
async function findings() {
  const { db } = opened.core;
  return {
    topics: await db.all('SELECT title, posts, opinions, first_seen, last_seen, engagement FROM topics ORDER BY id'),
    hours: await db.all('SELECT * FROM topic_hours ORDER BY topic_id, hour'),
    claims: await db.all(
      'SELECT statement, listed, posts, doubts, first_seen, last_seen FROM claims WHERE listed = 1 ORDER BY id',
    ),
    assigned: await db.all('SELECT id, topic_id, copies, copy_of FROM posts ORDER BY id'),
  };
}

/** The log from its beginning, and nothing found yet. */
async function again(order = 'id'): Promise<void> {
  await opened.core.db.write(async (tx) => {
    for (const table of [
      'topics',
      'topic_hours',
      'topic_events',
      'topic_waiting',
      'copy_groups',
      'claims',
      'claim_posts',
      'post_changes',
    ]) {
      await empty(tx, table);
    }
    await tx.run('UPDATE posts SET topic_id = NULL, copy_of = NULL, copies = 1');
    await tx.run(`INSERT INTO post_changes (post_id, change) SELECT id, 'stored' FROM posts ORDER BY ${order}`);
    await tx.run('UPDATE post_consumers SET seq = 0');
  });
  served.app.get(TopicDetector).forget();
  served.app.get(ClaimDetector).forget();
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'minsheng-detection-'));
  databaseUrl = await testDatabaseUrl();
  await boot();
  const items = world.history();
  for (let i = 0; i < items.length; i += 1000) {
    const arrivals = items.slice(i, i + 1000).map((item) => ({ at: item.id, item }));
    expect(await opened.core.pipeline.accept({ arrivals, sourceId: 1, demo: true })).toMatchObject({
      rejected: 0,
      duplicate: 0,
    });
  }
  for (const step of served.app.get(Steps).list) while ((await step.step()) > 0);
  for (const step of served.app.get(Steps).list) await step.refresh?.();
}, 240_000);

afterAll(async () => {
  await halt();
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

describe('detection in the demo city', () => {
  it('makes a topic of every story', async () => {
    const topics = await opened.core.db.all<{ title: string; features: string; posts: number }>(
      'SELECT title, features, posts FROM topics WHERE posts >= 20',
    );
    for (const story of world.truth) {
      const found = topics.filter(
        (t) =>
          story.keywords.filter((k) => t.title.includes(k) || t.features.includes(k)).length >=
          Math.min(2, story.keywords.length),
      );
      expect([story.id, found.length > 0]).toEqual([story.id, true]);
    }
  });

  it('puts the water outage first', async () => {
    const [hottest] = await opened.core.db.all<{ title: string }>(
      'SELECT title FROM topics ORDER BY heat DESC LIMIT 1',
    );
    expect(hottest?.title).toContain('望江路停水');
  });

  it('lists every claim of the city, and few texts that are none', async () => {
    const claims = await opened.core.db.all<{ statement: string }>('SELECT statement FROM claims WHERE listed = 1');
    const about = (pattern: RegExp) => claims.filter((c) => pattern.test(c.statement)).length;
    expect(about(/水库|大坝/u)).toBeGreaterThan(0);
    expect(about(/桐荫小学|食堂|中毒/u)).toBeGreaterThan(0);
    expect(about(/公交.*涨|涨价/u)).toBeGreaterThan(0);
    const others = claims.filter((c) => !/水库|大坝|桐荫|食堂|中毒|吐|公交|涨/u.test(c.statement));
    expect(others).toEqual([]);
    // Three rumours told in a dozen wordings: a desk reads one entry for each, not every wording.
    expect(claims.length).toBe(3);
  });

  it('leaves the verdict to people', async () => {
    expect(await opened.core.db.all(`SELECT count(*) AS n FROM claims WHERE verdict <> 'pending'`)).toEqual([{ n: 0 }]);
  });

  it('counts 300 copies as one opinion: opinions never exceed distinct texts', async () => {
    const rows = await opened.core.db.all<{ opinions: number; texts: number }>(
      `SELECT t.opinions, count(DISTINCT p.copy_key) + sum(CASE WHEN p.copy_key IS NULL OR length(p.text) < 8 THEN 1 ELSE 0 END) AS texts
       FROM topics t JOIN posts p ON p.topic_id = t.id GROUP BY t.id`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { opinions, texts } of rows) expect(Number(opinions)).toBeLessThanOrEqual(Number(texts));
    const [copied] = await opened.core.db.all<{ copies: number }>('SELECT max(copies) AS copies FROM posts');
    expect(Number(copied?.copies)).toBeGreaterThan(10);
  });

  it('opens one alert per subject and never repeats it', async () => {
    const { db } = opened.core;
    const before = await db.all('SELECT subject, updates FROM alerts ORDER BY id');
    expect(before.length).toBeGreaterThan(0);
    for (const step of served.app.get(Steps).list) await step.refresh?.();
    expect(await db.all('SELECT subject, updates FROM alerts ORDER BY id')).toEqual(before);
    expect(new Set(before.map((a) => a['subject'])).size).toBe(before.length);
  });

  it('finds the same when it is killed again and again', async () => {
    await again();
    for (const step of [served.app.get(TopicDetector), served.app.get(ClaimDetector)]) while ((await step.step()) > 0);
    const whole = await findings();
    await again();
    let turns = 0;
    for (let worked = true; worked; turns++) {
      const topics = served.app.get(TopicDetector);
      const claims = served.app.get(ClaimDetector);
      // As after a kill: nothing is remembered but what is in the database.
      topics.forget();
      claims.forget();
      const a = await topics.step();
      const b = await claims.step();
      worked = a + b > 0;
    }
    expect(turns).toBeGreaterThan(5);
    const resumed = await findings();
    const total = (rows: readonly { posts?: unknown }[]) => rows.reduce((sum, r) => sum + Number(r.posts ?? 0), 0);
    // Every post is counted exactly once either way; which of two near topics it joins may differ by what had been learnt.
    expect(resumed.assigned.length).toBe(whole.assigned.length);
    expect(total(resumed.hours)).toBe(resumed.assigned.filter((p) => p['topic_id'] !== null).length);
    expect(total(resumed.topics)).toBe(total(resumed.hours));
    expect(Math.abs(total(resumed.hours) - total(whole.hours))).toBeLessThan(total(whole.hours) * 0.02);
    expect(resumed.assigned.map((p) => [p['id'], p['copies'], p['copy_of']])).toEqual(
      whole.assigned.map((p) => [p['id'], p['copies'], p['copy_of']]),
    );
  }, 240_000);

  it.each(['id DESC', 'id % 97, id'])(
    'counts comments read before what they answer with it, when posts arrive by %s and it is killed at every step',
    async (order) => {
      await again(order);
      const topics = served.app.get(TopicDetector);
      while ((await topics.step()) > 0) topics.forget();
      const { db } = opened.core;
      const number = async (sql: string) => Number((await db.one<{ n: number }>(sql))?.n);
      expect(
        await number(
          'SELECT count(*) AS n FROM posts p JOIN posts q ON q.id = p.parent_id WHERE p.topic_id IS NULL AND q.topic_id IS NOT NULL',
        ),
      ).toBe(0);
      const told = await number('SELECT count(*) AS n FROM posts WHERE topic_id IS NOT NULL');
      expect(told).toBeGreaterThan(0.95 * (await number('SELECT count(*) AS n FROM posts')));
      expect(await number('SELECT sum(posts) AS n FROM topics WHERE merged_into IS NULL')).toBe(told);
      expect(await number('SELECT sum(posts) AS n FROM topic_hours')).toBe(told);
      expect(
        await number(
          'SELECT count(*) AS n FROM topic_waiting w JOIN posts p ON p.id = w.post_id WHERE p.topic_id IS NOT NULL',
        ),
      ).toBe(0);
    },
    240_000,
  );

  // Sources are read side by side, and some newest first: what answers or doubts a rumour may be read before it.
  it.each(['id DESC', 'platform DESC, id', 'id % 97, id', 'id % 89 DESC, id DESC', 'id % 7, id DESC', 'id % 1013, id'])(
    'lists each rumour once, with its own doubts, when posts arrive by %s',
    async (order) => {
      await again(order);
      for (const step of [served.app.get(TopicDetector), served.app.get(ClaimDetector)])
        while ((await step.step()) > 0);
      const { db } = opened.core;
      const claims = await db.all<{ id: number; statement: string }>(
        'SELECT id, statement FROM claims WHERE listed = 1',
      );
      expect(claims.map((c) => c.statement)).toHaveLength(3);
      const matters = [/水库|大坝|坝|决堤|渗|泄洪|放水/u, /桐荫|食堂|中毒|吐|挂水|医院/u, /公交|涨|票价/u];
      for (const { id, statement } of claims) {
        const others = matters.filter((matter) => !matter.test(statement));
        const doubts = await db.all<{ text: string }>(
          `SELECT p.text FROM claim_posts l JOIN posts p ON p.id = l.post_id WHERE l.claim_id = ? AND l.stance = 'doubting'`,
          [id],
        );
        const strays = doubts.filter(
          ({ text }) => others.some((o) => o.test(text)) && !matters.some((m) => !others.includes(m) && m.test(text)),
        );
        expect(strays).toEqual([]);
        const [answered] = await db.all<{ n: number }>(
          `SELECT count(*) AS n FROM claim_posts WHERE claim_id = ? AND stance = 'official'`,
          [id],
        );
        // The city has answered the dam and the fare, in whatever words; the school's rumour is an hour old.
        if (matters[0]?.test(statement)) expect(Number(answered?.n)).toBeGreaterThan(0);
        if (matters[2]?.test(statement)) expect(Number(answered?.n)).toBeGreaterThan(0);
        if (matters[1]?.test(statement)) expect(Number(answered?.n)).toBe(0);
      }
    },
  );

  it('is served by the real city as well', async () => {
    const city = await startDemoCity({ start: START, clock: () => new Date(START) });
    expect(city.server.store.counts()).toBeDefined();
    await city.server.close();
  });
});

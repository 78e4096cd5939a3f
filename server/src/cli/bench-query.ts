/**
 * In: sizes, or a file. Out: how long overview, topic list and search with facets take over that many posts, asked over HTTP as a browser asks
 * them, sign-in and all. Called by: the `bench query` verb.
 *
 * It makes its own posts: 20 words each of a vocabulary of 20,000, drawn by Zipf's law (exponent 1), over 60 days, 40 sources, 12 accounts;
 * they are written through the same index and counters as crawled ones, with one topic per 200 posts, one claim per 1,000 and one case per 500.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Steps } from '../collect/scheduler.ts';
import { seeded } from '../enrich/learn.ts';
import { open, type Opened } from '../open.ts';
import { AuthService } from '../platform/auth/auth.service.ts';
import { readConfig } from '../platform/config.ts';
import { hourOf } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { DAY, HOUR } from '../platform/time-window.ts';
import { firstIdAt } from '../posts/post-id.ts';
import type { SearchDocument } from '../search/search-engine.ts';
import { serve } from '../serve.ts';
import { ingestFile } from './ingest.ts';

export interface Timing {
  /** ms */
  p50: number;
  p95: number;
}

export interface QueryTimings {
  overview: Timing;
  topics: Timing;
  search: Timing;
  /** Each question asked for the first time, when nothing of it is remembered. */
  firstSearch: Timing;
}

const SPAN = 60 * DAY;
const VOCABULARY = 20_000;
const WORDS = 20;
const BATCH = 2000;
const WARMUP = 3;
const ROUNDS = 15;
const PER_TOPIC = 200;
const PER_CLAIM = 1000;
const PER_CASE = 500;
const PLATFORMS = ['weibo', 'weibo', 'weibo', 'wechat', 'site', 'hotline'] as const;
const SENTIMENTS = [-1, -1, 0, 0, 0, 1, 9] as const;

/** `{ at100k: …, at1m: … }` for the sizes 100,000 and 1,000,000; with a file, its own size alone. */
export async function benchQuery(options: {
  sizes: readonly number[];
  file?: string | undefined;
  say: (text: string) => void;
}): Promise<Record<string, QueryTimings>> {
  const { say, file } = options;
  const answer: Record<string, QueryTimings> = {};
  for (const wanted of file === undefined ? options.sizes : [0]) {
    const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-bench-'));
    const opened = await open({ ...readConfig({ DEMO: '0' }), port: 0, dataDir, logLevel: 'silent' });
    try {
      const started = performance.now();
      let size = wanted;
      if (file === undefined) await fill(opened, size);
      else size = (await ingestFile(opened, file, () => undefined)).stored;
      say(`· ${String(size)} 条已写入，${String(Math.round(performance.now() - started))} ms`);
      const served = await serve(opened, { scheduled: false });
      try {
        if (file !== undefined) {
          for (const step of served.app.get(Steps).list) while ((await step.step()) > 0);
          for (const step of served.app.get(Steps).list) await step.refresh?.();
        }
        answer[label(size)] = await measure(
          await browser(served.url, served.app.get(AuthService)),
          await newest(opened.core.db),
          say,
        );
      } finally {
        await served.close();
      }
    } finally {
      await opened.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  return answer;
}

/** A signed-in reader of all pages. */
export async function browser(url: string, auth: AuthService): Promise<(path: string) => Promise<void>> {
  const admin = (await auth.bootstrap()).find((user) => user.username === 'admin');
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}/api${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const current = admin?.oneTimePassword ?? '';
  const session = await post('/auth/login', { username: 'admin', password: current });
  const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { csrfToken } = (await session.json()) as { csrfToken: string };
  await post('/auth/password', { current, next: 'Bench-2026-query!' }, { cookie, 'x-csrf-token': csrfToken });
  return async (path) => {
    const answer = await fetch(`${url}/api${path}`, { headers: { cookie } });
    const body = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${String(answer.status)} ${body.slice(0, 200)}`);
  };
}

/** The moment of the newest post, to which windows are set when a file is of another year. */
async function newest(db: Database): Promise<number> {
  const row = await db.one<{ at: number | null }>('SELECT max(published_at) AS at FROM posts');
  return Number(row?.at ?? Date.now());
}

function label(size: number): string {
  return size % 1_000_000 === 0 ? `at${String(size / 1_000_000)}m` : `at${String(size / 1000)}k`;
}

interface Made extends SearchDocument {
  publishedAt: number;
  text: string;
  keywords: string[];
  topic: number;
}

/** Posts of the last 60 days as documents, oldest first. */
export function* documents(size: number, now: number): Generator<Made> {
  const draw = seeded(7);
  // The inverse of Zipf's distribution function with exponent 1: rank = V^u.
  const rank = () => Math.min(VOCABULARY - 1, Math.floor(VOCABULARY ** draw()) - 1);
  const pick = <T>(values: readonly [T, ...T[]]) => values[Math.floor(draw() * values.length)] ?? values[0];
  for (let i = 0; i < size; i++) {
    const publishedAt = Math.floor((now - SPAN + (SPAN * i) / size) / 1000) * 1000;
    const id = firstIdAt(publishedAt) + (i % 1_000_000);
    const words = Array.from({ length: WORDS }, () => wordOf(rank()));
    const official = draw() < 0.02;
    // A source is one channel of one platform; an account publishes through one source.
    const sourceId = 1 + Math.floor(draw() * 40);
    const accountId = official ? 1 + (sourceId % 12) : null;
    const platform = PLATFORMS[sourceId % PLATFORMS.length] ?? 'weibo';
    const kind = official ? 'post' : 'comment';
    const sentiment = pick(SENTIMENTS);
    const text = words.join(' ');
    const topic = 1 + Math.floor(i / PER_TOPIC);
    const marks = { id, platform, kind, sourceId, accountId, sentiment, official, topicId: null };
    yield { ...marks, searchTokens: text, publishedAt, text, keywords: words.slice(0, 5), topic };
  }
}

function* lots<T>(all: Iterable<T>, size: number): Generator<T[]> {
  let lot: T[] = [];
  for (const one of all) {
    lot.push(one);
    if (lot.length === size) {
      yield lot;
      lot = [];
    }
  }
  if (lot.length > 0) yield lot;
}

/** The word of a rank: one token for any segmenter. */
function wordOf(rank: number): string {
  return `w${String(rank)}`;
}

export async function fill({ core }: Opened, size: number): Promise<void> {
  const { db, engine, rollups } = core;
  const now = Date.now();
  await db.write(async (tx) => {
    for (let i = 1; i <= 12; i++) {
      await tx.run(
        `INSERT INTO accounts (id, platform, native_id, name, first_seen_at, last_post_at) VALUES (?, 'weibo', ?, ?, 0, ?)`,
        [i, String(i), `账号 ${String(i)}`, now - i * DAY],
      );
    }
  });
  const insert = `INSERT INTO posts (id, source_id, platform, kind, native_id, account_id, published_at, fetched_at, text, sentiment, keywords, topic_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
  let start = 0;
  for (const made of lots(documents(size, now), BATCH)) {
    await db.write(async (tx) => {
      const statement = tx.sqlite?.prepare(insert);
      made.forEach((post, k) => {
        const { id, sourceId, platform, kind, accountId, publishedAt, text, sentiment, keywords, topic } = post;
        statement?.run(
          ...[id, sourceId, platform, kind, String(start + k), accountId, publishedAt, publishedAt, text, sentiment],
          JSON.stringify(keywords),
          topic,
        );
      });
      await engine.write(tx, made);
      await rollups.add(tx, made);
    });
    start += made.length;
  }
  await fillDesks(db, size, now);
  await db.write((tx) => rollups.prune(tx));
  await db.optimize();
}

/** What detection and the desks would have made of so many posts. */
async function fillDesks(db: Database, size: number, now: number): Promise<void> {
  const draw = seeded(11);
  await db.write(async (tx) => {
    for (let topic = 1; topic <= size / PER_TOPIC; topic++) {
      const first = hourOf(now - SPAN + (SPAN * topic * PER_TOPIC) / size);
      const heat = Math.round(draw() * 100);
      await tx.run(
        `INSERT INTO topics (id, title, title_by, features, posts, opinions, first_seen, last_seen, heat, heat_day_ago, peak_heat, peak_at, stage, official_at)
         VALUES (?, ?, '1', '{}', ?, ?, ?, ?, ?, ?, ?, ?, 'rising', NULL)`,
        [
          topic,
          `话题 ${String(topic)}`,
          PER_TOPIC,
          PER_TOPIC / 2,
          first,
          first + 9 * HOUR,
          heat,
          heat / 2,
          heat,
          first,
        ],
      );
      for (let hour = 0; hour < 10; hour++) {
        await tx.run(
          'INSERT INTO topic_hours (topic_id, hour, posts, positive, neutral, negative) VALUES (?, ?, 20, 5, 10, 5)',
          [topic, first + hour * HOUR],
        );
      }
    }
    for (let claim = 1; claim <= size / PER_CLAIM; claim++) {
      const seen = Math.floor(now - SPAN * draw());
      await tx.run(
        `INSERT INTO claims (statement, features, listed, posts, first_seen, last_seen, topic_id) VALUES (?, '{}', 1, 40, ?, ?, ?)`,
        [`说法 ${String(claim)}`, seen - 5 * HOUR, seen, 1 + Math.floor((draw() * size) / PER_TOPIC)],
      );
    }
    await tx.run(
      `INSERT INTO inbox_cases (post_id, platform, kind, title, excerpt, received_at, state, rule_key, working_days, started_at, due_at, group_id, suggested, terms, places)
       SELECT id, platform, kind, text, text, published_at, CASE WHEN id % 7 = 0 THEN 'received' ELSE 'closed' END,
         (SELECT min(key) FROM inbox_rules), 5, published_at, published_at + ?, id, '[]', '[]', '[]'
       FROM posts WHERE account_id IS NULL AND published_at % ? = 0`,
      [7 * DAY, PER_CASE * 1000],
    );
  });
}

/** What people ask: frequent, middling and rare words, together, either, excluded, as a phrase, filtered, in a window, by relevance. */
const SEARCHES: Record<string, Record<string, string>> = {
  everything: {},
  frequent: { q: wordOf(0) },
  middling: { q: wordOf(300) },
  rare: { q: wordOf(15_000) },
  both: { q: `${wordOf(3)} ${wordOf(40)}` },
  'both rarer': { q: `${wordOf(120)} ${wordOf(250)}` },
  either: { q: `${wordOf(20)} 或 ${wordOf(200)}` },
  excluded: { q: `${wordOf(10)} -${wordOf(0)}` },
  phrase: { q: `"${wordOf(1)} ${wordOf(2)}"` },
  filtered: { q: wordOf(5), platform: 'weibo', sentiment: 'negative', official: 'public' },
  week: { q: wordOf(5), range: '7d' },
  relevance: { q: `${wordOf(8)} 或 ${wordOf(60)}`, sort: 'relevance' },
  official: { official: 'official' },
};

export async function measure(
  get: (path: string) => Promise<void>,
  now: number,
  say: (text: string) => void,
): Promise<QueryTimings> {
  const all: number[] = [];
  const first: number[] = [];
  // The program itself is warm; only the answers are new.
  await time(() => get('/search?q=0'), ROUNDS);
  for (const [name, query] of Object.entries(SEARCHES)) {
    const ask = () => get(`/search?${new URLSearchParams(query).toString()}`);
    const started = performance.now();
    await ask();
    first.push(performance.now() - started);
    const samples = await time(ask, ROUNDS);
    all.push(...samples);
    const { p50, p95 } = timing(samples);
    say(`· 检索 ${name}：p50 ${String(p50)} ms，p95 ${String(p95)} ms`);
  }
  const window = new URLSearchParams({ from: new Date(now - 3 * DAY).toISOString(), to: new Date(now).toISOString() });
  return {
    overview: timing(await time(() => get('/overview'), ROUNDS * 5)),
    topics: timing(await time(() => get(`/topics?${window.toString()}`), ROUNDS * 5)),
    search: timing(all),
    firstSearch: timing(first),
  };
}

async function time(work: () => Promise<unknown>, rounds: number): Promise<number[]> {
  for (let i = 0; i < WARMUP; i++) await work();
  const samples: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const started = performance.now();
    await work();
    samples.push(performance.now() - started);
  }
  return samples;
}

function timing(samples: readonly number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => Math.round((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) * 100) / 100;
  return { p50: at(0.5), p95: at(0.95) };
}

/**
 * In: sizes. Out: how long overview, topic list and search with facets take over that many posts. Called by: the `bench query` verb.
 *
 * It makes its own posts: 20 words each of a vocabulary of 20,000, drawn by Zipf's law (exponent 1), over 60 days, 40 sources, 12 accounts;
 * they are written through the same index and counters as crawled ones. Deterministic: the same sizes give the same posts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routes } from '@minsheng/contracts';
import { Clock } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { DAY } from '../platform/time-window.ts';
import { firstIdAt } from '../posts/post-id.ts';
import { PostViews, StoredNames } from '../posts/post-view.ts';
import { RollupCoverage } from '../rollups/coverage.ts';
import { RollupReader } from '../rollups/rollup-reader.ts';
import type { RollupRow } from '../rollups/rollup.ts';
import { Rollups } from '../rollups/rollups.ts';
import { SqliteFtsEngine } from '../search/engines/sqlite-fts.ts';
import type { SearchDocument } from '../search/search-engine.ts';
import { SearchService } from '../search/search.service.ts';
import { AccountsService } from './accounts.service.ts';
import { DashboardService } from './dashboard.service.ts';
import { OverviewService } from './overview.service.ts';
import { NoClaims, NoInbox, NoMarks, NoSourceHealth, NoTopics } from './ports.ts';

export interface Timing {
  /** ms */
  p50: number;
  p95: number;
}

export interface QueryTimings {
  overview: Timing;
  search: Timing;
  /** Only when the caller gave a topic list to measure. */
  topics?: Timing;
}

export interface BenchQueryOptions {
  sizes: readonly number[];
  /** Measures each search shape apart as well. */
  onStep?: (text: string) => void;
  /** The topic list over the bench's database, e.g. the topics controller's `list`. */
  topics?: (db: Database, now: number) => () => Promise<unknown>;
}

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const SPAN = 60 * DAY;
const VOCABULARY = 20_000;
const WORDS = 20;
const BATCH = 2000;
const WARMUP = 3;
const ROUNDS = 15;
const PLATFORMS = ['weibo', 'weibo', 'weibo', 'wechat', 'site', 'hotline'] as const;
const SENTIMENTS = [-1, -1, 0, 0, 0, 1, 9] as const;

class BenchClock extends Clock {
  override now(): number {
    return NOW;
  }
}

/** `{ at100k: …, at1m: … }` for the sizes 100,000 and 1,000,000. */
export async function benchQuery(options: BenchQueryOptions): Promise<Record<string, QueryTimings>> {
  const say = options.onStep ?? (() => undefined);
  const answer: Record<string, QueryTimings> = {};
  for (const size of options.sizes) {
    const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-bench-'));
    const db = await Database.open({ dataDir, databaseUrl: undefined });
    try {
      const started = performance.now();
      await fill(db, size);
      say(`· ${String(size)} 条已写入，${String(Math.round(performance.now() - started))} ms`);
      answer[label(size)] = await measure(db, options, say);
    } finally {
      await db.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
  return answer;
}

function label(size: number): string {
  return size % 1_000_000 === 0 ? `at${String(size / 1_000_000)}m` : `at${String(size / 1000)}k`;
}

/** Mulberry32: small, fast, the same everywhere. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The word of a rank: two characters of the common block, distinct for distinct ranks. */
function wordOf(rank: number): string {
  return String.fromCharCode(0x4e00 + (rank % 200)) + String.fromCharCode(0x5e00 + Math.floor(rank / 200));
}

async function fill(db: Database, size: number): Promise<void> {
  const engine = new SqliteFtsEngine(db);
  const rollups = new Rollups(new BenchClock());
  const draw = random(7);
  // The inverse of Zipf's distribution function with exponent 1: rank = V^u.
  const rank = () => Math.min(VOCABULARY - 1, Math.floor(VOCABULARY ** draw()) - 1);
  const pick = <T>(values: readonly [T, ...T[]]) => values[Math.floor(draw() * values.length)] ?? values[0];
  await db.write(async (tx) => {
    for (let i = 1; i <= 12; i++) {
      await tx.run(
        `INSERT INTO accounts (id, platform, native_id, name, first_seen_at, last_post_at) VALUES (?, 'weibo', ?, ?, 0, ?)`,
        [i, String(i), `账号 ${String(i)}`, NOW - i * DAY],
      );
    }
  });
  const insert = `INSERT INTO posts (id, source_id, platform, kind, native_id, account_id, published_at, fetched_at, text, sentiment, keywords)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
  for (let start = 0; start < size; start += BATCH) {
    const docs: SearchDocument[] = [];
    const rows: RollupRow[] = [];
    await db.write(async (tx) => {
      const statement = tx.sqlite?.prepare(insert);
      for (let i = start; i < Math.min(size, start + BATCH); i++) {
        const publishedAt = Math.floor((NOW - SPAN + (SPAN * i) / size) / 1000) * 1000;
        const id = firstIdAt(publishedAt) + (i % 1_000_000);
        const words = Array.from({ length: WORDS }, () => wordOf(rank()));
        const official = draw() < 0.02;
        // A source is one channel of one platform; an account publishes through one source.
        const sourceId = 1 + Math.floor(draw() * 40);
        const accountId = official ? 1 + (sourceId % 12) : null;
        const platform = PLATFORMS[sourceId % PLATFORMS.length] ?? 'weibo';
        const kind = official ? 'post' : 'comment';
        const sentiment = pick(SENTIMENTS);
        const keywords = words.slice(0, 5);
        const text = words.join('');
        statement?.run(
          ...[id, sourceId, platform, kind, String(i), accountId, publishedAt, publishedAt, text, sentiment],
          JSON.stringify(keywords),
        );
        const marks = { id, platform, kind, sourceId, accountId, sentiment, official };
        docs.push({ ...marks, searchTokens: words.join(' '), topicId: null });
        rows.push({ ...marks, publishedAt, keywords });
      }
      await engine.write(tx, docs);
      await rollups.add(tx, rows);
    });
  }
  await db.write((tx) => rollups.prune(tx));
  await db.optimize();
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
  phrase: { q: `"${wordOf(1)}${wordOf(2)}"` },
  filtered: { q: wordOf(5), platform: 'weibo', sentiment: 'negative', official: 'public' },
  week: { q: wordOf(5), range: '7d' },
  relevance: { q: `${wordOf(8)} 或 ${wordOf(60)}`, sort: 'relevance' },
  official: { official: 'official' },
};

async function measure(db: Database, options: BenchQueryOptions, say: (text: string) => void): Promise<QueryTimings> {
  const clock = new BenchClock();
  const reader = new RollupReader(db);
  const coverage = new RollupCoverage(db, reader);
  const names = new StoredNames(db);
  const charts = new DashboardService(reader, coverage, names, new NoMarks(), clock);
  const accounts = new AccountsService(db, clock);
  const desks = [new NoTopics(), new NoClaims(), new NoInbox(), new NoSourceHealth()] as const;
  const overviews = new OverviewService(reader, charts, accounts, ...desks, clock);
  const cutter = { cut: (text: string) => text.match(/../gu) ?? [] };
  const views = new PostViews(db, names);
  const search = new SearchService(db, new SqliteFtsEngine(db), views, names, cutter, coverage, clock);

  const overview = await time(() => overviews.overview(charts.window({})), ROUNDS * 5);
  const all: number[] = [];
  for (const [name, given] of Object.entries(SEARCHES)) {
    const query = routes.search.posts.query.parse(given);
    const samples = await time(() => search.search(query), ROUNDS);
    all.push(...samples);
    const { p50, p95 } = timing(samples);
    say(`· 检索 ${name}：p50 ${String(p50)} ms，p95 ${String(p95)} ms`);
  }
  const list = options.topics?.(db, NOW);
  return {
    overview: timing(overview),
    ...(list === undefined ? {} : { topics: timing(await time(list, ROUNDS * 5)) }),
    search: timing(all),
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

/**
 * In: a corpus in the import format. Out: whether the embedded engine and Elasticsearch find the same posts, totals and facets over it, asked the
 * same generated queries. Called by: the `bench match` verb.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchTexts } from '../enrich/bench.ts';
import { seeded } from '../enrich/learn.ts';
import { readConfig } from '../platform/config.ts';
import type { Database } from '../platform/database/database.ts';
import { open, type Opened } from '../open.ts';
import { parseQuery } from '../search/query-language.ts';
import type { SearchCount, SearchEngine, SearchFilters } from '../search/search-engine.ts';
import { ingestFile } from './ingest.ts';
import { measuredServer } from './search-servers.ts';

const QUERIES = 200;
const PAGE = 1000;
/** Ids of one query are compared up to here; totals and facets have their own cap. */
const MOST = 20_000;

interface Asked {
  q: string;
  filters: SearchFilters;
}

interface Found {
  ids: number[];
  count: SearchCount;
}

export interface MatchBench {
  posts: number;
  queries: number;
  /** Queries with at least one hit. */
  withHits: number;
  sameIds: number;
  sameTotals: number;
  sameFacets: number;
  /** Of relevance order, its first page. */
  sameOrder: number;
  different: string[];
}

export async function benchMatch(file: string, say: (text: string) => void): Promise<MatchBench> {
  const server = await measuredServer(512);
  const dir = mkdtempSync(join(tmpdir(), 'minsheng-bench-'));
  const start = async (env: Record<string, string>, name: string): Promise<Opened> => {
    const opened = await open({ ...readConfig({ DEMO: '0', ...env }), dataDir: join(dir, name), logLevel: 'silent' });
    const { stored } = await ingestFile(opened, file, () => undefined);
    const { documents, behind } = await opened.core.engine.settle();
    say(`· ${name}：入库 ${String(stored)} 条，已索引 ${String(documents)} 条，落后 ${String(behind)} 条`);
    return opened;
  };
  try {
    const embedded = await start({}, 'embedded');
    const cluster = await start({ ELASTICSEARCH_URL: server.url, ELASTICSEARCH_INDEX: 'bench-match' }, 'elasticsearch');
    try {
      return await compare(embedded, cluster);
    } finally {
      await embedded.close();
      await cluster.close();
    }
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function compare(a: Opened, b: Opened): Promise<MatchBench> {
  const cut = (text: string) => a.core.enricher().queryTokens(text);
  const asked = await queries(a.core.db, cut);
  const result = { queries: 0, withHits: 0, sameIds: 0, sameTotals: 0, sameFacets: 0, sameOrder: 0 };
  const different: string[] = [];
  for (const query of asked) {
    const [one, two] = [await find(a.core.engine, query, cut), await find(b.core.engine, query, cut)];
    const [first, second] = [await best(a.core.engine, query, cut), await best(b.core.engine, query, cut)];
    const same = {
      ids: String(one.ids) === String(two.ids),
      totals: one.count.total === two.count.total && one.count.totalIsLowerBound === two.count.totalIsLowerBound,
      facets: facetsText(one.count) === facetsText(two.count),
      order: String(first) === String(second),
    };
    result.queries++;
    if (one.ids.length > 0) result.withHits++;
    if (same.ids) result.sameIds++;
    if (same.totals) result.sameTotals++;
    if (same.facets) result.sameFacets++;
    if (same.order) result.sameOrder++;
    if (Object.values(same).includes(false) && different.length < 20)
      different.push(`${JSON.stringify(query)}：${String(one.ids.length)} / ${String(two.ids.length)} 条`);
  }
  const posts = await a.core.db.one<{ n: number }>('SELECT count(*) AS n FROM posts');
  return { posts: posts?.n ?? 0, ...result, different };
}

async function find(engine: SearchEngine, { q, filters }: Asked, cut: (text: string) => string[]): Promise<Found> {
  const request = { query: parseQuery(q, cut).node, filters, sort: 'time' as const, limit: PAGE };
  const ids: number[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<SearchEngine['search']>> = await engine.search({ ...request, cursor });
    ids.push(...page.ids);
    cursor = page.nextCursor;
  } while (cursor !== null && ids.length < MOST);
  return { ids, count: await engine.count(request, true) };
}

async function best(engine: SearchEngine, { q, filters }: Asked, cut: (text: string) => string[]): Promise<number[]> {
  const query = parseQuery(q, cut).node;
  return (await engine.search({ query, filters, sort: 'relevance', cursor: null, limit: 20 })).ids;
}

function facetsText({ facets }: SearchCount): string {
  return JSON.stringify(
    Object.entries(facets ?? {}).map(([name, counts]) => [
      name,
      [...(counts as Map<string | number, number>)].map(([k, n]) => `${String(k)}=${String(n)}`).sort(),
    ]),
  );
}

/** Words of the corpus itself, alone, together, either, excluded, as phrases, bracketed, filtered, in windows. The same corpus gives the same queries. */
async function queries(db: Database, cut: (text: string) => string[]): Promise<Asked[]> {
  const random = seeded(2026);
  const draw = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const bounds = await db.one<{ first: number; last: number; posts: number }>(
    'SELECT min(published_at) AS first, max(published_at) AS last, count(*) AS posts FROM posts',
  );
  const { first, last } = bounds ?? { first: 0, last: 0 };
  const texts = await db.all<{ text: string }>(
    'SELECT text FROM posts WHERE length(text) > 8 ORDER BY copy_key, id LIMIT 4000',
  );
  const pool = texts.length > 0 ? texts.map((row) => row.text) : benchTexts(200);
  const platforms = (await db.all<{ platform: string }>('SELECT DISTINCT platform FROM posts')).map((r) => r.platform);
  const accounts = (await db.all<{ id: number }>('SELECT id FROM accounts ORDER BY id LIMIT 50')).map((r) =>
    Number(r.id),
  );
  const word = (): string => {
    for (let tries = 0; tries < 50; tries++) {
      const words = cut(draw(pool)).filter((w) => w.length > 1);
      if (words.length > 0) return draw(words);
    }
    return '通知';
  };
  const phrase = (): string => {
    const words = cut(draw(pool));
    const at = Math.floor(random() * Math.max(1, words.length - 2));
    return `"${words.slice(at, at + 2 + Math.floor(random() * 2)).join('')}"`;
  };
  const shapes = [
    () => word(),
    () => `${word()} ${word()}`,
    () => `${word()} 或 ${word()}`,
    () => `${word()} -${word()}`,
    () => phrase(),
    () => `(${word()} 或 ${word()}) 不含 ${word()}`,
    () => `${word()} (${phrase()} 或 -${word()})`,
    () => `-${word()}`,
    () => '',
  ];
  return Array.from({ length: QUERIES }, (_, i) => {
    const filters: SearchFilters = {};
    if (random() < 0.2) filters.platforms = [draw(platforms)];
    if (random() < 0.2) filters.kinds = [draw(['post', 'comment', 'message'])];
    if (random() < 0.2) filters.sentiments = [draw([-1, 0, 1, 9])];
    if (random() < 0.15) filters.official = random() < 0.5;
    if (random() < 0.1 && accounts.length > 0) filters.accountIds = [draw(accounts)];
    if (random() < 0.3) {
      filters.from = Math.floor(first + random() * (last - first));
      if (random() < 0.7) filters.to = Math.floor(filters.from + random() * (last - filters.from)) + 1000;
    }
    return { q: (shapes[i % shapes.length] ?? word)(), filters };
  });
}

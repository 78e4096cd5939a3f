/**
 * In: numbers of posts. Out: the embedded engine against a single-node Elasticsearch on this machine, in one run: posts taken in a second, answers
 * over HTTP, disk, memory; and our way into Elasticsearch against its bare bulk client with the same documents. Called by: the `bench engines` verb.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuthService } from '../platform/auth/auth.service.ts';
import { Clock } from '../platform/clock.ts';
import { readConfig } from '../platform/config.ts';
import { Database } from '../platform/database/database.ts';
import { Leases } from '../platform/leases/leases.ts';
import { createLog } from '../platform/logging.ts';
import { open, type Opened } from '../open.ts';
import { SqliteFtsEngine } from '../search/engines/sqlite-fts.ts';
import type { SearchDocument, SearchEngine } from '../search/search-engine.ts';
import { serve } from '../serve.ts';
import { browser, fill, measure, documents, type Timing } from './bench-query.ts';
import { ingestFile } from './ingest.ts';
import { measuredServer, type MeasuredServer } from './search-servers.ts';

const HEAP_MB = 1024;
const BULK_ROUNDS = 3;
/** Documents of a transaction, as an import writes them. */
const LOT = 4000;

interface Measured {
  ingestPostsPerSecond: number;
  /** Documents through the port until they are found. */
  indexPostsPerSecond: number;
  /** Over HTTP, search with facets. */
  search: Record<string, Timing>;
  /** The same questions asked for the first time: neither engine remembers an answer. */
  firstSearch: Record<string, Timing>;
  indexBytesPerPost: number;
  memoryMB: number;
}

export interface EnginesBench {
  /** From the file to searchable: intake, analysis and records, which are the same for both, included. */
  ingestRatio: number;
  /** The index alone: documents written through the port until they are found. */
  indexRatio: number;
  queryP95Ratio: number;
  /** The same for questions that nobody asked before. */
  firstQueryP95Ratio: number;
  bulkEfficiency: number;
  embedded: Measured;
  elasticsearch: Measured & { version: string; bulkPostsPerSecond: number; bareBulkPostsPerSecond: number };
}

type Run = Omit<Measured, 'indexPostsPerSecond'> & { posts: number };

/** @param file posts to take in @param sizes numbers of posts to ask over */
export async function benchEngines(
  file: string,
  sizes: readonly number[],
  say: (text: string) => void,
): Promise<EnginesBench> {
  const server = await measuredServer(HEAP_MB);
  try {
    const runs = { embedded: await run(null, file, sizes, say), elasticsearch: await run(server, file, sizes, say) };
    const docs = [...documents(Math.min(100_000, ...sizes), Date.now())];
    const { ours, bare } = await bulk(server, docs, say);
    const index = await indexAlone(server, docs, say);
    const a = { ...runs.embedded, indexPostsPerSecond: index.embedded };
    const b = { ...runs.elasticsearch, indexPostsPerSecond: index.elasticsearch };
    const largest = Object.keys(a.search).at(-1) ?? '';
    return {
      ingestRatio: ratio(a.ingestPostsPerSecond, b.ingestPostsPerSecond),
      indexRatio: ratio(a.indexPostsPerSecond, b.indexPostsPerSecond),
      queryP95Ratio: ratio(b.search[largest]?.p95 ?? 0, a.search[largest]?.p95 ?? 1),
      firstQueryP95Ratio: ratio(b.firstSearch[largest]?.p95 ?? 0, a.firstSearch[largest]?.p95 ?? 1),
      bulkEfficiency: ratio(ours, bare),
      embedded: a,
      elasticsearch: { ...b, version: server.version, bulkPostsPerSecond: ours, bareBulkPostsPerSecond: bare },
    };
  } finally {
    await server.stop();
  }
}

/** From the file to searchable, then the questions over each size. */
async function run(
  server: MeasuredServer | null,
  file: string,
  sizes: readonly number[],
  say: (text: string) => void,
): Promise<Run> {
  const name = server === null ? '内置检索' : 'Elasticsearch';
  let peak = 0;
  const watch = setInterval(() => {
    const ours = process.memoryUsage.rss() / 1024 / 1024;
    peak = Math.max(peak, Math.round(ours) + (server?.memoryMB() ?? 0));
  }, 200);
  try {
    const { ingestPostsPerSecond, posts } = await withProduct(server, async (opened) => {
      const started = performance.now();
      const { stored } = await ingestFile(opened, file, () => undefined);
      await opened.core.engine.settle();
      const rate = Math.round((stored / (performance.now() - started)) * 1000);
      say(`· ${name}：入库并可检索 ${String(rate)} 条/秒`);
      return { ingestPostsPerSecond: rate, posts: stored };
    });
    const search: Record<string, Timing> = {};
    const firstSearch: Record<string, Timing> = {};
    let indexBytesPerPost = 0;
    for (const size of sizes) {
      await withProduct(server, async (opened) => {
        await fill(opened, size);
        await opened.core.engine.settle();
        indexBytesPerPost = Math.round((await indexBytes(opened.core.db, server)) / size);
        const served = await serve(opened, { scheduled: false });
        try {
          const asked = await measure(await browser(served.url, served.app.get(AuthService)), Date.now(), say);
          search[`at${String(size)}`] = asked.search;
          firstSearch[`at${String(size)}`] = asked.firstSearch;
          say(
            `· ${name}：${String(size)} 条，检索 p50 ${String(asked.search.p50)} ms，p95 ${String(asked.search.p95)} ms`,
          );
        } finally {
          await served.close();
        }
      });
    }
    return { posts, ingestPostsPerSecond, search, firstSearch, indexBytesPerPost, memoryMB: peak };
  } finally {
    clearInterval(watch);
  }
}

async function withProduct<T>(server: MeasuredServer | null, work: (opened: Opened) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-bench-'));
  const config = readConfig({
    DEMO: '0',
    ...(server === null ? {} : { ELASTICSEARCH_URL: server.url, ELASTICSEARCH_INDEX: 'bench' }),
  });
  const opened = await open({ ...config, port: 0, dataDir, logLevel: 'silent' });
  try {
    return await work(opened);
  } finally {
    await opened.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function indexBytes(db: Database, server: MeasuredServer | null): Promise<number> {
  if (server === null) {
    const row = await db.one<{ bytes: number }>(
      `SELECT sum(pgsize) AS bytes FROM dbstat WHERE name LIKE 'search!_%' ESCAPE '!'`,
    );
    return row?.bytes ?? 0;
  }
  const answer = await fetch(`${server.url}/bench/_stats/store?filter_path=_all.total.store.size_in_bytes`);
  const stats = (await answer.json()) as { _all: { total: { store: { size_in_bytes: number } } } };
  return stats._all.total.store.size_in_bytes;
}

/** Turn by turn, so that a busy machine slows both alike. */
async function bulk(
  server: MeasuredServer,
  docs: readonly SearchDocument[],
  say: (text: string) => void,
): Promise<{ ours: number; bare: number }> {
  let ours = 0;
  let bare = 0;
  for (let round = 0; round < BULK_ROUNDS; round++) {
    bare += await bareBulk(server.url, docs);
    ours += await ourBulk(server.url, docs);
  }
  const rate = (ms: number) => Math.round((docs.length * BULK_ROUNDS * 1000) / ms);
  say(`· 批量写入：我们 ${String(rate(ours))} 条/秒，官方客户端 ${String(rate(bare))} 条/秒`);
  return { ours: rate(ours), bare: rate(bare) };
}

/** The same documents through the port in lots of an import, turn by turn, until each engine finds them all. */
async function indexAlone(
  server: MeasuredServer,
  docs: readonly SearchDocument[],
  say: (text: string) => void,
): Promise<{ embedded: number; elasticsearch: number }> {
  let embedded = 0;
  let elasticsearch = 0;
  for (let round = 0; round < BULK_ROUNDS; round++) {
    embedded += await withDatabase((db) => fillIndex(db, new SqliteFtsEngine(db), docs));
    elasticsearch += await withDatabase(async (db) => {
      const engine = await elasticsearchOver(db, server.url);
      const took = await fillIndex(db, engine, docs);
      await db.write((tx) => engine.clear(tx));
      await engine.settle();
      await engine.close();
      return took;
    });
  }
  const rate = (ms: number) => Math.round((docs.length * BULK_ROUNDS * 1000) / ms);
  say(`· 只写索引：内置 ${String(rate(embedded))} 条/秒，Elasticsearch ${String(rate(elasticsearch))} 条/秒`);
  return { embedded: rate(embedded), elasticsearch: rate(elasticsearch) };
}

/** @returns ms */
async function fillIndex(db: Database, engine: SearchEngine, docs: readonly SearchDocument[]): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < docs.length; i += LOT) await db.write((tx) => engine.write(tx, docs.slice(i, i + LOT)));
  await engine.settle();
  return performance.now() - started;
}

/** From an outbox full of changes to an index that has them all. @returns ms */
function ourBulk(url: string, docs: readonly SearchDocument[]): Promise<number> {
  return withDatabase(async (db) => {
    const first = await elasticsearchOver(db, url);
    await first.settle();
    await first.close();
    await db.write((tx) => first.write(tx, docs));
    const started = performance.now();
    const second = await elasticsearchOver(db, url);
    await second.settle();
    const took = performance.now() - started;
    await db.write((tx) => second.clear(tx));
    await second.settle();
    await second.close();
    return took;
  });
}

async function withDatabase<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-bench-'));
  const db = await Database.open({ dataDir, databaseUrl: undefined });
  try {
    return await work(db);
  } finally {
    await db.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function elasticsearchOver(db: Database, url: string) {
  const { ElasticsearchEngine } = await import('../search/engines/elasticsearch.ts');
  const { DEFAULTS } = await import('../search/engines/elasticsearch-client.ts');
  const nothing = { of: () => Promise.resolve([]), after: () => Promise.resolve(null) };
  return ElasticsearchEngine.open({
    url,
    config: { ...DEFAULTS, index: 'bench-ours' },
    db,
    leases: new Leases(db),
    documents: nothing,
    clock: new Clock(),
    log: createLog('silent'),
  });
}

/** The official client's own bulk helper with its defaults, into an index of the same mapping. @returns ms */
async function bareBulk(url: string, docs: readonly SearchDocument[]): Promise<number> {
  const { Client } = await import('@elastic/elasticsearch');
  const { MAPPINGS } = await import('../search/engines/elasticsearch-indices.ts');
  const { sourceOf } = await import('../search/engines/elasticsearch-indexer.ts');
  const client = new Client({ node: url });
  const index = 'bench-bare';
  const sources = docs.map((doc) => JSON.parse(sourceOf(doc)) as { id: number });
  await client.indices.create({
    index,
    mappings: MAPPINGS,
    settings: { number_of_replicas: 0, refresh_interval: '1s' },
  });
  try {
    const started = performance.now();
    await client.helpers.bulk({
      datasource: sources,
      onDocument: (doc) => ({ index: { _index: index, _id: String(doc.id) } }),
      refreshOnCompletion: index,
    });
    return performance.now() - started;
  } finally {
    await client.indices.delete({ index });
    await client.close();
  }
}

function ratio(a: number, b: number): number {
  return Number((a / b).toFixed(2));
}

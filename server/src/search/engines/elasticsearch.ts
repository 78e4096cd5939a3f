/**
 * In: the port's calls. Out: writes as rows of the outbox, in the caller's transaction; answers from an Elasticsearch cluster. Used by:
 * open-search.ts, when ELASTICSEARCH_URL is set.
 *
 * It keeps the embedded engine's promises to the letter, counting caps and order of relevance included, so that a figure does not change when an
 * office moves to a cluster. Texts never leave the database: the cluster answers with ids.
 */
import { errors, type Client, type estypes } from '@elastic/elasticsearch';
import type { Clock } from '../../platform/clock.ts';
import type { ElasticsearchConfig } from '../../platform/config.ts';
import type { Database, Tx } from '../../platform/database/database.ts';
import { UserError } from '../../platform/errors.ts';
import type { Leases } from '../../platform/leases/leases.ts';
import type { Log } from '../../platform/logging.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { IndexOwner } from '../index-owner.ts';
import { rankPage } from '../relevance-page.ts';
import {
  BEING_FILLED,
  COUNT_CAP,
  RANK_CAP,
  SearchEngine,
  type Facets,
  type SearchCount,
  type SearchDocument,
  type SearchLag,
  type SearchPage,
  type SearchRequest,
  type SearchStatus,
  type StoredDocuments,
} from '../search-engine.ts';
import { SearchOutbox, type OutboxRow } from '../search-outbox.ts';
import { checkVersion, DEFAULTS, openClient, partial, unavailable } from './elasticsearch-client.ts';
import { Indexer, sourceOf } from './elasticsearch-indexer.ts';
import { Indices } from './elasticsearch-indices.ts';
import { queryOf, type Query } from './elasticsearch-query.ts';

/** How long `settle` bears a cluster that takes nothing. */
const PATIENCE_MS = 10_000;

/** How often, and how long after one another, shards that do not answer are asked again. */
const PARTIAL_TRIES = 6;
const PARTIAL_WAIT_MS = 250;

const FACETS = ['platform', 'kind', 'sentiment', 'source', 'account', 'day'] as const;

export interface ElasticsearchParts {
  url: string;
  config?: ElasticsearchConfig | undefined;
  db: Database;
  leases: Leases;
  documents: StoredDocuments;
  clock: Clock;
  log: Log;
}

export class ElasticsearchEngine extends SearchEngine {
  private readonly client: Client;
  private readonly indices: Indices;
  private readonly outbox: SearchOutbox;
  private readonly indexer: Indexer;
  private readonly owner: IndexOwner;

  private constructor(private readonly parts: ElasticsearchParts) {
    super();
    const { url, config = DEFAULTS, db, leases, documents, clock, log } = parts;
    this.client = openClient(url, config);
    this.outbox = new SearchOutbox(db, clock);
    this.owner = new IndexOwner(db);
    this.indices = new Indices(this.client, config.index, config.shards, clock);
    this.indexer = new Indexer(this.client, this.indices, this.outbox, documents, leases, clock, log);
  }

  /**
   * A cluster that cannot be reached keeps nobody from starting: posts are collected and wait in the outbox.
   * @throws UserError when it can be reached and is too old, too new or something else.
   */
  static async open(parts: ElasticsearchParts): Promise<ElasticsearchEngine> {
    const engine = new ElasticsearchEngine(parts);
    try {
      await checkVersion(engine.client);
    } catch (error) {
      if (error instanceof UserError || error instanceof errors.ProductNotSupportedError) {
        await engine.client.close();
        throw error instanceof UserError ? error : unavailable(error);
      }
      parts.log.warn({ reason: unavailable(error).message }, 'search engine not reached');
    }
    if (!(await engine.owner.take('elasticsearch')))
      parts.log.info({}, 'search index is filled from the records: another engine was used before');
    engine.indexer.start();
    return engine;
  }

  async write(tx: Tx, docs: readonly SearchDocument[]): Promise<void> {
    await this.tell(
      tx,
      docs.map((doc) => ({ postId: doc.id, op: 'put', document: sourceOf(doc) })),
    );
    this.indexer.wake();
  }

  async remove(tx: Tx, ids: readonly number[]): Promise<void> {
    await this.tell(
      tx,
      ids.map((postId) => ({ postId, op: 'drop', document: null })),
    );
  }

  async retopic(tx: Tx, ids: readonly number[]): Promise<void> {
    await this.tell(
      tx,
      ids.map((postId) => ({ postId, op: 'look', document: null })),
    );
  }

  private async tell(tx: Tx, changes: readonly Omit<OutboxRow, 'seq'>[]): Promise<void> {
    if (changes.length === 0) return;
    await this.owner.require(tx, 'elasticsearch');
    await this.outbox.append(tx, changes);
  }

  clear(tx: Tx): Promise<void> {
    return this.outbox.clear(tx);
  }

  /** Nothing to do: the server merges by itself. */
  optimize(): Promise<void> {
    return Promise.resolve();
  }

  async search(request: SearchRequest): Promise<SearchPage> {
    if (request.sort === 'relevance' && request.query !== null) {
      const newest = (before: number | null) => this.newest(request, before, RANK_CAP);
      return rankPage(request, newest, (ids) => this.textsOf(ids));
    }
    const before = request.cursor === null ? null : readCursor(request.cursor).last;
    const ids = await this.newest(request, before, request.limit + 1);
    const page = ids.slice(0, request.limit);
    const last = page.at(-1);
    return { ids: page, nextCursor: ids.length > page.length && last !== undefined ? writeCursor({ last }) : null };
  }

  /** Counted over everything when that is within the cap; else over the newest, found by the id at which the cap is reached. */
  async count(request: Pick<SearchRequest, 'query' | 'filters'>, facets: boolean): Promise<SearchCount> {
    const query = queryOf(request.query, request.filters, null, null);
    const first = await this.ask(
      facets
        ? { query, size: 0, aggs: AGGREGATIONS, terminate_after: COUNT_CAP + 1, track_total_hits: true }
        : { query, size: 0, track_total_hits: COUNT_CAP + 1 },
    );
    const counted = totalOf(first);
    if (first.terminated_early !== true && counted <= COUNT_CAP)
      return { total: counted, totalIsLowerBound: false, facets: facets ? facetsOf(first) : null };
    if (!facets) return { total: COUNT_CAP, totalIsLowerBound: true, facets: null };
    const beyond = await this.ask({ query, size: 1, from: COUNT_CAP, sort: NEWEST_FIRST, track_total_hits: false });
    const oldest = beyond.hits.hits[0];
    const window: Query = oldest === undefined ? query : queryOf(request.query, request.filters, idOf(oldest), null);
    const answer = await this.ask({ query: window, size: 0, aggs: AGGREGATIONS, track_total_hits: true });
    return { total: totalOf(answer), totalIsLowerBound: oldest !== undefined, facets: facetsOf(answer) };
  }

  async lag(): Promise<SearchLag> {
    const { behind, since, unfilled } = await this.outbox.waiting();
    return { behind: behind + unfilled, since };
  }

  async status(): Promise<SearchStatus> {
    const [waiting, documents] = await Promise.all([this.outbox.waiting(), this.indices.documents().catch(() => null)]);
    const { behind, since, refused, unfilled } = waiting;
    const problem =
      waiting.problem ??
      (refused > 0 ? `有 ${String(refused)} 条被索引拒收，请运行 reindex 重建` : unfilled > 0 ? BEING_FILLED : null);
    return { name: 'Elasticsearch', documents, behind: behind + unfilled, since, problem };
  }

  async settle(): Promise<SearchStatus> {
    const { last } = await this.outbox.waiting();
    return this.until(last, () => undefined);
  }

  /** Beside the live index; searches read the old one until the new one is complete. */
  async rebuild(onProgress: (looked: number) => void): Promise<number> {
    await this.outbox.rebuild();
    const { last } = await this.outbox.waiting();
    const { problem } = await this.until(last, onProgress);
    if (problem !== null)
      throw new UserError('unavailable', `索引没有建完：${problem}。`, {
        kept: '检索照旧使用原来的索引；已建的部分保留，恢复后自动继续。',
        todo: '请排除上述原因。',
      });
    const { live } = await this.outbox.state();
    if (live !== null) await this.indices.merge(live);
    return this.indices.documents();
  }

  async close(): Promise<void> {
    await this.indexer.stop();
    await this.client.close();
  }

  /** Waits until this change is in the index and nothing is being built. */
  private async until(change: number, onProgress: (looked: number) => void): Promise<SearchStatus> {
    for (let round = 1; ; round++) {
      const { first } = await this.outbox.waiting();
      const { live, building, builtTo } = await this.outbox.state();
      const { failingSince } = this.indexer;
      if (failingSince !== null && this.parts.clock.now() - failingSince > PATIENCE_MS) return this.status();
      if ((first === 0 || first > change) && building === null && live !== null) break;
      if (building !== null && round % 100 === 0) onProgress(await this.outbox.countTo(builtTo));
      this.indexer.wake();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.client.indices.refresh({ index: this.indices.alias, ignore_unavailable: true });
    return this.status();
  }

  private async newest(request: SearchRequest, before: number | null, limit: number): Promise<number[]> {
    const { hits } = await this.ask({
      query: queryOf(request.query, request.filters, null, null),
      size: limit,
      sort: NEWEST_FIRST,
      track_total_hits: false,
      ...(before === null ? {} : { search_after: [before] }),
    });
    return hits.hits.map(idOf);
  }

  private async textsOf(ids: readonly number[]): Promise<{ id: number; text: string }[]> {
    const rows = await this.parts.db.all<{ id: number; title: string | null; text: string }>(
      `SELECT id, title, text FROM posts WHERE id IN (${ids.map(() => '?').join(', ')})`,
      ids,
    );
    return rows.map((r) => ({ id: Number(r.id), text: r.title === null ? r.text : `${r.title}\n${r.text}` }));
  }

  /** Of all shards or not at all: hits of some of them would look like all there are. */
  private async ask(body: estypes.SearchRequest): Promise<estypes.SearchResponse> {
    const { alias } = this.indices;
    for (let tries = 1; ; tries++) {
      let answer;
      try {
        answer = await this.client.search({ index: alias, ignore_unavailable: true, _source: false, ...body });
      } catch (error) {
        throw unavailable(error);
      }
      const { total, successful } = answer._shards;
      if (successful >= total) return answer;
      // A month's index that has just been made is there in a moment.
      if (tries >= PARTIAL_TRIES) throw partial(total - successful);
      await new Promise((resolve) => setTimeout(resolve, PARTIAL_WAIT_MS));
    }
  }
}

const NEWEST_FIRST: estypes.Sort = [{ id: 'desc' }];

const AGGREGATIONS = Object.fromEntries(FACETS.map((field) => [field, { terms: { field, size: COUNT_CAP } }]));

function idOf(hit: estypes.SearchHit): number {
  return Number(hit.sort?.[0]);
}

function totalOf({ hits }: estypes.SearchResponse): number {
  return typeof hits.total === 'object' ? hits.total.value : (hits.total ?? 0);
}

function facetsOf({ aggregations }: estypes.SearchResponse): Facets {
  const of = <K>(field: (typeof FACETS)[number], key: (text: string) => K) => {
    const terms = aggregations?.[field] as estypes.AggregationsStringTermsAggregate | undefined;
    const buckets = (terms?.buckets ?? []) as estypes.AggregationsStringTermsBucket[];
    return new Map(buckets.map((bucket) => [key(String(bucket.key)), bucket.doc_count]));
  };
  return {
    platform: of('platform', String),
    kind: of('kind', String),
    sentiment: of('sentiment', Number),
    source: of('source', Number),
    account: of('account', Number),
    day: of('day', String),
  };
}

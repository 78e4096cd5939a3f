/**
 * In: hits as SQL of one dialect, newest first. Out: pages, totals and facets over them. Used by: the engines that live in the records' own database.
 *
 * Why it does not slow down as posts accumulate: ids are ordered by time, so the newest hits are the highest ids, and every walk stops at a cap.
 */
import { Database, type Param } from '../../platform/database/database.ts';
import { dayOf } from '../../platform/clock.ts';
import { firstIdAt, IDS_PER_SECOND } from '../../posts/post-id.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { rankPage } from '../relevance-page.ts';
import {
  COUNT_CAP,
  RANK_CAP,
  SearchEngine,
  type Facets,
  type SearchCount,
  type SearchFilters,
  type SearchPage,
  type SearchRequest,
  type SearchStatus,
  type StoredDocuments,
} from '../search-engine.ts';
import { unpackMarks } from './marks.ts';

const DAY_SECONDS = 86_400;
const OFFICE_OFFSET_SECONDS = 8 * 3600;
const REBUILD_BATCH = 2000;

export interface Hits {
  sql: string;
  params: Param[];
}

export abstract class SqlEngine extends SearchEngine {
  /** @param documents what a rebuild reads */
  constructor(
    protected readonly db: Database,
    private readonly documents: StoredDocuments | null,
  ) {
    super();
  }

  /** For the status pages. */
  protected abstract readonly title: string;

  /** The table that holds `id` and packed `marks` of every document. */
  protected abstract readonly marks: string;
  /** SQL that yields ids, newest first, at most `limit`. */
  protected abstract hits(
    request: Pick<SearchRequest, 'query' | 'filters'>,
    before: number | null,
    limit: number,
  ): Hits;
  /** Title and text, for ranking. */
  protected abstract textsOf(ids: readonly number[]): Promise<{ id: number; text: string }[]>;

  async search(request: SearchRequest): Promise<SearchPage> {
    if (request.sort === 'time' || request.query === null) return this.byTime(request);
    const newest = (before: number | null) => this.idsOf(this.hits(request, before, RANK_CAP));
    return rankPage(request, newest, (ids) => this.textsOf(ids));
  }

  async count(request: Pick<SearchRequest, 'query' | 'filters'>, facets: boolean): Promise<SearchCount> {
    const hits = this.hits(request, null, COUNT_CAP + 1);
    if (!facets) {
      const counted = await this.db.one<{ n: number }>(`SELECT count(*) AS n FROM (${hits.sql}) AS h`, hits.params);
      const n = counted?.n ?? 0;
      return { total: Math.min(n, COUNT_CAP), totalIsLowerBound: n > COUNT_CAP, facets: null };
    }
    // Counted here rather than by GROUP BY: hits of a middling word fall into thousands of groups, and sorting them costs more than reading them.
    const found = await this.db.all<{ id: number; marks: number }>(
      `WITH hits AS MATERIALIZED (${hits.sql}) SELECT h.id AS id, m.marks AS marks FROM hits h CROSS JOIN ${this.marks} m WHERE m.id = h.id`,
      hits.params,
    );
    const more = found.length > COUNT_CAP;
    // One hit more than the cap was read to know that there are more; it is the oldest, and is not counted.
    const counted = more ? found.sort((a, b) => b.id - a.id).slice(0, COUNT_CAP) : found;
    return { total: counted.length, totalIsLowerBound: more, facets: facetsOf(counted) };
  }

  /** Never: the index is written in the posts' transaction. */
  behind(): Promise<number> {
    return Promise.resolve(0);
  }

  async status(): Promise<SearchStatus> {
    const row = await this.db.one<{ n: number }>(`SELECT count(*) AS n FROM ${this.marks}`);
    return { name: this.title, documents: Number(row?.n ?? 0), behind: 0, since: null, problem: null };
  }

  settle(): Promise<SearchStatus> {
    return this.status();
  }

  async rebuild(onProgress: (looked: number) => void): Promise<number> {
    if (this.documents === null) throw new Error('a rebuild needs documents');
    await this.db.write((tx) => this.clear(tx));
    let looked = 0;
    for (let last = 0, page; (page = await this.documents.after(last, REBUILD_BATCH)) !== null; last = page.last) {
      const { documents } = page;
      await this.db.write((tx) => this.write(tx, documents));
      looked += documents.length;
      onProgress(looked);
    }
    await this.db.write((tx) => this.optimize(tx));
    return looked;
  }

  /** Nothing is held. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  private async byTime(request: SearchRequest): Promise<SearchPage> {
    const before = request.cursor === null ? null : readCursor(request.cursor).last;
    const ids = await this.idsOf(this.hits(request, before, request.limit + 1));
    const page = ids.slice(0, request.limit);
    const last = page.at(-1);
    return { ids: page, nextCursor: ids.length > page.length && last !== undefined ? writeCursor({ last }) : null };
  }

  private async idsOf(hits: Hits): Promise<number[]> {
    return (await this.db.all<{ id: number }>(hits.sql, hits.params)).map((r) => r.id);
  }
}

/** Ids are ordered by time, so a window of time, and "before this post", are one range of ids. */
export function idWindow(filters: SearchFilters, before: number | null): { min: number; end: number } {
  const min = filters.from === undefined ? 0 : firstIdAt(filters.from);
  const end = filters.to === undefined ? Number.MAX_SAFE_INTEGER : firstIdAt(filters.to);
  return { min, end: before === null ? end : Math.min(end, before) };
}

function facetsOf(hits: readonly { id: number; marks: number }[]): Facets {
  const byMarks = new Map<number, number>();
  const byDay = new Map<number, number>();
  for (const { id, marks } of hits) {
    add(byMarks, marks, 1);
    add(byDay, Math.floor((id / IDS_PER_SECOND + OFFICE_OFFSET_SECONDS) / DAY_SECONDS), 1);
  }
  const facets: Facets = {
    platform: new Map(),
    kind: new Map(),
    sentiment: new Map(),
    source: new Map(),
    account: new Map(),
    day: new Map(),
  };
  for (const [packed, n] of byMarks) {
    const marks = unpackMarks(packed);
    add(facets.platform, marks.platform, n);
    add(facets.kind, marks.kind, n);
    add(facets.sentiment, marks.sentiment, n);
    add(facets.source, marks.sourceId, n);
    add(facets.account, marks.accountId, n);
  }
  for (const [day, n] of byDay) {
    add(facets.day, dayOf((day * DAY_SECONDS - OFFICE_OFFSET_SECONDS) * 1000), n);
  }
  return facets;
}

function add<K>(counts: Map<K, number>, key: K | null, n: number): void {
  if (key !== null) counts.set(key, (counts.get(key) ?? 0) + n);
}

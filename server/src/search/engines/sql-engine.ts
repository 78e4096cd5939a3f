/**
 * In: hits as SQL of one dialect, newest first. Out: pages, totals and facets over them. Used by: the engines that live in the records' own database.
 *
 * Why it does not slow down as posts accumulate: ids are ordered by time, so the newest hits are the highest ids, and every walk stops at a cap.
 */
import { Database, type Param, type Tx } from '../../platform/database/database.ts';
import type { Leases } from '../../platform/leases/leases.ts';
import type { Log } from '../../platform/logging.ts';
import { dayOf } from '../../platform/clock.ts';
import { firstIdAt, IDS_PER_SECOND } from '../../posts/post-id.ts';
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
  type SearchFilters,
  type SearchLag,
  type SearchPage,
  type SearchRequest,
  type SearchStatus,
  type StoredDocuments,
} from '../search-engine.ts';
import { unpackMarks } from './marks.ts';

const DAY_SECONDS = 86_400;
const OFFICE_OFFSET_SECONDS = 8 * 3600;
const FILL_BATCH = 1000;
/** Another replica fills the index meanwhile. */
const WAIT_MS = 1000;

export interface Hits {
  sql: string;
  params: Param[];
}

export abstract class SqlEngine extends SearchEngine {
  protected readonly owner: IndexOwner;
  /** Another engine had its turn, and what it was given is brought over; null when the index has followed all along. */
  private filling: Promise<void> | null = null;
  private closed = false;

  /** @param documents what a rebuild reads */
  constructor(
    protected readonly db: Database,
    private readonly documents: StoredDocuments | null,
  ) {
    super();
    this.owner = new IndexOwner(db);
  }

  /** Notices when another engine was used since, and then fills the gaps from the records while everything else goes on. */
  async resume(leases: Leases, log: Log): Promise<void> {
    await this.owner.take(this.db.dialect);
    const from = await this.owner.filledTo();
    if (from === null) return;
    log.info({ from }, 'search index is filled from the records: another engine was used before');
    this.filling = this.fill(
      () => leases.hold('search-fill'),
      () => undefined,
    ).then(
      () => log.info({}, 'search index is complete'),
      (error: unknown) => log.error({ err: error }, 'search index was not filled; the next start goes on with it'),
    );
  }

  /** For the status pages. */
  protected abstract readonly title: string;

  /** The table that holds `id` and packed `marks` of every document. */
  protected abstract readonly marks: string;
  /** Forgets the documents of posts above the first id, up to the second. */
  protected abstract removeBetween(tx: Tx, above: number, upTo: number): Promise<void>;
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

  /** None, since the index is written in the posts' transaction; but for gaps that are being filled. */
  async lag(): Promise<SearchLag> {
    const to = this.filling === null ? null : await this.owner.filledTo();
    if (to === null) return { behind: 0, since: null };
    const row = await this.db.one<{ n: number }>('SELECT count(*) AS n FROM posts WHERE id > ?', [to]);
    return { behind: Number(row?.n ?? 0), since: null };
  }

  async status(): Promise<SearchStatus> {
    const [row, lag] = await Promise.all([
      this.db.one<{ n: number }>(`SELECT count(*) AS n FROM ${this.marks}`),
      this.lag(),
    ]);
    const problem = lag.behind > 0 ? BEING_FILLED : null;
    return { name: this.title, documents: Number(row?.n ?? 0), ...lag, problem };
  }

  async settle(): Promise<SearchStatus> {
    await this.filling;
    return this.status();
  }

  async rebuild(onProgress: (looked: number) => void): Promise<number> {
    await this.db.write((tx) => this.owner.setFilledTo(tx, 0));
    return this.fill(() => Promise.resolve(true), onProgress);
  }

  /** Ends after the lot that is being written; the next start goes on there. */
  async close(): Promise<void> {
    this.closed = true;
    await this.filling;
  }

  /**
   * From where it stands to the last post, a lot at a time: what the index holds of them is replaced by what the records say. Records are read
   * when no other writer is between them and the index.
   */
  private async fill(mayWork: () => Promise<boolean>, onProgress: (looked: number) => void): Promise<number> {
    const { documents } = this;
    if (documents === null) throw new Error('a rebuild needs documents');
    let looked = 0;
    for (let last; !this.closed && (last = await this.owner.filledTo()) !== null;) {
      if (!(await mayWork())) {
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS).unref());
        continue;
      }
      const from = last;
      const page = await this.db.untilWritten(() =>
        this.db.write(async (tx) => {
          await tx.inOrder();
          const next = await documents.after(from, FILL_BATCH);
          await this.removeBetween(tx, from, next?.last ?? Number.MAX_SAFE_INTEGER);
          if (next !== null) await this.write(tx, next.documents);
          await this.owner.setFilledTo(tx, next?.last ?? null);
          return next;
        }, 'once'),
      );
      looked += page?.documents.length ?? 0;
      if (page === null) await this.db.write((tx) => this.optimize(tx));
      else onProgress(looked);
    }
    return looked;
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

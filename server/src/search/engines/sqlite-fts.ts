/**
 * In: the port's calls. Out: answers from SQLite's FTS5 in the database file itself. Used by: search.module.ts, when no other engine is configured.
 *
 * Why it does not slow down as posts accumulate: rowid = post id = time, so the newest hits are the first ones of a reverse walk, and every walk
 * stops at a cap. Nothing asks FTS5 for its bm25(), which reads every posting of every word; see relevance.ts.
 */
import { Injectable } from '@nestjs/common';
import { Database, type Param, type Tx } from '../../platform/database/database.ts';
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
  type SearchDocument,
  type SearchFilters,
  type SearchPage,
  type SearchRequest,
  type SearchStatus,
  type StoredDocuments,
} from '../search-engine.ts';
import { markTokens, packMarks, unpackMarks } from './marks.ts';
import { expressionOf } from './sqlite-expression.ts';

const DAY_SECONDS = 86_400;
const OFFICE_OFFSET_SECONDS = 8 * 3600;
const REBUILD_BATCH = 2000;

const REMOVE = ['DELETE FROM search_index WHERE rowid = ?', 'DELETE FROM search_marks WHERE id = ?'] as const;
const KNOWN = 'SELECT 1 FROM search_marks WHERE id = ?';
const INSERT_WORDS = 'INSERT INTO search_index (rowid, words, marks) VALUES (?, ?, ?)';
const INSERT_MARKS =
  'INSERT INTO search_marks (id, marks) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET marks = excluded.marks';

interface Hits {
  sql: string;
  params: Param[];
}

@Injectable()
export class SqliteFtsEngine extends SearchEngine {
  /** @param documents what a rebuild reads */
  constructor(
    private readonly db: Database,
    private readonly documents: StoredDocuments | null = null,
  ) {
    super();
  }

  // Synchronous statements: a batch of thousands would otherwise pay for thousands of promises.
  write(tx: Tx, docs: readonly SearchDocument[]): Promise<void> {
    const known = this.prepare(tx, KNOWN);
    const insertWords = this.prepare(tx, INSERT_WORDS);
    const insertMarks = this.prepare(tx, INSERT_MARKS);
    // The last word on a post counts; FTS5 begins a new segment whenever a rowid is not above the one before.
    const byId = new Map(docs.map((d) => [d.id, d]));
    const ascending = [...byId.values()].sort((a, b) => a.id - b.id);
    const old = ascending.filter((d) => known.get(d.id) !== undefined).map((d) => d.id);
    this.removeNow(tx, old);
    for (const doc of ascending) {
      insertWords.run(BigInt(doc.id), doc.searchTokens.replaceAll('\0', ' '), markTokens(doc));
      insertMarks.run(BigInt(doc.id), BigInt(packMarks(doc)));
    }
    return Promise.resolve();
  }

  remove(tx: Tx, ids: readonly number[]): Promise<void> {
    this.removeNow(
      tx,
      [...new Set(ids)].sort((a, b) => a - b),
    );
    return Promise.resolve();
  }

  /** Nothing to do: topics are read from `posts.topic_id`, which has an index of its own. */
  retopic(): Promise<void> {
    return Promise.resolve();
  }

  async clear(tx: Tx): Promise<void> {
    await tx.run(`INSERT INTO search_index (search_index) VALUES ('delete-all')`);
    await tx.run('DELETE FROM search_marks');
  }

  async optimize(tx: Tx): Promise<void> {
    await tx.run(`INSERT INTO search_index (search_index) VALUES ('optimize')`);
  }

  async search(request: SearchRequest): Promise<SearchPage> {
    return request.sort === 'relevance' && request.query !== null
      ? rankPage(this.db, request, (before) => this.idsOf(this.hits(request, before, RANK_CAP)))
      : this.byTime(request);
  }

  async count(request: Pick<SearchRequest, 'query' | 'filters'>, facets: boolean): Promise<SearchCount> {
    const hits = this.hits(request, null, COUNT_CAP + 1);
    if (!facets) {
      const counted = await this.db.one<{ n: number }>(`SELECT count(*) AS n FROM (${hits.sql})`, hits.params);
      const n = counted?.n ?? 0;
      return { total: Math.min(n, COUNT_CAP), totalIsLowerBound: n > COUNT_CAP, facets: null };
    }
    // Counted here rather than by GROUP BY: hits of a middling word fall into thousands of groups, and sorting them costs more than reading them.
    const found = await this.db.all<{ id: number; marks: number }>(
      `WITH hits AS MATERIALIZED (${hits.sql}) SELECT h.id AS id, m.marks AS marks FROM hits h CROSS JOIN search_marks m ON m.id = h.id`,
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
    const row = await this.db.one<{ n: number }>('SELECT count(*) AS n FROM search_marks');
    return { name: 'SQLite FTS5（内置）', documents: row?.n ?? 0, behind: 0, since: null, problem: null };
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

  /** SQL that yields ids, newest first, at most `limit`. */
  private hits(request: Pick<SearchRequest, 'query' | 'filters'>, before: number | null, limit: number): Hits {
    const { filters } = request;
    const expression = expressionOf(request.query, filters);
    const params: Param[] = [];
    const where: string[] = [];
    const condition = (sql: string, ...values: Param[]) => {
      where.push(sql);
      params.push(...values);
    };
    const { min, end } = idWindow(filters, before);
    if (expression === null && filters.topicId !== undefined) {
      condition('topic_id = ?', filters.topicId);
      condition('id >= ? AND id < ?', min, end);
      condition('EXISTS (SELECT 1 FROM search_marks m WHERE m.id = posts.id)');
      return {
        sql: `SELECT id FROM posts WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT ${String(limit)}`,
        params,
      };
    }
    if (expression === null) {
      condition('id >= ? AND id < ?', min, end);
      return {
        sql: `SELECT id FROM search_marks WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT ${String(limit)}`,
        params,
      };
    }
    condition('search_index MATCH ?', expression);
    condition('rowid >= ? AND rowid < ?', min, end);
    // The plus keeps SQLite from looking up each post of the topic in the full-text index.
    if (filters.topicId !== undefined) {
      condition('+rowid IN (SELECT id FROM posts WHERE topic_id = ?)', filters.topicId);
    }
    return {
      sql: `SELECT rowid AS id FROM search_index WHERE ${where.join(' AND ')} ORDER BY rowid DESC LIMIT ${String(limit)}`,
      params,
    };
  }

  private async idsOf(hits: Hits): Promise<number[]> {
    return (await this.db.all<{ id: number }>(hits.sql, hits.params)).map((r) => r.id);
  }

  private removeNow(tx: Tx, ids: readonly number[]): void {
    for (const sql of REMOVE) {
      const statement = this.prepare(tx, sql);
      for (const id of ids) statement.run(BigInt(id));
    }
  }

  private prepare(tx: Tx, sql: string) {
    if (tx.sqlite === null) throw new Error('the SQLite search engine needs a SQLite database');
    return tx.sqlite.prepare(sql);
  }
}

/** Ids are ordered by time, so a window of time, and "before this post", are one range of ids. */
function idWindow(filters: SearchFilters, before: number | null): { min: number; end: number } {
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

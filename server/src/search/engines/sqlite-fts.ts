/**
 * In: the port's calls. Out: answers from SQLite's FTS5 in the database file itself. Used by: search.module.ts, when no other engine is configured.
 * Pages, totals and facets over its hits are sql-engine.ts. Rowid = post id = time, so the newest hits are the first ones of a reverse walk.
 * Nothing asks FTS5 for its bm25(), which reads every posting of every word; see relevance.ts.
 */
import { Injectable } from '@nestjs/common';
import { Database, type Param, type Tx } from '../../platform/database/database.ts';
import type { SearchCount, SearchDocument, SearchRequest, StoredDocuments } from '../search-engine.ts';
import { CountMemory } from './count-memory.ts';
import { combinedToken, markTokens, packMarks } from './marks.ts';
import { idWindow, SqlEngine, type Hits } from './sql-engine.ts';
import { expressionOf } from './sqlite-expression.ts';

const REMOVE = ['DELETE FROM search_index WHERE rowid = ?', 'DELETE FROM search_marks WHERE id = ?'] as const;
const INSERT_WORDS = 'INSERT INTO search_index (rowid, words, marks) VALUES (?, ?, ?)';
const INSERT_MARKS = 'INSERT INTO search_marks (id, marks) VALUES (?, ?) ON CONFLICT (id) DO NOTHING';

@Injectable()
export class SqliteFtsEngine extends SqlEngine {
  protected readonly title = 'SQLite FTS5（内置）';
  protected readonly marks = 'search_marks';
  private readonly counts: CountMemory<SearchCount>;

  // Written out, because Nest reads what a constructor wants from the class itself.
  constructor(db: Database, documents: StoredDocuments | null = null) {
    super(db, documents);
    this.counts = new CountMemory(db);
  }

  override count(request: Pick<SearchRequest, 'query' | 'filters'>, facets: boolean): Promise<SearchCount> {
    // Topics are read from the posts, which change without the index.
    if (request.filters.topicId !== undefined) return super.count(request, facets);
    const key = JSON.stringify([request.query, request.filters, facets]);
    return this.counts.of(key, () => super.count(request, facets));
  }

  // Synchronous statements: a batch of thousands would otherwise pay for thousands of promises.
  async write(tx: Tx, docs: readonly SearchDocument[]): Promise<void> {
    await this.counts.change();
    const insertWords = this.prepare(tx, INSERT_WORDS);
    const insertMarks = this.prepare(tx, INSERT_MARKS);
    // The last word on a post counts; FTS5 begins a new segment whenever a rowid is not above the one before.
    const byId = new Map(docs.map((d) => [d.id, d]));
    const ascending = [...byId.values()].sort((a, b) => a.id - b.id);
    const marked = (doc: SearchDocument) => insertMarks.run(BigInt(doc.id), BigInt(packMarks(doc))).changes > 0;
    const old = ascending.filter((doc) => !marked(doc));
    this.removeNow(
      tx,
      old.map((doc) => doc.id),
    );
    for (const doc of old) marked(doc);
    for (const doc of ascending) {
      insertWords.run(
        BigInt(doc.id),
        doc.searchTokens.replaceAll('\0', ' '),
        `${markTokens(doc)} ${combinedToken(doc)}`,
      );
    }
  }

  async remove(tx: Tx, ids: readonly number[]): Promise<void> {
    await this.counts.change();
    this.removeNow(
      tx,
      [...new Set(ids)].sort((a, b) => a - b),
    );
  }

  /** Nothing to do: topics are read from `posts.topic_id`, which has an index of its own. */
  retopic(): Promise<void> {
    return Promise.resolve();
  }

  async clear(tx: Tx): Promise<void> {
    await this.counts.change();
    await tx.run(`INSERT INTO search_index (search_index) VALUES ('delete-all')`);
    await tx.run('DELETE FROM search_marks');
  }

  async optimize(tx: Tx): Promise<void> {
    await tx.run(`INSERT INTO search_index (search_index) VALUES ('optimize')`);
  }

  protected async removeBetween(tx: Tx, above: number, upTo: number): Promise<void> {
    await this.counts.change();
    const known = await tx.all<{ id: number }>('SELECT id FROM search_marks WHERE id > ? AND id <= ?', [above, upTo]);
    this.removeNow(
      tx,
      known.map((row) => row.id),
    );
  }

  protected textsOf(ids: readonly number[]): Promise<{ id: number; text: string }[]> {
    return this.db.all(
      `SELECT p.id AS id, coalesce(p.title || char(10), '') || p.text AS text
       FROM json_each(?) j CROSS JOIN posts p ON p.id = j.value`,
      [JSON.stringify(ids)],
    );
  }

  /** SQL that yields ids, newest first, at most `limit`. */
  protected hits(request: Pick<SearchRequest, 'query' | 'filters'>, before: number | null, limit: number): Hits {
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

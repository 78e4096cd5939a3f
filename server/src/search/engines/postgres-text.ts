/**
 * In: the port's calls. Out: answers from PostgreSQL's own text search, so that `DATABASE_URL` alone runs everything. Used by: search-choice.ts, on
 * PostgreSQL without another engine. Pages, totals and facets over its hits are sql-engine.ts.
 *
 * Words are cut before the port, so the lexemes are written as they are: no dictionary, no parser of PostgreSQL's own. Filter values are lexemes too,
 * with a `#` that no word contains. A word that occurs in most posts is read whole before the newest hits are known (a GIN index has no order), which
 * is what a search engine beside the database does better.
 */
import { Injectable } from '@nestjs/common';
import { Database, type Param, type Tx } from '../../platform/database/database.ts';
import type { QueryNode } from '../query-language.ts';
import type { SearchDocument, SearchFilters, SearchRequest, StoredDocuments } from '../search-engine.ts';
import { EVERY, markTokens, packMarks, wantedMarks } from './marks.ts';
import { idWindow, SqlEngine, type Hits } from './sql-engine.ts';

/** Letters, digits and private-use characters; the rest separates words, as in the other engines. */
const WORD = /[\p{L}\p{N}\p{Co}_]+/gu;
/** PostgreSQL's limits: bytes of a lexeme (2046), positions in a text (16,383), positions of one lexeme (255). */
const LONGEST = 500;
const POSITIONS = 16_383;
const PER_LEXEME = 255;

const WRITE = `INSERT INTO search_words (id, marks, words) SELECT id, marks, words::tsvector
  FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS d (id, marks, words) ORDER BY id
  ON CONFLICT (id) DO UPDATE SET marks = excluded.marks, words = excluded.words`;

@Injectable()
export class PostgresTextEngine extends SqlEngine {
  protected readonly title = 'PostgreSQL（内置）';
  protected readonly marks = 'search_words';

  // Written out, because Nest reads what a constructor wants from the class itself.
  constructor(db: Database, documents: StoredDocuments | null = null) {
    super(db, documents);
  }

  async write(tx: Tx, docs: readonly SearchDocument[]): Promise<void> {
    if (docs.length === 0) return;
    await this.owner.require(tx, 'postgres');
    // The last word on a post counts.
    const last = [...new Map(docs.map((d) => [d.id, d])).values()];
    await this.own(tx).query(WRITE, [last.map((d) => d.id), last.map(packMarks), last.map(vectorOf)]);
  }

  async remove(tx: Tx, ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    await this.owner.require(tx, 'postgres');
    await this.own(tx).query('DELETE FROM search_words WHERE id = ANY($1::bigint[])', [ids]);
  }

  /** Nothing to write: topics are read from `posts.topic_id`, which has an index of its own. */
  retopic(tx: Tx): Promise<void> {
    return this.owner.require(tx, 'postgres');
  }

  async clear(tx: Tx): Promise<void> {
    await tx.run('DELETE FROM search_words');
  }

  /** Merges the pending entries of the index into it, which PostgreSQL otherwise does by and by. */
  async optimize(tx: Tx): Promise<void> {
    await tx.run(`SELECT gin_clean_pending_list('search_words_words')`);
  }

  protected async removeBetween(tx: Tx, above: number, upTo: number): Promise<void> {
    await tx.run('DELETE FROM search_words WHERE id > ? AND id <= ?', [above, upTo]);
  }

  protected textsOf(ids: readonly number[]): Promise<{ id: number; text: string }[]> {
    return this.db.all(
      `SELECT id, coalesce(title || chr(10), '') || text AS text FROM posts WHERE id = ANY(CAST(? AS bigint[]))`,
      [`{${ids.join(',')}}`],
    );
  }

  protected hits(
    { query, filters }: Pick<SearchRequest, 'query' | 'filters'>,
    before: number | null,
    limit: number,
  ): Hits {
    const { min, end } = idWindow(filters, before);
    const where = ['id >= ? AND id < ?'];
    const params: Param[] = [min, end];
    const expression = expressionOf(query, filters);
    if (expression !== null) {
      where.push('words @@ CAST(? AS tsquery)');
      params.push(expression);
    }
    if (filters.topicId !== undefined) {
      where.push('id IN (SELECT id FROM posts WHERE topic_id = ?)');
      params.push(filters.topicId);
    }
    return {
      sql: `SELECT id FROM search_words WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT ${String(limit)}`,
      params,
    };
  }

  private own(tx: Tx) {
    if (tx.postgres === null) throw new Error('the PostgreSQL search engine needs a PostgreSQL database');
    return tx.postgres;
  }
}

const quoted = (lexeme: string) => `'${lexeme}'`;
const mark = (value: string) => quoted(`#${value}`);

function wordsOf(text: string): string[] {
  return (text.match(WORD) ?? []).map((w) => w.toLowerCase().slice(0, LONGEST));
}

/** `'停水':1,4 '通知':2 '#k_comment'` */
function vectorOf(doc: SearchDocument): string {
  const positions = new Map<string, number[]>();
  wordsOf(doc.searchTokens).forEach((word, i) => {
    const at = positions.get(word);
    if (at === undefined) positions.set(word, [Math.min(i + 1, POSITIONS)]);
    else if (at.length < PER_LEXEME) at.push(Math.min(i + 1, POSITIONS));
  });
  const lexemes = [...positions].map(([word, at]) => `${quoted(word)}:${at.join(',')}`);
  for (const value of markTokens(doc).split(' ')) lexemes.push(mark(value));
  return lexemes.join(' ');
}

function expressionOf(query: QueryNode | null, filters: SearchFilters): string | null {
  const parts = [...(query === null ? [] : [wordsExpression(query)]), ...wantedMarks(filters).map(anyOf)];
  return parts.length === 0 ? null : parts.join(' & ');
}

function anyOf(values: readonly string[]): string {
  return `(${values.map(mark).join(' | ')})`;
}

function wordsExpression(node: QueryNode): string {
  switch (node.type) {
    case 'words': {
      const words = wordsOf(node.tokens.join(' '));
      return words.length === 0 ? `!${mark(EVERY)}` : `(${words.map(quoted).join(' <-> ')})`;
    }
    case 'or':
      return `(${node.nodes.map(wordsExpression).join(' | ')})`;
    case 'and':
      return `(${node.nodes.map(wordsExpression).join(' & ')})`;
    case 'not':
      return `(${mark(EVERY)} & !${wordsExpression(node.node)})`;
  }
}

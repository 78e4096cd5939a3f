/**
 * In: accepted and enriched items, inside a write transaction. Out: stored posts, and the change log that consumers read.
 * Called by: pipeline.ts only.
 */
import type { AcceptedItem } from '../intake/intake.ts';
import type { Kept } from '../enrich/columns.ts';
import type { Database, Tx } from '../platform/database/database.ts';
import { insertPosts, knownPosts, linkParents, logChanges, makeRoom, parentsOf, type NewRow } from './bulk-posts.ts';
import { monthOfPost } from './months.ts';
import { originOf, publishedAtOf, wishedId } from './post-id.ts';
import { PostEntity, type SentimentCode } from './post.entity.ts';

export type Change = 'stored' | 'edited' | 'engagement' | 'gone';

/** What the search index and the rollups need of a post that was just written. */
export interface WrittenPost {
  id: number;
  change: Change;
  platform: string;
  kind: string;
  sourceId: number | null;
  accountId: number | null;
  official: boolean;
  publishedAt: number;
  sentiment: SentimentCode;
  keywords: string[];
  searchTokens: string;
  topicId: number | null;
}

export interface EnrichedItem {
  item: AcceptedItem;
  enrichment: Kept;
}

/** What is already known of an incoming item. */
export interface KnownPost {
  id: number;
  text: string;
  likes: number;
  comments: number;
  reposts: number;
  reads: number;
  state: string;
}

const SENTIMENT_CODE: Record<Kept['sentiment'], SentimentCode> = {
  positive: 1,
  neutral: 0,
  negative: -1,
  uncertain: 9,
};

const INSERT = `INSERT INTO posts (id, source_id, platform, kind, native_id, parent_native_id, parent_id, account_id, author_key, published_at, fetched_at,
  title, text, url, likes, comments, reposts, reads, sentiment, sentiment_confidence, claim_score, question, places, keywords, hashtags, fingerprint, copy_key, state)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;

/** Parents are asked for again and again while their comments arrive. */
const PARENTS_KEPT = 20_000;

export class PostStore {
  private readonly parents = new Map<string, number>();
  /** Parents that were asked for in vain, until something of that name is written. */
  private readonly absent = new Set<string>();
  private awaited: Set<string> | null = null;
  /** On PostgreSQL: what a transaction tells at its end, in the order of the log (`settle`). */
  private readonly pending = new WeakMap<Tx, { added: NewRow[]; changes: [number, Change][] }>();
  /** Months that have their partition. */
  private readonly months = new Set<string>();

  /** Before a batch is written, outside of its transaction: partitions for the months of its posts. */
  async makeRoom(db: Database, items: readonly AcceptedItem[]): Promise<void> {
    if (db.dialect !== 'postgres') return;
    const months = new Map(items.map((i) => monthOfPost(i.publishedAt)).map((m) => [m.table, m]));
    for (const [table, month] of months) {
      if (this.months.has(table)) continue;
      await makeRoom(db, month);
      this.months.add(table);
    }
  }

  /** What the database knows of these items, by `platform kind nativeId`. */
  async known(tx: Tx, items: readonly AcceptedItem[]): Promise<Map<string, KnownPost>> {
    if (tx.postgres !== null) return knownPosts(tx.postgres, items);
    const found = new Map<string, KnownPost>();
    const sql =
      'SELECT id, text, likes, comments, reposts, reads, state FROM posts WHERE platform = ? AND kind = ? AND native_id = ?';
    const statement = tx.sqlite?.prepare(sql);
    for (const item of items) {
      const key = originOf(item);
      if (found.has(key)) continue;
      const params = [item.platform, item.kind, item.nativeId];
      const row =
        statement === undefined
          ? (await tx.all<KnownPost>(sql, params))[0]
          : (statement.get(params) as KnownPost | undefined);
      if (row !== undefined) found.set(key, row);
    }
    return found;
  }

  /** Writes new posts. Items must be new (see `known`); within the batch the first of equal origin wins. */
  async insert(
    tx: Tx,
    batch: readonly EnrichedItem[],
    context: { sourceId: number | null; accounts: ReadonlyMap<string, number>; now: number },
  ): Promise<WrittenPost[]> {
    if (tx.postgres !== null) return this.insertBulk(tx, batch, context);
    const written: WrittenPost[] = [];
    const ids = new Map<string, number>();
    const run = this.runner(tx, INSERT);
    const ordered = batch
      .map((entry) => ({ ...entry, id: wishedId(entry.item.publishedAt, originOf(entry.item)) }))
      .sort((a, b) => a.id - b.id);
    for (const { item, enrichment: e, id: wish } of ordered) {
      const accountId = accountOf(item, context.accounts);
      const parentId = item.parentNativeId === null ? null : await this.parentOf(tx, item);
      let id = wish;
      const values = rowOf(id, item, e, { ...context, accountId, parentId });
      // Another post of this second has the wished id: the next free one is ours.
      for (let tries = 0; (await run(values)) === 0; tries++) {
        id = publishedAtOf(wish) * 1000 + ((wish + tries + 1) % 1_000_000);
        values[0] = id;
      }
      const name = `${item.platform} ${item.nativeId}`;
      this.absent.delete(name);
      if (item.kind !== 'comment' || item.account !== null) this.remember(name, id);
      ids.set(name, id);
      written.push(storedOf(id, item, e, context.sourceId, accountId));
    }
    // Rows of a list are taken in its order, which is that of the log.
    await tx.run(`INSERT INTO post_changes (post_id, change) SELECT value, 'stored' FROM json_each(?) ORDER BY key`, [
      JSON.stringify(written.map((post) => post.id)),
    ]);
    await this.adoptOrphans(tx, ids);
    return written;
  }

  /** The same for PostgreSQL: a few statements for the whole batch. Nothing is remembered between batches, because other replicas write too. */
  private async insertBulk(
    tx: Tx,
    batch: readonly EnrichedItem[],
    context: { sourceId: number | null; accounts: ReadonlyMap<string, number>; now: number },
  ): Promise<WrittenPost[]> {
    if (tx.postgres === null || batch.length === 0) return [];
    const parents = await parentsOf(
      tx.postgres,
      batch.map(({ item }) => item),
    );
    const rows = batch.map(({ item, enrichment: e }): NewRow => {
      const id = wishedId(item.publishedAt, originOf(item));
      const accountId = accountOf(item, context.accounts);
      const parentId = parents.get(`${item.platform} ${item.parentNativeId ?? ''}`) ?? null;
      const more = { ...context, accountId, parentId };
      return { id, item, parentId, values: (free) => rowOf(free, item, e, more), accountId, enrichment: e };
    });
    await insertPosts(tx.postgres, rows);
    this.pendingOf(tx).added.push(...rows);
    return rows
      .sort((a, b) => a.id - b.id)
      .map(({ id, item, enrichment, accountId }) => storedOf(id, item, enrichment, context.sourceId, accountId));
  }

  /**
   * The last thing before the commit. On PostgreSQL: comments and the posts they answer find each other whichever of two replicas wrote them, and
   * the change log is written, both alone (`inOrder`), so that neither misses what another transaction is about to commit.
   */
  async settle(tx: Tx): Promise<void> {
    const pending = this.pending.get(tx);
    if (pending === undefined || tx.postgres === null) return;
    await tx.inOrder();
    const added = pending.added.sort((a, b) => a.id - b.id);
    await linkParents(tx.postgres, added);
    await logChanges(tx, [...added.map(({ id }): [number, Change] => [id, 'stored']), ...pending.changes]);
    this.pending.delete(tx);
  }

  private pendingOf(tx: Tx) {
    let pending = this.pending.get(tx);
    if (pending === undefined) this.pending.set(tx, (pending = { added: [], changes: [] }));
    return pending;
  }

  private async log(tx: Tx, id: number, change: Change): Promise<void> {
    if (tx.postgres === null) await logChanges(tx, [[id, change]]);
    else this.pendingOf(tx).changes.push([id, change]);
  }

  /** Comments that arrived before the post they answer. */
  private async adoptOrphans(tx: Tx, ids: ReadonlyMap<string, number>): Promise<void> {
    const awaited = await this.awaitedParents(tx);
    const adopt = this.runner(
      tx,
      'UPDATE posts SET parent_id = ? WHERE platform = ? AND parent_native_id = ? AND parent_id IS NULL',
    );
    for (const [name, id] of ids) {
      if (!awaited.delete(name)) continue;
      const space = name.indexOf(' ');
      await adopt([id, name.slice(0, space), name.slice(space + 1)]);
    }
  }

  /** The parents that stored comments wait for: read once, then kept up to date. */
  private async awaitedParents(tx: Tx): Promise<Set<string>> {
    if (this.awaited === null) {
      const rows = await tx.all<{ platform: string; parent: string }>(
        'SELECT DISTINCT platform, parent_native_id AS parent FROM posts WHERE parent_id IS NULL AND parent_native_id IS NOT NULL',
      );
      this.awaited = new Set(rows.map((r) => `${r.platform} ${r.parent}`));
    }
    return this.awaited;
  }

  private async parentOf(tx: Tx, item: AcceptedItem): Promise<number | null> {
    const key = `${item.platform} ${item.parentNativeId ?? ''}`;
    const known = this.parents.get(key);
    if (known !== undefined) return known;
    if (this.absent.has(key)) return null;
    for (const kind of ['post', 'comment', 'message']) {
      const [row] = await tx.all<{ id: number }>(
        'SELECT id FROM posts WHERE platform = ? AND kind = ? AND native_id = ?',
        [item.platform, kind, item.parentNativeId],
      );
      if (row !== undefined) {
        this.remember(key, row.id);
        return row.id;
      }
    }
    if (this.absent.size >= PARENTS_KEPT) this.absent.clear();
    this.absent.add(key);
    this.awaited?.add(key);
    return null;
  }

  private remember(key: string, id: number): void {
    if (this.parents.size >= PARENTS_KEPT) this.parents.clear();
    this.parents.set(key, id);
  }

  /** Forgets what a rolled-back transaction may have taught. */
  forget(): void {
    this.parents.clear();
    this.absent.clear();
    this.awaited = null;
  }

  async engagement(
    tx: Tx,
    id: number,
    counts: Pick<KnownPost, 'likes' | 'comments' | 'reposts' | 'reads'>,
    now: number,
  ): Promise<void> {
    await tx.run('UPDATE posts SET likes = ?, comments = ?, reposts = ?, reads = ?, fetched_at = ? WHERE id = ?', [
      counts.likes,
      counts.comments,
      counts.reposts,
      counts.reads,
      now,
      id,
    ]);
    await this.log(tx, id, 'engagement');
  }

  /** The text changed at the source: the old one is kept in post_edits. */
  async edit(tx: Tx, known: KnownPost, { item, enrichment: e }: EnrichedItem, now: number): Promise<void> {
    await tx.run('INSERT INTO post_edits (post_id, at, text) VALUES (?, ?, ?)', [known.id, now, known.text]);
    // The old wording is no longer recognised by this post: nothing of it may outlive the text.
    await tx.run(
      'DELETE FROM copy_groups WHERE first_id = ? AND copy_key = (SELECT copy_key FROM posts WHERE id = ?)',
      [known.id, known.id],
    );
    await tx.run(
      `UPDATE posts SET title = ?, text = ?, sentiment = ?, sentiment_confidence = ?, claim_score = ?, question = ?, places = ?, keywords = ?,
         hashtags = ?, fingerprint = ?, copy_key = ?, state = 'edited', fetched_at = ? WHERE id = ?`,
      [item.title, item.text, ...analysisOf(e), now, known.id],
    );
    await this.log(tx, known.id, 'edited');
  }

  /** Stored posts as the index and the counters take them; search tokens by id, since the database does not keep them. */
  async written(tx: Tx, tokens: ReadonlyMap<number, string>): Promise<WrittenPost[]> {
    const posts: WrittenPost[] = [];
    for (const [id, searchTokens] of tokens) {
      const post = await tx.repo(PostEntity).findOneByOrFail({ id });
      posts.push(writtenOf(post, searchTokens, 'edited'));
    }
    return posts;
  }

  /** Deleted at the source: the public's text is purged, the row stays so that counts stay true. */
  async gone(tx: Tx, id: number, state: 'deleted' | 'restricted', now: number): Promise<void> {
    await tx.run(
      `UPDATE posts SET state = ?, fetched_at = ?, text = CASE WHEN account_id IS NULL THEN '［原文已被删除］' ELSE text END,
         keywords = CASE WHEN account_id IS NULL THEN NULL ELSE keywords END WHERE id = ?`,
      [state, now, id],
    );
    await tx.run('DELETE FROM post_edits WHERE post_id = ?', [id]);
    await tx.run('DELETE FROM reply_handles WHERE post_id = ?', [id]);
    await this.log(tx, id, 'gone');
  }

  /** Runs a statement and tells how many rows it changed. */
  private runner(tx: Tx, sql: string): (values: readonly (string | number | null)[]) => Promise<number> | number {
    const statement = tx.sqlite?.prepare(sql);
    if (statement === undefined) throw new Error('PostgreSQL writes in bulk');
    return (values) => statement.run(values).changes;
  }
}

function accountOf(item: AcceptedItem, accounts: ReadonlyMap<string, number>): number | null {
  return item.account === null ? null : (accounts.get(`${item.platform} ${item.account}`) ?? null);
}

/** What enrich found, in the order of the columns from `sentiment` to `copy_key`. */
function analysisOf(e: Kept): (string | number | null)[] {
  return [
    SENTIMENT_CODE[e.sentiment],
    e.sentimentConfidence,
    e.claimScore,
    e.question ? 1 : 0,
    list(e.places),
    list(e.keywords),
    list(e.hashtags),
    e.fingerprint === '' ? null : e.fingerprint,
    e.copyKey,
  ];
}

/** The values of INSERT, in its order. */
function rowOf(
  id: number,
  item: AcceptedItem,
  e: Kept,
  more: { sourceId: number | null; accountId: number | null; parentId: number | null; now: number },
): (string | number | null)[] {
  return [
    id,
    more.sourceId,
    item.platform,
    item.kind,
    item.nativeId,
    item.parentNativeId,
    more.parentId,
    more.accountId,
    item.authorKey,
    item.publishedAt,
    more.now,
    item.title,
    item.text,
    item.url,
    item.likes,
    item.comments,
    item.reposts,
    item.reads,
    ...analysisOf(e),
    item.state,
  ];
}

function storedOf(
  id: number,
  item: AcceptedItem,
  e: Kept,
  sourceId: number | null,
  accountId: number | null,
): WrittenPost {
  const { platform, kind, publishedAt } = item;
  const sentiment = SENTIMENT_CODE[e.sentiment];
  const keywords = e.keywords;
  return writtenOf(
    { id, platform, kind, sourceId, accountId, publishedAt, sentiment, keywords, topicId: null },
    e.searchTokens,
    'stored',
  );
}

function list(values: readonly string[]): string | null {
  return values.length === 0 ? null : JSON.stringify(values);
}

/** A stored post as the index and the counters take it. */
export function writtenOf(
  post: Pick<
    PostEntity,
    'id' | 'platform' | 'kind' | 'sourceId' | 'accountId' | 'publishedAt' | 'sentiment' | 'keywords' | 'topicId'
  >,
  searchTokens: string,
  change: Change,
): WrittenPost {
  const { id, platform, kind, sourceId, accountId, publishedAt, sentiment } = post;
  const keywords = post.keywords ?? [];
  return {
    id,
    change,
    platform,
    kind,
    sourceId,
    accountId,
    official: accountId !== null,
    publishedAt,
    sentiment,
    keywords,
    searchTokens,
    topicId: post.topicId,
  };
}

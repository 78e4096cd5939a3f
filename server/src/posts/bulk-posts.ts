/**
 * In: a batch of items, inside a write transaction on PostgreSQL. Out: what is known of them, and their rows, by a few statements for the whole batch.
 * Called by: post-store.ts only.
 */
import type { Kept } from '../enrich/columns.ts';
import type { AcceptedItem } from '../intake/intake.ts';
import { columnsOf, runEach, unnest } from '../platform/database/bulk.ts';
import type { Database, Param, PostgresHandle, Tx } from '../platform/database/database.ts';
import { addMonth, type Month } from './months.ts';
import { originOf, publishedAtOf } from './post-id.ts';
import type { Change, KnownPost } from './post-store.ts';

/** A post to be written; `id` is the one it wishes for until it is written. */
export interface NewRow {
  id: number;
  item: AcceptedItem;
  parentId: number | null;
  accountId: number | null;
  enrichment: Kept;
  values: (id: number) => Param[];
}

const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ['id', 'bigint'],
  ['source_id', 'bigint'],
  ['platform', 'text'],
  ['kind', 'text'],
  ['native_id', 'text'],
  ['parent_native_id', 'text'],
  ['parent_id', 'bigint'],
  ['account_id', 'bigint'],
  ['author_key', 'text'],
  ['published_at', 'bigint'],
  ['fetched_at', 'bigint'],
  ['title', 'text'],
  ['text', 'text'],
  ['url', 'text'],
  ['likes', 'bigint'],
  ['comments', 'bigint'],
  ['reposts', 'bigint'],
  ['reads', 'bigint'],
  ['sentiment', 'smallint'],
  ['sentiment_confidence', 'double precision'],
  ['claim_score', 'double precision'],
  ['question', 'smallint'],
  ['places', 'text'],
  ['keywords', 'text'],
  ['hashtags', 'text'],
  ['fingerprint', 'text'],
  ['copy_key', 'text'],
  ['state', 'text'],
];
const TYPES = COLUMNS.map(([, type]) => type);
const INSERT = `INSERT INTO posts (${COLUMNS.map(([name]) => name).join(', ')}) SELECT * FROM ${unnest(TYPES)} AS given ON CONFLICT (id) DO NOTHING RETURNING id`;

/** A partition for a month. Where a long reader, a backup say, holds the table, the month's posts go to the default partition for now. */
export async function makeRoom(db: Database, month: Month): Promise<void> {
  await db.alone('post-months', async () => {
    try {
      await db.write(async (tx) => {
        await tx.run(`SET LOCAL lock_timeout = '3s'`);
        await addMonth((sql, params) => tx.postgres?.query(sql, params) ?? Promise.resolve([]), month);
      }, 'once');
    } catch (error) {
      if (!/lock timeout/u.test(String(error))) throw error;
    }
  });
}

export async function knownPosts(pg: PostgresHandle, items: readonly AcceptedItem[]): Promise<Map<string, KnownPost>> {
  const rows = await pg.query<
    KnownPost & { platform: AcceptedItem['platform']; kind: AcceptedItem['kind']; native_id: string }
  >(
    `SELECT n.platform, n.kind, n.native_id, p.id, p.text, p.likes, p.comments, p.reposts, p.reads, p.state
     FROM ${unnest(['text', 'text', 'text'])} AS w (platform, kind, native_id) JOIN post_natives n USING (platform, kind, native_id)
     JOIN posts p ON p.id = n.post_id`,
    [items.map((i) => i.platform), items.map((i) => i.kind), items.map((i) => i.nativeId)],
  );
  return new Map(
    rows.map(({ platform, kind, native_id: nativeId, ...known }) => [originOf({ platform, kind, nativeId }), known]),
  );
}

/** Ids of the posts that these items answer, by `platform nativeId`: a post before a comment before a message of that name. */
export async function parentsOf(
  pg: PostgresHandle,
  items: readonly Pick<AcceptedItem, 'platform' | 'parentNativeId'>[],
): Promise<Map<string, number>> {
  const wanted = new Map(
    items.flatMap((i) =>
      i.parentNativeId === null ? [] : [[`${i.platform} ${i.parentNativeId}`, [i.platform, i.parentNativeId]] as const],
    ),
  );
  if (wanted.size === 0) return new Map();
  const rows = await pg.query<{ platform: string; native_id: string; post_id: number }>(
    `SELECT n.platform, n.native_id, n.post_id FROM ${unnest(['text', 'text'])} AS w (platform, native_id)
     CROSS JOIN (VALUES ('post', 1), ('comment', 2), ('message', 3)) AS k (kind, rank)
     JOIN post_natives n ON n.platform = w.platform AND n.kind = k.kind AND n.native_id = w.native_id ORDER BY k.rank DESC`,
    columnsOf(['text', 'text'], [...wanted.values()]),
  );
  return new Map(rows.map((r) => [`${r.platform} ${r.native_id}`, r.post_id]));
}

/** Writes the rows and gives each its final id: the next free one where another post of its second has the wished one. */
export async function insertPosts(pg: PostgresHandle, rows: readonly NewRow[]): Promise<void> {
  const taken = new Set<number>();
  for (let left = [...rows]; left.length > 0;) {
    for (const row of left) {
      while (taken.has(row.id)) row.id = nextOf(row.id);
      taken.add(row.id);
    }
    // In the order of their keys, so that two replicas with the same posts wait for each other in the same order.
    left.sort((a, b) => a.id - b.id);
    const written = await pg.query<{ id: number }>(
      INSERT,
      columnsOf(
        TYPES,
        left.map((row) => row.values(row.id)),
      ),
    );
    const done = new Set(written.map((r) => r.id));
    left = left.filter((row) => !done.has(row.id));
  }
}

function nextOf(id: number): number {
  return publishedAtOf(id) * 1000 + ((id + 1) % 1_000_000);
}

/** New comments whose post has been written since, and older comments that waited for one of the new posts. */
export async function linkParents(pg: PostgresHandle, added: readonly NewRow[]): Promise<void> {
  const orphans = added.filter((row) => row.parentId === null && row.item.parentNativeId !== null);
  const parents = await parentsOf(
    pg,
    orphans.map((row) => row.item),
  );
  const found = orphans.flatMap((row) => {
    const parentId = parents.get(`${row.item.platform} ${row.item.parentNativeId ?? ''}`);
    return parentId === undefined ? [] : [[row.id, parentId]];
  });
  if (found.length > 0) {
    await pg.query(
      `UPDATE posts p SET parent_id = w.parent FROM ${unnest(['bigint', 'bigint'])} AS w (id, parent) WHERE p.id = w.id`,
      columnsOf(['bigint', 'bigint'], found),
    );
  }
  if (added.length === 0) return;
  await pg.query(
    `UPDATE posts p SET parent_id = w.id FROM ${unnest(['bigint', 'text', 'text'])} AS w (id, platform, native_id)
     WHERE p.parent_id IS NULL AND p.parent_native_id IS NOT NULL AND p.platform = w.platform AND p.parent_native_id = w.native_id`,
    [added.map((r) => r.id), added.map((r) => r.item.platform), added.map((r) => r.item.nativeId)],
  );
}

const LOG = 'INSERT INTO post_changes (post_id, change) VALUES (?, ?)';

export async function logChanges(tx: Tx, changes: readonly [number, Change][]): Promise<void> {
  await tx.inOrder();
  await runEach(tx, LOG, ['bigint', 'text'], changes);
}

/**
 * In: posts just stored, and the clock. Out: which of them are to be asked again, on a schedule that decays with their age.
 * Called by: the collector, in the transaction that stores a page, and before it asks a connector's `refresh`.
 */
import type { ItemRef } from '@minsheng/crawlers';
import type { RawItem } from '@minsheng/contracts';
import type { Database, Tx } from '../platform/database/database.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Ages at which counters are asked again: four times in the first hour, six in the first day, once a day in the first week. */
const AGES = [
  10 * MINUTE,
  20 * MINUTE,
  35 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
  18 * HOUR,
  DAY,
  2 * DAY,
  3 * DAY,
  4 * DAY,
  5 * DAY,
  6 * DAY,
  7 * DAY,
];

/** When a post of this age is asked next; null after its first week. */
export function nextRefresh(publishedAt: number, now: number): number | null {
  const next = AGES.find((age) => publishedAt + age > now);
  return next === undefined ? null : publishedAt + next;
}

export interface DuePost {
  postId: number;
  publishedAt: number;
  platform: RawItem['platform'];
  ref: ItemRef;
}

/** Enters stored posts of a page; what is known already keeps its place. */
export async function enterRefresh(
  tx: Tx,
  sourceId: number,
  items: readonly RawItem[],
  kinds: readonly RawItem['kind'][],
  now: number,
): Promise<void> {
  for (const item of items) {
    if (!kinds.includes(item.kind)) continue;
    const [post] = await tx.all<{ id: number; published_at: number }>(
      `SELECT id, published_at FROM posts WHERE platform = ? AND kind = ? AND native_id = ? AND source_id = ? AND state IN ('live', 'edited')`,
      [item.platform, item.kind, item.id, sourceId],
    );
    if (post === undefined) continue;
    const due = nextRefresh(Number(post.published_at), now);
    if (due === null) continue;
    await tx.run(
      'INSERT INTO collect_refresh (post_id, source_id, due_at) VALUES (?, ?, ?) ON CONFLICT (post_id) DO NOTHING',
      [post.id, sourceId, due],
    );
  }
}

/** The longest overdue first. */
export async function duePosts(db: Database, sourceId: number, now: number, limit: number): Promise<DuePost[]> {
  const rows = await db.all<{
    id: number;
    published_at: number;
    platform: RawItem['platform'];
    kind: RawItem['kind'];
    native_id: string;
    parent_native_id: string | null;
  }>(
    `SELECT p.id, p.published_at, p.platform, p.kind, p.native_id, p.parent_native_id FROM collect_refresh r JOIN posts p ON p.id = r.post_id
     WHERE r.source_id = ? AND r.due_at <= ? ORDER BY r.due_at LIMIT ?`,
    [sourceId, now, limit],
  );
  return rows.map((r) => ({
    postId: Number(r.id),
    publishedAt: Number(r.published_at),
    platform: r.platform,
    ref: { kind: r.kind, id: r.native_id, ...(r.parent_native_id === null ? {} : { parentId: r.parent_native_id }) },
  }));
}

/** Asked: each gets its next turn, and those that are gone or a week old leave the list. */
export async function asked(tx: Tx, posts: readonly DuePost[], gone: ReadonlySet<string>, now: number): Promise<void> {
  for (const { postId, publishedAt, ref } of posts) {
    const next = gone.has(`${ref.kind} ${ref.id}`) ? null : nextRefresh(publishedAt, now);
    if (next === null) await tx.run('DELETE FROM collect_refresh WHERE post_id = ?', [postId]);
    else await tx.run('UPDATE collect_refresh SET due_at = ? WHERE post_id = ?', [next, postId]);
  }
}

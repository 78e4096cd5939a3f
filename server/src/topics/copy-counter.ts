/**
 * In: posts in the order of the log. Out: which earlier text each repeats, word for word or edited, and how often that was said. Counts are kept
 * on the first post of the group. Called by: topics/detect.ts.
 */
import { NearCopies, TEXTS_KEPT } from '../enrich/near-copies.ts';
import type { Database, Tx } from '../platform/database/database.ts';
import type { ChangedPost } from '../posts/changed-posts.ts';

/** An edited copy later than this is a new saying of it. */
const WITHIN_MS = 14 * 86_400_000;
const SHORTEST = 8;

export class CopyCounter {
  private readonly near = new NearCopies();

  /** How many copies of this text there are now, this one included. */
  async count(tx: Tx, post: ChangedPost): Promise<number> {
    if (post.copyKey === null || post.text.length < SHORTEST) return 1;
    const [group] = await tx.all<{ first_id: number }>('SELECT first_id FROM copy_groups WHERE copy_key = ?', [
      post.copyKey,
    ]);
    // Offices write by template: two notices that differ in a number are two notices.
    const first =
      group !== undefined
        ? Number(group.first_id)
        : post.official
          ? null
          : this.near.see(post.id, post.text, post.at, WITHIN_MS);
    if (group === undefined)
      await tx.run('INSERT INTO copy_groups (copy_key, first_id) VALUES (?, ?)', [post.copyKey, first ?? post.id]);
    if (first === null || first === post.id) return 1;
    await tx.run('UPDATE posts SET copy_of = ? WHERE id = ?', [first, post.id]);
    await tx.run('UPDATE posts SET copies = copies + 1 WHERE id = ?', [first]);
    const [row] = await tx.all<{ copies: number }>('SELECT copies FROM posts WHERE id = ?', [first]);
    return Number(row?.copies ?? 2);
  }

  /** What was read before a start, without what waits in the log behind `seq`. */
  async load(db: Database, seq: number): Promise<void> {
    this.near.clear();
    const rows = await db.all<{ id: number; text: string; published_at: number }>(
      `SELECT id, text, published_at FROM posts WHERE copy_of IS NULL AND account_id IS NULL AND length(text) >= ?
         AND id NOT IN (SELECT post_id FROM post_changes WHERE seq > ?) ORDER BY id DESC LIMIT ?`,
      [SHORTEST, seq, TEXTS_KEPT],
    );
    for (const { id, text, published_at } of rows.reverse()) this.near.remember(Number(id), text, Number(published_at));
  }

  clear(): void {
    this.near.clear();
  }
}

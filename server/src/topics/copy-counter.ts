/**
 * In: posts in the order of the log. Out: which earlier text each repeats, word for word or edited, and how often that was said. Counts are kept
 * on the first post of the group. Called by: topics/detect.ts.
 */
import { NearCopies, TEXTS_KEPT } from '../enrich/near-copies.ts';
import { runEach } from '../platform/database/bulk.ts';
import type { Database, Tx } from '../platform/database/database.ts';
import type { ChangedPost } from '../posts/changed-posts.ts';

/** An edited copy later than this is a new saying of it. */
const WITHIN_MS = 14 * 86_400_000;
const SHORTEST = 8;
const AT_ONCE = 500;

function counts(post: ChangedPost): post is ChangedPost & { copyKey: string } {
  return post.copyKey !== null && post.text.length >= SHORTEST;
}

/** The first post of each exact wording, and those that are new in this step. */
class Groups extends Map<string, number> {
  readonly fresh: [copyKey: string, firstId: number][] = [];
}

export class CopyCounter {
  private readonly near = new NearCopies();

  /** The groups of these posts' exact wordings, asked for all at once. */
  async groups(tx: Tx, posts: readonly ChangedPost[]): Promise<Groups> {
    const keys = [...new Set(posts.filter(counts).map((post) => post.copyKey))];
    const groups = new Groups();
    for (let i = 0; i < keys.length; i += AT_ONCE) {
      const some = keys.slice(i, i + AT_ONCE);
      for (const { copy_key, first_id } of await tx.all<{ copy_key: string; first_id: number }>(
        `SELECT copy_key, first_id FROM copy_groups WHERE copy_key IN (${some.map(() => '?').join(',')})`,
        some,
      ))
        groups.set(copy_key, Number(first_id));
    }
    return groups;
  }

  /** How many copies of this text there are now, this one included. `groups` learns what is new. */
  async count(tx: Tx, post: ChangedPost, groups: Groups): Promise<number> {
    if (!counts(post)) return 1;
    const known = groups.get(post.copyKey);
    // Offices write by template: two notices that differ in a number are two notices.
    const first = known ?? (post.official ? null : this.near.see(post.id, post.text, post.at, WITHIN_MS));
    if (known === undefined) {
      groups.set(post.copyKey, first ?? post.id);
      groups.fresh.push([post.copyKey, first ?? post.id]);
    }
    if (first === null || first === post.id) return 1;
    await tx.run('UPDATE posts SET copy_of = ? WHERE id = ?', [first, post.id]);
    const [row] = await tx.all<{ copies: number }>(
      'UPDATE posts SET copies = copies + 1 WHERE id = ? RETURNING copies',
      [first],
    );
    return Number(row?.copies ?? 2);
  }

  /** Writes down the wordings that were new, all at once, in the transaction that counted them. */
  keep(tx: Tx, groups: Groups): Promise<void> {
    return runEach(
      tx,
      'INSERT INTO copy_groups (copy_key, first_id) VALUES (?, ?)',
      ['text', 'bigint'],
      groups.fresh.splice(0),
    );
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

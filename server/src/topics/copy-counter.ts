/**
 * In: posts in the order of the log. Out: which earlier text each repeats, word for word or edited, and how often that was said. Counts are kept
 * on the first post of the group. Called by: topics/detect.ts.
 */
import { NearCopies, TEXTS_KEPT } from '../enrich/near-copies.ts';
import { inLots, runEach, updateEach } from '../platform/database/bulk.ts';
import type { Database, Tx } from '../platform/database/database.ts';
import type { ChangedPost } from '../posts/changed-posts.ts';

/** An edited copy later than this is a new saying of it. */
const WITHIN_MS = 14 * 86_400_000;
const SHORTEST = 8;

function counts(post: ChangedPost): post is ChangedPost & { copyKey: string } {
  return post.change === 'stored' && post.copyKey !== null && post.text.length >= SHORTEST;
}

/** What one step of the log repeats. */
class Copies {
  /** By number of the change: the first post of the group it belongs to, unless it is that itself. */
  readonly firsts = new Map<number, number>();
  /** Wordings that are new in this step. */
  readonly fresh: [copyKey: string, firstId: number][] = [];
  /** Of each group: how many there are. */
  readonly known = new Map<number, number>();
  readonly copyOf: [firstId: number, id: number][] = [];
  readonly added = new Map<number, number>();
}

export class CopyCounter {
  private readonly near = new NearCopies();

  /** The groups of these posts, and how many each has, asked for all at once. */
  async read(tx: Tx, posts: readonly ChangedPost[]): Promise<Copies> {
    const copies = new Copies();
    const said = posts.filter(counts);
    const groups = new Map<string, number>();
    const keys = [...new Set(said.map((post) => post.copyKey))];
    await inLots(keys, async (some, marks) => {
      for (const { copy_key, first_id } of await tx.all<{ copy_key: string; first_id: number }>(
        `SELECT copy_key, first_id FROM copy_groups WHERE copy_key IN (${marks})`,
        some,
      ))
        groups.set(copy_key, Number(first_id));
    });
    for (const post of said) {
      const known = groups.get(post.copyKey);
      // Offices write by template: two notices that differ in a number are two notices.
      const first = known ?? (post.official ? null : this.near.see(post.id, post.text, post.at, WITHIN_MS)) ?? post.id;
      if (first !== post.id) copies.firsts.set(post.seq, first);
      if (known !== undefined) continue;
      groups.set(post.copyKey, first);
      copies.fresh.push([post.copyKey, first]);
    }
    await inLots([...new Set(copies.firsts.values())], async (some, marks) => {
      for (const row of await tx.all<{ id: number; copies: number }>(
        `SELECT id, copies FROM posts WHERE id IN (${marks})`,
        some,
      ))
        copies.known.set(Number(row.id), Number(row.copies));
    });
    return copies;
  }

  /** How many copies of this text there are now, this one included. */
  count(post: ChangedPost, copies: Copies): number {
    const first = copies.firsts.get(post.seq);
    if (first === undefined) return 1;
    const now = (copies.known.get(first) ?? 1) + 1;
    copies.known.set(first, now);
    copies.added.set(first, (copies.added.get(first) ?? 0) + 1);
    copies.copyOf.push([first, post.id]);
    return now;
  }

  /** Writes down what the step has counted, in its transaction. */
  async keep(tx: Tx, { fresh, copyOf, added }: Copies): Promise<void> {
    await runEach(tx, 'INSERT INTO copy_groups (copy_key, first_id) VALUES (?, ?)', ['text', 'bigint'], fresh);
    const types = ['bigint', 'bigint'];
    await updateEach(tx, 'UPDATE posts SET copy_of = ? WHERE id = ?', types, copyOf);
    const more = [...added].map(([first, n]) => [n, first]);
    await updateEach(tx, 'UPDATE posts SET copies = copies + ? WHERE id = ?', types, more);
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

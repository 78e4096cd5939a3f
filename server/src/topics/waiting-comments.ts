/**
 * In: comments that no topic took, because what they answer had not been read. Out: the same comments, once it is in a topic. Called by: detect.ts.
 *
 * Sources are read side by side and some of them newest first, so an answer may be read before what it answers.
 */
import { inLots, runEach } from '../platform/database/bulk.ts';
import type { Tx } from '../platform/database/database.ts';
import { changedPostOf, type ChangedPost } from '../posts/changed-posts.ts';
import { asCorrected } from '../posts/corrected.ts';
import { firstIdAt } from '../posts/post-id.ts';

interface Waiting {
  comment: ChangedPost;
  /** Not a copy of what others have said. */
  firstOfItsText: boolean;
}

export class WaitingComments {
  /** Those of the step at hand: not yet written down. */
  private readonly fresh = new Map<number, Waiting>();

  add(comment: ChangedPost, firstOfItsText: boolean): void {
    if (comment.parentNativeId !== null) this.fresh.set(comment.id, { comment, firstOfItsText });
  }

  /** The comments that waited for one of these, oldest first; they wait no more. */
  async take(tx: Tx, answered: readonly ChangedPost[]): Promise<Waiting[]> {
    const names = [...new Set(answered.map((post) => nameOf(post.platform, post.nativeId)))];
    const taken: Waiting[] = [];
    await inLots(names, async (some, marks) => {
      const rows = await tx.all(
        `SELECT 0 AS seq, 'stored' AS change, NULL AS parent_topic, p.* FROM topic_waiting w JOIN posts p ON p.id = w.post_id
         WHERE w.waits_for IN (${marks})`,
        some,
      );
      if (rows.length === 0) return;
      await tx.run(`DELETE FROM topic_waiting WHERE waits_for IN (${marks})`, some);
      for (const comment of await asCorrected(tx, rows.map(changedPostOf)))
        taken.push({ comment, firstOfItsText: comment.copyOf === null });
    });
    const wanted = new Set(names);
    for (const waiting of this.fresh.values()) {
      if (!wanted.has(answeredBy(waiting.comment))) continue;
      this.fresh.delete(waiting.comment.id);
      taken.push(waiting);
    }
    return taken.sort((a, b) => a.comment.id - b.comment.id);
  }

  /** Writes down those of this step that still wait. */
  async keep(tx: Tx): Promise<void> {
    await runEach(
      tx,
      'INSERT INTO topic_waiting (post_id, waits_for) VALUES (?, ?)',
      ['bigint', 'text'],
      [...this.fresh.values()].map(({ comment }) => [comment.id, answeredBy(comment)]),
    );
    this.fresh.clear();
  }

  /** A post that has not come by then has no topic to wait for. @param before ms */
  async prune(tx: Tx, before: number): Promise<void> {
    await tx.run('DELETE FROM topic_waiting WHERE post_id < ?', [firstIdAt(before)]);
  }

  clear(): void {
    this.fresh.clear();
  }
}

function answeredBy(comment: ChangedPost): string {
  return nameOf(comment.platform, comment.parentNativeId ?? '');
}

function nameOf(platform: string, nativeId: string): string {
  return `${platform} ${nativeId}`;
}

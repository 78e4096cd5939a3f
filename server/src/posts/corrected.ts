/**
 * In: posts as the machine judged them. Out: the same with the sentiment that staff gave. Called by: whatever counts posts by sentiment.
 */
import type { Tx } from '../platform/database/database.ts';

/** One look at the labels of the posts' whole span: most batches lie where nobody corrected anything. */
export async function asCorrected<P extends { id: number; sentiment: number }>(
  tx: Pick<Tx, 'all'>,
  posts: readonly P[],
): Promise<readonly P[]> {
  if (posts.length === 0) return posts;
  let [first, last] = [Infinity, -Infinity];
  for (const { id } of posts) {
    first = Math.min(first, id);
    last = Math.max(last, id);
  }
  const labels = await tx.all<{ post_id: number | string; label: number | string }>(
    'SELECT post_id, label FROM sentiment_labels WHERE post_id BETWEEN ? AND ?',
    [first, last],
  );
  if (labels.length === 0) return posts;
  const labelOf = new Map(labels.map(({ post_id, label }) => [Number(post_id), Number(label)]));
  return posts.map((post) => ({ ...post, sentiment: labelOf.get(post.id) ?? post.sentiment }));
}

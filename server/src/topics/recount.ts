/**
 * In: a public post whose sentiment staff changed. Out: its topic's hour counts it under the new one. Called by: labels.controller. What detection
 * counts later counts as staff said (posts/corrected.ts).
 */
import { hourOf } from '../platform/clock.ts';
import type { Tx } from '../platform/database/database.ts';
import { columnOf } from '../rollups/rollup.ts';

export async function recountInTopic(
  tx: Tx,
  post: { topicId: number | null; publishedAt: number; sentiment: number },
  sentiment: number,
): Promise<void> {
  const [from, to] = [columnOf(post.sentiment), columnOf(sentiment)];
  if (post.topicId === null || from === to) return;
  await tx.run(
    `UPDATE topic_hours SET ${from} = ${from} - 1, ${to} = ${to} + 1 WHERE topic_id = ? AND hour = ? AND ${from} > 0`,
    [post.topicId, hourOf(post.publishedAt)],
  );
}

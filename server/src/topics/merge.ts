/**
 * In: two topics that are one. Out: the rows of the first gone into the second, its number still answering for both. Called by: detection when two
 * topics have grown together; the topic page when a person says so.
 */
import type { Tx } from '../platform/database/database.ts';
import type { SearchEngine } from '../search/search-engine.ts';

/** `text` goes into its history. */
export async function mergeTopics(
  tx: Tx,
  engine: SearchEngine,
  merge: { from: number; into: number; at: number; text: string },
): Promise<void> {
  const { from, into, at, text } = merge;
  const rows = await tx.all('SELECT * FROM topics WHERE id IN (?, ?)', [from, into]);
  const of = (id: number) => rows.find((row) => Number(row['id']) === id);
  const [a, b] = [of(from), of(into)];
  if (a === undefined || b === undefined) return;
  const sum = (column: string) => Number(a[column]) + Number(b[column]);
  const moments = (column: string) =>
    [a[column], b[column]].flatMap((v) => (v === null || v === undefined ? [] : [Number(v)]));
  await tx.run(
    `INSERT INTO topic_hours (topic_id, hour, posts, positive, neutral, negative, uncertain, official)
     SELECT ?, hour, posts, positive, neutral, negative, uncertain, official FROM topic_hours WHERE topic_id = ?
     ON CONFLICT (topic_id, hour) DO UPDATE SET posts = topic_hours.posts + excluded.posts, positive = topic_hours.positive + excluded.positive,
       neutral = topic_hours.neutral + excluded.neutral, negative = topic_hours.negative + excluded.negative,
       uncertain = topic_hours.uncertain + excluded.uncertain, official = topic_hours.official + excluded.official`,
    [into, from],
  );
  await tx.run('DELETE FROM topic_hours WHERE topic_id = ?', [from]);
  const moved = await tx.all<{ id: number }>('SELECT id FROM posts WHERE topic_id = ?', [from]);
  await tx.run('UPDATE posts SET topic_id = ? WHERE topic_id = ?', [into, from]);
  await engine.retopic(
    tx,
    moved.map((post) => Number(post.id)),
  );
  const official = moments('official_at');
  await tx.run(
    `UPDATE topics SET posts = ?, opinions = ?, own = ?, messages = ?, engagement = ?, first_seen = ?, last_seen = ?, official_at = ? WHERE id = ?`,
    [
      sum('posts'),
      sum('opinions'),
      sum('own'),
      sum('messages'),
      sum('engagement'),
      Math.min(...moments('first_seen')),
      Math.max(...moments('last_seen')),
      official.length === 0 ? null : Math.min(...official),
      into,
    ],
  );
  await tx.run('UPDATE topics SET merged_into = ? WHERE id = ? OR merged_into = ?', [into, from, from]);
  await tx.run('UPDATE claims SET topic_id = ? WHERE topic_id = ?', [into, from]);
  await tx.run(`INSERT INTO topic_events (topic_id, at, kind, text) VALUES (?, ?, 'merged', ?)`, [into, at, text]);
}

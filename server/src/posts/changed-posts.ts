/**
 * In: a consumer's name. Out: the posts behind the next changes of the log, and the position to keep in the same transaction as the work.
 * Called by: topics and claims.
 */
import type { Database, Tx } from '../platform/database/database.ts';

/** What detection reads of a post. */
export interface ChangedPost {
  seq: number;
  change: string;
  id: number;
  platform: string;
  kind: string;
  parentId: number | null;
  official: boolean;
  author: string | null;
  at: number;
  title: string | null;
  text: string;
  sentiment: number;
  claimScore: number;
  places: string[];
  keywords: string[];
  hashtags: string[];
  copyKey: string | null;
  fingerprint: string | null;
  /** The post whose text this one repeats, word for word or edited; topics find it before claims read it. */
  copyOf: number | null;
  engagement: number;
  topicId: number | null;
  /** The topic of the post it answers. */
  parentTopicId: number | null;
}

type Raw = Record<string, string | number | null>;
const listOf = (v: string | number | null | undefined): string[] =>
  typeof v === 'string' ? (JSON.parse(v) as string[]) : [];
const numberOrNull = (v: string | number | null | undefined): number | null =>
  v === null || v === undefined ? null : Number(v);
const text = (v: string | number | null | undefined): string | null =>
  v === null || v === undefined ? null : String(v);

export async function nextChanges(db: Database, consumer: string, limit: number): Promise<ChangedPost[]> {
  const [position] = await db.all<{ seq: number }>('SELECT seq FROM post_consumers WHERE name = ?', [consumer]);
  const rows = await db.all<Raw>(
    `SELECT c.seq, c.change, p.*, q.topic_id AS parent_topic FROM post_changes c JOIN posts p ON p.id = c.post_id
     LEFT JOIN posts q ON q.id = p.parent_id WHERE c.seq > ? ORDER BY c.seq LIMIT ?`,
    [Number(position?.seq ?? 0), limit],
  );
  return rows.map((r) => ({
    seq: Number(r['seq']),
    change: String(r['change']),
    id: Number(r['id']),
    platform: String(r['platform']),
    kind: String(r['kind']),
    parentId: numberOrNull(r['parent_id']),
    official: r['account_id'] !== null,
    author: text(r['author_key']),
    at: Number(r['published_at']),
    title: text(r['title']),
    text: String(r['text']),
    sentiment: Number(r['sentiment']),
    claimScore: Number(r['claim_score']),
    places: listOf(r['places']),
    keywords: listOf(r['keywords']),
    hashtags: listOf(r['hashtags']),
    copyKey: text(r['copy_key']),
    fingerprint: text(r['fingerprint']),
    copyOf: numberOrNull(r['copy_of']),
    engagement: Number(r['likes']) + Number(r['comments']) + Number(r['reposts']),
    topicId: numberOrNull(r['topic_id']),
    parentTopicId: numberOrNull(r['parent_topic']),
  }));
}

export function keepPosition(tx: Tx, consumer: string, seq: number): Promise<void> {
  return tx.run(
    'INSERT INTO post_consumers (name, seq) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq',
    [consumer, seq],
  );
}

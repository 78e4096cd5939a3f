/**
 * In: a consumer's name. Out: the posts behind the next changes of the log, and the position kept in the same transaction as the work.
 * Called by: topics and claims; inbox shares `advance`.
 *
 * A position moves from where it was read or not at all. So if two replicas ever work on the same changes, one of them commits and the other learns
 * that what it remembers is out of date.
 */
import type { Database, Row, Tx } from '../platform/database/database.ts';

/** What detection reads of a post. */
export interface ChangedPost {
  seq: number;
  change: string;
  id: number;
  platform: string;
  kind: string;
  nativeId: string;
  parentId: number | null;
  /** What it answers, as its platform calls it; known even when that post has not been read. */
  parentNativeId: string | null;
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

const listOf = (v: string | number | null | undefined): string[] =>
  typeof v === 'string' ? (JSON.parse(v) as string[]) : [];
const numberOrNull = (v: string | number | null | undefined): number | null =>
  v === null || v === undefined ? null : Number(v);
const text = (v: string | number | null | undefined): string | null =>
  v === null || v === undefined ? null : String(v);

/** Moves a consumer's position in the transaction of its work; false when somebody else has moved it, and then nothing may be written. */
export async function advance(tx: Tx, consumer: string, from: number, to: number): Promise<boolean> {
  const [moved] = await tx.all(
    `INSERT INTO post_consumers (name, seq) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq
     WHERE post_consumers.seq = ? RETURNING seq`,
    [consumer, to, from],
  );
  return moved !== undefined;
}

/** A person changed what a consumer remembers of the database: it reads it again before its next step, in whichever process it runs. */
export function disturb(tx: Tx, consumer: string): Promise<void> {
  return tx.run('UPDATE post_consumers SET changed = changed + 1 WHERE name = ?', [consumer]);
}

class Outrun extends Error {}

/** One consumer's place in the log. */
export class ChangeReader {
  private last: { seq: number; changed: number } | null = null;

  constructor(
    private readonly db: Database,
    private readonly consumer: string,
  ) {}

  /** What follows the position, and whether memory is `stale` (see `look`). */
  async next(limit: number): Promise<{ changes: ChangedPost[]; stale: boolean }> {
    const { seq, stale } = await this.look();
    return { changes: await changesAfter(this.db, seq, limit), stale };
  }

  /**
   * The position. `stale` when the log was read, or the database changed, behind this reader's back: what it remembers must be read anew, and after
   * this call, so that whatever another replica writes meanwhile is noticed by the next one.
   */
  async look(): Promise<{ seq: number; stale: boolean }> {
    const [row] = await this.db.all<{ seq: number; changed: number }>(
      'SELECT seq, changed FROM post_consumers WHERE name = ?',
      [this.consumer],
    );
    const here = { seq: Number(row?.seq ?? 0), changed: Number(row?.changed ?? 0) };
    const stale = this.last !== null && (this.last.seq !== here.seq || this.last.changed !== here.changed);
    this.last = here;
    return { seq: here.seq, stale };
  }

  /** The work on what `next` gave, and the new position: both or none. @returns false when another replica was faster. */
  async commit(to: number, work: (tx: Tx) => Promise<void>): Promise<boolean> {
    const from = this.last?.seq ?? 0;
    try {
      await this.db.write(async (tx) => {
        if (!(await advance(tx, this.consumer, from, to))) throw new Outrun();
        await work(tx);
      }, 'once');
    } catch (error) {
      if (error instanceof Outrun) return false;
      throw error;
    }
    this.last = { seq: to, changed: this.last?.changed ?? 0 };
    return true;
  }
}

async function changesAfter(db: Database, seq: number, limit: number): Promise<ChangedPost[]> {
  const rows = await db.all<Row>(
    `SELECT c.seq, c.change, p.*, q.topic_id AS parent_topic FROM post_changes c JOIN posts p ON p.id = c.post_id
     LEFT JOIN posts q ON q.id = p.parent_id WHERE c.seq > ? ORDER BY c.seq LIMIT ?`,
    [seq, limit],
  );
  return rows.map(changedPostOf);
}

/** @param r a row of `posts` with `seq`, `change` and `parent_topic` of the log beside it */
export function changedPostOf(r: Row): ChangedPost {
  return {
    seq: Number(r['seq']),
    change: String(r['change']),
    id: Number(r['id']),
    platform: String(r['platform']),
    kind: String(r['kind']),
    nativeId: String(r['native_id']),
    parentNativeId: text(r['parent_native_id']),
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
  };
}

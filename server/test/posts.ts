/**
 * In: a few words about a post. Out: its row in `posts`, with every column filled in. Used by: tests of everything that reads posts.
 */
import { wishedId } from '../src/posts/post-id.ts';
import { PostEntity } from '../src/posts/post.entity.ts';
import type { Tx } from '../src/platform/database/database.ts';

export type PostGiven = Partial<PostEntity> & { text: string; publishedAt: number };

/** A row as intake would write it; the id follows from time and native id. */
export function postRow(given: PostGiven): PostEntity {
  const nativeId = given.nativeId ?? `${String(given.publishedAt)}-${given.text}`;
  return Object.assign(new PostEntity(), {
    id: wishedId(given.publishedAt, nativeId),
    sourceId: null,
    platform: 'weibo',
    kind: 'comment',
    nativeId,
    parentNativeId: null,
    parentId: null,
    accountId: null,
    authorKey: null,
    fetchedAt: given.publishedAt + 60_000,
    title: null,
    url: null,
    likes: 0,
    comments: 0,
    reposts: 0,
    reads: 0,
    sentiment: 0,
    sentimentConfidence: 0.9,
    claimScore: 0,
    question: 0,
    places: [],
    keywords: [],
    hashtags: [],
    fingerprint: null,
    copyKey: null,
    copyOf: null,
    copies: 1,
    state: 'live',
    topicId: null,
    ...given,
  });
}

export async function storePosts(tx: Tx, given: readonly PostGiven[]): Promise<PostEntity[]> {
  const rows = given.map(postRow);
  await tx.repo(PostEntity).save(rows, { chunk: 20 });
  return rows;
}

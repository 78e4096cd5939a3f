/**
 * In: ids of posts, or a position in the table. Out: their search documents as the records are now, words cut anew.
 * Used by: engines that follow the records or are rebuilt from them.
 */
import { In, MoreThan } from 'typeorm';
import type { Database } from '../platform/database/database.ts';
import { PostEntity } from '../posts/post.entity.ts';
import type { SearchDocument, StoredDocuments } from './search-engine.ts';

/** Gone at the source or past its retention: counted, no longer found. */
const HIDDEN: ReadonlySet<string> = new Set(['deleted', 'restricted', 'expired']);

const CHUNK = 500;

export class PostDocuments implements StoredDocuments {
  /** @param cut cuts a text as the enricher does, words joined by spaces */
  constructor(
    private readonly db: Database,
    private readonly cut: (text: string) => string,
  ) {}

  async of(ids: readonly number[]): Promise<SearchDocument[]> {
    const documents: SearchDocument[] = [];
    for (let i = 0; i < ids.length; i += CHUNK) {
      const posts = await this.db.repo(PostEntity).findBy({ id: In(ids.slice(i, i + CHUNK)) });
      documents.push(...this.documents(posts));
    }
    return documents;
  }

  async after(id: number, limit: number): Promise<{ documents: SearchDocument[]; last: number } | null> {
    const posts = await this.db
      .repo(PostEntity)
      .find({ where: { id: MoreThan(id) }, order: { id: 'ASC' }, take: limit });
    const last = posts.at(-1)?.id;
    return last === undefined ? null : { documents: this.documents(posts), last };
  }

  private documents(posts: readonly PostEntity[]): SearchDocument[] {
    return posts.flatMap((post) => {
      if (HIDDEN.has(post.state)) return [];
      const { id, platform, kind, sourceId, accountId, sentiment, topicId } = post;
      const searchTokens = this.cut(post.title === null ? post.text : `${post.title}\n${post.text}`);
      return [
        { id, searchTokens, platform, kind, sourceId, accountId, sentiment, official: accountId !== null, topicId },
      ];
    });
  }
}

/**
 * In: ids of posts. Out: the posts as the contract shows them, with names of sources and official accounts. Used by: every page that shows posts.
 */
import { Platform, PostKind, PostState, type Post, type Sentiment, type SentimentLabel } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { toInstant } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { PostEntity } from './post.entity.ts';

/** What sources and official accounts are called. A missing id is unknown (removed since). */
export abstract class SourceNames {
  abstract sources(): Promise<ReadonlyMap<number, string>>;
  abstract accounts(): Promise<ReadonlyMap<number, string>>;
}

export function sentimentOf(code: number): Sentiment {
  return code === -1 ? 'negative' : code === 0 ? 'neutral' : code === 1 ? 'positive' : 'uncertain';
}

export function sentimentCode(sentiment: Sentiment): -1 | 0 | 1 | 9 {
  return { negative: -1, neutral: 0, positive: 1, uncertain: 9 }[sentiment] as -1 | 0 | 1 | 9;
}

/** SQLite takes a bounded number of placeholders. */
const CHUNK = 500;

@Injectable()
export class PostViews {
  constructor(
    private readonly db: Database,
    private readonly names: SourceNames,
  ) {}

  /** In the order of `ids`; ids that are no longer there are left out. */
  async load(ids: readonly number[]): Promise<Post[]> {
    const rows = new Map<number, PostEntity>();
    for (let i = 0; i < ids.length; i += CHUNK) {
      for (const row of await this.db.repo(PostEntity).findBy({ id: In(ids.slice(i, i + CHUNK)) }))
        rows.set(row.id, row);
    }
    return this.of(ids.flatMap((id) => rows.get(id) ?? []));
  }

  async of(rows: readonly PostEntity[]): Promise<Post[]> {
    if (rows.length === 0) return [];
    const [sources, accounts, corrected] = await Promise.all([
      this.names.sources(),
      this.names.accounts(),
      this.corrected(rows),
    ]);
    return rows.map((row) => {
      const post = postView(row, sources, accounts);
      const label = corrected.get(row.id);
      return label === undefined ? post : { ...post, correctedSentiment: label };
    });
  }

  private async corrected(rows: readonly PostEntity[]): Promise<Map<number, SentimentLabel>> {
    const found = new Map<number, SentimentLabel>();
    for (let i = 0; i < rows.length; i += CHUNK) {
      const ids = rows.slice(i, i + CHUNK).map((row) => row.id);
      const labels = await this.db.all<{ post_id: number | string; label: number }>(
        `SELECT post_id, label FROM sentiment_labels WHERE post_id IN (${ids.map(() => '?').join(', ')})`,
        ids,
      );
      for (const { post_id, label } of labels) {
        const sentiment = sentimentOf(label);
        if (sentiment !== 'uncertain') found.set(Number(post_id), sentiment);
      }
    }
    return found;
  }
}

export function postView(
  row: PostEntity,
  sources: ReadonlyMap<number, string>,
  accounts: ReadonlyMap<number, string>,
): Post {
  const id = (v: number | null) => (v === null ? null : String(v));
  const official = row.accountId !== null;
  return {
    id: String(row.id),
    platform: Platform.catch('other').parse(row.platform),
    kind: PostKind.catch('post').parse(row.kind),
    sourceId: id(row.sourceId),
    sourceName: row.sourceId === null ? null : (sources.get(row.sourceId) ?? null),
    accountId: id(row.accountId),
    accountName: row.accountId === null ? null : (accounts.get(row.accountId) ?? null),
    official,
    parentId: id(row.parentId),
    publishedAt: toInstant(row.publishedAt),
    fetchedAt: toInstant(row.fetchedAt),
    title: row.title,
    text: row.text,
    url: official || isPublicArticle(row) ? row.url : null,
    likes: row.likes,
    comments: row.comments,
    reposts: row.reposts,
    reads: row.reads,
    sentiment: sentimentOf(row.sentiment),
    sentimentConfidence: row.sentimentConfidence,
    claimScore: row.claimScore,
    places: row.places ?? [],
    keywords: row.keywords ?? [],
    hashtags: row.hashtags ?? [],
    copies: Math.max(1, row.copies),
    state: PostState.catch('live').parse(row.state),
    topicId: id(row.topicId),
  };
}

/** A link to anything else a citizen wrote would lead to the person. */
function isPublicArticle(row: PostEntity): boolean {
  return row.kind === 'post' && (row.platform === 'site' || row.platform === 'wechat');
}

/** Accounts from their table; sources from theirs once it exists. */
@Injectable()
export class StoredNames extends SourceNames {
  constructor(private readonly db: Database) {
    super();
  }

  sources(): Promise<ReadonlyMap<number, string>> {
    return this.names('sources');
  }

  accounts(): Promise<ReadonlyMap<number, string>> {
    return this.names('accounts');
  }

  private async names(table: 'sources' | 'accounts'): Promise<ReadonlyMap<number, string>> {
    try {
      const rows = await this.db.all<{ id: number | string; name: string }>(`SELECT id, name FROM ${table}`);
      return new Map(rows.map((r) => [Number(r.id), r.name]));
    } catch (error) {
      if (String(error).includes(`no such table: ${table}`)) return new Map();
      throw error;
    }
  }
}

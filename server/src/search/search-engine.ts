/**
 * In: documents of posts whose words are already cut, and parsed queries. Out: ids, totals, facets; never texts.
 * Called by: pipeline (write, in the posts' transaction), search.service.ts (read). THE PORT: every engine passes search-engine.contract.ts.
 */
import type { Tx } from '../platform/database/database.ts';
import type { QueryNode } from './query-language.ts';

/** Totals and facets are counted over at most this many of the newest hits; a total beyond it is a lower bound. */
export const COUNT_CAP = 10_000;

/** Relevance order ranks at most this many of the newest hits. */
export const RANK_CAP = 1_000;

/** The problem of an index that another engine followed the records before. */
export const BEING_FILLED = '索引正在由帖文补建，补完之前检索结果不全';

export interface SearchDocument {
  /** The post's id, which orders documents by time (post-id.ts). */
  id: number;
  /** The words of title and text, cut before the port and joined by spaces, in the order of the text. */
  searchTokens: string;
  platform: string;
  kind: string;
  sourceId: number | null;
  /** Set exactly when an official account wrote it. */
  accountId: number | null;
  /** -1 negative · 0 neutral · 1 positive · 9 uncertain */
  sentiment: number;
  official: boolean;
  topicId: number | null;
}

/** Values of one filter are alternatives; filters are met together. Absent or empty = no condition. */
export interface SearchFilters {
  /** Moments in ms: `from` inclusive, `to` exclusive. */
  from?: number;
  to?: number;
  platforms?: readonly string[];
  kinds?: readonly string[];
  sourceIds?: readonly number[];
  accountIds?: readonly number[];
  sentiments?: readonly number[];
  official?: boolean;
  topicId?: number;
}

export interface SearchRequest {
  /** Null = every document. */
  query: QueryNode | null;
  filters: SearchFilters;
  sort: 'time' | 'relevance';
  /** What an earlier page of the same request gave as `nextCursor`. */
  cursor: string | null;
  limit: number;
}

export interface SearchPage {
  ids: number[];
  nextCursor: string | null;
}

export interface SearchCount {
  /** At most COUNT_CAP. */
  total: number;
  /** True when there are more than `total`. */
  totalIsLowerBound: boolean;
  facets: Facets | null;
}

/** Counts by value, over the newest `total` hits. Ids as numbers; days as `2026-11-24` (+08:00). */
export interface Facets {
  platform: Map<string, number>;
  kind: Map<string, number>;
  sentiment: Map<number, number>;
  source: Map<number, number>;
  account: Map<number, number>;
  day: Map<string, number>;
}

/** How far the index is behind the records; for 采集状态, search answers and metrics. */
export interface SearchLag {
  /** Changes of posts that are stored and not yet found; at most so many. */
  behind: number;
  /** When the oldest of them was stored; null when there is none, and while an index is filled from the records. */
  since: number | null;
}

export interface SearchStatus extends SearchLag {
  /** zh-CN, for the status pages. */
  name: string;
  /** Null when the engine cannot be asked. */
  documents: number | null;
  /** zh-CN: why the index does not follow; null when it does. */
  problem: string | null;
}

/** Where an index is rebuilt from: the records of truth. */
export interface StoredDocuments {
  /** Documents of these posts as they are now; posts that must not be found are left out. */
  of(ids: readonly number[]): Promise<SearchDocument[]>;
  /** The next posts above an id, and the last id that was looked at; null at the end. */
  after(id: number, limit: number): Promise<{ documents: SearchDocument[]; last: number } | null>;
}

/** Abstract class so that Nest can inject whichever engine is configured. */
export abstract class SearchEngine {
  /** Writes or replaces documents. On an embedded engine they are searchable when the transaction commits. */
  abstract write(tx: Tx, docs: readonly SearchDocument[]): Promise<void>;
  abstract remove(tx: Tx, ids: readonly number[]): Promise<void>;
  /** Tells that these posts belong to another topic now, or to none. `posts.topic_id` is already written. */
  abstract retopic(tx: Tx, ids: readonly number[]): Promise<void>;
  /** Empties the index; the caller then writes every document again. The index is disposable. */
  abstract clear(tx: Tx): Promise<void>;
  /** Merges what was written; after a rebuild or a bulk import. */
  abstract optimize(tx: Tx): Promise<void>;

  /** One page of ids. Throws UserError `invalid-input` for a cursor it did not write. */
  abstract search(request: SearchRequest): Promise<SearchPage>;
  /** Total and, when asked, facets. */
  abstract count(request: Pick<SearchRequest, 'query' | 'filters'>, facets: boolean): Promise<SearchCount>;

  /** Cheap enough for every answer. */
  abstract lag(): Promise<SearchLag>;
  abstract status(): Promise<SearchStatus>;
  /** Waits until everything written before can be found. Gives up, with a `problem`, when the index cannot follow. */
  abstract settle(): Promise<SearchStatus>;
  /** Writes every document anew from the records, and tells how many posts it has looked at. Searches go on meanwhile where the engine can. */
  abstract rebuild(onProgress: (looked: number) => void): Promise<number>;
  /** Hands back what is held: connections, the indexer's lease. */
  abstract close(): Promise<void>;
}

/**
 * In: a query in the product's small language. Out: hits with highlights, facets, stable paging. Used by: search, web 全文检索 and Ctrl+K.
 */
import { z } from 'zod';
import { Coverage, Id, listParam, PageQuery, Platform, PostKind, Sentiment, TimeWindow } from './common.ts';
import { Post } from './post.ts';

/**
 * `q`: words are AND; `OR`/`或`/`|`, `NOT`/`-`, "quotes" for a phrase, brackets group. An empty `q` matches everything.
 */
export const SearchQuery = TimeWindow.extend({
  q: z.string().max(500).default(''),
  sourceId: listParam(Id),
  accountId: listParam(Id),
  platform: listParam(Platform),
  kind: listParam(PostKind),
  sentiment: listParam(Sentiment),
  topicId: Id.optional(),
  official: z.enum(['official', 'public']).optional(),
  sort: z.enum(['time', 'relevance']).default('time'),
  facets: z.enum(['0', '1']).default('1'),
}).extend(PageQuery.shape);
export type SearchQuery = z.infer<typeof SearchQuery>;

export const FacetBucket = z.object({ value: z.string(), label: z.string(), count: z.int() });
export const SearchHit = z.object({
  post: Post,
  /** The text around the hits, as runs; `hit` runs are marked. Plain text, never HTML. */
  snippet: z.array(z.object({ text: z.string(), hit: z.boolean() })),
});
export type SearchHit = z.infer<typeof SearchHit>;

export const SearchAnswer = z.object({
  /** Hits counted; when `totalIsLowerBound`, at least this many. */
  total: z.int(),
  totalIsLowerBound: z.boolean(),
  items: z.array(SearchHit),
  nextCursor: z.string().nullable(),
  facets: z
    .object({
      /** Counted over this many of the newest hits; equals `total` unless that is a lower bound. */
      countedOver: z.int(),
      platform: z.array(FacetBucket),
      kind: z.array(FacetBucket),
      /** Empty when it is withheld. */
      sentiment: z.array(FacetBucket),
      /** The public's hits come from fewer than ten people, or could: their sentiments are not counted out. */
      sentimentWithheld: z.boolean(),
      source: z.array(FacetBucket),
      account: z.array(FacetBucket),
      days: z.array(z.object({ day: z.string(), count: z.int() })),
    })
    .nullable(),
  /** zh-CN: how the query was understood, e.g. 「停水 且 （望江路 或 滨河路） 不含 广告」. */
  understood: z.string(),
  tookMs: z.number(),
  coverage: Coverage,
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;

/** Ctrl+K: a few of everything. */
export const QuickSearchQuery = z.object({ q: z.string().trim().min(1).max(100) });
export const QuickHit = z.object({
  type: z.enum(['page', 'topic', 'claim', 'message', 'post', 'debunk', 'source']),
  title: z.string(),
  detail: z.string(),
  href: z.string(),
});
export const QuickSearchAnswer = z.object({ items: z.array(QuickHit) });

/**
 * In: rollups. Out: the overview page 总览 and the charts. Used by: dashboard, web.
 */
import { z } from 'zod';
import { Coverage, Id, Instant, TimeWindow } from './common.ts';
import { ClaimRow } from './claims.ts';
import { SentimentSplit, TopicRow } from './topics.ts';
import { InboxRow } from './inbox.ts';

export const VolumeBucket = z.object({ at: Instant, ...SentimentSplit.shape, official: z.int() });
export const VolumeSeries = z.object({
  bucketSeconds: z.int(),
  buckets: z.array(VolumeBucket),
  marks: z.array(z.object({ at: Instant, text: z.string(), href: z.string() })),
  coverage: Coverage,
});
export type VolumeSeries = z.infer<typeof VolumeSeries>;

export const TodoItem = z.object({
  kind: z.enum(['claim', 'overdue', 'due-today', 'review', 'source', 'surge', 'account']),
  level: z.enum(['high', 'medium', 'low']),
  title: z.string(),
  detail: z.string(),
  dueAt: Instant.nullable(),
  href: z.string(),
});
export type TodoItem = z.infer<typeof TodoItem>;

export const Overview = z.object({
  /** One sentence: what is different from usual. */
  headline: z.string(),
  /** What the window is compared with: `上周同日`; null when there is nothing comparable. */
  comparedWith: z.string().nullable(),
  figures: z.object({
    posts: z.int(),
    /** Posts of the stretch it is compared with; null when nothing was collected then. */
    postsBefore: z.int().nullable(),
    publicPosts: z.int(),
    officialPosts: z.int(),
    negativeShare: z.number().nullable(),
    openClaims: z.int(),
    dueToday: z.int(),
    overdue: z.int(),
    failingSources: z.int(),
  }),
  todo: z.array(TodoItem),
  topics: z.array(TopicRow),
  claims: z.array(ClaimRow),
  messages: z.array(InboxRow),
  volume: VolumeSeries,
  coverage: Coverage,
  /** The newest counted hour, so that an empty window can say where the data is; null when nothing was ever counted. */
  latestAt: Instant.nullable(),
  generatedAt: Instant,
});
export type Overview = z.infer<typeof Overview>;

export const ChannelShare = z.object({
  platform: z.string(),
  accountId: Id.nullable(),
  name: z.string(),
  official: z.int(),
  public: z.int(),
});
export const Channels = z.object({ items: z.array(ChannelShare), coverage: Coverage });
export type Channels = z.infer<typeof Channels>;

export const WordWeight = z.object({
  word: z.string(),
  posts: z.int(),
  /** Against the seven days before; null when new. */
  change: z.number().nullable(),
});
export const Words = z.object({ items: z.array(WordWeight), coverage: Coverage });
export type Words = z.infer<typeof Words>;

export const WindowQuery = TimeWindow;

/** 政务账号: activity of the office's own accounts against the two-week rule. */
export const AccountRow = z.object({
  id: Id,
  platform: z.string(),
  name: z.string(),
  followers: z.int().nullable(),
  lastPostAt: Instant.nullable(),
  daysSilent: z.int().nullable(),
  /** ok · warn (day 10) · urgent (day 12) · critical (day 13) · veto (day 14) */
  activity: z.enum(['ok', 'warn', 'urgent', 'critical', 'veto', 'unknown']),
  posts7d: z.int(),
  posts30d: z.int(),
  comments7d: z.int(),
  replies7d: z.int(),
  demo: z.boolean(),
});
export type AccountRow = z.infer<typeof AccountRow>;
export const AccountList = z.object({ items: z.array(AccountRow), rule: z.string() });

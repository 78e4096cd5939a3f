/**
 * In: what detection found. Out: hot topics, ranked, with their history. Used by: topics, dashboard, web 热点话题.
 */
import { z } from 'zod';
import { Coverage, Id, Instant, TimeWindow } from './common.ts';
import { Post } from './post.ts';

/** 萌芽 sprouting · 上升 rising · 高位 peak · 回落 falling · 平息 calm */
export const TopicStage = z.enum(['sprouting', 'rising', 'peak', 'falling', 'calm']);
export type TopicStage = z.infer<typeof TopicStage>;

/** `withheld`: posts of fewer than ten different authors, which are counted but never told apart; the other four are 0 then. */
export const SentimentSplit = z.object({
  positive: z.int(),
  neutral: z.int(),
  negative: z.int(),
  uncertain: z.int(),
  withheld: z.int(),
});
export type SentimentSplit = z.infer<typeof SentimentSplit>;

export const TopicRow = z.object({
  id: Id,
  title: z.string(),
  /** 0–100; the formula is stated in 数据口径. */
  heat: z.number().min(0).max(100),
  /** Change of heat against 24 hours before. */
  heatDelta: z.number(),
  stage: TopicStage,
  posts: z.int(),
  posts24h: z.int(),
  /** Distinct opinions: near-identical copies count once. */
  opinions: z.int(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  /** Posts per hour over the last 24 hours, oldest first. */
  spark: z.array(z.int()).length(24),
  sentiment: SentimentSplit,
  keywords: z.array(z.string()),
  places: z.array(z.string()),
  /** An official account has said something about it. */
  officialAnswer: z.boolean(),
  officialAnswerAt: Instant.nullable(),
  claimIds: z.array(Id),
  muted: z.boolean(),
});
export type TopicRow = z.infer<typeof TopicRow>;

export const TopicListQuery = TimeWindow.extend({
  stage: TopicStage.optional(),
  sort: z.enum(['heat', 'growth', 'recent']).default('heat'),
  q: z.string().max(100).optional(),
  muted: z.enum(['hide', 'show', 'only']).default('hide'),
  limit: z.coerce.number().int().min(1).max(100).default(30),
});

export const TopicList = z.object({ items: z.array(TopicRow), coverage: Coverage });
export type TopicList = z.infer<typeof TopicList>;

/** A group of near-identical texts: one opinion said `copies` times. */
export const Opinion = z.object({ post: Post, copies: z.int().min(1), share: z.number().min(0).max(1) });
export type Opinion = z.infer<typeof Opinion>;

export const TimelineMark = z.object({
  at: Instant,
  kind: z.enum(['first-seen', 'surge', 'peak', 'official', 'claim', 'verdict', 'merged', 'split', 'grown', 'stage']),
  text: z.string(),
  postId: Id.nullable(),
});
export type TimelineMark = z.infer<typeof TimelineMark>;

export const TopicDetail = z.object({
  topic: TopicRow,
  /** One paragraph in words, every figure of it counted from the posts. */
  summary: z.string(),
  /** Hourly buckets from first to last seen (merged to at most 400). */
  curve: z.array(z.object({ at: Instant, total: z.int(), sentiment: SentimentSplit, official: z.int() })),
  marks: z.array(TimelineMark),
  opinions: z.array(Opinion),
  officialPosts: z.array(Post),
  channels: z.array(z.object({ platform: z.string(), kind: z.string(), posts: z.int() })),
  heatParts: z.array(z.object({ name: z.string(), value: z.number(), text: z.string() })),
  related: z.array(z.object({ id: Id, title: z.string(), heat: z.number() })),
  coverage: Coverage,
});
export type TopicDetail = z.infer<typeof TopicDetail>;

export const TopicUpdate = z.object({
  title: z.string().trim().min(2).max(60).optional(),
  muted: z.boolean().optional(),
});
export const TopicMerge = z.object({ into: Id });

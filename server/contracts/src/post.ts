/**
 * In: what a connector or an import file brings. Out: `RawItem` (the import format) and `Post` (what pages show).
 * Used by: crawlers (yield RawItems), intake (validates them), posts and search (answer with Posts), web.
 */
import { z } from 'zod';
import { Id, Instant, Platform, PostKind, Sentiment } from './common.ts';
import { SentimentLabel } from './labels.ts';

/** A counter as platforms give it; connectors have already parsed 万/亿 shorthand. */
const Counter = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** The longest text that is kept; longer ones are rejected with a reason rather than cut silently. */
export const MAX_TEXT_LENGTH = 100_000;

/**
 * One post, comment or message as it arrives: the import format of `ingest`, and what every connector yields.
 * `author` is whatever names the author at the source; it is pseudonymised before anything is written.
 * `account` names an official account and only an official account.
 */
export const RawItem = z.object({
  platform: Platform,
  kind: PostKind,
  /** The platform's own id, as a string (19-digit ids do not survive as numbers). */
  id: z.string().trim().min(1).max(200),
  parentId: z.string().trim().min(1).max(200).optional(),
  account: z.string().trim().min(1).max(200).optional(),
  author: z.string().min(1).max(200).optional(),
  /** ISO 8601; without a zone it is read as +08:00. */
  publishedAt: z.string().min(8).max(40),
  title: z.string().max(1000).optional(),
  /** Plain text or HTML; intake turns it into text. */
  text: z.string(),
  url: z.string().max(2000).optional(),
  likes: Counter.optional(),
  comments: Counter.optional(),
  reposts: Counter.optional(),
  reads: Counter.optional(),
  /** The source says that this item is gone (`deleted`) or hidden from us (`restricted`); the rest is then optional noise. */
  state: z.enum(['live', 'deleted', 'restricted']).optional(),
  /** What is needed to answer this citizen (comment id, openid). Stored encrypted, apart, opened per case. */
  replyHandle: z.record(z.string(), z.string().max(500)).optional(),
});
export type RawItem = z.infer<typeof RawItem>;

/** Whether the source still shows the post; `expired` = its text was purged at the end of our retention period. */
export const PostState = z.enum(['live', 'edited', 'deleted', 'restricted', 'expired']);
export type PostState = z.infer<typeof PostState>;

/** A post as pages show it: redacted text, no author, only official accounts have names. */
export const Post = z.object({
  id: Id,
  platform: Platform,
  kind: PostKind,
  sourceId: Id.nullable(),
  sourceName: z.string().nullable(),
  accountId: Id.nullable(),
  accountName: z.string().nullable(),
  /** True when an official account wrote it. */
  official: z.boolean(),
  parentId: Id.nullable(),
  publishedAt: Instant,
  fetchedAt: Instant,
  title: z.string().nullable(),
  text: z.string(),
  /** The platform's page of this post; only for official posts and public articles. */
  url: z.string().nullable(),
  likes: z.int(),
  comments: z.int(),
  reposts: z.int(),
  reads: z.int(),
  sentiment: Sentiment,
  /** Calibrated probability of the stated sentiment, 0–1. */
  sentimentConfidence: z.number().min(0).max(1),
  /** What a member of staff says it is; absent when nobody corrected it. */
  correctedSentiment: SentimentLabel.optional(),
  /** 0–1: how much this text asks to be checked as a factual claim. */
  claimScore: z.number().min(0).max(1),
  places: z.array(z.string()),
  keywords: z.array(z.string()),
  hashtags: z.array(z.string()),
  /** How many near-identical copies (this one included) are known. */
  copies: z.int().min(1),
  state: PostState,
  topicId: Id.nullable(),
});
export type Post = z.infer<typeof Post>;

/** Why an item was not stored as a new post. Shown by `ingest` and on 采集状态. */
export const RejectReason = z.enum([
  'malformed-json',
  'invalid-item',
  'invalid-time',
  'time-out-of-range',
  'empty-text',
  'text-too-long',
]);
export type RejectReason = z.infer<typeof RejectReason>;

/** The ledger of a batch: read = stored + duplicate + rejected, always. `updated` counts duplicates that brought news. */
export const IngestReport = z.object({
  read: z.int(),
  stored: z.int(),
  duplicate: z.int(),
  updated: z.int(),
  rejected: z.int(),
  reasons: z.partialRecord(RejectReason, z.int()),
  /** The first rejected items, with their line or id, so that somebody can mend them. */
  examples: z.array(z.object({ at: z.string(), reason: RejectReason, detail: z.string() })),
});
export type IngestReport = z.infer<typeof IngestReport>;

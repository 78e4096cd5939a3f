/**
 * In: nothing. Out: the small schemas that every other contract is made of. Used by: all contracts, server, crawlers, web.
 */
import { z } from 'zod';

/** A moment as ISO 8601 with an explicit offset, e.g. `2026-11-24T08:10:00+08:00`. The product writes +08:00. */
export const Instant = z.iso.datetime({ offset: true });

/** An integer key rendered as a string, so that ids of any size survive JSON. */
export const Id = z.string().regex(/^[0-9]{1,19}$/);

export const Platform = z.enum(['weibo', 'wechat', 'site', 'douyin', 'toutiao', 'kuaishou', 'app', 'hotline', 'other']);
export type Platform = z.infer<typeof Platform>;

export const PostKind = z.enum(['post', 'comment', 'message']);
export type PostKind = z.infer<typeof PostKind>;

/** `uncertain` is an answer: the model's calibrated probability was too low to say. */
export const Sentiment = z.enum(['positive', 'neutral', 'negative', 'uncertain']);
export type Sentiment = z.infer<typeof Sentiment>;

/** What a figure was counted over. Every chart shows it, so that "no data" and "no opinion" look different. */
export const Coverage = z.object({
  from: Instant,
  to: Instant,
  sources: z.int().min(0),
  healthySources: z.int().min(0),
  posts: z.int().min(0),
  lastFetchedAt: Instant.nullable(),
  gaps: z.array(z.object({ sourceId: Id, sourceName: z.string(), reason: z.string(), since: Instant.nullable() })),
});
export type Coverage = z.infer<typeof Coverage>;

/** A window of time: either both ends, or a preset relative to now. Query parameters, so all are optional strings. */
export const TimeWindow = z.object({
  from: Instant.optional(),
  to: Instant.optional(),
  range: z.enum(['1h', '24h', '3d', '7d', '30d', 'all']).optional(),
});
export type TimeWindow = z.infer<typeof TimeWindow>;

/** Keyset paging: `cursor` is opaque and stable while new rows arrive. */
export const PageQuery = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** A repeated query parameter: `?a=1&a=2` or `?a=1,2` gives `['1','2']`. */
export function listParam<T extends z.ZodType<string>>(item: T) {
  return z.preprocess(
    (v) =>
      v === undefined || v === '' ? undefined : (Array.isArray(v) ? v : String(v).split(',')).filter((x) => x !== ''),
    z.array(item).max(50).optional(),
  );
}

/** A query parameter that is a switch: `true`/`1` or `false`/`0`. */
export const flagParam = z.preprocess(
  (v) => (v === '1' || v === true ? 'true' : v === '0' || v === false ? 'false' : v),
  z
    .enum(['true', 'false'])
    .transform((v) => v === 'true')
    .optional(),
);

/** The answer of a write that has nothing else to say. */
export const Done = z.object({ ok: z.literal(true) });

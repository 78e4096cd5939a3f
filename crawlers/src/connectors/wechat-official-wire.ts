/**
 * In: answers of the WeChat Official Account platform. Out: what of them is used, and how its articles are named. Called by: wechat-official's
 * crawl, wechat-bridge.
 */
import { z } from 'zod';
import { WireCount } from '../parse/wire.ts';

const Seconds = z.coerce.number();
const NewsItem = z.looseObject({
  title: z.string().default(''),
  digest: z.string().nullish(),
  content: z.string().nullish(),
  url: z.string().default(''),
  is_deleted: z.boolean().default(false),
});
export const Publication = z.looseObject({
  article_id: z.string(),
  update_time: Seconds,
  content: z.looseObject({ news_item: z.array(NewsItem), create_time: Seconds.optional().catch(undefined) }),
});
export type Publication = z.infer<typeof Publication>;
export const Published = z.looseObject({ total_count: z.coerce.number(), item: z.unknown().optional() });
export const Reply = z.looseObject({ content: z.string(), create_time: Seconds });
export const Comment = z.looseObject({
  user_comment_id: z.union([z.string(), z.number()]).transform(String),
  openid: z.string().optional(),
  create_time: Seconds,
  content: z.string(),
  reply: z
    .union([Reply, z.array(Reply)])
    .nullish()
    .catch(null),
});
export type Comment = z.infer<typeof Comment>;
export const CommentList = z.looseObject({ total: z.coerce.number().default(0), comment: z.unknown().optional() });
export const Detail = z.looseObject({
  stat_date: z.string(),
  read_user: WireCount,
  share_user: WireCount,
  like_user: WireCount,
  comment_count: WireCount,
});
export const Statistic = z.looseObject({
  ref_date: z.string(),
  msgid: z.string(),
  publish_type: z.coerce.number().optional(),
  title: z.string().default(''),
  content_url: z.string().default(''),
  detail_list: z.unknown().optional(),
});
export const Statistics = z.looseObject({ list: z.unknown().optional(), is_delay: z.boolean().default(false) });

/** `mid` of an article's address is the number that comments and statistics know it by; `idx` counts from 1. */
export function nameOf(
  url: string,
  otherwise: string,
): { id: string; place: { msgDataId: string; index: number } | undefined } {
  const query = URL.canParse(url) ? new URL(url).searchParams : undefined;
  const mid = query?.get('mid') ?? '';
  const idx = Number(query?.get('idx') ?? '1');
  if (!/^\d{1,20}$/u.test(mid) || !(idx >= 1)) return { id: otherwise.slice(0, 200), place: undefined };
  return { id: `${mid}_${idx}`, place: { msgDataId: mid, index: idx - 1 } };
}

/** Without what only says how the reader came there. */
export function publicUrl(url: string): string {
  return url
    .replace(/#.*$/u, '')
    .replace(/(?<=[?&])(?:chksm|scene)=[^&]*&?/gu, '')
    .replace(/[?&]$/u, '')
    .slice(0, 2000);
}

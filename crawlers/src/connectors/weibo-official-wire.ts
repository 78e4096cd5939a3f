/**
 * In: answers of Weibo's Open Platform. Out: their parts that are read, checked; counters and disappearances of posts by id.
 * Called by: weibo-official and its crawl.
 */
import { z } from 'zod';
import type { Engagement } from '../connector.ts';
import { sift, WireCount, WireId } from '../parse/wire.ts';
import { goneState } from './weibo-errors.ts';
import { WeiboUser } from './weibo-followed.ts';
import type { WeiboApi } from './weibo-open-api.ts';

const Ids = { id: WireId, idstr: WireId.optional().catch(undefined) };

/** The string twin is the safe one. */
function withIdstr<T extends { id: string; idstr?: string | undefined }>(entry: T): T {
  return { ...entry, id: entry.idstr ?? entry.id };
}

export const Status = z
  .looseObject({
    ...Ids,
    created_at: z.string().optional(),
    text: z.string().default(''),
    user: WeiboUser.nullish().catch(null),
    reposts_count: WireCount,
    comments_count: WireCount,
    attitudes_count: WireCount,
    deleted: z.unknown().optional(),
    isLongText: z.boolean().optional().catch(undefined),
    visible: z.looseObject({ type: z.number().optional() }).nullish().catch(null),
    retweeted_status: z
      .looseObject({
        text: z.string().optional(),
        user: WeiboUser.nullish().catch(null),
        deleted: z.unknown().optional(),
      })
      .nullish()
      .catch(null),
    longText: z.looseObject({ longTextContent: z.string() }).optional().catch(undefined),
  })
  .transform(withIdstr);
export type Status = z.infer<typeof Status>;

export const Comment = z
  .looseObject({
    ...Ids,
    created_at: z.string(),
    text: z.string(),
    user: WeiboUser.nullish().catch(null),
    like_count: WireCount,
    status: z
      .looseObject({ ...Ids, user: WeiboUser.nullish().catch(null) })
      .transform(withIdstr)
      .nullish()
      .catch(null),
    reply_comment: z
      .looseObject({ user: WeiboUser.nullish().catch(null) })
      .nullish()
      .catch(null),
  })
  .transform(withIdstr);
export type Comment = z.infer<typeof Comment>;

export const Timeline = z.looseObject({ statuses: z.unknown().optional() });
export const Comments = z.looseObject({ comments: z.unknown().optional(), total_number: WireCount });
const Counts = z.looseObject({ id: WireId, comments: WireCount, reposts: WireCount, attitudes: WireCount });

/** Counters of at most a hundred posts in one request, and the ids that the platform no longer names. */
export async function countsOf(
  api: WeiboApi,
  ids: readonly string[],
): Promise<{ engagement: (Engagement & { comments: number })[]; missing: string[] }> {
  const rows = sift(Counts, await api.get('/2/statuses/count.json', { ids: ids.join(',') })).good;
  const asked = new Set(ids);
  const engagement = rows
    .filter((row) => asked.delete(row.id))
    .map(({ id, comments, reposts, attitudes: likes }) => {
      return { platform: 'weibo' as const, kind: 'post' as const, id, comments, reposts, likes };
    });
  return { engagement, missing: [...asked] };
}

/** Whether a post that the counters no longer name is gone: asked for by name, because silence proves nothing. */
export async function lookUp(api: WeiboApi, id: string): Promise<'deleted' | 'restricted' | null> {
  try {
    const post = Status.safeParse(await api.get('/2/statuses/show.json', { id }));
    return post.success && isDeleted(post.data) ? 'deleted' : null;
  } catch (error) {
    const state = goneState(error);
    if (state === null) throw error;
    return state;
  }
}

/** A stub of a removed post: `deleted: "1"`, no author. */
export function isDeleted(status: { deleted?: unknown }): boolean {
  const mark = status.deleted;
  return mark !== undefined && mark !== null && !['', '0', 'false'].includes(String(mark));
}

/** A text cut at 140 characters ends in `…全文： <link>`. */
export function withoutMoreMark(text: string): string {
  return text.replace(/\.{0,3}全文[：:] {0,3}https?:\/\/\S{1,200}\s{0,5}\u200b?\s{0,5}$/u, '……');
}

/**
 * In: posts as Weibo shows them again and again. Out: which are new, edited or only counted anew, and whose comments to ask for.
 * Called by: weibo-official and weibo-web; the book is part of their cursors.
 */
import { createHash } from 'node:crypto';
import type { RawItem } from '@minsheng/contracts';
import { z } from 'zod';
import type { Engagement, Gap } from '../connector.ts';
import { officeTime, relativeDateMs, weiboDateMs } from '../parse/dates.ts';
import { WireCount, WireId } from '../parse/wire.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const POSTS_KEPT = 3000;
/** A post whose comments were never fetched to the end is held on to this much longer. */
const GRACE = 2 * DAY;
/** Entries below the mark that prove a newest-first page to reach it: fewer may be pinned or out of place. */
const PROOF = 3;
/** Ids of a pass that are remembered, so that overlapping or disordered pages bring nothing twice. */
const IDS_KEPT = 300;

/** A recent post whose comments and counters are followed. */
export const Followed = z.object({
  id: z.string(),
  at: z.number(),
  /** The platform's comment count when last asked. */
  count: z.number(),
  /** Comments up to this id are stored. */
  since: z.string().default('0'),
  /** How many of its comments were brought. */
  seen: z.number().default(0),
  checkedAt: z.number().default(0),
  /** The count at the last complete pass over its comments. */
  doneAt: z.number().default(0),
  countedAt: z.number().default(0),
  /** Written by the account whose credentials we use: its comments can be answered. */
  mine: z.boolean().default(false),
  /** Its author. */
  uid: z.string().default(''),
  /** Comments that the platform counts and that were not brought, by the reason: told at every run, until they come. */
  missing: z.record(z.string(), z.number()).default({}),
  /** What its text and its counters were, to tell an edit from a new count. */
  text: z.string().default(''),
  tally: z.string().default(''),
});
export type Followed = z.infer<typeof Followed>;

/** Why comments are missing, as 采集状态 tells it. The words are a gap's name: the figure is in its size. */
const MISSING = {
  hidden: { what: '平台计入评论数、但没有给出的评论（删除、仅部分可见或被过滤）', cause: 'platform-limit' },
  login: { what: '访客身份看不到的后续评论，须填写登录 Cookie', cause: 'login-needed' },
  pages: { what: '超过“每条帖文最多评论页数”的评论', cause: 'skipped' },
  empty: { what: '评论页连续为空，其后的评论', cause: 'unknown' },
  answers: { what: '平台没有给出的楼中楼回复', cause: 'platform-limit' },
} satisfies Record<string, Gap>;
export type MissingReason = keyof typeof MISSING;

/** A pass under way, newest first. `top` becomes the mark when the pass has closed the gap to the old one. */
export const Pass = z.object({ top: z.string(), maxId: z.string(), ids: z.array(z.string()).default([]) });
export type Pass = z.infer<typeof Pass>;

export const WeiboUser = z.looseObject({
  id: WireId.optional().catch(undefined),
  idstr: WireId.optional().catch(undefined),
  screen_name: z.string().optional().catch(undefined),
  followers_count: WireCount,
  verified_type: z.number().optional().catch(undefined),
});
export type WeiboUser = z.infer<typeof WeiboUser>;

export function uidOf(user: WeiboUser | null | undefined): string {
  return user?.idstr ?? user?.id ?? '';
}

/** `verified_type` of organisations is 1–7; persons (-1, 0, 220) and those who do not say are never monitored. */
export function isOrganisation(user: WeiboUser): boolean {
  const type = user.verified_type ?? -1;
  return type >= 1 && type <= 7;
}

/** Ids compare as numbers of any length. */
export function newer(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

export function before(id: string): string {
  return (BigInt(id) - 1n).toString();
}

export function newest(ids: readonly string[], start: string): string {
  return ids.reduce((a, b) => (newer(a, b) ? a : b), start);
}

/** `max_id` is inclusive; entries may be disordered, repeated or pinned. */
export interface Advance<T> {
  /** Not stored yet. */
  fresh: T[];
  /** On the page and stored before. */
  known: T[];
  next: Pass;
  /** The page reaches what is stored already, or there is nothing below it. */
  closed: boolean;
}

/**
 * What a newest-first page brings and where to go on. The next page starts below the third smallest id of this one: up to two old entries
 * out of place (pinned ones) would otherwise skip everything between; the overlap brings nothing twice.
 */
export function advance<T extends { id: string }>(list: readonly T[], since: string, pass: Pass | null): Advance<T> {
  const taken = new Set(pass?.ids);
  const here = new Map<string, T>();
  for (const entry of list) if (pass === null || !newer(entry.id, pass.maxId)) here.set(entry.id, entry);
  const fresh: T[] = [];
  const known: T[] = [];
  let below = 0;
  for (const [id, entry] of here) {
    if (!newer(id, since)) below++;
    (taken.has(id) || !newer(id, since) ? known : fresh).push(entry);
  }
  const ids = [...here.keys()].sort((a, b) => (a === b ? 0 : newer(a, b) ? -1 : 1));
  return {
    fresh,
    known,
    next: {
      top: newest(ids, pass?.top ?? since),
      maxId: before(ids[Math.max(0, ids.length - PROOF)] ?? '1'),
      ids: [...(pass?.ids ?? []), ...fresh.map((e) => e.id)].slice(-IDS_KEPT),
    },
    closed: fresh.length === 0 || below >= PROOF,
  };
}

/** Whether a page has gone past a moment: by more than a pinned entry or two, or altogether. */
export function isPast(times: readonly (number | undefined)[], oldest: number): boolean {
  const old = times.filter((at) => at !== undefined && at < oldest).length;
  return old >= PROOF || (old > 0 && old === times.length);
}

export function timeOf(text: string | undefined, nowMs: number): number | undefined {
  return text === undefined ? undefined : (weiboDateMs(text) ?? relativeDateMs(text, nowMs));
}

/** A time that cannot be read is handed on as it came: intake rejects it with its reason, and the ledger shows it. */
export function publishedAt(at: number | undefined, text: string | undefined): string {
  return at === undefined ? (text ?? '').padEnd(8).slice(0, 40) : officeTime(at);
}

/** The posts whose comments and counters are followed, by id. */
export class PostBook {
  private readonly byId: Map<string, Followed>;

  constructor(posts: readonly Followed[]) {
    this.byId = new Map(posts.map((p) => [p.id, { ...p }]));
  }

  list(): Followed[] {
    return [...this.byId.values()];
  }

  find(id: string): Followed | undefined {
    return this.byId.get(id);
  }

  forget(id: string): void {
    this.byId.delete(id);
  }

  follow(item: RawItem, at: number, now: number, author: { uid: string; mine?: boolean }): void {
    const { id, comments: count = 0 } = item;
    this.byId.set(id, Followed.parse({ id, at, count, countedAt: now, ...author, ...marksOf(item) }));
  }

  /** A post seen again: `edited` items are stored anew, counters go on as engagement, and nothing is said twice. */
  again(item: RawItem, now: number): { item?: RawItem; engagement?: Engagement } {
    const post = this.byId.get(item.id);
    if (post === undefined) return {};
    const { text, tally } = marksOf(item);
    const edited = post.text !== '' && post.text !== text;
    const counted = post.tally !== tally;
    Object.assign(post, { text, tally, count: item.comments ?? post.count, countedAt: now });
    if (edited) return { item };
    return counted ? { engagement: engagementOf(item) } : {};
  }

  /** Lets go of posts older than `oldest`. Comments that the platform counts and that were never asked for are named. */
  expire(oldest: number): Gap[] {
    let lost = 0;
    const list = this.list().sort((a, b) => b.at - a.at);
    for (const [i, post] of list.entries()) {
      const pending = post.count > post.doneAt;
      if (i < POSTS_KEPT && (post.at >= oldest || (pending && post.at >= oldest - GRACE))) continue;
      this.byId.delete(post.id);
      if (pending) lost += Math.max(0, post.count - post.seen);
    }
    const what = '已过评论采集期的帖文中没有取到的评论';
    return lost > 0 ? [{ what, size: lost, cause: 'truncated' }] : [];
  }

  /** What is missing under the posts that are followed, one gap for each reason. */
  missing(): Gap[] {
    const sizes = new Map<string, number>();
    for (const post of this.byId.values())
      for (const [reason, size] of Object.entries(post.missing)) sizes.set(reason, (sizes.get(reason) ?? 0) + size);
    return Object.entries(MISSING).flatMap(([reason, gap]) => {
      const size = sizes.get(reason) ?? 0;
      return size > 0 ? [{ ...gap, size }] : [];
    });
  }
}

function marksOf(item: RawItem): { text: string; tally: string } {
  const text = createHash('sha1').update(item.text).digest('base64url').slice(0, 8);
  return { text, tally: [item.likes, item.comments, item.reposts].join('/') };
}

function engagementOf({ platform, kind, id, likes = 0, comments = 0, reposts = 0 }: RawItem): Engagement {
  return { platform, kind, id, likes, comments, reposts };
}

/** How often counters are asked for: every run in the first hour, then half-hourly, six-hourly, daily. */
export function countEvery(age: number): number {
  if (age < HOUR) return 0;
  if (age < DAY) return 30 * MINUTE;
  return age < 7 * DAY ? 6 * HOUR : DAY;
}

/** Comments are asked for when their count grew; on the first day also every so often, because counts lag. */
export function commentsDue(post: Followed, now: number): boolean {
  if (post.count > post.doneAt) return true;
  const age = now - post.at;
  const every = age < HOUR ? 10 * MINUTE : 30 * MINUTE;
  return age < DAY && post.count > 0 && now - post.checkedAt > every;
}

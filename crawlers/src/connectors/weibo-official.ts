/**
 * In: the Open Platform token of a service account that follows the monitored accounts. Out: their posts, the public's comments, counters.
 * Source: Weibo Open Platform, statuses/home_timeline, statuses/count, comments/show; called by the collect step.
 */
import type { RawItem } from '@minsheng/contracts';
import { z } from 'zod';
import { defineConnector, type Engagement, type Gap, type Gone, type Page, type RunContext } from '../connector.ts';
import { RetryAfter } from '../errors.ts';
import { officeTime, relativeDateMs, weiboDateMs } from '../parse/dates.ts';
import { shaped, sift, WireCount, WireId } from '../parse/wire.ts';
import { ENDPOINT_LIMIT, goneState, WeiboApi } from './weibo-open-api.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PAGE = 100;
const COMMENT_PAGE = 50;
const COUNT_BATCH = 100;
const POSTS_KEPT = 3000;
/** Ids of a pass that are remembered, so that overlapping or disordered pages bring nothing twice. */
const IDS_KEPT = 300;
/** Posts that vanished from the counters and are asked for by name, per run. */
const LOOKUPS = 5;
/** `verified_type` of persons: ordinary, 达人, not verified. Organisations are 1–7. */
const PERSONS = new Set([-1, 0, 220]);

const Settings = z.object({
  baseUrl: z.url().default('https://api.weibo.com').meta({ title: '接口地址', description: '一般不必修改' }),
  uids: z
    .array(z.string().regex(/^\d+$/u))
    .optional()
    .meta({ title: '账号 UID', description: '只采集这些账号；留空为服务账号关注的全部机构账号' }),
  days: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(14)
    .meta({ title: '首次采集天数', description: '第一次运行往前采集多少天' }),
  commentDays: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(7)
    .meta({ title: '评论采集天数', description: '发布后多少天内继续采集评论' }),
  pageCap: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .meta({ title: '每次最多页数', description: '达到后下次从断点继续' }),
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .meta({ title: '允许内网地址', description: '仅用于本单位内网站点或演示' }),
});
const Credentials = z.object({
  accessToken: z
    .string()
    .trim()
    .min(1)
    .meta({ title: 'access_token', description: '服务账号的授权令牌，保存后不再显示' }),
});

/** A recent post whose comments and counters are followed. */
const Followed = z.object({
  id: z.string(),
  at: z.number(),
  /** The platform's comment count when last asked. */
  count: z.number(),
  /** Comments up to this id are stored. */
  since: z.string(),
  seen: z.number(),
  checkedAt: z.number(),
  /** The count at the last complete pass over its comments. */
  doneAt: z.number(),
  countedAt: z.number().default(0),
});
type Followed = z.infer<typeof Followed>;

/** A pass under way, newest first. `top` becomes the mark when the pass has closed the gap to the old one. */
const Pass = z.object({ top: z.string(), maxId: z.string(), ids: z.array(z.string()).default([]) });
type Pass = z.infer<typeof Pass>;

const Cursor = z.object({
  /** Posts up to this id are stored, without a hole. */
  since: z.string(),
  pass: Pass.nullable(),
  commentPass: Pass.extend({ postId: z.string() }).nullable(),
  posts: z.array(Followed),
  /** Names of the monitored accounts, by uid. */
  officials: z.record(z.string(), z.string()),
});
type Cursor = z.infer<typeof Cursor>;
type Run = RunContext<z.infer<typeof Settings>, z.infer<typeof Credentials>, Cursor>;

const User = z.looseObject({
  id: WireId.optional().catch(undefined),
  idstr: WireId.optional().catch(undefined),
  screen_name: z.string().optional(),
  followers_count: WireCount,
  verified: z.boolean().optional().catch(undefined),
  verified_type: z.number().optional().catch(undefined),
});
const Status = z.looseObject({
  id: WireId,
  idstr: WireId.optional().catch(undefined),
  created_at: z.string().optional(),
  text: z.string().default(''),
  user: User.nullish().catch(null),
  reposts_count: WireCount,
  comments_count: WireCount,
  attitudes_count: WireCount,
  deleted: z.unknown().optional(),
  isLongText: z.boolean().optional().catch(undefined),
  visible: z.looseObject({ type: z.number().optional() }).nullish().catch(null),
  retweeted_status: z
    .looseObject({ text: z.string().optional(), user: User.nullish().catch(null), deleted: z.unknown().optional() })
    .nullish()
    .catch(null),
  longText: z.looseObject({ longTextContent: z.string() }).optional().catch(undefined),
});
type Status = z.infer<typeof Status>;
const Comment = z.looseObject({
  id: WireId,
  idstr: WireId.optional().catch(undefined),
  created_at: z.string(),
  text: z.string(),
  user: User.nullish().catch(null),
  like_count: WireCount,
});
const Timeline = z.looseObject({ statuses: z.unknown().optional() });
const Comments = z.looseObject({ comments: z.unknown().optional(), total_number: WireCount });
const Counts = z.looseObject({ id: WireId, comments: WireCount, reposts: WireCount, attitudes: WireCount });

export const weiboOfficial = defineConnector({
  kind: 'weibo-official',
  platform: 'weibo',
  manual: {
    name: '微博开放平台',
    brings: '服务账号所关注的政务微博发布的内容、公众评论，以及转评赞数。个人账号即使被关注也不采集。',
    needs:
      '在微博开放平台登记应用，用一个专门的服务账号授权，并让该账号关注要采集的政务微博。授权到期后须由人工重新授权。',
    cost: '每次运行 1–3 次请求，有新评论的帖文每 50 条评论 1 次。每次运行最多用掉平台所给余额的四分之一，普通应用（每用户每天约 100 次）可设为每 30 分钟一次。',
  },
  settings: Settings,
  credentials: Credentials,
  cursor: Cursor,
  defaultIntervalSeconds: 1800,

  async probe(run) {
    const api = apiOf(run);
    const answer = shaped(Timeline, await api.get('/2/statuses/home_timeline.json', { count: 1 }), '微博接口');
    const name = sift(Status, answer.statuses).good[0]?.user?.screen_name;
    const left = (await api.allowance())?.left;
    const budget = left === undefined ? '' : `本时段还可请求 ${left} 次。`;
    return (name === undefined ? '连接正常，但关注的账号还没有内容。' : `连接正常，最近一条来自“${name}”。`) + budget;
  },

  async *crawl(run) {
    const crawl = new Crawl(run);
    await crawl.weighBudget();
    yield* crawl.timeline();
    yield* crawl.leniently(crawl.counters(), '转评赞数');
    yield* crawl.leniently(crawl.comments(), '评论');
    yield* crawl.summary();
  },
});

function apiOf(run: Run): WeiboApi {
  const { http, signal } = run;
  return new WeiboApi({ baseUrl: run.settings.baseUrl, accessToken: run.credentials.accessToken, http, signal });
}

/** Ids compare as numbers of any length. */
function newer(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

function before(id: string): string {
  return (BigInt(id) - 1n).toString();
}

function idOf(entry: { id: string; idstr?: string | undefined }): string {
  return entry.idstr ?? entry.id;
}

function newest(ids: readonly string[], start: string): string {
  return ids.reduce((a, b) => (newer(a, b) ? a : b), start);
}

/**
 * What a page brings that is not stored yet, and where to go on.
 * The next page starts below the page's last entry, not below its smallest id: one old entry out of place (a pinned post) would
 * otherwise skip everything between. `max_id` is inclusive, so 1 is taken off.
 */
function advance<T extends { id: string; idstr?: string | undefined }>(list: T[], since: string, pass: Pass | null) {
  const known = new Set(pass?.ids);
  const fresh: T[] = [];
  for (const entry of list) {
    const id = idOf(entry);
    if (known.has(id) || !newer(id, since) || (pass !== null && newer(id, pass.maxId))) continue;
    known.add(id);
    fresh.push(entry);
  }
  const ids = fresh.map(idOf);
  const next: Pass = {
    top: newest(ids, pass?.top ?? since),
    maxId: before(ids.at(-1) ?? '1'),
    ids: [...(pass?.ids ?? []), ...ids].slice(-IDS_KEPT),
  };
  return { fresh, next };
}

class Crawl {
  private readonly api: WeiboApi;
  private readonly state: Cursor;
  private pages: number;
  private readonly told = new Set<string>();
  private readonly persons = new Set<string>();
  /** Comments that the platform counts and does not show. */
  private hidden = { posts: 0, comments: 0 };

  constructor(private readonly run: Run) {
    this.api = apiOf(run);
    this.state = run.cursor ?? { since: '0', pass: null, commentPass: null, posts: [], officials: {} };
    this.pages = run.settings.pageCap;
  }

  private get now(): number {
    return this.run.now().getTime();
  }

  private page(part: Partial<Page<Cursor>>): Page<Cursor> {
    return { items: [], ...part, cursor: structuredClone(this.state) };
  }

  /** A run spends a quarter of what is left at most, so that the last hours of a day are not blind. */
  async weighBudget(): Promise<void> {
    const allowance = await this.api.allowance();
    if (allowance === undefined) return;
    if (allowance.left === 0 && allowance.resetSeconds > 0) {
      const wait = Math.min(86_400, Math.max(60, allowance.resetSeconds));
      throw new RetryAfter(`微博接口的请求额度已用完，平台将在 ${Math.ceil(wait / 60)} 分钟后恢复，届时继续。`, wait);
    }
    this.pages = Math.min(this.pages, Math.max(3, Math.floor(allowance.left / 4)));
  }

  /** One endpoint's own limit ends its step, not the run. */
  async *leniently(step: AsyncGenerator<Page<Cursor>>, what: string): AsyncGenerator<Page<Cursor>> {
    try {
      yield* step;
    } catch (error) {
      if (!(error instanceof RetryAfter) || Number(error.details.code) !== ENDPOINT_LIMIT) throw error;
      yield this.page({ gaps: [{ what: `${what}接口的请求额度已用完，下次继续`, cause: 'platform-limit' }] });
    }
  }

  async *timeline(): AsyncGenerator<Page<Cursor>> {
    const { run, state } = this;
    const oldest = this.now - run.settings.days * DAY;
    for (;;) {
      if (run.signal.aborted) return;
      if (this.pages-- <= 0) {
        yield this.page({ gaps: [{ what: '本次运行达到页数上限，较早的帖文下次继续', cause: 'platform-limit' }] });
        return;
      }
      const { pass } = state;
      const answer = shaped(
        Timeline,
        await this.api.get('/2/statuses/home_timeline.json', {
          count: PAGE,
          ...(state.since === '0' ? {} : { since_id: state.since }),
          ...(pass === null ? {} : { max_id: pass.maxId }),
        }),
        '微博接口',
      );
      const { good, broken } = sift(Status, answer.statuses);
      const { fresh, next } = advance(good, state.since, pass);
      const items: RawItem[] = [];
      const gone: Gone[] = [];
      let cut = 0;
      // Only a first crawl looks back a limited time; later ones close the gap to the last, however long the source was away.
      const first = state.since === '0';
      let reachedOldest = false;
      for (const status of fresh) {
        const at = this.timeOf(status.created_at);
        reachedOldest = first && at !== undefined && at < oldest;
        if (reachedOldest) continue;
        if (isDeleted(status)) gone.push({ platform: 'weibo', kind: 'post', id: idOf(status), state: 'deleted' });
        else if (this.isMonitored(status)) {
          items.push(this.postOf(status, at));
          if (status.isLongText === true && status.longText === undefined) cut++;
        }
      }
      const end = fresh.length === 0 || reachedOldest;
      if (end) state.since = newest([next.top], state.since);
      state.pass = end ? null : next;
      const keep = this.now - run.settings.commentDays * DAY;
      state.posts = state.posts.filter((p) => p.at >= keep).slice(-POSTS_KEPT);
      const gaps: Gap[] = [];
      if (broken > 0) gaps.push({ what: '平台返回的帖文中缺少必要字段的', size: broken, cause: 'skipped' });
      if (cut > 0) gaps.push({ what: '长微博只取得开头部分（开放平台不提供全文）', size: cut, cause: 'truncated' });
      yield this.page({ items, gone, gaps, expected: items.length + broken });
      if (end) return;
    }
  }

  private timeOf(text: string | undefined): number | undefined {
    return text === undefined ? undefined : (weiboDateMs(text) ?? relativeDateMs(text, this.now));
  }

  /** Public posts of the accounts that are asked for; without a list, of organisations: a person is not monitored by being followed. */
  private isMonitored({ user, visible }: Status): boolean {
    if (user === null || user === undefined || (visible?.type ?? 0) !== 0) return false;
    const uid = user.idstr ?? user.id ?? '';
    const { uids } = this.run.settings;
    if (uids !== undefined) return uids.includes(uid);
    const person = user.verified === false || (user.verified_type !== undefined && PERSONS.has(user.verified_type));
    if (person) this.persons.add(uid);
    return !person;
  }

  private postOf(status: Status, at: number | undefined): RawItem {
    const { run, state } = this;
    const id = idOf(status);
    const uid = status.user?.idstr ?? status.user?.id ?? '';
    const name = status.user?.screen_name ?? state.officials[uid] ?? uid;
    state.officials[uid] = name;
    if (!this.told.has(uid)) {
      this.told.add(uid);
      run.account({ platform: 'weibo', nativeId: uid, name, followers: status.user?.followers_count ?? 0 });
    }
    if (at !== undefined && !state.posts.some((p) => p.id === id)) {
      const count = status.comments_count;
      state.posts.push({ id, at, count, since: '0', seen: 0, checkedAt: 0, doneAt: 0, countedAt: this.now });
    }
    const { retweeted_status: quoted } = status;
    const own = status.longText?.longTextContent ?? withoutMoreMark(status.text);
    const quotes = quoted?.text !== undefined && !isDeleted(quoted);
    return {
      platform: 'weibo',
      kind: 'post',
      id,
      account: name,
      // A time that cannot be read is handed on as it came: intake rejects it with its reason, and the ledger shows it.
      publishedAt: at === undefined ? (status.created_at ?? '').padEnd(8).slice(0, 40) : officeTime(at),
      text: quotes ? `${own}//@${quoted.user?.screen_name ?? '原微博'}:${withoutMoreMark(quoted.text ?? '')}` : own,
      ...(run.settings.baseUrl === 'https://api.weibo.com' ? { url: `https://m.weibo.cn/detail/${id}` } : {}),
      likes: status.attitudes_count,
      comments: status.comments_count,
      reposts: status.reposts_count,
    };
  }

  /** Counters of recent posts, a hundred at a time, less often as they age; also tells which comments are worth asking for. */
  async *counters(): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    const now = this.now;
    const due = state.posts
      .filter((p) => now - p.countedAt >= countEvery(now - p.at) && p.countedAt !== now)
      .sort((a, b) => a.countedAt - b.countedAt);
    let lookups = LOOKUPS;
    for (let i = 0; i < due.length; i += COUNT_BATCH) {
      if (this.run.signal.aborted || this.pages-- <= 0) return;
      const batch = due.slice(i, i + COUNT_BATCH);
      const answer = await this.api.get('/2/statuses/count.json', { ids: batch.map((p) => p.id).join(',') });
      const byId = new Map(sift(Counts, answer).good.map((row) => [row.id, row]));
      const engagement: Engagement[] = [];
      const missing: Followed[] = [];
      for (const post of batch) {
        const row = byId.get(post.id);
        if (row === undefined) {
          missing.push(post);
          continue;
        }
        post.count = row.comments;
        post.countedAt = now;
        const { comments, reposts, attitudes: likes } = row;
        engagement.push({ platform: 'weibo', kind: 'post', id: post.id, comments, reposts, likes });
      }
      const gone: Gone[] = [];
      // An empty answer says something about the endpoint, not about a hundred posts.
      if (byId.size > 0) {
        for (const post of missing) {
          if (lookups-- <= 0 || this.pages-- <= 0) break;
          const state_ = await this.lookUp(post.id);
          post.countedAt = now;
          if (state_ !== null) gone.push(this.forget(post.id, state_));
        }
      }
      yield this.page({ engagement, gone });
    }
  }

  /** Whether a post that the counters no longer name is gone. */
  private async lookUp(id: string): Promise<'deleted' | 'restricted' | null> {
    try {
      await this.api.get('/2/statuses/show.json', { id });
      return null;
    } catch (error) {
      const state = goneState(error);
      if (state === null) throw error;
      return state;
    }
  }

  private forget(id: string, state: Gone['state']): Gone {
    this.state.posts = this.state.posts.filter((p) => p.id !== id);
    if (this.state.commentPass?.postId === id) this.state.commentPass = null;
    return { platform: 'weibo', kind: 'post', id, state };
  }

  async *comments(): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    const under = state.commentPass?.postId;
    if (under !== undefined && !state.posts.some((p) => p.id === under)) {
      state.commentPass = null;
      const what = `帖文 ${under} 已超过评论采集期，其余评论没有采集`;
      yield this.page({ gaps: [{ what, cause: 'skipped' }] });
    }
    const order = [...state.posts].sort((a, b) => (a.id === under ? -1 : b.id === under ? 1 : b.at - a.at));
    for (const post of order) {
      if (this.run.signal.aborted) return;
      if (post.id !== state.commentPass?.postId && !commentsDue(post, this.now)) continue;
      if (this.pages <= 0) {
        yield this.page({ gaps: [{ what: '本次运行达到页数上限，其余评论下次继续', cause: 'platform-limit' }] });
        return;
      }
      yield* this.commentsOf(post);
    }
  }

  private async *commentsOf(post: Followed): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    while (this.pages-- > 0) {
      if (this.run.signal.aborted) return;
      const pass = state.commentPass?.postId === post.id ? state.commentPass : null;
      let body: unknown;
      try {
        body = await this.api.get('/2/comments/show.json', {
          id: post.id,
          count: COMMENT_PAGE,
          ...(post.since === '0' ? {} : { since_id: post.since }),
          ...(pass === null ? {} : { max_id: pass.maxId }),
        });
      } catch (error) {
        const state_ = goneState(error);
        if (state_ === null) throw error;
        yield this.page({ gone: [this.forget(post.id, state_)] });
        return;
      }
      const answer = shaped(Comments, body, '微博评论接口');
      const { good, broken } = sift(Comment, answer.comments);
      const { fresh, next } = advance(good, post.since, pass);
      const items = fresh.map((comment) => this.commentOf(post, comment));
      post.seen += fresh.length;
      post.checkedAt = this.now;
      const counted = Math.max(post.count, answer.total_number);
      // A short page is the last one when nothing is missing; otherwise one more question makes sure.
      const end = fresh.length === 0 || (good.length < COMMENT_PAGE / 2 && post.seen >= counted);
      if (end) {
        post.since = newest([next.top], post.since);
        post.doneAt = post.count;
        state.commentPass = null;
        if (counted > post.seen) {
          this.hidden.posts++;
          this.hidden.comments += counted - post.seen;
        }
      } else state.commentPass = { ...next, postId: post.id };
      const gaps: Gap[] =
        broken > 0 ? [{ what: '平台返回的评论中缺少必要字段的', size: broken, cause: 'skipped' }] : [];
      yield this.page({ items, gaps, expected: items.length + broken });
      if (end) return;
    }
  }

  private commentOf(post: Followed, comment: z.infer<typeof Comment>): RawItem {
    const uid = comment.user?.idstr ?? comment.user?.id ?? '';
    const official =
      this.state.officials[uid] ??
      (this.run.settings.uids?.includes(uid) === true ? comment.user?.screen_name : undefined);
    const at = this.timeOf(comment.created_at);
    const id = idOf(comment);
    return {
      platform: 'weibo',
      kind: 'comment',
      id,
      parentId: post.id,
      ...(official !== undefined ? { account: official } : uid === '' ? {} : { author: uid }),
      publishedAt: at === undefined ? comment.created_at.padEnd(8).slice(0, 40) : officeTime(at),
      text: comment.text,
      likes: comment.like_count,
      ...(official === undefined ? { replyHandle: { platform: 'weibo', commentId: id, postId: post.id } } : {}),
    };
  }

  /** What is known to be missing, said once per run. */
  async *summary(): AsyncGenerator<Page<Cursor>> {
    const { posts, comments } = this.hidden;
    const gaps: Gap[] = [];
    if (comments > 0) {
      const what = `${posts} 条帖文的评论数多于平台所给的评论（删除、仅部分可见或被过滤）`;
      gaps.push({ what, size: comments, cause: 'platform-limit' });
    }
    if (this.persons.size > 0)
      gaps.push({ what: '服务账号关注的个人账号，未采集', size: this.persons.size, cause: 'skipped' });
    if (gaps.length > 0) yield this.page({ gaps, expected: comments });
  }
}

/** A stub of a removed post: `deleted: "1"`, no author. */
function isDeleted(status: { deleted?: unknown; user?: unknown }): boolean {
  const mark = status.deleted;
  return mark !== undefined && mark !== null && !['', '0', 'false'].includes(String(mark));
}

/** A text cut at 140 characters ends in `…全文： <link>`. */
function withoutMoreMark(text: string): string {
  return text.replace(/\.{0,3}全文[：:] {0,3}https?:\/\/\S{1,200}\s{0,5}\u200b?\s{0,5}$/u, '……');
}

/** How often counters are asked for: every run in the first hour, then half-hourly, six-hourly, daily. */
function countEvery(age: number): number {
  if (age < HOUR) return 0;
  if (age < DAY) return 30 * MINUTE;
  return age < 7 * DAY ? 6 * HOUR : DAY;
}

/** Comments are asked for when their count grew; on the first day also every so often, because counts lag. */
function commentsDue(post: Followed, now: number): boolean {
  if (post.count > post.doneAt) return true;
  const age = now - post.at;
  const every = age < HOUR ? 10 * MINUTE : 30 * MINUTE;
  return age < DAY && post.count > 0 && now - post.checkedAt > every;
}

/**
 * In: the Open Platform token of a service account that follows the monitored accounts. Out: their posts, the public's comments, counters.
 * Source: Weibo Open Platform, statuses/home_timeline, statuses/count, comments/show; called by the collect step.
 */
import type { RawItem } from '@minsheng/contracts';
import { z } from 'zod';
import { defineConnector, type Engagement, type Gap, type Gone, type Page, type RunContext } from '../connector.ts';
import { ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';
import { officeTime, weiboDateMs } from '../parse/weibo-date.ts';

const DAY = 86_400_000;
const PAGE = 100;
const COMMENT_PAGE = 50;
const COUNT_BATCH = 100;
const POSTS_KEPT = 3000;

const Settings = z.object({
  baseUrl: z.url().default('https://api.weibo.com').describe('接口地址，一般不必修改'),
  uids: z.array(z.string().regex(/^\d+$/u)).optional().describe('只采集这些账号的 UID；留空 = 服务账号关注的全部账号'),
  days: z.number().int().min(1).max(3650).default(14).describe('首次采集往前多少天'),
  commentDays: z.number().int().min(1).max(3650).default(7).describe('发布后多少天内继续采集评论'),
  pageCap: z.number().int().min(1).max(100_000).default(200).describe('每次运行最多请求多少页'),
  allowPrivateNetwork: z.boolean().default(false).describe('允许内网地址（仅用于本单位内网或演示）'),
});
const Credentials = z.object({ accessToken: z.string().min(1).describe('服务账号的 access_token') });

/** A recent post whose comments are followed. */
const Followed = z.object({
  id: z.string(),
  at: z.number(),
  /** The platform's count when last asked. */
  count: z.number(),
  /** Comments up to this id are stored. */
  since: z.string(),
  seen: z.number(),
  checkedAt: z.number(),
  /** The count at the last complete pass over its comments. */
  doneAt: z.number(),
});
type Followed = z.infer<typeof Followed>;

const Cursor = z.object({
  /** Posts up to this id are stored, without a hole. */
  since: z.string(),
  /** A pass under way, newest first: `top` becomes `since` when it reaches the old `since`. */
  pass: z.object({ top: z.string(), maxId: z.string() }).nullable(),
  /** A pass over the comments of one post, newest first. */
  commentPass: z.object({ postId: z.string(), top: z.string(), maxId: z.string() }).nullable(),
  posts: z.array(Followed),
  officials: z.record(z.string(), z.string()),
});
type Cursor = z.infer<typeof Cursor>;
type Run = RunContext<z.infer<typeof Settings>, z.infer<typeof Credentials>, Cursor>;

const IdText = z.union([z.string(), z.number()]).transform(String);
const Count = z
  .union([z.number(), z.string()])
  .optional()
  .transform((v) => (v === undefined || Number.isNaN(Number(v)) ? 0 : Math.max(0, Math.trunc(Number(v)))));
const User = z.looseObject({
  id: IdText.optional(),
  idstr: z.string().optional(),
  screen_name: z.string().optional(),
  followers_count: Count,
});
const Status = z.looseObject({
  id: IdText,
  idstr: z.string().optional(),
  mid: IdText.optional(),
  created_at: z.string().optional(),
  text: z.string().default(''),
  user: User.nullish(),
  reposts_count: Count,
  comments_count: Count,
  attitudes_count: Count,
  deleted: z.union([z.string(), z.number(), z.boolean()]).optional(),
  retweeted_status: z.looseObject({ text: z.string().optional(), user: User.nullish() }).nullish(),
  longText: z.looseObject({ longTextContent: z.string() }).optional(),
});
const Comment = z.looseObject({
  id: IdText,
  idstr: z.string().optional(),
  created_at: z.string(),
  text: z.string(),
  user: User.nullish(),
  like_count: Count,
});
const Timeline = z.looseObject({ statuses: z.array(Status).nullish(), total_number: Count });
const Comments = z.looseObject({ comments: z.array(Comment).nullish(), total_number: Count });
const Counts = z.array(z.looseObject({ id: IdText, comments: Count, reposts: Count, attitudes: Count }));
const ErrorAnswer = z.looseObject({ error: z.string().optional(), error_code: z.union([z.string(), z.number()]) });

export const weiboOfficial = defineConnector({
  kind: 'weibo-official',
  platform: 'weibo',
  manual: {
    name: '微博开放平台',
    brings: '服务账号所关注的政务微博发布的内容、公众评论，以及转评赞数。',
    needs:
      '在微博开放平台登记应用，用一个专门的服务账号授权，并让该账号关注要采集的政务微博。授权到期后须由人工重新授权。',
    cost: '每次运行至少 2 次请求；有新评论的帖文每 50 条评论 1 次。普通应用每用户每天约 100 次，请据此设定间隔。',
  },
  settings: Settings,
  credentials: Credentials,
  cursor: Cursor,
  defaultIntervalSeconds: 300,

  async probe(run) {
    const answer = Timeline.parse(await ask(run, '/2/statuses/home_timeline.json', { count: 1 }));
    const name = answer.statuses?.[0]?.user?.screen_name;
    return name === undefined ? '连接正常，但关注的账号还没有内容。' : `连接正常，最近一条来自“${name}”。`;
  },

  async *crawl(run) {
    const state: Cursor = run.cursor ?? { since: '0', pass: null, commentPass: null, posts: [], officials: {} };
    const budget = { pages: run.settings.pageCap };
    yield* timeline(run, state, budget);
    yield* counters(run, state, budget);
    yield* comments(run, state, budget);
  },
});

/** Ids compare as numbers of any length. */
function newer(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

function before(id: string): string {
  return (BigInt(id) - 1n).toString();
}

function page(state: Cursor, part: Partial<Page<Cursor>>): Page<Cursor> {
  return { items: [], ...part, cursor: structuredClone(state) };
}

async function* timeline(run: Run, state: Cursor, budget: { pages: number }): AsyncGenerator<Page<Cursor>> {
  const oldest = run.now().getTime() - run.settings.days * DAY;
  for (;;) {
    if (budget.pages-- <= 0) {
      yield page(state, { gaps: [{ what: '本次运行达到页数上限，较早的帖文下次继续', cause: 'platform-limit' }] });
      return;
    }
    const { pass } = state;
    const answer = Timeline.parse(
      await ask(run, '/2/statuses/home_timeline.json', {
        count: PAGE,
        ...(state.since === '0' ? {} : { since_id: state.since }),
        ...(pass === null ? {} : { max_id: pass.maxId }),
      }),
    );
    const list = answer.statuses ?? [];
    const fresh = list.filter((s) => newer(idOf(s), state.since) && (pass === null || !newer(idOf(s), pass.maxId)));
    const items: RawItem[] = [];
    let reachedOldest = false;
    for (const status of fresh) {
      const at = weiboDateMs(status.created_at ?? '');
      if (at !== undefined && at < oldest) reachedOldest = true;
      else {
        const item = postOf(run, state, status, at);
        if (item !== null) items.push(item);
      }
    }
    const bottom = fresh.map(idOf).reduce((a, b) => (newer(a, b) ? b : a), pass?.maxId ?? fresh.map(idOf)[0] ?? '0');
    const top = pass?.top ?? fresh.map(idOf).reduce((a, b) => (newer(a, b) ? a : b), state.since);
    const end = fresh.length === 0 || reachedOldest || list.length < PAGE / 2 || bottom === '0';
    if (end) {
      state.since = newer(top, state.since) ? top : state.since;
      state.pass = null;
    } else {
      state.pass = { top, maxId: before(bottom) };
    }
    const keep = run.now().getTime() - run.settings.commentDays * DAY;
    state.posts = state.posts.filter((p) => p.at >= keep).slice(-POSTS_KEPT);
    yield page(state, { items });
    if (end) return;
  }
}

function idOf(entry: { id: string; idstr?: string | undefined }): string {
  return entry.idstr ?? entry.id;
}

function postOf(run: Run, state: Cursor, status: z.infer<typeof Status>, at: number | undefined): RawItem | null {
  const id = idOf(status);
  const { user } = status;
  if (status.deleted !== undefined || user === null || user === undefined || at === undefined) return null;
  const uid = user.idstr ?? user.id ?? '';
  const { uids, baseUrl } = run.settings;
  if (uids !== undefined && !uids.includes(uid)) return null;
  const name = user.screen_name ?? uid;
  if (state.officials[uid] !== name) state.officials[uid] = name;
  run.account({ platform: 'weibo', nativeId: uid, name, followers: user.followers_count });
  if (!state.posts.some((p) => p.id === id)) {
    state.posts.push({ id, at, count: status.comments_count, since: '0', seen: 0, checkedAt: 0, doneAt: 0 });
  }
  const quoted = status.retweeted_status?.text;
  const own = status.longText?.longTextContent ?? status.text;
  return {
    platform: 'weibo',
    kind: 'post',
    id,
    account: name,
    publishedAt: officeTime(at),
    text: quoted === undefined ? own : `${own}//@${status.retweeted_status?.user?.screen_name ?? '原微博'}:${quoted}`,
    ...(baseUrl === 'https://api.weibo.com' ? { url: `https://m.weibo.cn/detail/${id}` } : {}),
    likes: status.attitudes_count,
    comments: status.comments_count,
    reposts: status.reposts_count,
  };
}

/** Counters of recent posts, a hundred at a time; also tells which comments are worth asking for. */
async function* counters(run: Run, state: Cursor, budget: { pages: number }): AsyncGenerator<Page<Cursor>> {
  for (let i = 0; i < state.posts.length; i += COUNT_BATCH) {
    if (budget.pages-- <= 0) return;
    const batch = state.posts.slice(i, i + COUNT_BATCH);
    const answer = Counts.parse(await ask(run, '/2/statuses/count.json', { ids: batch.map((p) => p.id).join(',') }));
    const byId = new Map(answer.map((row) => [row.id, row]));
    const engagement: Engagement[] = [];
    for (const post of batch) {
      const row = byId.get(post.id);
      if (row === undefined) continue;
      post.count = row.comments;
      engagement.push({
        platform: 'weibo',
        kind: 'post',
        id: post.id,
        comments: row.comments,
        reposts: row.reposts,
        likes: row.attitudes,
      });
    }
    yield page(state, { engagement });
  }
}

/** First hour: every run that saw the count grow; first day: every half hour; afterwards: every six hours. */
function due(post: Followed, now: number): boolean {
  if (post.count > post.doneAt) return true;
  const age = now - post.at;
  const every = age < 3_600_000 ? 600_000 : age < DAY ? 1_800_000 : 21_600_000;
  return post.count > 0 && now - post.checkedAt > every && age < DAY;
}

async function* comments(run: Run, state: Cursor, budget: { pages: number }): AsyncGenerator<Page<Cursor>> {
  const under = state.commentPass;
  const order = [...state.posts].sort((a, b) =>
    a.id === under?.postId ? -1 : b.id === under?.postId ? 1 : b.at - a.at,
  );
  for (const post of order) {
    if (run.signal.aborted) return;
    if (post.id === state.commentPass?.postId || due(post, run.now().getTime()))
      yield* commentsOf(run, state, post, budget);
    if (budget.pages <= 0) {
      yield page(state, { gaps: [{ what: '本次运行达到页数上限，其余评论下次继续', cause: 'platform-limit' }] });
      return;
    }
  }
}

async function* commentsOf(
  run: Run,
  state: Cursor,
  post: Followed,
  budget: { pages: number },
): AsyncGenerator<Page<Cursor>> {
  while (budget.pages-- > 0) {
    const pass = state.commentPass?.postId === post.id ? state.commentPass : null;
    let answer: z.infer<typeof Comments>;
    try {
      answer = Comments.parse(
        await ask(run, '/2/comments/show.json', {
          id: post.id,
          count: COMMENT_PAGE,
          ...(post.since === '0' ? {} : { since_id: post.since }),
          ...(pass === null ? {} : { max_id: pass.maxId }),
        }),
      );
    } catch (error) {
      const state_ = error instanceof ConnectorError && error.kind === 'gone' ? goneState(error) : null;
      if (state_ === null) throw error;
      state.posts = state.posts.filter((p) => p.id !== post.id);
      state.commentPass = null;
      const gone: Gone[] = [{ platform: 'weibo', kind: 'post', id: post.id, state: state_ }];
      yield page(state, { gone });
      return;
    }
    const list = answer.comments ?? [];
    const fresh = list.filter((c) => newer(idOf(c), post.since) && (pass === null || !newer(idOf(c), pass.maxId)));
    const items = fresh.map((c) => commentOf(state, post, c));
    post.seen += fresh.length;
    post.checkedAt = run.now().getTime();
    const top = pass?.top ?? fresh.map(idOf).reduce((a, b) => (newer(a, b) ? a : b), post.since);
    const bottom = fresh.map(idOf).reduce((a, b) => (newer(a, b) ? b : a), pass?.maxId ?? fresh.map(idOf)[0] ?? '0');
    const end = fresh.length === 0 || list.length < COMMENT_PAGE / 2 || bottom === '0';
    const gaps: Gap[] = [];
    if (end) {
      if (newer(top, post.since)) post.since = top;
      state.commentPass = null;
      post.doneAt = post.count;
      const missing = post.count - post.seen;
      if (missing > 0)
        gaps.push({
          what: `帖文 ${post.id} 的评论，平台计 ${post.count} 条，可见 ${post.seen} 条`,
          size: missing,
          cause: 'platform-limit',
        });
    } else {
      state.commentPass = { postId: post.id, top, maxId: before(bottom) };
    }
    yield page(state, { items, gaps });
    if (end) return;
  }
}

function commentOf(state: Cursor, post: Followed, comment: z.infer<typeof Comment>): RawItem {
  const uid = comment.user?.idstr ?? comment.user?.id ?? '';
  const official = state.officials[uid];
  const at = weiboDateMs(comment.created_at);
  const id = idOf(comment);
  return {
    platform: 'weibo',
    kind: 'comment',
    id,
    parentId: post.id,
    ...(official !== undefined ? { account: official } : uid === '' ? {} : { author: uid }),
    publishedAt: at === undefined ? comment.created_at : officeTime(at),
    text: comment.text,
    likes: comment.like_count,
    ...(official === undefined ? { replyHandle: { platform: 'weibo', commentId: id, postId: post.id } } : {}),
  };
}

function goneState(error: ConnectorError): 'deleted' | 'restricted' {
  return Number(error.details.code) === 20112 ? 'restricted' : 'deleted';
}

async function ask(run: Run, path: string, query: Record<string, string | number>): Promise<unknown> {
  const answer = await run.http.request({
    url: run.settings.baseUrl.replace(/\/$/u, '') + path,
    query,
    headers: { authorization: `OAuth2 ${run.credentials.accessToken}` },
    signal: run.signal,
  });
  const body = answer.json();
  const failed = ErrorAnswer.safeParse(body);
  if (failed.success) throw errorOf(Number(failed.data.error_code), answer.status);
  if (answer.status >= 400)
    throw new LayoutChanged(`微博接口返回 HTTP ${answer.status}，没有说明原因，稍后重试。`, { status: answer.status });
  return body;
}

/** Weibo's numeric error codes as what a person or the schedule should do. Source: open.weibo.com/wiki/Error_code. */
export function errorOf(code: number, status: number): ConnectorError {
  const details = { code, status };
  if ([10022, 10023, 10024].includes(code))
    return new RetryAfter(`微博接口的请求额度已用完（${code}），一小时后继续。`, 3600, details);
  if ([10001, 10002, 10003, 10009, 10010, 10011, 21331].includes(code))
    return new RetryAfter(`微博接口暂时繁忙（${code}），稍后自动重试。`, 60, details);
  if (code === 20101 || code === 20112 || code === 20003)
    return new ConnectorError('gone', '这条微博已被删除或不可见。', details);
  if ((code >= 21301 && code <= 21319) || [21327, 21332, 20033].includes(code)) {
    return new LoginNeeded(
      `微博授权已失效（${code}），已保存到上一页。请用服务账号重新授权，并在采集源中更新 access_token。`,
      details,
    );
  }
  if ([10005, 10014, 21337, 21321].includes(code))
    return new ConnectorError(
      'permission',
      `微博应用没有这个接口的权限（${code}）。请在开放平台申请相应权限。`,
      details,
    );
  if ([10004, 10006, 21322, 21324, 21326].includes(code))
    return new ConnectorError('config', `微博应用的配置有误或服务器 IP 受限（${code}）。请核对应用设置。`, details);
  return new LayoutChanged(`微博接口返回了未预料的错误（${code}）。已保存到上一页，稍后重试。`, details);
}

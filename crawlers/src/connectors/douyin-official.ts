/**
 * In: the authorisation of the office's own Douyin account. Out: its videos, the public's comments on them and the office's answers.
 * Source: Douyin Open Platform, item/comment/list, item/comment/reply/list, video/video_list, webhook. Called by: the collect step.
 */
import type { RawItem } from '@minsheng/contracts';
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { defineConnector, type Engagement, type Gap, type Page, type RunContext } from '../connector.ts';
import { certainlyNotSent } from '../certainly-not-sent.ts';
import { ConnectorError } from '../errors.ts';
import { readJson } from '../http/json.ts';
import { officeTime } from '../parse/dates.ts';
import { shaped, sift, WireCount } from '../parse/wire.ts';
import { addressOf, dataOf, DouyinApi, isNoScope, Tokens } from './douyin-api.ts';
import { allowPrivateNetwork, apiAddress } from './settings-fields.ts';

const DAY = 86_400_000;
const PAGE = 20;
const VIDEOS_KEPT = 300;
const IDS_KEPT = 100;
/** All comments of a video are gone through this often, for answers under old ones. */
const FULL_EVERY = DAY;
const SCOPES = 'item.comment,video.list';

const Settings = z.object({
  baseUrl: apiAddress('https://open.douyin.com'),
  accountName: z.string().min(1).max(80).meta({ title: '抖音号名称' }),
  itemIds: z
    .array(z.string().trim().min(2).max(200))
    .optional()
    .meta({ title: '视频 item_id', description: '没有“视频列表”权限时逐个填写；留空为近期全部视频' }),
  days: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(14)
    .meta({ title: '采集天数', description: '发布后多少天内继续采集评论' }),
  allowPrivateNetwork,
});
const Credentials = z.object({
  clientKey: z.string().trim().min(1).meta({ title: 'Client Key', description: '抖音开放平台应用' }),
  clientSecret: z.string().trim().min(1).meta({ title: 'Client Secret', description: '保存后不再显示' }),
  accessToken: z
    .string()
    .trim()
    .optional()
    .meta({ title: 'access_token', advanced: true, description: '由“授权”取得，一般不手填' }),
  refreshToken: z
    .string()
    .trim()
    .optional()
    .meta({ title: 'refresh_token', advanced: true, description: '由“授权”取得，一般不手填' }),
  openId: z
    .string()
    .trim()
    .optional()
    .meta({ title: 'open_id', advanced: true, description: '由“授权”取得，一般不手填' }),
  /** When even the refresh token ends; a person must authorise anew. */
  expiresAt: z.string().optional().meta({
    title: '授权到期时间',
    advanced: true,
    visible: true,
    description: '由“授权”取得；手填令牌时请写明，如 2026-12-31，以便到期前提醒',
  }),
});

const Video = z.object({
  id: z.string(),
  at: z.number(),
  /** The platform's count, now and when its comments were last read. */
  count: z.number(),
  readAt: z.number(),
  fullAt: z.number(),
  /** Comments up to this second (unix s) are stored; of that very second, those in `edge`. */
  since: z.number(),
  edge: z.array(z.string()),
  /** Answers under each comment that has some, as stored. */
  replies: z.record(z.string(), z.number()),
  hidden: z.number(),
});
type Video = z.infer<typeof Video>;
const Cursor = z.object({
  videos: z.array(Video),
  pass: z
    .object({
      id: z.string(),
      cursor: z.number(),
      full: z.boolean(),
      since: z.number(),
      edge: z.array(z.string()),
      seen: z.number(),
      ids: z.array(z.string()),
    })
    .nullable(),
});
type Cursor = z.infer<typeof Cursor>;
type Run = RunContext<z.infer<typeof Settings>, z.infer<typeof Credentials>, Cursor>;

const VideoEntry = z.looseObject({
  item_id: z.string(),
  title: z.string().default(''),
  create_time: z.coerce.number(),
  is_top: z.boolean().optional().catch(undefined),
  share_url: z.string().optional(),
  statistics: z
    .looseObject({
      comment_count: WireCount,
      digg_count: WireCount,
      share_count: WireCount,
      play_count: WireCount,
    })
    .optional()
    .catch(undefined),
});
type VideoEntry = z.infer<typeof VideoEntry>;
const CommentEntry = z.looseObject({
  comment_id: z.string(),
  comment_user_id: z.string().optional(),
  content: z.string(),
  create_time: z.coerce.number(),
  digg_count: WireCount,
  reply_comment_total: WireCount,
});
type CommentEntry = z.infer<typeof CommentEntry>;
const List = z.looseObject({
  list: z.unknown().optional(),
  cursor: z.coerce.number().default(0),
  has_more: z.coerce.boolean().default(false),
});
const Sent = z.looseObject({ comment_id: z.string().optional() });
const Event = z.looseObject({ event: z.string(), content: z.unknown().optional() });
/** The comment event's fields are not in the platform's readable pages; polling brings what this shape misses. */
const CommentEvent = CommentEntry.extend({ reply_to_item_id: z.string() });

export const douyinOfficial = defineConnector({
  kind: 'douyin-official',
  platform: 'douyin',
  manual: {
    name: '抖音开放平台',
    brings:
      '本单位抖音号的视频标题与播放、点赞、分享数，视频下的评论、评论的回复和本单位的答复。只能采集本单位自己的账号。',
    needs:
      '在抖音开放平台登记网站应用，申请“评论管理”（item.comment）和“视频列表”（video.list），再用本单位账号授权。平台目前很少批准评论管理，企业号评论接口已停止申请；没有批准时请改用“文件导入”，由人工从抖音后台导出。授权约 30 天到期，须人工重新授权。',
    cost: '每次运行 1 次请求看视频列表；评论数有变化的视频每 20 条评论 1 次，有新回复的评论每 20 条回复 1 次。答复每条 1 次。',
    cannot: '没有获批“评论管理”时采不到评论；其他账号的视频不能采集；不从抖音网页采集。',
    requestsPerItem: { firstRead: 0.052 },
  },
  settings: Settings,
  credentials: Credentials,
  cursor: Cursor,
  defaultIntervalSeconds: 1800,
  backfill: '沿视频列表补采任意日期发布的视频及其评论，需要“视频列表”权限。',
  expiresAt: ({ expiresAt }) => (expiresAt === undefined ? null : new Date(expiresAt)),

  authorize: {
    url(settings, { clientKey }, redirect, state) {
      const url = new URL(addressOf(settings.baseUrl, '/platform/oauth/connect'));
      const query = { client_key: clientKey, response_type: 'code', scope: SCOPES, redirect_uri: redirect, state };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return url.href;
    },
    async exchange({ http, signal, settings, credentials, now }, code) {
      const { clientKey, clientSecret } = credentials;
      const answer = await http.request({
        url: addressOf(settings.baseUrl, '/oauth/access_token/'),
        form: { client_key: clientKey, client_secret: clientSecret, code, grant_type: 'authorization_code' },
        signal,
        once: true,
      });
      const given = shaped(Tokens, dataOf(answer), '抖音授权接口');
      const seconds = given.refresh_expires_in;
      return {
        clientKey,
        clientSecret,
        accessToken: given.access_token,
        ...(given.refresh_token === undefined ? {} : { refreshToken: given.refresh_token }),
        ...(given.open_id === undefined ? {} : { openId: given.open_id }),
        ...(seconds === undefined ? {} : { expiresAt: new Date(now().getTime() + seconds * 1000).toISOString() }),
      };
    },
  },

  async probe(run) {
    const [itemId] = run.settings.itemIds ?? [];
    if (itemId !== undefined) {
      await apiOf(run).get('/item/comment/list/', { item_id: itemId, cursor: 0, count: 1, sort_type: 'time' });
      return '连接正常，可以读取所填视频的评论。';
    }
    const list = shaped(
      List,
      await apiOf(run).get('/api/douyin/v1/video/video_list/', { cursor: 0, count: 1 }),
      '抖音视频列表接口',
    );
    const title = sift(VideoEntry, list.list).good[0]?.title;
    return title === undefined ? '连接正常，账号还没有视频。' : `连接正常，最近一条视频“${title.slice(0, 30)}”。`;
  },

  async *crawl(run) {
    const { openId, clientKey } = run.credentials;
    run.account({ platform: 'douyin', nativeId: openId ?? clientKey, name: run.settings.accountName });
    const crawl = new Crawl(run);
    yield* crawl.videos();
    yield* crawl.comments();
    yield* crawl.summary();
  },

  receive({ credentials, settings }, request) {
    const said = (status: number, body: string, items: RawItem[] = []) =>
      Promise.resolve({ status, contentType: 'application/json; charset=utf-8', body, items });
    const expected = createHash('sha1')
      .update(credentials.clientSecret + request.body)
      .digest();
    const given = Buffer.from(request.headers['x-douyin-signature'] ?? '', 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      return said(403, JSON.stringify({ message: '签名不符，没有接收。请核对 Client Secret。' }));
    let event: z.infer<typeof Event>;
    let content: unknown;
    try {
      event = Event.parse(readJson(request.body));
      content = typeof event.content === 'string' ? readJson(event.content) : event.content;
    } catch {
      return said(400, JSON.stringify({ message: '消息格式无法识别，没有接收。' }));
    }
    if (event.event === 'verify_webhook') {
      const challenge = z.looseObject({ challenge: z.union([z.number(), z.string()]) }).safeParse(content);
      // A number beyond 2^53 was kept as its digits, and goes back as it came.
      return said(
        200,
        `{"challenge":${challenge.success ? String(challenge.data.challenge).replaceAll(/[^\d-]/gu, '') : 0}}`,
      );
    }
    const comment = event.event === 'item_comment_reply' ? CommentEvent.safeParse(content) : undefined;
    if (comment?.success !== true) return said(200, '{}');
    const { reply_to_item_id: itemId } = comment.data;
    return said(200, '{}', [commentOf(comment.data, itemId, itemId, settings.accountName, credentials.openId)]);
  },

  replyRules: () => ({ notes: ['答复发出后公开显示在这条评论下方。'] }),

  async reply(run, { handle, text }) {
    const { itemId, commentId } = handle;
    try {
      const answer = { item_id: itemId, comment_id: commentId, content: text };
      const { comment_id: id } = shaped(
        Sent,
        await apiOf(run).post('/item/comment/reply/', answer),
        '抖音评论回复接口',
      );
      return { state: 'sent', ...(id === undefined ? {} : { id }) };
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.kind !== 'unreachable' || certainlyNotSent(error)) throw error;
      throw new ConnectorError(
        'unreachable',
        '没有收到抖音的回执，答复可能已经发出，也可能没有。请先在抖音中核对，不要直接重发。',
        error.details,
      );
    }
  },
});

function apiOf({ settings, credentials, http, signal }: Run): DouyinApi {
  const { accessToken, openId, clientKey, refreshToken } = credentials;
  if (accessToken === undefined || openId === undefined)
    throw new ConnectorError('config', '还没有授权。请点“授权”，用本单位的抖音账号登录并同意。');
  return new DouyinApi({ baseUrl: settings.baseUrl, clientKey, openId, accessToken, refreshToken, http, signal });
}

function commentOf(
  comment: CommentEntry,
  itemId: string,
  parentId: string,
  accountName: string,
  openId: string | undefined,
): RawItem {
  const { comment_id: id, comment_user_id: user } = comment;
  const ours = user !== undefined && user === openId;
  return {
    platform: 'douyin',
    kind: 'comment',
    id,
    parentId,
    ...(ours ? { account: accountName } : user === undefined ? {} : { author: user }),
    publishedAt: officeTime(comment.create_time * 1000),
    text: comment.content,
    likes: comment.digg_count,
    ...(ours ? {} : { replyHandle: { platform: 'douyin', itemId, commentId: id } }),
  };
}

class Crawl {
  private readonly api: DouyinApi;
  private readonly state: Cursor;

  constructor(private readonly run: Run) {
    this.api = apiOf(run);
    this.state = run.cursor ?? { videos: [], pass: null };
  }

  private get now(): number {
    return this.run.now().getTime();
  }

  private get oldest(): number {
    return this.run.range?.from.getTime() ?? this.now - this.run.settings.days * DAY;
  }

  private page(part: Partial<Page<Cursor>>): Page<Cursor> {
    return { items: [], ...part, cursor: structuredClone(this.state) };
  }

  /** Newest first; a video pinned to the top does not end the list. Known ones give their counters, which tell where comments are new. */
  async *videos(): AsyncGenerator<Page<Cursor>> {
    const { run, state } = this;
    const { itemIds = [] } = run.settings;
    for (const id of itemIds) this.follow(id, this.now, 0);
    if (itemIds.length > 0) return;
    for (let cursor = 0; ;) {
      if (run.signal.aborted) return;
      let answer: unknown;
      try {
        answer = await this.api.get('/api/douyin/v1/video/video_list/', { cursor, count: PAGE });
      } catch (error) {
        if (!isNoScope(error)) throw error;
        throw new ConnectorError(
          'permission',
          '抖音应用没有“视频列表”（video.list）权限，不知道有哪些视频。请申请该权限，或在采集源中逐个填写视频 item_id。',
          (error as ConnectorError).details,
        );
      }
      const list = shaped(List, answer, '抖音视频列表接口');
      const { good, broken } = sift(VideoEntry, list.list);
      const items: RawItem[] = [];
      const engagement: Engagement[] = [];
      let reached = false;
      for (const video of good) {
        const at = video.create_time * 1000;
        if (at < this.oldest) {
          if (video.is_top !== true) reached = true;
          continue;
        }
        if (run.range !== undefined && at >= run.range.to.getTime()) continue;
        if (this.follow(video.item_id, at, video.statistics?.comment_count ?? 0)) items.push(this.videoOf(video));
        else engagement.push({ platform: 'douyin', kind: 'post', id: video.item_id, ...countersOf(video) });
      }
      state.videos = state.videos.filter((v) => v.at >= this.oldest).slice(-VIDEOS_KEPT);
      const gaps: Gap[] =
        broken > 0 ? [{ what: '平台返回的视频中缺少必要字段的', size: broken, cause: 'skipped' }] : [];
      yield this.page({ items, engagement, gaps, expected: items.length + broken });
      if (reached || !list.has_more || list.cursor === cursor) return;
      cursor = list.cursor;
    }
  }

  /** @returns whether it is new. */
  private follow(id: string, at: number, count: number): boolean {
    const known = this.state.videos.find((v) => v.id === id);
    if (known !== undefined) {
      known.count = count;
      return false;
    }
    this.state.videos.push({ id, at, count, readAt: -1, fullAt: 0, since: 0, edge: [], replies: {}, hidden: 0 });
    return true;
  }

  private videoOf(video: VideoEntry): RawItem {
    return {
      platform: 'douyin',
      kind: 'post',
      id: video.item_id,
      account: this.run.settings.accountName,
      publishedAt: officeTime(video.create_time * 1000),
      text: video.title === '' ? '[视频]' : video.title,
      ...(video.share_url === undefined ? {} : { url: video.share_url.slice(0, 2000) }),
      ...countersOf(video),
    };
  }

  async *comments(): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    const under = state.pass?.id;
    const named = (this.run.settings.itemIds ?? []).length > 0;
    for (const video of [...state.videos].sort(
      (a, b) => Number(b.id === under) - Number(a.id === under) || b.at - a.at,
    )) {
      if (this.run.signal.aborted) return;
      const isDue = video.count !== video.readAt || this.now - video.fullAt >= FULL_EVERY;
      if (video.id === under || named || isDue) yield* this.commentsOf(video);
    }
  }

  /** Newest first down to what is stored; once a day all of them, since answers come under old comments too. */
  private async *commentsOf(video: Video): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    if (state.pass?.id !== video.id) {
      const full = this.now - video.fullAt >= FULL_EVERY;
      state.pass = { id: video.id, cursor: 0, full, since: video.since, edge: [...video.edge], seen: 0, ids: [] };
    }
    const pass = state.pass;
    for (;;) {
      const query = { item_id: video.id, cursor: pass.cursor, count: PAGE, sort_type: 'time' };
      const list = shaped(List, await this.api.get('/item/comment/list/', query), '抖音评论接口');
      const { good } = sift(CommentEntry, list.list);
      const items: RawItem[] = [];
      let older = false;
      for (const comment of new Map(good.map((c) => [c.comment_id, c])).values()) {
        const { comment_id: id, create_time: at } = comment;
        if (pass.ids.includes(id)) continue;
        pass.ids.push(id);
        if (at < video.since) older = true;
        if (at > video.since || (at === video.since && !video.edge.includes(id)))
          items.push(this.commentItem(comment, video.id, video.id));
        if (at > pass.since) Object.assign(pass, { since: at, edge: [] });
        if (at === pass.since) pass.edge.push(id);
        if (comment.reply_comment_total !== (video.replies[id] ?? 0)) {
          const replies = await this.repliesOf(video, id);
          items.push(...replies);
          video.replies[id] = replies.length;
        }
        pass.seen += 1 + (video.replies[id] ?? 0);
      }
      pass.ids = pass.ids.slice(-IDS_KEPT);
      const stuck = list.has_more && list.cursor === pass.cursor;
      const end = !list.has_more || stuck || (!pass.full && older);
      pass.cursor = list.cursor;
      if (end) {
        if (!list.has_more) Object.assign(video, { fullAt: this.now, hidden: Math.max(0, video.count - pass.seen) });
        Object.assign(video, { since: pass.since, edge: pass.edge, readAt: video.count });
        state.pass = null;
      }
      // What has not the shape is counted by the platform and not seen: it is among the hidden ones.
      const gaps: Gap[] = [];
      if (stuck) gaps.push({ what: '评论翻页停在同一处，较早的评论没有采集', cause: 'platform-limit' });
      yield this.page({ items, gaps, expected: items.length });
      if (end) return;
    }
  }

  private commentItem(comment: CommentEntry, itemId: string, parentId: string): RawItem {
    return commentOf(comment, itemId, parentId, this.run.settings.accountName, this.run.credentials.openId);
  }

  private async repliesOf(video: Video, commentId: string): Promise<RawItem[]> {
    const found = new Map<string, RawItem>();
    for (let cursor = 0; ;) {
      const query = { item_id: video.id, comment_id: commentId, cursor, count: PAGE, sort_type: 'time' };
      const list = shaped(List, await this.api.get('/item/comment/reply/list/', query), '抖音回复接口');
      for (const reply of sift(CommentEntry, list.list).good)
        found.set(reply.comment_id, this.commentItem(reply, video.id, commentId));
      if (!list.has_more || list.cursor === cursor) return [...found.values()];
      cursor = list.cursor;
    }
  }

  /** Holes that stay open from run to run are named with every run. */
  async *summary(): AsyncGenerator<Page<Cursor>> {
    const hidden = this.state.videos.reduce((sum, v) => sum + v.hidden, 0);
    if (hidden > 0)
      yield this.page({ gaps: [{ what: '平台计数中有、接口没有给出的评论', size: hidden, cause: 'unknown' }] });
  }
}

function countersOf({ statistics }: VideoEntry) {
  if (statistics === undefined) return {};
  const { digg_count: likes, comment_count: comments, share_count: reposts, play_count: reads } = statistics;
  return { likes, comments, reposts, reads };
}

/**
 * In: the appid and secret of an official account. Out: its articles, readers' comments, the office's replies, statistics, citizens' messages.
 * Source: WeChat Official Account platform (freepublish, comment, datacube, message push). Called by: the collect step.
 */
import type { RawItem } from '@minsheng/contracts';
import { z } from 'zod';
import { defineConnector, type Engagement, type Gap, type Gone, type Page, type RunContext } from '../connector.ts';
import { certainlyNotSent } from '../certainly-not-sent.ts';
import { ConnectorError } from '../errors.ts';
import { officeDay, officeHour, officeTime, secondsToOfficeMidnight } from '../parse/dates.ts';
import { listOf, shaped, sift, WireCount } from '../parse/wire.ts';
import { HoleBook, Holes } from './holes.ts';
import { DAY_QUOTA, NO_COMMENTS, NOT_READY, WechatApi } from './wechat-api.ts';
import { authorOf, receivePush } from './wechat-push.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ARTICLES = 20;
/** 50 is refused by one of the platform's two texts; 49 by none. */
const COMMENTS = 49;
const ARTICLES_KEPT = 500;
/** Ids of a pass that are remembered, so that a list which shifts between two pages brings nothing twice. */
const IDS_KEPT = 200;
/** All comments of an article are read again this often: replies and edits reach old ones. */
const FULL_EVERY = DAY;
/** A function that an account lacks is asked for again after this. */
const ASK_AGAIN = 7 * DAY;
/** The first day of the statistics that still answer, and how long an article has them. */
const STATISTICS_SINCE = '2025-11-01';
const STATISTICS_DAYS = 30;
const STATISTICS_FROM_HOUR = 8;

const Settings = z.object({
  baseUrl: z
    .url()
    .default('https://api.weixin.qq.com')
    .meta({ title: '接口地址', advanced: true, description: '一般不必修改' }),
  accountName: z.string().min(1).max(80).meta({ title: '公众号名称', description: '与公众号后台一致' }),
  days: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(14)
    .meta({ title: '采集天数', description: '首次采集往前多少天，也是继续采集留言的天数' }),
  statistics: z
    .boolean()
    .default(true)
    .meta({ title: '采集阅读统计', description: '每天 08:00 后取一次，同时补上群发文章的标题' }),
  dailyRequests: z
    .number()
    .int()
    .min(50)
    .max(1_000_000)
    .default(2000)
    .meta({ title: '每日请求上限', advanced: true, description: '本系统一天最多请求多少次，不超过公众号后台所示额度' }),
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .meta({ title: '允许内网地址', advanced: true, description: '仅用于本单位内网站点或演示' }),
});
const Credentials = z.object({
  appid: z.string().trim().min(1).meta({ title: 'AppID', description: '公众号后台“基本配置”中查看' }),
  secret: z.string().trim().min(1).meta({ title: 'AppSecret', description: '保存后不再显示，只能重新填写' }),
  pushToken: z
    .string()
    .trim()
    .min(3)
    .max(32)
    .optional()
    .meta({ title: '消息推送令牌（Token）', description: '接收群众来信时填写，与公众号后台一致' }),
  encodingAesKey: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9]{43}$/u)
    .optional()
    .meta({ title: 'EncodingAESKey', description: '填写后只接受加密消息（安全模式或兼容模式）' }),
});

const Article = z.object({
  id: z.string(),
  msgDataId: z.string(),
  /** 0-based, as the comment interface counts. */
  index: z.number(),
  /** Unix seconds. */
  at: z.number(),
  /** Comments up to this number are stored. */
  since: z.number(),
  checkedAt: z.number(),
  fullAt: z.number().default(0),
  /** The platform's count when all were last read, and how many of them it did not show. */
  total: z.number().default(0),
  hidden: z.number().default(0),
  /** The platform has closed its comments to everybody. */
  restricted: z.boolean().default(false),
  /** Comments whose reply is stored. */
  replied: z.array(z.string()).default([]),
});
type Article = z.infer<typeof Article>;
const ListPass = z.object({
  offset: z.number(),
  total: z.number(),
  newest: z.number(),
  edge: z.array(z.string()),
  ids: z.array(z.string()),
});
const CommentPass = z.object({
  id: z.string(),
  begin: z.number(),
  total: z.number(),
  max: z.number(),
  seen: z.number(),
  fresh: z.number(),
  full: z.boolean(),
  ids: z.array(z.string()),
});
const Cursor = z.object({
  /** Articles updated up to this moment (unix s) are stored; of that very second, those in `edge`. */
  since: z.number(),
  edge: z.array(z.string()).default([]),
  pass: ListPass.nullable().default(null),
  commentPass: CommentPass.nullable().default(null),
  articles: z.array(Article),
  commentsOffUntil: z.number().default(0),
  statisticsOffUntil: z.number().default(0),
  /** Publication day → the day on which its statistics were last taken. */
  statistics: z.record(z.string(), z.string()).default({}),
  /** Step → when its daily quota comes back. */
  exhausted: z.record(z.string(), z.number()).default({}),
  holes: Holes.default([]),
});
type Cursor = z.infer<typeof Cursor>;
type Run = RunContext<z.infer<typeof Settings>, z.infer<typeof Credentials>, Cursor>;

const Seconds = z.coerce.number();
const NewsItem = z.looseObject({
  title: z.string().default(''),
  digest: z.string().nullish(),
  content: z.string().nullish(),
  url: z.string().default(''),
  is_deleted: z.boolean().default(false),
});
const Publication = z.looseObject({
  article_id: z.string(),
  update_time: Seconds,
  content: z.looseObject({ news_item: z.array(NewsItem), create_time: Seconds.optional().catch(undefined) }),
});
const Published = z.looseObject({ total_count: z.coerce.number(), item: z.unknown().optional() });
const Reply = z.looseObject({ content: z.string(), create_time: Seconds });
const Comment = z.looseObject({
  user_comment_id: z.union([z.string(), z.number()]).transform(String),
  openid: z.string().optional(),
  create_time: Seconds,
  content: z.string(),
  reply: z
    .union([Reply, z.array(Reply)])
    .nullish()
    .catch(null),
});
type Comment = z.infer<typeof Comment>;
const CommentList = z.looseObject({ total: z.coerce.number().default(0), comment: z.unknown().optional() });
const Detail = z.looseObject({
  stat_date: z.string(),
  read_user: WireCount,
  share_user: WireCount,
  like_user: WireCount,
  comment_count: WireCount,
});
const Statistic = z.looseObject({
  ref_date: z.string(),
  msgid: z.string(),
  publish_type: z.coerce.number().optional(),
  title: z.string().default(''),
  content_url: z.string().default(''),
  detail_list: z.unknown().optional(),
});
const Statistics = z.looseObject({ list: z.unknown().optional(), is_delay: z.boolean().default(false) });

export const wechatOfficial = defineConnector({
  kind: 'wechat-official',
  platform: 'wechat',
  manual: {
    name: '微信公众号（官方接口）',
    brings:
      '本单位公众号已发布的文章、读者留言、本单位的答复、阅读统计，以及群众发给公众号的消息。群发的文章只有标题和统计，平台不提供正文。',
    needs:
      '已认证公众号的 AppID 与 AppSecret，并把本服务器的公网 IP 加入该公众号的 IP 白名单。需要“发布能力”“留言管理”“数据统计”接口权限。接收群众消息另需在公众号后台“服务器配置”中填写本采集源的推送地址与令牌，建议选安全模式。只能采集本单位自己的公众号。',
    cost: '每次运行 1–2 次请求；近期文章的留言每篇至少 1 次、每 49 条 1 次；每天 08:00 后阅读统计每个发布日 1 次（最多 30 次）。消息推送不消耗请求。答复每条 1 次，每条留言平台只允许答复一次，消息须在对方来信后 48 小时内答复。',
    cannot:
      '其他单位的公众号不能采集；群发文章的正文、消息中的图片和语音不采集；2025 年 11 月 1 日以前的阅读统计，平台已停止提供。',
    requestsPerItem: { firstRead: 0.06, inSoak: 0.57 },
  },
  settings: Settings,
  credentials: Credentials,
  cursor: Cursor,
  defaultIntervalSeconds: 900,
  backfill: '平台列出全部“发布”过的文章，可补采任意日期；群发的文章只能补最近 30 天的标题。',
  budgets: ({ dailyRequests }) => [{ scope: 'credential', requests: dailyRequests, windowSeconds: 86_400 }],

  async probe(run) {
    const list = shaped(
      Published,
      await apiOf(run).post('/cgi-bin/freepublish/batchget', { offset: 0, count: 1, no_content: 1 }),
      '微信接口',
    );
    return `连接正常，公众号“${run.settings.accountName}”共发布 ${list.total_count} 次。`;
  },

  async *crawl(run) {
    const crawl = new Crawl(run);
    run.account({ platform: 'wechat', nativeId: run.credentials.appid, name: run.settings.accountName });
    yield* crawl.leniently('articles', '文章列表', crawl.articles());
    yield* crawl.leniently('statistics', '阅读统计', crawl.statistics());
    yield* crawl.leniently('comments', '留言', crawl.comments());
    yield* crawl.summary();
  },

  receive({ credentials, now }, request) {
    const { appid, pushToken: token, encodingAesKey } = credentials;
    if (token === undefined) {
      const body = '这个采集源没有填写消息推送令牌，没有接收。请在采集源中填写后重试。';
      return Promise.resolve({ status: 403, contentType: 'text/plain; charset=utf-8', body, items: [] });
    }
    const secrets = { appid, token, ...(encodingAesKey === undefined ? {} : { encodingAesKey }) };
    return Promise.resolve(receivePush(secrets, request, now()));
  },

  replyRules: (kind) => ({
    notes:
      kind === 'comment'
        ? ['微信每条评论只能由账号回复一次，发出后公开显示。']
        : ['微信只允许在对方来信后 48 小时内答复，答复只有对方看得到。'],
  }),

  async reply(run, { handle, text }) {
    const { openid, msgDataId, index, userCommentId } = handle;
    try {
      await (openid !== undefined
        ? apiOf(run).post(
            '/cgi-bin/message/custom/send',
            { touser: openid, msgtype: 'text', text: { content: text } },
            true,
          )
        : apiOf(run).post(
            '/cgi-bin/comment/reply/add',
            {
              msg_data_id: Number(msgDataId),
              index: Number(index),
              user_comment_id: Number(userCommentId),
              content: text,
            },
            true,
          ));
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.kind !== 'unreachable' || certainlyNotSent(error)) throw error;
      throw new ConnectorError(
        'unreachable',
        '没有收到微信的回执，答复可能已经发出，也可能没有。请先到公众号后台核对，不要直接重发。',
        error.details,
      );
    }
    return { state: 'sent' };
  },
});

function apiOf(run: Run): WechatApi {
  const { http, signal, settings, credentials } = run;
  return new WechatApi({ baseUrl: settings.baseUrl, ...credentials, http, signal, now: () => run.now() });
}

class Crawl {
  private readonly api: WechatApi;
  private readonly state: Cursor;
  private readonly holes: HoleBook;

  constructor(private readonly run: Run) {
    this.api = apiOf(run);
    this.state = run.cursor ?? Cursor.parse({ since: 0, articles: [] } satisfies Partial<Cursor>);
    this.holes = new HoleBook(this.state, run.now().getTime());
  }

  private get now(): number {
    return this.run.now().getTime();
  }

  private page(part: Partial<Page<Cursor>>): Page<Cursor> {
    return { items: [], ...part, cursor: structuredClone(this.state) };
  }

  /** The daily quota of one endpoint ends its step until midnight, not the run. */
  async *leniently(step: string, what: string, pages: AsyncGenerator<Page<Cursor>>): AsyncGenerator<Page<Cursor>> {
    const { exhausted } = this.state;
    if ((exhausted[step] ?? 0) <= this.now) {
      delete exhausted[step];
      try {
        yield* pages;
        return;
      } catch (error) {
        if (!(error instanceof ConnectorError) || error.details.code !== DAY_QUOTA) throw error;
        exhausted[step] = this.now + secondsToOfficeMidnight(this.run.now()) * 1000;
      }
    }
    yield this.page({ gaps: [{ what: `${what}接口当日次数已用完，次日继续`, cause: 'platform-limit' }] });
  }

  /** Newest first. The place in the list is stored with every page, so a killed pass goes on where it was. */
  async *articles(): AsyncGenerator<Page<Cursor>> {
    const { run, state } = this;
    // A back-fill reads the list once; killed after that, it goes on with the comments.
    if (run.range !== undefined && state.pass === null && state.since > 0) return;
    const first = state.since === 0;
    const oldest =
      run.range !== undefined
        ? run.range.from.getTime() / 1000
        : first
          ? (this.now - run.settings.days * DAY) / 1000
          : state.since;
    const pass = (state.pass ??= { offset: 0, total: 0, newest: state.since, edge: [...state.edge], ids: [] });
    for (;;) {
      if (run.signal.aborted) return;
      const list = shaped(
        Published,
        await this.api.post('/cgi-bin/freepublish/batchget', { offset: pass.offset, count: ARTICLES, no_content: 0 }),
        '微信文章列表接口',
      );
      const { good, broken } = sift(Publication, list.item);
      const items: RawItem[] = [];
      const gone: Gone[] = [];
      let reached = listOf(list.item).length === 0;
      const here = new Set<string>();
      for (const entry of good) {
        const { article_id: publication, update_time: at } = entry;
        if (here.has(publication)) continue;
        here.add(publication);
        if (at < oldest) reached = true;
        const stored = at === state.since && state.edge.includes(publication);
        if (at < oldest || stored || pass.ids.includes(publication)) continue;
        if (at > pass.newest) Object.assign(pass, { newest: at, edge: [] });
        if (at === pass.newest) pass.edge.push(publication);
        this.take(entry, items, gone);
      }
      // What was removed since the last page has moved the rest up; going back as far costs nothing but known entries.
      const removed = pass.offset > 0 ? Math.max(0, pass.total - list.total_count) : 0;
      pass.offset = Math.max(0, pass.offset + here.size + broken - removed);
      pass.total = list.total_count;
      pass.ids = [...pass.ids, ...here].slice(-IDS_KEPT);
      const end = reached || pass.offset >= list.total_count;
      if (end) Object.assign(state, { since: pass.newest, edge: pass.edge, pass: null });
      this.forgetOld();
      const gaps: Gap[] =
        broken > 0 ? [{ what: '平台返回的文章中缺少必要字段的', size: broken, cause: 'skipped' }] : [];
      this.holes.note(gaps);
      yield this.page({ items, gone, gaps, expected: items.length + broken });
      if (end) return;
    }
  }

  private take(entry: z.infer<typeof Publication>, items: RawItem[], gone: Gone[]): void {
    const { range } = this.run;
    const at = entry.content.create_time ?? entry.update_time;
    if (range !== undefined && (at * 1000 >= range.to.getTime() || at * 1000 < range.from.getTime())) return;
    entry.content.news_item.forEach((news, i) => {
      const { id, place } = nameOf(news.url, `${entry.article_id}_${i + 1}`);
      if (news.is_deleted) {
        gone.push({ platform: 'wechat', kind: 'post', id, state: 'deleted' });
        return;
      }
      const text = news.content ?? '';
      items.push({
        platform: 'wechat',
        kind: 'post',
        id,
        account: this.run.settings.accountName,
        publishedAt: officeTime(at * 1000),
        title: news.title.slice(0, 1000),
        text: text === '' ? news.digest || news.title : text,
        ...(news.url === '' ? {} : { url: publicUrl(news.url) }),
      });
      if (place !== undefined) this.follow(id, place, at);
    });
  }

  private follow(id: string, place: { msgDataId: string; index: number }, at: number): void {
    const { articles } = this.state;
    if (articles.some((a) => a.id === id)) return;
    articles.push({
      id,
      ...place,
      at,
      since: 0,
      checkedAt: 0,
      fullAt: 0,
      total: 0,
      hidden: 0,
      restricted: false,
      replied: [],
    });
  }

  /** Comments are followed for the days asked for; in a back-fill, for the range. */
  private forgetOld(): void {
    const { state, run } = this;
    const oldest = run.range?.from.getTime() ?? this.now - run.settings.days * DAY;
    state.articles = state.articles.filter((a) => a.at * 1000 >= oldest).slice(-ARTICLES_KEPT);
  }

  async *comments(): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    if (state.commentsOffUntil > this.now) return;
    const under = state.commentPass?.id;
    const order = [...state.articles].sort((a, b) => Number(b.id === under) - Number(a.id === under) || b.at - a.at);
    for (const article of order) {
      if (this.run.signal.aborted) return;
      if (article.id !== under && !this.isDue(article)) continue;
      try {
        yield* this.commentsOf(article);
      } catch (error) {
        if (!(error instanceof ConnectorError)) throw error;
        const code = Number(error.details.code);
        if (code === NO_COMMENTS) {
          Object.assign(state, { commentsOffUntil: this.now + ASK_AGAIN, commentPass: null });
          yield this.page({});
          return;
        }
        if (error.kind !== 'gone' && ![88002, 88011].includes(code)) throw error;
        Object.assign(article, { checkedAt: this.now, restricted: true });
        state.commentPass = null;
        yield this.page({});
      }
    }
  }

  /** On the first day with every run, then hourly, after three days four times a day. */
  private isDue(article: Article): boolean {
    const age = this.now - article.at * 1000;
    const every = age < DAY ? 1 : age < 3 * DAY ? HOUR : 6 * HOUR;
    return article.checkedAt === 0 || this.now - article.checkedAt >= every;
  }

  /**
   * Reads until as many new comments were found as the platform's count has grown, and all of them once a day: nothing here relies
   * on the order, which the platform does not promise.
   */
  private async *commentsOf(article: Article): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    const { id, msgDataId, index } = article;
    if (state.commentPass?.id !== id) {
      const full = this.now - article.fullAt >= FULL_EVERY;
      state.commentPass = { id, begin: 0, total: 0, max: article.since, seen: 0, fresh: 0, full, ids: [] };
    }
    const pass = state.commentPass;
    for (;;) {
      const list = shaped(
        CommentList,
        await this.api.post('/cgi-bin/comment/list', {
          msg_data_id: Number(msgDataId),
          index,
          begin: pass.begin,
          count: COMMENTS,
          type: 0,
        }),
        '微信留言接口',
      );
      const { good, broken } = sift(Comment, list.comment);
      const here = new Map(good.map((c) => [c.user_comment_id, c]));
      const items: RawItem[] = [];
      for (const [number, comment] of here) {
        if (pass.ids.includes(number)) continue;
        pass.seen++;
        const fresh = !(Number(number) <= article.since);
        if (fresh) pass.fresh++;
        this.takeComment(article, comment, fresh || pass.full, items);
        pass.max = Math.max(pass.max, Number(number) || 0);
      }
      const removed = pass.begin > 0 ? Math.max(0, pass.total - list.total) : 0;
      pass.begin = Math.max(0, pass.begin + here.size + broken - removed);
      pass.total = list.total;
      pass.ids = [...pass.ids, ...here.keys()].slice(-IDS_KEPT);
      const all = here.size + broken === 0 || pass.begin >= list.total;
      const end = all || (!pass.full && pass.fresh >= list.total - article.total);
      if (end) {
        if (all) article.hidden = Math.max(0, list.total - pass.seen);
        if (all && pass.full) article.fullAt = this.now;
        Object.assign(article, { total: list.total, since: pass.max, checkedAt: this.now, restricted: false });
        state.commentPass = null;
      }
      const gaps: Gap[] =
        broken > 0 ? [{ what: '平台返回的留言中缺少必要字段的', size: broken, cause: 'skipped' }] : [];
      yield this.page({ items, gaps, expected: items.length + broken });
      if (end) return;
    }
  }

  private takeComment(article: Article, comment: Comment, take: boolean, items: RawItem[]): void {
    const { user_comment_id: number, openid } = comment;
    const { appid } = this.run.credentials;
    const id = `${article.id}_${number}`;
    if (take) {
      items.push({
        platform: 'wechat',
        kind: 'comment',
        id,
        parentId: article.id,
        ...(openid === undefined ? {} : { author: authorOf(appid, openid) }),
        publishedAt: officeTime(comment.create_time * 1000),
        text: comment.content,
        replyHandle: {
          platform: 'wechat',
          msgDataId: article.msgDataId,
          index: String(article.index),
          userCommentId: number,
        },
      });
    }
    const replies = listOf(Array.isArray(comment.reply) ? comment.reply : [comment.reply ?? null]);
    replies.forEach((given, i) => {
      const reply = Reply.safeParse(given);
      if (!reply.success || reply.data.content === '' || (!take && article.replied.includes(number))) return;
      items.push({
        platform: 'wechat',
        kind: 'comment',
        id: `${id}_reply${i === 0 ? '' : i}`,
        parentId: id,
        account: this.run.settings.accountName,
        publishedAt: officeTime(reply.data.create_time * 1000),
        text: reply.data.content,
      });
      if (!article.replied.includes(number)) article.replied.push(number);
    });
  }

  /**
   * Once a day after 08:00, per day of publication. Also the only place where mass-sent articles show: the list of published ones
   * leaves them out.
   */
  async *statistics(): AsyncGenerator<Page<Cursor>> {
    const { run, state } = this;
    if (!run.settings.statistics || run.range !== undefined || state.statisticsOffUntil > this.now) return;
    if (officeHour(this.now) < STATISTICS_FROM_HOUR) return;
    const today = officeDay(this.now);
    const days = Array.from({ length: Math.min(run.settings.days, STATISTICS_DAYS) }, (_, i) =>
      officeDay(this.now - (i + 1) * DAY),
    ).filter((day) => day >= STATISTICS_SINCE);
    state.statistics = Object.fromEntries(Object.entries(state.statistics).filter(([day]) => days.includes(day)));
    for (const day of days) {
      if (run.signal.aborted) return;
      if (state.statistics[day] === today) continue;
      let answer: unknown;
      try {
        answer = await this.api.post('/datacube/getarticletotaldetail', { begin_date: day, end_date: day });
      } catch (error) {
        if (!(error instanceof ConnectorError)) throw error;
        if (NOT_READY.includes(Number(error.details.code))) return;
        if (error.kind !== 'permission') throw error;
        state.statisticsOffUntil = this.now + ASK_AGAIN;
        yield this.page({});
        return;
      }
      const { list, is_delay: delayed } = shaped(Statistics, answer, '微信统计接口');
      if (!delayed) state.statistics[day] = today;
      yield this.statisticsOf(list);
    }
  }

  private statisticsOf(list: unknown): Page<Cursor> {
    const { good, broken } = sift(Statistic, list);
    const engagement: Engagement[] = [];
    const items: RawItem[] = [];
    for (const entry of good) {
      const newest = sift(Detail, entry.detail_list).good.sort((a, b) => (a.stat_date < b.stat_date ? 1 : -1))[0];
      const counters = {
        ...(newest === undefined
          ? {}
          : {
              likes: newest.like_user,
              comments: newest.comment_count,
              reposts: newest.share_user,
              reads: newest.read_user,
            }),
      };
      const [msgDataId = '', idx = '1'] = entry.msgid.split('_');
      const sent = entry.publish_type === 0 && !this.state.articles.some((a) => a.id === entry.msgid);
      if (!sent) {
        engagement.push({ platform: 'wechat', kind: 'post', id: entry.msgid, ...counters });
        continue;
      }
      const at = Date.parse(`${entry.ref_date}T00:00:00+08:00`) / 1000;
      items.push({
        platform: 'wechat',
        kind: 'post',
        id: entry.msgid,
        account: this.run.settings.accountName,
        publishedAt: officeTime(at * 1000),
        title: entry.title.slice(0, 1000),
        text: entry.title,
        ...(entry.content_url === '' ? {} : { url: publicUrl(entry.content_url) }),
        ...counters,
      });
      this.follow(entry.msgid, { msgDataId, index: Number(idx) - 1 }, at);
    }
    const gaps: Gap[] = [];
    if (items.length > 0)
      gaps.push({ what: '群发的文章只取得标题和统计（平台不提供正文）', size: items.length, cause: 'platform-limit' });
    if (broken > 0) gaps.push({ what: '平台返回的统计中缺少必要字段的', size: broken, cause: 'skipped' });
    return this.page({ items, engagement, gaps, expected: items.length });
  }

  /** Holes that stay open from run to run are named with every run. */
  async *summary(): AsyncGenerator<Page<Cursor>> {
    const { state } = this;
    const gaps = [...this.holes.ofEarlierRuns()];
    const restricted = state.articles.filter((a) => a.restricted).length;
    if (restricted > 0)
      gaps.push({ what: '被平台限制或已撤下、读不到留言的文章', size: restricted, cause: 'platform-limit' });
    const hidden = state.articles.reduce((sum, a) => sum + a.hidden, 0);
    if (hidden > 0) gaps.push({ what: '平台计数中有、接口没有给出的读者留言', size: hidden, cause: 'unknown' });
    if (state.commentsOffUntil > this.now)
      gaps.push({ what: '这个公众号没有开通留言功能，只能采集文章', cause: 'platform-limit' });
    if (state.statisticsOffUntil > this.now)
      gaps.push({ what: '这个公众号没有数据统计接口权限，没有阅读数', cause: 'platform-limit' });
    if (gaps.length > 0) yield this.page({ gaps });
  }
}

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

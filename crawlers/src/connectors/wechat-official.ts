/**
 * In: the appid and secret of an official account. Out: its published articles and the readers' comments on them.
 * Source: WeChat Official Account platform, stable_token, freepublish/batchget, comment/list. Called by: the collect step.
 */
import type { RawItem } from '@minsheng/contracts';
import { z } from 'zod';
import { defineConnector, type Gap, type Gone, type Page, type RunContext } from '../connector.ts';
import { ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';
import { officeTime } from '../parse/dates.ts';

const DAY = 86_400_000;
const ARTICLES = 20;
/** 50 is refused by one of the platform's two texts; 49 by none. */
const COMMENTS = 49;
const ARTICLES_KEPT = 500;
const NO_PRIVILEGE = 88000;
const COMMENT_EVERY_MS = { day: 600_000, later: 21_600_000 };

const Settings = z.object({
  baseUrl: z.url().default('https://api.weixin.qq.com').meta({ title: '接口地址', description: '一般不必修改' }),
  accountName: z.string().min(1).max(80).meta({ title: '公众号名称', description: '与公众号后台一致' }),
  days: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(14)
    .meta({ title: '采集天数', description: '首次采集往前多少天，也是继续采集留言的天数' }),
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .meta({ title: '允许内网地址', description: '仅用于本单位内网站点或演示' }),
});
const Credentials = z.object({
  appid: z.string().min(1).meta({ title: 'AppID', description: '公众号后台“基本配置”中查看' }),
  secret: z.string().min(1).meta({ title: 'AppSecret', description: '保存后不再显示，只能重新填写' }),
});

const Article = z.object({
  id: z.string(),
  msgDataId: z.string(),
  index: z.number(),
  at: z.number(),
  /** Comments whose number is not above this are stored. */
  since: z.number(),
  checkedAt: z.number(),
});
const Cursor = z.object({
  /** Articles updated up to this moment (unix s) are stored. */
  since: z.number(),
  articles: z.array(Article),
  /** Replies of the office already brought, by comment. */
  noComments: z.boolean(),
});
type Cursor = z.infer<typeof Cursor>;
type Run = RunContext<z.infer<typeof Settings>, z.infer<typeof Credentials>, Cursor>;

const NumberText = z.union([z.number(), z.string()]).transform(Number);
const IdText = z.union([z.string(), z.number()]).transform(String);
const NewsItem = z.looseObject({
  title: z.string().default(''),
  digest: z.string().default(''),
  content: z.string().default(''),
  url: z.string().default(''),
  is_deleted: z.boolean().default(false),
});
const Published = z.looseObject({
  total_count: z.number(),
  item: z
    .array(
      z.looseObject({
        article_id: z.string(),
        update_time: NumberText,
        content: z.looseObject({ news_item: z.array(NewsItem) }),
      }),
    )
    .default([]),
});
const Reply = z.looseObject({ content: z.string(), create_time: NumberText });
const CommentList = z.looseObject({
  total: z.number().default(0),
  comment: z
    .array(
      z.looseObject({
        user_comment_id: IdText,
        openid: z.string().optional(),
        create_time: NumberText,
        content: z.string(),
        reply: z.union([Reply, z.array(Reply)]).nullish(),
      }),
    )
    .default([]),
});

export const wechatOfficial = defineConnector({
  kind: 'wechat-official',
  platform: 'wechat',
  manual: {
    name: '微信公众号（官方接口）',
    brings: '本单位公众号已发布的文章、读者留言和本单位的回复。',
    needs:
      '已认证公众号的 AppID 与 AppSecret，并把本服务器的公网 IP 加入该公众号的 IP 白名单。只能采集本单位自己的公众号。',
    cost: '每次运行 1–2 次请求，每篇近期文章的留言每 49 条 1 次。',
  },
  settings: Settings,
  credentials: Credentials,
  cursor: Cursor,
  defaultIntervalSeconds: 900,

  async probe(run) {
    const session = new TokenSession(run);
    const list = Published.parse(
      await session.post('/cgi-bin/freepublish/batchget', { offset: 0, count: 1, no_content: 1 }),
    );
    return `连接正常，公众号“${run.settings.accountName}”共发布 ${list.total_count} 次。`;
  },

  async *crawl(run) {
    const state: Cursor = run.cursor ?? { since: 0, articles: [], noComments: false };
    const session = new TokenSession(run);
    run.account({ platform: 'wechat', nativeId: run.credentials.appid, name: run.settings.accountName });
    yield* articles(run, session, state);
    if (!state.noComments) yield* comments(run, session, state);
  },
});

function page(state: Cursor, part: Partial<Page<Cursor>>): Page<Cursor> {
  return { items: [], ...part, cursor: structuredClone(state) };
}

/**
 * Newest first. The mark `since` advances only after the last page, so a killed pass starts over from its top; what it stored before
 * comes back as duplicates of known ids.
 */
async function* articles(run: Run, session: TokenSession, state: Cursor): AsyncGenerator<Page<Cursor>> {
  const oldest = Math.max(state.since, (run.now().getTime() - run.settings.days * DAY) / 1000);
  let newest = state.since;
  let offset = 0;
  for (;;) {
    const list = Published.parse(
      await session.post('/cgi-bin/freepublish/batchget', { offset, count: ARTICLES, no_content: 0 }),
    );
    const items: RawItem[] = [];
    const gone: Gone[] = [];
    let reached = list.item.length === 0;
    for (const entry of list.item) {
      if (entry.update_time <= oldest) {
        reached = true;
        continue;
      }
      newest = Math.max(newest, entry.update_time);
      entry.content.news_item.forEach((news, i) => {
        const id = `${entry.article_id}_${i + 1}`;
        if (news.is_deleted) {
          gone.push({ platform: 'wechat', kind: 'post', id, state: 'deleted' });
          return;
        }
        items.push(articleOf(run, id, news, entry.update_time));
        follow(state, id, news.url, entry.update_time);
      });
    }
    offset += list.item.length;
    const end = reached || offset >= list.total_count;
    if (end) state.since = newest;
    state.articles = state.articles
      .filter((a) => a.at * 1000 >= run.now().getTime() - run.settings.days * DAY)
      .slice(-ARTICLES_KEPT);
    yield page(state, { items, gone });
    if (end) return;
  }
}

function articleOf(run: Run, id: string, news: z.infer<typeof NewsItem>, at: number): RawItem {
  return {
    platform: 'wechat',
    kind: 'post',
    id,
    account: run.settings.accountName,
    publishedAt: officeTime(at * 1000),
    title: news.title,
    text: news.content === '' ? news.digest : news.content,
    ...(news.url === '' ? {} : { url: news.url.replace(/[&?](?:chksm|scene)=[^&#]*/gu, '').replace(/#.*$/u, '') }),
  };
}

/** The comment API names an article by the `mid` and the 0-based index of its address. */
function follow(state: Cursor, id: string, url: string, at: number): void {
  const query = URL.canParse(url) ? new URL(url).searchParams : null;
  const msgDataId = query?.get('mid') ?? '';
  if (msgDataId === '' || state.articles.some((a) => a.id === id)) return;
  state.articles.push({ id, msgDataId, index: Number(query?.get('idx') ?? '1') - 1, at, since: 0, checkedAt: 0 });
}

async function* comments(run: Run, session: TokenSession, state: Cursor): AsyncGenerator<Page<Cursor>> {
  for (const article of [...state.articles].sort((a, b) => b.at - a.at)) {
    const now = run.now().getTime();
    const every = now - article.at * 1000 < DAY ? COMMENT_EVERY_MS.day : COMMENT_EVERY_MS.later;
    if (now - article.checkedAt < every && run.settings.baseUrl === 'https://api.weixin.qq.com') continue;
    for (let begin = 0; ;) {
      let list: z.infer<typeof CommentList>;
      try {
        const { msgDataId, index } = article;
        list = CommentList.parse(
          await session.post('/cgi-bin/comment/list', {
            msg_data_id: Number(msgDataId),
            index,
            begin,
            count: COMMENTS,
            type: 0,
          }),
        );
      } catch (error) {
        if (error instanceof ConnectorError && error.details.code === NO_PRIVILEGE) {
          state.noComments = true;
          const gaps: Gap[] = [{ what: '这个公众号没有开通留言功能，只能采集文章', cause: 'platform-limit' }];
          yield page(state, { gaps });
          return;
        }
        if (error instanceof ConnectorError && error.kind === 'gone') break;
        throw error;
      }
      const items = list.comment.flatMap((c) => commentOf(run, article, c));
      begin += list.comment.length;
      const end = list.comment.length === 0 || begin >= list.total;
      if (end) article.checkedAt = now;
      if (items.length > 0 || end) yield page(state, { items });
      if (end) break;
    }
  }
}

function commentOf(
  run: Run,
  article: z.infer<typeof Article>,
  comment: z.infer<typeof CommentList>['comment'][number],
): RawItem[] {
  const id = `${article.msgDataId}_${article.index}_${comment.user_comment_id}`;
  const { openid } = comment;
  const items: RawItem[] = [
    {
      platform: 'wechat',
      kind: 'comment',
      id,
      parentId: article.id,
      ...(openid === undefined ? {} : { author: openid }),
      publishedAt: officeTime(comment.create_time * 1000),
      text: comment.content,
      replyHandle: {
        platform: 'wechat',
        msgDataId: article.msgDataId,
        index: String(article.index),
        userCommentId: comment.user_comment_id,
      },
    },
  ];
  const replies =
    comment.reply === null || comment.reply === undefined
      ? []
      : Array.isArray(comment.reply)
        ? comment.reply
        : [comment.reply];
  replies.forEach((reply, i) => {
    if (reply.content === '') return;
    items.push({
      platform: 'wechat',
      kind: 'comment',
      id: `${id}_reply${i === 0 ? '' : i}`,
      parentId: id,
      account: run.settings.accountName,
      publishedAt: officeTime(reply.create_time * 1000),
      text: reply.content,
    });
  });
  return items;
}

/** Tokens by appid, shared by the runs of this process: the platform hands out one token at a time. */
const tokens = new Map<string, { token: string; until: number }>();

class TokenSession {
  constructor(private readonly run: Run) {}

  async post(path: string, body: object): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      const answer = await this.run.http.request({
        url: `${this.run.settings.baseUrl.replace(/\/$/u, '')}${path}`,
        query: { access_token: await this.token(attempt > 0) },
        json: body,
        signal: this.run.signal,
      });
      const data = answer.json();
      const code = codeOf(data);
      if (code === 0) return data;
      if (attempt === 0 && [40001, 40014, 42001].includes(code)) continue;
      throw errorOf(code);
    }
  }

  private async token(refresh: boolean): Promise<string> {
    const { baseUrl } = this.run.settings;
    const { appid, secret } = this.run.credentials;
    const key = `${baseUrl} ${appid} ${secret}`;
    const now = this.run.now().getTime();
    const known = tokens.get(key);
    if (!refresh && known !== undefined && known.until > now) return known.token;
    const answer = await this.run.http.request({
      url: `${baseUrl.replace(/\/$/u, '')}/cgi-bin/stable_token`,
      json: { grant_type: 'client_credential', appid, secret, force_refresh: false },
      signal: this.run.signal,
    });
    const data = answer.json();
    const code = codeOf(data);
    if (code !== 0) throw errorOf(code, true);
    const { access_token: token, expires_in: seconds } = z
      .looseObject({ access_token: z.string(), expires_in: z.number() })
      .parse(data);
    tokens.set(key, { token, until: now + Math.max(60, seconds - 300) * 1000 });
    return token;
  }
}

function codeOf(data: unknown): number {
  const parsed = z.looseObject({ errcode: z.number().optional() }).safeParse(data);
  return parsed.success ? (parsed.data.errcode ?? 0) : 0;
}

/** WeChat's error codes as what a person or the schedule should do. */
export function errorOf(code: number, fromToken = false): ConnectorError {
  const details = { code };
  if (code === -1) return new RetryAfter('微信接口暂时繁忙，稍后自动重试。', 60, details);
  if (code === 45011) return new RetryAfter('微信接口每分钟次数已用完，一分钟后继续。', 60, details);
  if (code === 45009) return new RetryAfter('微信接口当日次数已用完，次日继续。', 3600, details);
  if (code === 40164)
    return new ConnectorError(
      'config',
      '本服务器的 IP 不在公众号的 IP 白名单中。请在公众号后台把服务器公网 IP 加入白名单。',
      details,
    );
  if (code === 88001 || code === 53600) return new ConnectorError('gone', '文章不存在或未发布。', details);
  if (code === NO_PRIVILEGE) return new ConnectorError('permission', '这个公众号没有开通留言功能。', details);
  if ([48001, 48004, 50002].includes(code))
    return new ConnectorError(
      'permission',
      `公众号没有这个接口的权限或已被限制（${code}）。请在公众号后台核对认证与接口权限。`,
      details,
    );
  if (fromToken && [40001, 40013, 40125, 40243].includes(code))
    return new ConnectorError(
      'config',
      `AppID 或 AppSecret 不正确，或已被冻结（${code}）。请核对后重新填写。`,
      details,
    );
  if ([40001, 40014, 42001].includes(code))
    return new LoginNeeded(
      `微信凭证已失效（${code}），刷新后仍不可用。请核对 AppSecret 是否被重置，或是否有其他系统在使用。`,
      details,
    );
  return new LayoutChanged(`微信接口返回了未预料的错误（${code}）。已保存到上一页，稍后重试。`, details);
}

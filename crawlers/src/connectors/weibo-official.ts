/**
 * In: the Open Platform token of a service account that follows the monitored accounts. Out: their posts, the public's comments and
 * mentions, counters; replies to comments received. Called by the collect step.
 * Source: Weibo Open Platform, statuses/home_timeline, statuses/mentions, statuses/count, comments/show, comments/to_me, comments/reply.
 */
import { z } from 'zod';
import { defineConnector, type Gone, type ReplyReceipt, type RunContext } from '../connector.ts';
import { certainlyNotSent } from '../certainly-not-sent.ts';
import { ConnectorError } from '../errors.ts';
import { shaped, sift, WireId } from '../parse/wire.ts';
import { DELAYED } from './weibo-errors.ts';
import { DAY } from './weibo-followed.ts';
import { WeiboApi } from './weibo-open-api.ts';
import { COUNT_BATCH, LOOKUPS, OfficialCrawl } from './weibo-official-crawl.ts';
import { Credentials, Cursor, Settings } from './weibo-official-settings.ts';
import { countsOf, lookUp, Status, Timeline } from './weibo-official-wire.ts';

/** What the platform publishes for one authorised user of one application; larger applications may negotiate. */
const REQUESTS_PER_DAY = 100;
const REQUESTS_PER_HOUR_AND_ADDRESS = 15_000;
const OFFICIAL_HOST = 'https://api.weibo.com';
const REPLY_LENGTH = 140;

type Run<K = unknown> = RunContext<z.infer<typeof Settings>, z.infer<typeof Credentials>, K>;

export const weiboOfficial = defineConnector({
  kind: 'weibo-official',
  platform: 'weibo',
  manual: {
    name: '微博开放平台',
    brings:
      '服务账号所关注的政务微博发布的内容、公众评论，以及转评赞数；@服务账号的微博和服务账号收到的评论，可在系统内答复。只采集机构认证账号，个人账号即使被关注也不采集。开放平台不提供长微博全文，被截短的会列为缺口。',
    needs:
      '在微博开放平台登记应用，申请“评论”“微博读取”“@提醒”接口权限，并把本系统的回调地址填为授权回调页。用一个专门的服务账号授权，让它关注要采集的政务微博。要答复评论，须由收到评论的账号本身授权，并填写本单位公网 IP。授权期限由应用等级决定（测试应用 1 天，正式应用通常 30 天），到期须由人工重新授权。',
    cost: '没有新内容时每次运行 3 次请求（时间线、@、收到的评论各 1 次）；有新评论的帖文每 200 条评论 1 次，较早帖文的转评赞每 100 条 1 次，答复每条 1 次。平台公布的额度为每个授权用户每天 100 次，系统按剩余额度和距恢复的时间均匀使用，额度不足时各项轮流采集；每 30 分钟一次为宜。',
    cannot:
      '不能按关键词搜索，没有热搜榜；不采集未关注的账号和个人账号；平台不提供长微博全文；授权到期后不能自动续期，只能由人工重新授权。',
    requestsPerItem: { firstRead: 0.072, inSoak: 0.197 },
  },
  settings: Settings,
  credentials: Credentials,
  cursor: Cursor,
  defaultIntervalSeconds: 1800,
  backfill:
    '只能补采关注时间线现在还显示的内容，从最新一页向前翻到所选日期，翻不到时列为缺口；平台没有按日期查询的接口。评论只补采所选时段内帖文的、同一时段内发表的。',

  budgets({ baseUrl, requestsPerDay }) {
    const perDay = requestsPerDay ?? (baseUrl === OFFICIAL_HOST ? REQUESTS_PER_DAY : undefined);
    if (perDay === undefined) return [];
    return [
      { scope: 'credential', requests: perDay, windowSeconds: 86_400 },
      { scope: 'host', requests: REQUESTS_PER_HOUR_AND_ADDRESS, windowSeconds: 3600 },
    ];
  },

  expiresAt({ expiresAt }) {
    const at = Date.parse(expiresAt ?? '');
    return Number.isNaN(at) ? null : new Date(at);
  },

  authorize: {
    url({ baseUrl }, { appKey }, redirect, state) {
      const url = new URL('/oauth2/authorize', baseUrl);
      url.search = new URLSearchParams({
        client_id: appKey ?? missing('App Key'),
        redirect_uri: redirect,
        response_type: 'code',
        state,
        // A browser may be signed in with somebody's own account: the service account is asked for explicitly.
        forcelogin: 'true',
      }).toString();
      return url.href;
    },

    async exchange(run, code, redirect) {
      const { appKey = missing('App Key'), appSecret = missing('App Secret') } = run.credentials;
      const token = await apiOf(run).exchange({ appKey, appSecret }, code, redirect);
      const { accessToken, uid, expiresInSeconds } = token;
      const until = expiresInSeconds === undefined ? undefined : run.now().getTime() + expiresInSeconds * 1000;
      return {
        appKey,
        appSecret,
        accessToken,
        ...(uid === undefined ? {} : { uid }),
        ...(until === undefined ? {} : { expiresAt: new Date(until).toISOString() }),
      };
    },
  },

  async probe(run) {
    const api = apiOf(run);
    const answer = shaped(Timeline, await api.get('/2/statuses/home_timeline.json', { count: 1 }), '微博接口');
    const name = sift(Status, answer.statuses).good[0]?.user?.screen_name;
    const [left, expires] = [(await api.allowance())?.left, (await api.owner())?.expiresInSeconds];
    return [
      name === undefined ? '连接正常，但关注的账号还没有内容。' : `连接正常，最近一条来自“${name}”。`,
      left === undefined ? '' : `本时段还可请求 ${left} 次。`,
      expires === undefined ? '' : `授权还有 ${Math.max(0, Math.floor((expires * 1000) / DAY))} 天到期。`,
    ].join('');
  },

  crawl(run) {
    return new OfficialCrawl(run, apiOf(run)).pages();
  },

  refresh: {
    batch: COUNT_BATCH,
    kinds: ['post'],
    async ask(run, items) {
      const api = apiOf(run);
      const ids = items.filter((i) => i.kind === 'post').map((i) => i.id);
      if (ids.length === 0) return { engagement: [], gone: [] };
      const { engagement, missing: vanished } = await countsOf(api, ids);
      const gone: Gone[] = [];
      for (const id of vanished.slice(0, LOOKUPS)) {
        const state = await lookUp(api, id);
        if (state !== null) gone.push({ platform: 'weibo', kind: 'post', id, state });
      }
      return { engagement, gone };
    },
  },

  replyRules: (kind) => ({
    characters: REPLY_LENGTH,
    notes: [
      `微博答复最多 ${REPLY_LENGTH} 字，发出后公开显示在${kind === 'comment' ? '这条评论' : '这条微博'}下方。`,
      '平台可能先收下、稍后才显示，此时不要重发。',
    ],
  }),

  async reply(run, { handle, text }): Promise<ReplyReceipt> {
    const { postId, commentId } = handle;
    if (postId === undefined) throw refused('这条留言没有可用的答复信息，没有发出。请到微博直接答复。');
    if (text.trim() === '') throw refused('答复内容为空，没有发出。');
    if ([...text].length > REPLY_LENGTH) throw refused(`答复超过 ${REPLY_LENGTH} 字，没有发出。请缩短后再发。`);
    const { operatorIp } = run.settings;
    if (operatorIp === undefined)
      throw refused('微博要求答复时注明操作人的 IP，没有发出。请在采集源中填写“本单位公网 IP”。');
    if (run.credentials.accessToken === undefined) throw refused('这个采集源还没有授权，没有发出。请先授权。');
    const path = commentId === undefined ? '/2/comments/create.json' : '/2/comments/reply.json';
    const target: Record<string, string> = commentId === undefined ? {} : { cid: commentId, without_mention: '0' };
    const form = { id: postId, ...target, comment: text, comment_ori: '0', rip: operatorIp };
    try {
      const sent = z.looseObject({ id: WireId, idstr: WireId.optional().catch(undefined) });
      const answer = sent.safeParse(await apiOf(run).write(path, form));
      // Accepted with an unknown body is still accepted: a second sending would be the worse mistake.
      return answer.success ? { state: 'sent', id: answer.data.idstr ?? answer.data.id } : { state: 'sent' };
    } catch (error) {
      if (error instanceof ConnectorError && Number(error.details.code) === DELAYED) return { state: 'delayed' };
      throw unsure(error);
    }
  },
});

function apiOf(run: Pick<Run, 'settings' | 'credentials' | 'http' | 'signal'>): WeiboApi {
  const { http, signal, settings, credentials } = run;
  return new WeiboApi({ baseUrl: settings.baseUrl, accessToken: credentials.accessToken, http, signal });
}

function missing(what: string): never {
  throw new ConnectorError('config', `还没有填写 ${what}，不能发起授权。请在开放平台的应用信息中查看后填写。`);
}

function refused(message: string): ConnectorError {
  return new ConnectorError('config', message);
}

/** A write whose answer was lost may have been published: that must not read like "not sent". */
function unsure(error: unknown): unknown {
  if (!(error instanceof ConnectorError)) return error;
  const { kind, details } = error;
  const answered = Number.isInteger(Number(details.code ?? 'none'));
  const lost = kind === 'unreachable' || kind === 'layout-changed' || kind === 'login-needed';
  if (answered || !lost || certainlyNotSent(error)) return error;
  return new ConnectorError(
    'unreachable',
    '答复已提交，但没有收到微博的确认，不能确定是否已发布。请先到微博核对，确认没有再重发。',
    details,
    { cause: error },
  );
}

/**
 * In: the appid and secret of an official account. Out: its articles, readers' comments, the office's replies, statistics, citizens' messages.
 * Source: WeChat Official Account platform (freepublish, comment, datacube, message push). Called by: the collect step.
 */
import { defineConnector } from '../connector.ts';
import { certainlyNotSent } from '../certainly-not-sent.ts';
import { ConnectorError } from '../errors.ts';
import { shaped } from '../parse/wire.ts';
import { apiOf, OfficialCrawl } from './wechat-official-crawl.ts';
import { Credentials, Cursor, Settings } from './wechat-official-settings.ts';
import { Published } from './wechat-official-wire.ts';
import { receivePush } from './wechat-push.ts';

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
    const crawl = new OfficialCrawl(run);
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

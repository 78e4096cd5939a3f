/**
 * In: uids of official accounts, and permission to read Weibo's own web pages. Out: their public posts whole, comments with sub-comments,
 * and hot-search words that name the place. Called by: the collect step. Off until an operator turns it on; stops where it is not welcome.
 * Source: the pages of m.weibo.cn and weibo.com, which are not documented and change without notice.
 */
import { defineConnector } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import { isOrganisation } from './weibo-followed.ts';
import { Cursor, WebCrawl, type WebRun } from './weibo-web-crawl.ts';
import { WebSession, type Shape } from './weibo-web-session.ts';
import { Credentials, Settings } from './weibo-web-settings.ts';
import { desktopPages, mobilePages, type WebPages } from './weibo-web-wire.ts';

const HOSTS: Record<Shape, { baseUrl: string; visitorUrl: string }> = {
  mobile: { baseUrl: 'https://m.weibo.cn', visitorUrl: 'https://visitor.passport.weibo.cn/visitor/genvisitor2' },
  desktop: { baseUrl: 'https://weibo.com', visitorUrl: 'https://passport.weibo.com/visitor/genvisitor2' },
};
/** At Weibo itself never faster than this, whatever is set. */
const LEAST_PAUSE_SECONDS = 3;
const REQUESTS_PER_HOUR = 300;

export const weiboWeb = defineConnector({
  kind: 'weibo-web',
  platform: 'weibo',
  manual: {
    name: '微博网页（非官方接口）',
    brings:
      '指定政务微博公开发布的内容（含长微博全文）、评论和楼中楼、转评赞数。热搜榜只是词和热度，不是谁发布的内容，因此只把含有“热搜关注词”的词各记一条，热度记入阅读数，其余不入库。只采集机构认证账号，不采集个人；从这里采到的评论不能在系统内答复。',
    needs:
      '能用“微博开放平台”的，请不要用这种方式。网页接口没有文档、随时会变，自动访问也可能不符合平台协议：请先书面征得平台同意并由本单位批准，再勾选启用。需要本单位账号的登录 Cookie（约 30 天失效），或打开访客身份。遇到登录墙、验证码、432、418 即停止并报告，不会绕过；本系统如实标明自己的身份，不伪装成浏览器。',
    cost: '每次运行先用 1 次请求进入（访客 2 次）；每个账号每次 1 次，每 10–20 条新帖文 1 次，每条长微博 1 次；第一页以外仍在评论采集期的帖文，当天每半小时、此后每 6 小时翻页核对一次评论数，每页 1 次；评论每 20 条 1 次，有较多回复的评论各 1 次以上，热搜 1 次。评论按热度排列，有新评论就须从头翻一遍。两次请求至少间隔 3 秒，每小时至多 300 次；每小时运行一次为宜。',
    cannot:
      '登录墙、验证码之后的内容不采集；个人账号不采集；以访客身份通常看不到评论的后续页；不能在系统内答复。网页改版后会停止采集，须升级本系统。',
    requestsPerItem: { firstRead: 0.055 },
  },
  settings: Settings,
  credentials: Credentials,
  cursor: Cursor,
  defaultIntervalSeconds: 3600,
  backfill:
    '从账号主页第一页向前翻到所选日期，每页 10–20 条，翻得越早请求越多；账号设置了“仅展示近半年”等限制时翻不到，列为缺口。',

  budgets({ baseUrl }) {
    return baseUrl === undefined ? [{ scope: 'host', requests: REQUESTS_PER_HOUR, windowSeconds: 3600 }] : [];
  },

  async probe(run) {
    const { pages } = open(run);
    const [uid = ''] = run.settings.uids;
    const { list } = await pages.timeline(uid, null);
    const user = list.find((p) => p.user !== null)?.user;
    if (user == null) return `能够访问，但账号 ${uid} 没有可见的内容。请核对 UID。`;
    return isOrganisation(user)
      ? `能够访问，账号“${user.screen_name ?? uid}”最近一页有 ${list.length} 条。`
      : `能够访问，但账号 ${uid} 不是机构认证账号，不会采集。`;
  },

  crawl(run) {
    const { pages, session } = open(run);
    return new WebCrawl(run, pages, session.isVisitor).pages();
  },
});

/** @throws ConnectorError `config` until an operator has turned the source on. */
function open(run: WebRun): { pages: WebPages; session: WebSession } {
  const { enabled, shape, visitor, baseUrl, pauseSeconds } = run.settings;
  if (!enabled)
    throw new ConnectorError(
      'config',
      '微博网页方式默认关闭，没有访问微博。请阅读说明，取得平台同意和本单位批准后，在采集源中勾选“已阅读说明并启用”。',
    );
  const official = HOSTS[shape];
  const session = new WebSession({
    shape,
    visitor,
    baseUrl: baseUrl ?? official.baseUrl,
    visitorUrl: baseUrl === undefined ? official.visitorUrl : new URL('/visitor/genvisitor2', baseUrl).href,
    cookie: run.credentials.cookie,
    pauseMs: 1000 * (baseUrl === undefined ? Math.max(LEAST_PAUSE_SECONDS, pauseSeconds) : pauseSeconds),
    http: run.http,
    signal: run.signal,
  });
  return { session, pages: shape === 'mobile' ? mobilePages(session) : desktopPages(session) };
}

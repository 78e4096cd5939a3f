/**
 * In: requests in the WeChat Official Account platform's shape. Out: its answers (errors with HTTP 200 and a rid), over the replay store.
 * Called by: `startReplay` for paths under /cgi-bin/.
 */
import { json, type Answer, type Exchange, type Face } from './exchange.ts';
import type { FaultKind } from './faults.ts';
import { paragraphs } from './markup.ts';
import { hash53 } from './seeded.ts';
import type { HeldComment, HeldPost, ReplayAccount, ReplayStore } from './store.ts';
import { isoBeijing } from './wire-time.ts';

export interface WechatOptions {
  /** Daily calls per endpoint path, e.g. `{'/cgi-bin/comment/list': 500}`; without one nothing is refused. */
  dailyLimits?: Record<string, number>;
  /** Accounts (by name) that have no comment function: 88000. */
  withoutComments?: string[];
  /** The comment's `reply` as an array, as one SDK models it; the documentation shows an object. */
  replyAsArray?: boolean;
  /** Addresses that may call; anything else gets 40164. */
  ipWhitelist?: string[];
  /** Articles (by corpus id) that were mass-sent: not in the list of published ones, only in the statistics. */
  massSent?: string[];
  /** Accounts (by name) without statistics: 48001. */
  withoutStatistics?: string[];
  /** The statistics say `is_delay` until this hour of the day. Default: never. */
  delayedUntilHour?: number;
}

const TOKEN_SECONDS = 7200;
/** In the last five minutes of its life a stable token is replaced, and a replaced token lives on that long. */
const OVERLAP_MS = 5 * 60_000;
const DEFAULT_DAILY = 5_000_000;
const DAY_MS = 24 * 3_600_000;

const MESSAGES: Record<number, string> = {
  [-1]: 'system error',
  40001: 'invalid credential, access_token is invalid or not latest',
  40013: 'invalid appid',
  40125: 'invalid appsecret',
  40164: 'invalid ip, not in whitelist',
  41001: 'access_token missing',
  41002: 'appid missing',
  41004: 'appsecret missing',
  42001: 'access_token expired',
  43002: 'require POST method',
  44002: 'empty post data',
  43004: 'require subscribe',
  45002: 'content size out of limit',
  45009: 'reach max api daily quota limit',
  45011: 'api minute-quota reach limit, must slower, retry next minute',
  45015: 'response out of time limit or subscription is canceled',
  45047: 'out of response count limit',
  47001: 'data format error',
  47009: 'this api is offline, please use the new api',
  48001: 'api unauthorized',
  53600: 'invalid article id',
  61500: 'date format error',
  61501: 'date range error',
  61503: 'data not ready',
  76021: 'cgi_path not found',
  88000: 'without comment privilege',
  88001: 'msg_data is not exists',
  88005: 'already reply',
  88007: 'reply content beyond max len or content len is zero',
  88008: 'comment is not exists',
  88010: 'count range error. cout <= 0 or count > 50',
};

/** The platform's own words for faults. */
const REFUSALS: Partial<Record<FaultKind, number>> = {
  'error-body-200': -1,
  'token-expired': 42001,
  'too-many': 45011,
  'quota-used': 45009,
  'no-permission': 48001,
};

const READS = new Set([
  '/cgi-bin/freepublish/batchget',
  '/cgi-bin/freepublish/getarticle',
  '/cgi-bin/comment/list',
  '/cgi-bin/comment/reply/add',
  '/cgi-bin/message/custom/send',
  '/cgi-bin/openapi/quota/get',
  '/datacube/getarticletotaldetail',
]);
/** Statistics of the older kind, which the platform has switched off. */
const OFFLINE = /^\/datacube\/(?:getarticlesummary|getarticletotal|getuserread(?:hour)?|getusershare(?:hour)?)$/;
/** What a citizen's message allows: so many answers within so long. */
const ANSWERS = { count: 5, withinMs: 48 * 3_600_000 };
const FORCED = { perDay: 20, apartMs: 30_000 };

interface Issued {
  token: string;
  account: ReplayAccount;
  expiresAt: number;
}

class WechatError extends Error {
  constructor(readonly code: number) {
    super(MESSAGES[code] ?? 'error');
  }
}

export class WechatOa implements Face {
  readonly platform = 'wechat';
  readonly #store: ReplayStore;
  readonly #options: WechatOptions;
  /** Live tokens by value. */
  readonly #tokens = new Map<string, Issued>();
  /** The current token of each account, per way of asking. */
  readonly #current = new Map<string, Issued>();
  readonly #used = new Map<string, number>();
  /** Answers sent to each openid. */
  readonly #answered = new Map<string, number>();
  readonly #forced = new Map<string, number[]>();
  #serial = 0;

  constructor(store: ReplayStore, options: WechatOptions = {}) {
    this.#store = store;
    this.#options = options;
  }

  owns({ path }: Pick<Exchange, 'path'>): boolean {
    return path.startsWith('/cgi-bin/') || path.startsWith('/datacube/');
  }

  /** The appid behind the token, or the one in the request for a token. */
  sourceOf(x: Exchange): string {
    const issued = this.#tokens.get(x.query.get('access_token') ?? '');
    return issued?.account.appid ?? x.query.get('appid') ?? /"appid":"([^"]+)"/.exec(x.body)?.[1] ?? '';
  }

  refusal(fault: FaultKind, x: Exchange): Answer | undefined {
    const code = REFUSALS[fault];
    if (code === undefined || (fault === 'token-expired' && x.path.endsWith('token'))) return undefined;
    if (fault === 'token-expired') this.expireTokens();
    return json({ errcode: code, errmsg: `${MESSAGES[code] ?? 'error'} rid: ${this.#rid(x)}` });
  }

  answer(x: Exchange): Answer | undefined {
    // The statistics are not under /cgi-bin; asked for there, they are not found.
    if (x.path.startsWith('/cgi-bin/datacube/')) return undefined;
    try {
      return json(this.#route(x));
    } catch (error) {
      if (!(error instanceof WechatError)) throw error;
      return json({ errcode: error.code, errmsg: `${error.message} rid: ${this.#rid(x)}` });
    }
  }

  /** Makes every token that was given out invalid, as a second process fetching its own would. */
  expireTokens(): void {
    this.#tokens.clear();
    this.#current.clear();
  }

  #rid(x: Exchange): string {
    const serial = hash53(`rid:${this.#serial++}`).toString(16).padStart(14, '0');
    return `${Math.floor(x.now / 1000).toString(16)}-${serial.slice(0, 8)}-${serial.slice(-8)}`;
  }

  #route(x: Exchange): object {
    if (this.#options.ipWhitelist && !this.#options.ipWhitelist.includes(x.ip)) throw new WechatError(40164);
    if (x.path === '/cgi-bin/token') {
      const account = this.#authenticate(x.query.get('appid'), x.query.get('secret'));
      return this.#issue(x, account, 'plain', true);
    }
    if (x.path === '/cgi-bin/stable_token') {
      if (x.method !== 'POST') throw new WechatError(43002);
      const body = this.#body(x);
      const account = this.#authenticate(textOf(body['appid']), textOf(body['secret']));
      const forced = body['force_refresh'] === true;
      if (forced) this.#countForced(x, account);
      return this.#issue(x, account, 'stable', forced);
    }
    if (OFFLINE.test(x.path)) throw new WechatError(47009);
    if (!READS.has(x.path)) throw new WechatError(48001);
    const account = this.#authorise(x);
    if (x.method !== 'POST') throw new WechatError(43002);
    const body = this.#body(x);
    if (x.path === '/cgi-bin/openapi/quota/get') return this.#quota(x, account, textOf(body['cgi_path']) ?? '');
    const limit = this.#options.dailyLimits?.[x.path];
    const key = this.#quotaKey(x, account, x.path);
    const used = this.#used.get(key) ?? 0;
    if (limit !== undefined && used >= limit) throw new WechatError(45009);
    this.#used.set(key, used + 1);
    switch (x.path) {
      case '/cgi-bin/freepublish/batchget':
        return this.#batch(x, account, body);
      case '/cgi-bin/freepublish/getarticle': {
        const wanted = textOf(body['article_id']);
        const post = this.#articles(x, account).find((p) => articleId(p) === wanted);
        if (!post) throw new WechatError(53600);
        return { news_item: [this.#news(post, account, false)] };
      }
      case '/cgi-bin/comment/list':
        return this.#comments(x, account, body);
      case '/cgi-bin/message/custom/send':
        return this.#answer(x, account, body);
      case '/datacube/getarticletotaldetail':
        return this.#statistics(x, account, body);
      default:
        return this.#reply(x, account, body);
    }
  }

  // ---- tokens

  #authenticate(appid: string | null | undefined, secret: string | null | undefined): ReplayAccount {
    if (!appid) throw new WechatError(41002);
    if (!secret) throw new WechatError(41004);
    const account = this.#store.accounts('wechat').find((a) => a.appid === appid);
    if (!account) throw new WechatError(40013);
    if (account.secret !== secret) throw new WechatError(40125);
    return account;
  }

  /** A forced refresh is granted 20 times a day, half a minute apart. */
  #countForced(x: Exchange, account: ReplayAccount): void {
    const day = isoBeijing(x.now).slice(0, 10);
    const slot = `${account.appid}:${day}`;
    const before = this.#forced.get(slot) ?? [];
    if (before.length >= FORCED.perDay) throw new WechatError(45009);
    if (x.now - (before.at(-1) ?? 0) < FORCED.apartMs) throw new WechatError(45011);
    this.#forced.set(slot, [...before, x.now]);
  }

  /** `/token` always makes a new one; the stable kind gives the same until its last five minutes. */
  #issue(x: Exchange, account: ReplayAccount, way: 'plain' | 'stable', fresh: boolean): object {
    const slot = `${account.appid}:${way}`;
    const current = this.#current.get(slot);
    if (current && !fresh && current.expiresAt - x.now > OVERLAP_MS) {
      return { access_token: current.token, expires_in: Math.floor((current.expiresAt - x.now) / 1000) };
    }
    if (current) {
      // A forced refresh of the stable kind cuts the old token off at once; otherwise it lives on for five minutes.
      const forced = way === 'stable' && fresh;
      current.expiresAt = forced ? x.now : Math.min(current.expiresAt, x.now + OVERLAP_MS);
    }
    const serial = this.#serial++;
    const token = Array.from({ length: 10 }, (_, i) => hash53(`${slot}:${serial}:${x.now}`, i).toString(36))
      .join('')
      .slice(0, 100);
    const issued = {
      token: `${way === 'stable' ? 'S' : 'T'}_${token}`,
      account,
      expiresAt: x.now + TOKEN_SECONDS * 1000,
    };
    this.#current.set(slot, issued);
    this.#tokens.set(issued.token, issued);
    return { access_token: issued.token, expires_in: TOKEN_SECONDS };
  }

  #authorise(x: Exchange): ReplayAccount {
    const given = x.query.get('access_token');
    if (!given) throw new WechatError(41001);
    const issued = this.#tokens.get(given);
    if (!issued) throw new WechatError(40001);
    if (issued.expiresAt <= x.now) throw new WechatError(42001);
    return issued.account;
  }

  #body(x: Exchange): Record<string, unknown> {
    if (x.body === '') throw new WechatError(44002);
    try {
      const parsed: unknown = JSON.parse(x.body);
      if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
    } catch {
      // falls through to the platform's answer for a malformed body
    }
    throw new WechatError(47001);
  }

  #quotaKey(x: Exchange, account: ReplayAccount, path: string): string {
    return `${account.appid}:${path}:${isoBeijing(x.now).slice(0, 10)}`;
  }

  #quota(x: Exchange, account: ReplayAccount, path: string): object {
    if (!READS.has(path)) throw new WechatError(76021);
    const limit = this.#options.dailyLimits?.[path] ?? DEFAULT_DAILY;
    const used = this.#used.get(this.#quotaKey(x, account, path)) ?? 0;
    return {
      errcode: 0,
      errmsg: 'ok',
      quota: { daily_limit: limit, used, remain: Math.max(0, limit - used) },
      rate_limit: { call_count: 1000, refresh_second: 60 },
    };
  }

  // ---- articles

  /** Published articles of an account, newest first; deleted ones stay in the list with `is_deleted`. */
  #articles(x: Exchange, account: ReplayAccount): HeldPost[] {
    return this.#store
      .select('wechat', (p) => p.kind === 'post' && p.account === account && p.at <= x.now)
      .toReversed();
  }

  #batch(x: Exchange, account: ReplayAccount, body: Record<string, unknown>): object {
    const offset = Number(body['offset']);
    const count = Number(body['count']);
    if (!Number.isInteger(offset) || offset < 0 || !Number.isInteger(count) || count < 1 || count > 20)
      throw new WechatError(47001);
    const sent = new Set(this.#options.massSent);
    const all = this.#articles(x, account).filter((p) => !sent.has(p.rawId));
    const part = x.page(all.slice(offset, offset + count));
    const bare = Number(body['no_content'] ?? 0) === 1;
    return {
      item: part.map((p) => ({
        article_id: articleId(p),
        content: { news_item: [this.#news(p, account, bare)], create_time: seconds(p.at), update_time: seconds(p.at) },
        update_time: seconds(p.at),
      })),
      total_count: all.length,
      item_count: part.length,
    };
  }

  #news(post: HeldPost, account: ReplayAccount, bare: boolean): object {
    const biz = Buffer.from(String(hash53(account.nativeId) % 10_000_000_000)).toString('base64');
    const sign = hash53(post.rawId, 5).toString(16);
    return {
      title: post.title ?? post.text.slice(0, 30),
      author: account.name,
      digest: post.text.replace(/\s+/g, '').slice(0, 54),
      ...(bare ? {} : { content: paragraphs(post.text) }),
      content_source_url: '',
      thumb_media_id: `thumb_${sign}`,
      show_cover_pic: 0,
      need_open_comment: this.#mute(account) ? 0 : 1,
      only_fans_can_comment: 0,
      url: `http://mp.weixin.qq.com/s?__biz=${biz}&mid=${post.mid}&idx=1&sn=${sign}&chksm=${hash53(post.rawId, 6).toString(16)}#rd`,
      is_deleted: post.state === 'deleted',
    };
  }

  // ---- comments

  #mute(account: ReplayAccount): boolean {
    return this.#options.withoutComments?.includes(account.name) === true;
  }

  #article(x: Exchange, account: ReplayAccount, body: Record<string, unknown>): HeldPost {
    if (this.#mute(account)) throw new WechatError(88000);
    const post = this.#store.article(Number(body['msg_data_id']));
    if (!post || post.account !== account || post.at > x.now || Number(body['index'] ?? 0) !== 0)
      throw new WechatError(88001);
    return post;
  }

  #comments(x: Exchange, account: ReplayAccount, body: Record<string, unknown>): object {
    const post = this.#article(x, account, body);
    const begin = Number(body['begin'] ?? 0);
    const count = Number(body['count'] ?? 0);
    if (!Number.isInteger(count) || count <= 0 || count >= 50 || !Number.isInteger(begin) || begin < 0)
      throw new WechatError(88010);
    const type = Number(body['type'] ?? 0);
    const shown = this.#store.commentsOf(post, x.now);
    const asked = shown.filter((c) => c.replyTo === undefined && c.account === undefined);
    const wanted = asked.filter((c) => type === 0 || (type === 2) === elected(c)).toReversed();
    const replies = new Map<HeldComment, HeldComment>();
    for (const c of shown) if (c.replyTo && c.account) if (!replies.has(c.replyTo)) replies.set(c.replyTo, c);
    return {
      errcode: 0,
      errmsg: 'ok',
      total: wanted.length,
      comment: x.page(wanted.slice(begin, begin + count)).map((c) => {
        const reply = replies.get(c);
        const answer = reply && { content: reply.text, create_time: seconds(reply.at) };
        return {
          user_comment_id: c.mid,
          ...(c.author === undefined ? {} : { openid: openidOf(account, c.author) }),
          create_time: seconds(c.at),
          content: c.text,
          comment_type: elected(c) ? 1 : 0,
          ...(answer ? { reply: this.#options.replyAsArray ? [answer] : answer } : {}),
        };
      }),
    };
  }

  #reply(x: Exchange, account: ReplayAccount, body: Record<string, unknown>): object {
    const post = this.#article(x, account, body);
    const content = textOf(body['content']) ?? '';
    if (content === '' || Buffer.byteLength(content) > 1800) throw new WechatError(88007);
    const shown = this.#store.commentsOf(post, x.now);
    const target = shown.find((c) => c.mid === Number(body['user_comment_id']) && c.account === undefined);
    if (!target) throw new WechatError(88008);
    if (shown.some((c) => c.replyTo === target && c.account !== undefined)) throw new WechatError(88005);
    this.#store.add({
      platform: 'wechat',
      kind: 'comment',
      id: `${target.rawId}-reply`,
      parentId: target.rawId,
      account: account.name,
      publishedAt: isoBeijing(x.now),
      text: content,
    });
    return { errcode: 0, errmsg: 'ok' };
  }

  // ---- answers to messages

  /** Within 48 hours of the citizen's last message, and five at most. */
  #answer(x: Exchange, account: ReplayAccount, body: Record<string, unknown>): object {
    const touser = textOf(body['touser']) ?? '';
    const text = body['text'];
    const content = typeof text === 'object' && text !== null && 'content' in text ? textOf(text.content) : undefined;
    if (body['msgtype'] !== 'text' || content === undefined || content === '') throw new WechatError(47001);
    if (Buffer.byteLength(content) > 2048) throw new WechatError(45002);
    const asked = this.#store.select(
      'wechat',
      (p) => p.kind === 'message' && p.at <= x.now && p.author !== undefined && openidOf(account, p.author) === touser,
    );
    const last = asked.at(-1);
    if (last === undefined) throw new WechatError(40003);
    if (x.now - last.at > ANSWERS.withinMs) throw new WechatError(45015);
    const key = `${touser} ${last.rawId}`;
    const used = this.#answered.get(key) ?? 0;
    if (used >= ANSWERS.count) throw new WechatError(45047);
    this.#answered.set(key, used + 1);
    return { errcode: 0, errmsg: 'ok' };
  }

  // ---- statistics

  #statistics(x: Exchange, account: ReplayAccount, body: Record<string, unknown>): object {
    if (this.#options.withoutStatistics?.includes(account.name)) throw new WechatError(48001);
    const [begin, end] = [textOf(body['begin_date']) ?? '', textOf(body['end_date']) ?? ''];
    const wellFormed = [begin, end].every((day) => /^\d{4}-\d{2}-\d{2}$/.test(day));
    if (!wellFormed) throw new WechatError(61500);
    if (begin !== end || end >= isoBeijing(x.now).slice(0, 10)) throw new WechatError(61501);
    const hour = Number(isoBeijing(x.now).slice(11, 13));
    if (hour < 8) throw new WechatError(61503);
    const sent = new Set(this.#options.massSent);
    const list = this.#articles(x, account).filter((p) => isoBeijing(p.at).startsWith(begin) && p.state === 'live');
    return {
      list: x.page(list).map((p) => {
        const shown = this.#store.engagement(p, x.now);
        return {
          ref_date: begin,
          msgid: `${p.mid}_1`,
          publish_type: sent.has(p.rawId) ? 0 : 1,
          title: p.title ?? p.text.slice(0, 30),
          content_url: `http://mp.weixin.qq.com/s/${hash53(p.rawId, 9).toString(36)}`,
          detail_list: [0.5, 1].map((share, i) => ({
            stat_date: isoBeijing(x.now - (2 - i) * DAY_MS).slice(0, 10),
            read_user: Math.round(shown.reads * share),
            read_user_source: [{ scene_desc: '全部', user_count: Math.round(shown.reads * share) }],
            share_user: Math.round(shown.reposts * share),
            zaikan_user: 0,
            like_user: Math.round(shown.likes * share),
            comment_count: Math.round(shown.comments * share),
            collection_user: 0,
            praise_money: 0,
            read_subscribe_user: 0,
            read_delivery_rate: 0.1,
            read_finish_rate: 0.5,
            read_avg_activetime: 30,
            read_jump_position: [],
          })),
        };
      }),
      is_delay: hour < (this.#options.delayedUntilHour ?? 0),
    };
  }
}

export const seconds = (ms: number): number => Math.floor(ms / 1000);

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Stable and opaque, as the platform's. */
function articleId(post: HeldPost): string {
  return `${hash53(post.rawId, 21).toString(36)}-${hash53(post.rawId, 22).toString(36)}`;
}

/** About one in six comments is shown to everybody. */
function elected(comment: HeldComment): boolean {
  return hash53(comment.rawId, 31) % 6 === 0;
}

export function openidOf(account: ReplayAccount, author: string): string {
  const seed = `${account.appid}:${author}`;
  return `o${hash53(seed, 41).toString(36)}${hash53(seed, 42).toString(36)}${hash53(seed, 43).toString(36)}`
    .padEnd(28, '0')
    .slice(0, 28);
}

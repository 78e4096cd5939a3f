/**
 * In: requests in the Weibo Open Platform's shape. Out: its answers, error bodies and limits included, over the replay store.
 * Called by: `startReplay` for paths under /2/ and /oauth2/.
 */
import { intParam, json, type Answer, type Exchange } from './exchange.ts';
import { hash53 } from './seeded.ts';
import { weiboIdAt, type HeldComment, type HeldPost, type ReplayAccount, type ReplayStore } from './store.ts';
import { WeiboOauth, type WeiboApp } from './weibo-oauth.ts';
import { isoBeijing, plainBeijing, weiboTime } from './wire-time.ts';

export interface WeiboToken {
  token: string;
  /** Name or uid of the authorised account; the first Weibo account when absent. It follows all the others. */
  account?: string;
  /** Epoch milliseconds; never when absent. */
  expiresAt?: number;
}

export interface WeiboOptions {
  tokens: WeiboToken[];
  /** Off when absent, as for a replay; a limit that is set really counts. */
  limits?: {
    userPerDay?: number;
    ipPerHour?: number;
    endpointPerHour?: Record<string, number>;
    /** Comments and replies of one user. */
    writesPerHour?: number;
  };
  /** Cuts texts above 140 characters with a 全文 link and `isLongText`, as the platform may. Default false: texts are complete. */
  truncateLongText?: boolean;
  /** The application of the OAuth2 flow; without it nobody can be authorised anew. */
  app?: WeiboApp;
  /** Endpoints that the application was not granted, e.g. `statuses/mentions`: 10014. */
  denied?: readonly string[];
  /** Corpus ids of posts that are reposts, each with the corpus id of its original; a deleted original comes as a stub. */
  retweets?: Readonly<Record<string, string>>;
  /** Replies are accepted with 20032 and appear this much later. */
  delayRepliesSeconds?: number;
}

/** HTTP status per error code; everything else answers 400. */
const STATUS_OF: Record<number, number> = {
  10001: 500,
  10002: 503,
  10014: 403,
  20016: 403,
  20032: 403,
  10020: 404,
  10022: 403,
  10023: 403,
  10024: 403,
  20102: 403,
  20112: 403,
  21301: 401,
};

const MESSAGES: Record<number, string> = {
  10008: 'param error, see doc for more info.',
  10014: 'Insufficient app permissions!',
  10016: 'miss required parameter , expect parameter, but get null, see doc for more info.',
  10020: 'request api not found',
  10021: 'HTTP method is not suported for this request',
  10022: 'IP requests out of rate limit',
  10023: 'User requests out of rate limit',
  10024: 'User requests for this api out of rate limit',
  20003: 'User does not exists',
  20008: 'content is null',
  20016: 'out of limit',
  20012: 'text too long, please input text less than 140 characters',
  20019: 'repeat content',
  20032: 'update success, while server slow now, please wait 1-2 minutes',
  20101: 'target weibo does not exist',
  20112: 'Permission Denied!',
  20201: 'target comment does not exist',
  20203: 'not your own comment',
  21301: 'auth faild',
  21327: 'expired_token',
  21332: 'invalid_access_token',
};

const CLIENTS = ['微博网页版', 'iPhone客户端', 'Android客户端', '微博轻享版', 'HarmonyOS客户端', 'iPad客户端'];
const HOUR_MS = 3_600_000;
const BEIJING_MS = 8 * HOUR_MS;
const TEXT_LIMIT = 140;

class WeiboError extends Error {
  constructor(readonly code: number) {
    super(MESSAGES[code] ?? 'error');
  }
}

export class WeiboOpen {
  readonly #store: ReplayStore;
  readonly #options: WeiboOptions;
  readonly #hits = new Map<string, number>();
  readonly #lastReply = new Map<string, string>();
  readonly #oauth: WeiboOauth;

  constructor(store: ReplayStore, options: WeiboOptions) {
    this.#store = store;
    this.#options = options;
    this.#oauth = new WeiboOauth(options.app, options.tokens, (token) => this.#me(token).nativeId);
  }

  /** Answers, or undefined when the path is not this platform's. */
  answer(x: Exchange): Answer | undefined {
    if (!x.path.startsWith('/2/') && !x.path.startsWith('/oauth2/')) return undefined;
    try {
      return this.#route(x);
    } catch (error) {
      if (!(error instanceof WeiboError)) throw error;
      return json({ error: error.message, error_code: error.code, request: x.path }, STATUS_OF[error.code] ?? 400);
    }
  }

  #route(x: Exchange): Answer {
    const open = this.#oauth.answer(x);
    if (open !== undefined) return open;
    const token = this.#token(x);
    if (x.path === '/oauth2/revokeoauth2') return this.#oauth.revoke(token);
    if (x.path === '/oauth2/get_token_info') {
      if (x.method !== 'POST') throw new WeiboError(10021);
      return json({
        uid: Number(this.#me(token).nativeId),
        appkey: '1000000001',
        scope: null,
        create_at: Math.floor(x.now / 1000) - 86_400,
        expire_in: token.expiresAt === undefined ? 2_592_000 : Math.floor((token.expiresAt - x.now) / 1000),
      });
    }
    if (x.path === '/2/account/rate_limit_status.json') return json(this.#limitStatus(x, token));
    this.#count(x, token);
    if (this.#options.denied?.includes(endpointOf(x)) === true) throw new WeiboError(10014);
    switch (x.path) {
      case '/2/statuses/home_timeline.json':
      case '/2/statuses/friends_timeline.json':
        return this.#timeline(x, (p) => p.account !== undefined, 20, 100);
      case '/2/statuses/user_timeline.json': {
        // The platform ignores uid and screen_name, and shows only the newest five of the authorised account.
        const me = this.#me(token);
        const own = this.#visible(x, (p) => p.account === me).slice(0, 5);
        return json(
          this.#wrap(
            'statuses',
            own.map((p) => this.#status(x, p)),
            own.length,
          ),
        );
      }
      case '/2/statuses/mentions.json': {
        const me = this.#me(token);
        return this.#timeline(x, (p) => p.account !== me && p.text.includes(`@${me.name}`), 20, 200);
      }
      case '/2/statuses/repost_timeline.json': {
        const post = this.#post(x);
        return this.#timeline(x, (p) => this.#options.retweets?.[p.rawId] === post.rawId, 20, 200, 'reposts');
      }
      case '/2/statuses/show.json':
        return json(this.#status(x, this.#post(x)));
      case '/2/statuses/count.json':
        return this.#counts(x);
      case '/2/comments/show.json': {
        const post = this.#post(x);
        return this.#comments(x, this.#store.commentsOf(post, x.now));
      }
      case '/2/comments/to_me.json': {
        const me = this.#me(token);
        const mine = this.#visible(x, (p) => p.account === me).flatMap((p) => this.#store.commentsOf(p, x.now));
        return this.#comments(
          x,
          mine.filter((c) => c.account !== me).sort((a, b) => a.mid - b.mid),
        );
      }
      case '/2/comments/create.json':
      case '/2/comments/reply.json':
        return this.#write(x, token);
      case '/2/users/show.json': {
        const wanted = x.query.get('uid') ?? x.query.get('screen_name');
        if (!wanted) throw new WeiboError(10016);
        const account = this.#store.account('weibo', wanted);
        if (!account) throw new WeiboError(20003);
        return json(this.#official(account));
      }
      case '/2/remind/unread_count.json': {
        const me = this.#me(token);
        const day = x.now - 24 * HOUR_MS;
        const recent = this.#visible(x, () => true);
        return json({
          status: recent.filter((p) => p.at > day).length,
          follower: 0,
          cmt: recent
            .filter((p) => p.account === me)
            .reduce((n, p) => n + this.#store.commentsOf(p, x.now).filter((c) => c.at > day).length, 0),
          dm: 0,
          mention_status: 0,
          mention_cmt: 0,
          group: 0,
          notice: 0,
          invite: 0,
          badge: 0,
          photo: 0,
        });
      }
      default:
        throw new WeiboError(10020);
    }
  }

  #token(x: Exchange): WeiboToken {
    const header = /^OAuth2\s+(\S+)$/.exec(x.headers['authorization'] ?? '')?.[1];
    const given = x.query.get('access_token') ?? header;
    if (!given) throw new WeiboError(21301);
    const token = this.#options.tokens.find((t) => t.token === given);
    if (!token) throw new WeiboError(21332);
    if (token.expiresAt !== undefined && token.expiresAt <= x.now) throw new WeiboError(21327);
    return token;
  }

  #me(token: WeiboToken): ReplayAccount {
    const named = token.account === undefined ? undefined : this.#store.account('weibo', token.account);
    const me = named ?? this.#store.accounts('weibo')[0];
    return me ?? { platform: 'weibo', nativeId: '1000000000', name: '政务服务账号' };
  }

  // ---- limits: counted per Beijing day for a user, per hour for an address and an endpoint

  #windows(
    x: Exchange,
    token: WeiboToken,
  ): { key: string; limit: number; code: number; unit: 'HOURS' | 'DAYS'; resetMs: number }[] {
    const limits = this.#options.limits ?? {};
    const day = Math.floor((x.now + BEIJING_MS) / (24 * HOUR_MS));
    const hour = Math.floor(x.now / HOUR_MS);
    const dayEnd = (day + 1) * 24 * HOUR_MS - BEIJING_MS;
    const hourEnd = (hour + 1) * HOUR_MS;
    const endpoint = `/${endpointOf(x)}`;
    const perEndpoint = limits.endpointPerHour?.[endpoint];
    return [
      ...(limits.ipPerHour === undefined
        ? []
        : [
            {
              key: `ip:${x.ip}:${hour}`,
              limit: limits.ipPerHour,
              code: 10022,
              unit: 'HOURS' as const,
              resetMs: hourEnd,
            },
          ]),
      ...(limits.userPerDay === undefined
        ? []
        : [
            {
              key: `user:${token.token}:${day}`,
              limit: limits.userPerDay,
              code: 10023,
              unit: 'DAYS' as const,
              resetMs: dayEnd,
            },
          ]),
      ...(perEndpoint === undefined
        ? []
        : [
            {
              key: `api:${token.token}:${endpoint}:${hour}`,
              limit: perEndpoint,
              code: 10024,
              unit: 'HOURS' as const,
              resetMs: hourEnd,
            },
          ]),
    ];
  }

  #count(x: Exchange, token: WeiboToken): void {
    const windows = this.#windows(x, token);
    for (const w of windows) if ((this.#hits.get(w.key) ?? 0) >= w.limit) throw new WeiboError(w.code);
    for (const w of windows) this.#hits.set(w.key, (this.#hits.get(w.key) ?? 0) + 1);
  }

  #limitStatus(x: Exchange, token: WeiboToken): object {
    const windows = this.#windows(x, token);
    const left = (code: number, otherwise: number): number => {
      const w = windows.find((v) => v.code === code);
      return w ? Math.max(0, w.limit - (this.#hits.get(w.key) ?? 0)) : otherwise;
    };
    const user = windows.find((w) => w.code === 10023);
    const reset = user?.resetMs ?? (Math.floor(x.now / HOUR_MS) + 1) * HOUR_MS;
    const hour = Math.floor(x.now / HOUR_MS);
    return {
      ip_limit: this.#options.limits?.ipPerHour ?? 15_000,
      limit_time_unit: user?.unit ?? 'HOURS',
      remaining_ip_hits: left(10022, 15_000),
      remaining_user_hits: left(10023, 100_000),
      reset_time: plainBeijing(reset),
      reset_time_in_seconds: Math.ceil((reset - x.now) / 1000),
      user_limit: this.#options.limits?.userPerDay ?? 100_000,
      api_rate_limits: Object.entries(this.#options.limits?.endpointPerHour ?? {}).map(([api, limit]) => ({
        api,
        limit,
        limit_time_unit: 'HOURS',
        remaining_hits: Math.max(0, limit - (this.#hits.get(`api:${token.token}:${api}:${hour}`) ?? 0)),
      })),
    };
  }

  // ---- reading

  /** Live weibo posts whose time has come, newest first. */
  #visible(x: Exchange, keep: (post: HeldPost) => boolean): HeldPost[] {
    const out: HeldPost[] = [];
    const all = this.#store.statuses();
    for (let i = all.length - 1; i >= 0; i--) {
      const post = all[i];
      if (post && post.at <= x.now && post.state === 'live' && keep(post)) out.push(post);
    }
    return out;
  }

  #timeline(
    x: Exchange,
    keep: (post: HeldPost) => boolean,
    defaultCount: number,
    maxCount: number,
    key: 'statuses' | 'reposts' = 'statuses',
  ): Answer {
    const all = this.#visible(x, keep);
    const { part, next } = this.#pager(x, all, defaultCount, maxCount);
    return json(this.#wrap(key, x.page(part.map((p) => this.#status(x, p))), all.length, next));
  }

  #comments(x: Exchange, ascending: HeldComment[]): Answer {
    const all = ascending.toReversed();
    const { part, next } = this.#pager(x, all, 50, 200);
    return json(this.#wrap('comments', x.page(part.map((c) => this.#comment(x, c, true))), all.length, next));
  }

  /** since_id is exclusive, max_id inclusive, page counts from 1. */
  #pager<T extends { mid: number }>(
    x: Exchange,
    newestFirst: T[],
    defaultCount: number,
    maxCount: number,
  ): { part: T[]; next: number } {
    const since = intParam(x, 'since_id', 0);
    const max = intParam(x, 'max_id', 0);
    const page = intParam(x, 'page', 1);
    const count = Math.min(intParam(x, 'count', defaultCount), maxCount);
    if (![since, max, page, count].every(Number.isInteger) || count < 1 || page < 1) throw new WeiboError(10008);
    const within = newestFirst.filter((v) => v.mid > since && (max === 0 || v.mid <= max));
    const part = within.slice((page - 1) * count, page * count);
    return { part, next: within[page * count]?.mid ?? 0 };
  }

  #wrap(key: 'statuses' | 'comments' | 'reposts', list: object[], total: number, next = 0): object {
    return {
      [key]: list,
      ...(key === 'comments' ? { marks: [], hasvisible: false } : { advertises: [], ad: [], hasvisible: false }),
      previous_cursor: 0,
      next_cursor: next,
      total_number: total,
      ...(key === 'comments' ? {} : { interval: 2000 }),
    };
  }

  #post(x: Exchange): HeldPost {
    const id = intParam(x, 'id', 0);
    if (id === 0) throw new WeiboError(10016);
    const post = Number.isInteger(id) ? this.#store.status(id) : undefined;
    if (!post || post.at > x.now || post.state === 'deleted') throw new WeiboError(20101);
    if (post.state === 'restricted') throw new WeiboError(20112);
    return post;
  }

  #counts(x: Exchange): Answer {
    const ids = (x.query.get('ids') ?? '').split(',').filter(Boolean);
    if (ids.length === 0) throw new WeiboError(10016);
    if (ids.length > 100) throw new WeiboError(10008);
    return json(
      ids.flatMap((id) => {
        const post = this.#store.status(Number(id));
        if (!post || post.at > x.now || post.state !== 'live') return [];
        const n = this.#store.engagement(post, x.now);
        return [{ id: post.mid, comments: n.comments, reposts: n.reposts, attitudes: n.likes }];
      }),
    );
  }

  // ---- objects

  #status(x: Exchange, post: HeldPost): object {
    const n = this.#store.engagement(post, x.now);
    const cut = this.#options.truncateLongText === true && post.text.length > TEXT_LIMIT;
    const user = post.account ? this.#official(post.account) : publicUser(post.author ?? 'someone');
    return {
      created_at: weiboTime(post.at),
      id: post.mid,
      idstr: String(post.mid),
      mid: String(post.mid),
      text: cut ? `${post.text.slice(0, TEXT_LIMIT)}...全文： ${x.base}/weibo/${post.mid} ​` : post.text,
      source: client(post.rawId),
      favorited: false,
      truncated: false,
      in_reply_to_status_id: '',
      in_reply_to_user_id: '',
      in_reply_to_screen_name: '',
      pic_urls: [],
      geo: null,
      ...(x.query.get('trim_user') === '1' ? { user: Number(user.idstr) } : { user }),
      reposts_count: n.reposts,
      comments_count: n.comments,
      attitudes_count: n.likes,
      isLongText: cut,
      ...this.#original(x, post),
      mlevel: 0,
      visible: { type: 0, list_id: 0 },
      hasActionTypeCard: 0,
      darwin_tags: [],
      hot_weibo_tags: [],
    };
  }

  /** Of a repost: the original, or the stub of a deleted one. */
  #original(x: Exchange, post: HeldPost): object {
    const of = this.#options.retweets?.[post.rawId];
    const original = of === undefined ? undefined : this.#store.post('weibo', of);
    if (original === undefined) return {};
    if (original.state === 'live') return { retweeted_status: this.#status(x, original) };
    const text = '抱歉，此微博已被作者删除。查看帮助：http://t.cn/zYourhlp';
    const stub = { id: original.mid, idstr: String(original.mid), mid: String(original.mid), text, deleted: '1' };
    return { retweeted_status: { created_at: weiboTime(original.at), ...stub, reposts_count: 0, comments_count: 0 } };
  }

  #comment(x: Exchange, comment: HeldComment, withParent: boolean): object {
    const root = rootOf(comment);
    return {
      created_at: weiboTime(comment.at),
      id: comment.mid,
      idstr: String(comment.mid),
      mid: String(comment.mid),
      text: comment.text,
      source: client(comment.rawId),
      rootid: root.mid,
      rootidstr: String(root.mid),
      floor_number: 0,
      like_count: comment.likes,
      user: comment.account ? this.#official(comment.account) : publicUser(comment.author ?? 'someone'),
      status: {
        created_at: weiboTime(comment.post.at),
        id: comment.post.mid,
        idstr: String(comment.post.mid),
        mid: String(comment.post.mid),
        text: comment.post.text,
        user: comment.post.account
          ? {
              id: Number(comment.post.account.nativeId),
              idstr: comment.post.account.nativeId,
              screen_name: comment.post.account.name,
            }
          : null,
      },
      ...(comment.replyTo && withParent ? { reply_comment: this.#comment(x, comment.replyTo, false) } : {}),
    };
  }

  #official(account: ReplayAccount): { idstr: string } & Record<string, unknown> {
    const uid = Number(account.nativeId);
    return {
      id: uid,
      idstr: account.nativeId,
      screen_name: account.name,
      name: account.name,
      province: '100',
      city: '1000',
      location: '其他',
      description: account.description ?? `${account.name}官方微博`,
      url: '',
      profile_image_url: `https://avatar.invalid/${account.nativeId}/50.jpg`,
      profile_url: `u/${account.nativeId}`,
      domain: '',
      weihao: '',
      gender: 'm',
      followers_count: account.followers ?? 100_000 + (hash53(account.name) % 900_000),
      friends_count: 86,
      statuses_count: 2_000 + (hash53(account.name, 1) % 20_000),
      favourites_count: 0,
      created_at: 'Mon Mar 05 09:30:00 +0800 2012',
      following: true,
      allow_all_act_msg: true,
      geo_enabled: false,
      verified: true,
      verified_type: 1,
      verified_reason: `${account.name}官方微博`,
      remark: '',
      avatar_large: `https://avatar.invalid/${account.nativeId}/180.jpg`,
      avatar_hd: `https://avatar.invalid/${account.nativeId}/1024.jpg`,
      follow_me: false,
      online_status: 0,
      bi_followers_count: 60,
      lang: 'zh-cn',
    };
  }

  // ---- writing: only from the authorised account, only to comments it received

  #write(x: Exchange, token: WeiboToken): Answer {
    if (x.method !== 'POST') throw new WeiboError(10021);
    const me = this.#me(token);
    const text = x.query.get('comment') ?? '';
    if (text.trim() === '') throw new WeiboError(20008);
    if ([...text].length > TEXT_LIMIT) throw new WeiboError(20012);
    if (!x.query.get('rip')) throw new WeiboError(10016);
    const post = this.#post(x);
    let replyTo: HeldComment | undefined;
    if (x.path.endsWith('/reply.json')) {
      replyTo = this.#store.comment(intParam(x, 'cid', 0));
      if (!replyTo || replyTo.post !== post || replyTo.state !== 'live') throw new WeiboError(20201);
      const received = post.account === me || replyTo.replyTo?.account === me;
      if (!received) throw new WeiboError(20203);
    }
    const window = `write:${me.nativeId}:${Math.floor(x.now / HOUR_MS)}`;
    const written = this.#hits.get(window) ?? 0;
    if (written >= (this.#options.limits?.writesPerHour ?? Infinity)) throw new WeiboError(20016);
    const target = `${me.nativeId}:${(replyTo ?? post).rawId}`;
    if (this.#lastReply.get(target) === text) throw new WeiboError(20019);
    this.#lastReply.set(target, text);
    this.#hits.set(window, written + 1);
    const delayed = this.#options.delayRepliesSeconds;
    const mention =
      replyTo && x.query.get('without_mention') !== '1'
        ? `回复@${replyTo.account?.name ?? publicUser(replyTo.author ?? 'someone').screen_name}:`
        : '';
    const id = String(weiboIdAt(x.now, hash53(`${target}:${text}`)));
    this.#store.add({
      platform: 'weibo',
      kind: 'comment',
      id,
      parentId: (replyTo ?? post).rawId,
      account: me.name,
      publishedAt: isoBeijing(x.now + (delayed ?? 0) * 1000),
      text: mention + text,
    });
    if (delayed !== undefined) throw new WeiboError(20032);
    const comment = this.#store.comment(Number(id));
    if (!comment) throw new WeiboError(10001);
    return json(this.#comment(x, comment, true));
  }
}

/** `statuses/home_timeline` of `/2/statuses/home_timeline.json`. */
function endpointOf(x: Exchange): string {
  return x.path.replace(/^\/2\//, '').replace(/\.json$/, '');
}

function rootOf(comment: HeldComment): HeldComment {
  let root = comment;
  while (root.replyTo) root = root.replyTo;
  return root;
}

function client(seed: string): string {
  const name = CLIENTS[hash53(seed, 3) % CLIENTS.length] ?? '';
  return `<a href="http://app.weibo.invalid/" rel="nofollow">${name}</a>`;
}

/** A member of the public with everything the platform would tell about them, so that tests can prove that none of it is kept. */
export function publicUser(author: string): { idstr: string; screen_name: string } & Record<string, unknown> {
  const uid = 1_000_000_000_000 + (hash53(author, 11) % 8_999_999_999_999);
  return {
    id: uid,
    idstr: String(uid),
    screen_name: author,
    name: author,
    province: '100',
    city: '1000',
    location: '其他',
    description: '',
    profile_image_url: `https://avatar.invalid/${uid}/50.jpg`,
    profile_url: `u/${uid}`,
    gender: hash53(author, 12) % 2 === 0 ? 'f' : 'm',
    followers_count: hash53(author, 13) % 800,
    friends_count: hash53(author, 14) % 500,
    statuses_count: hash53(author, 15) % 3000,
    created_at: 'Sat Jun 13 20:11:08 +0800 2015',
    following: false,
    verified: false,
    verified_type: -1,
    verified_reason: '',
    avatar_large: `https://avatar.invalid/${uid}/180.jpg`,
    follow_me: false,
    lang: 'zh-cn',
  };
}

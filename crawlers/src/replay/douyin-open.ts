/**
 * In: requests in the shape of Douyin's Open Platform. Out: its envelopes, over the replay store.
 * Called by: `startReplay` for /item/, /oauth/, /platform/oauth/ and /api/douyin/.
 */
import { createHash } from 'node:crypto';
import { htmlPage, intParam, json, type Answer, type Exchange, type Face } from './exchange.ts';
import type { FaultKind } from './faults.ts';
import { hash53 } from './seeded.ts';
import { titleOf } from './markup.ts';
import { douyinId, type HeldComment, type HeldPost, type ReplayAccount, type ReplayStore } from './store.ts';
import { isoBeijing } from './wire-time.ts';

export interface DouyinOptions {
  /** What the account has granted. Default both. */
  scopes?: readonly ('item.comment' | 'video.list')[];
}

/** The application and the grant that this server knows. */
export const DOUYIN_APP = {
  clientKey: 'replay-douyin-key',
  clientSecret: 'replay-douyin-secret',
  accessToken: 'replay-douyin-token',
  refreshToken: 'replay-douyin-refresh',
};
const CODE = 'replay-douyin-code';
const ACCESS_SECONDS = 15 * 86_400;
const REFRESH_SECONDS = 30 * 86_400;

const WORDS: Record<number, string> = {
  2190001: 'client_key 或 client_secret 错误',
  2190002: 'access_token 无效',
  2190004: '应用未获得该能力',
  2190008: 'access_token 过期，请刷新或重新授权',
  2190016: '请求频率超限',
  2100004: '系统繁忙，此时请开发者稍候再试',
  2100005: '参数不合法',
  10010: 'refresh_token 过期',
};
const REFUSALS: Partial<Record<FaultKind, number>> = {
  'error-body-200': 2100004,
  'token-expired': 2190008,
  'too-many': 2190016,
  'quota-used': 2190016,
  'no-permission': 2190004,
};

class DouyinError extends Error {
  constructor(readonly code: number) {
    super(WORDS[code] ?? '');
  }
}

export class DouyinOpen implements Face {
  readonly platform = 'douyin';
  readonly #store: ReplayStore;
  readonly #options: DouyinOptions;
  #tokens = new Set<string>([DOUYIN_APP.accessToken]);
  #serial = 0;

  constructor(store: ReplayStore, options: DouyinOptions = {}) {
    this.#store = store;
    this.#options = options;
  }

  owns({ path }: Pick<Exchange, 'path'>): boolean {
    return /^\/(?:item\/comment|oauth\/(?:access|refresh)_token\/|platform\/oauth|api\/douyin)/.test(path);
  }

  sourceOf(x: Exchange): string {
    return x.query.get('open_id') ?? x.query.get('client_key') ?? '';
  }

  refusal(fault: FaultKind, x: Exchange): Answer | undefined {
    const code = REFUSALS[fault];
    if (code === undefined || (fault === 'token-expired' && x.path.startsWith('/oauth/'))) return undefined;
    if (fault === 'token-expired') this.expireTokens();
    return this.#envelope(x, { error_code: code, description: WORDS[code] ?? '' }, code);
  }

  /** Every access token ends; the refresh token gives a new one. */
  expireTokens(): void {
    this.#tokens = new Set();
  }

  answer(x: Exchange): Answer | undefined {
    try {
      return this.#route(x);
    } catch (error) {
      if (!(error instanceof DouyinError)) throw error;
      return this.#envelope(x, { error_code: error.code, description: error.message }, error.code);
    }
  }

  #envelope(x: Exchange, data: object, code = 0): Answer {
    const logid = `${isoBeijing(x.now).replaceAll(/\D/g, '').slice(0, 14)}${hash53(`log${this.#serial++}`).toString(16)}`;
    const extra = {
      error_code: code,
      description: WORDS[code] ?? '',
      sub_error_code: 0,
      sub_description: '',
      logid,
      now: x.now,
    };
    return json({ data: { error_code: code, description: '', ...data }, extra });
  }

  #route(x: Exchange): Answer | undefined {
    switch (x.path) {
      case '/platform/oauth/connect': {
        const back = x.query.get('redirect_uri') ?? '';
        if (x.query.get('client_key') !== DOUYIN_APP.clientKey || !URL.canParse(back))
          return htmlPage('<h1>应用不存在</h1>');
        const url = new URL(back);
        url.searchParams.set('code', CODE);
        url.searchParams.set('state', x.query.get('state') ?? '');
        return htmlPage('', 302, { Location: url.href });
      }
      case '/oauth/access_token/':
        if (x.query.get('client_secret') !== DOUYIN_APP.clientSecret) throw new DouyinError(2190001);
        if (x.query.get('code') !== CODE) throw new DouyinError(2100005);
        return this.#issue(x);
      case '/oauth/refresh_token/':
        if (x.query.get('refresh_token') !== DOUYIN_APP.refreshToken) throw new DouyinError(10010);
        return this.#issue(x);
      case '/api/douyin/v1/video/video_list/':
        return this.#videos(x, this.#authorise(x, 'video.list'));
      case '/item/comment/list/':
        return this.#comments(x, this.#authorise(x, 'item.comment'));
      case '/item/comment/reply/list/':
        return this.#replies(x, this.#authorise(x, 'item.comment'));
      case '/item/comment/reply/':
        return this.#reply(x, this.#authorise(x, 'item.comment'));
      default:
        return undefined;
    }
  }

  #issue(x: Exchange): Answer {
    const token = `act.${hash53(`token${this.#serial++}${x.now}`).toString(36)}`;
    this.#tokens.add(token);
    return this.#envelope(x, {
      access_token: token,
      expires_in: ACCESS_SECONDS,
      refresh_token: DOUYIN_APP.refreshToken,
      refresh_expires_in: REFRESH_SECONDS,
      open_id: openIdOf(this.#account()),
      scope: this.#scopes().join(','),
    });
  }

  #scopes() {
    return this.#options.scopes ?? (['item.comment', 'video.list'] as const);
  }

  #account(): ReplayAccount {
    return this.#store.accounts('douyin')[0] ?? { platform: 'douyin', nativeId: '0', name: '' };
  }

  #authorise(x: Exchange, scope: 'item.comment' | 'video.list'): ReplayAccount {
    if (!this.#tokens.has(x.headers['access-token'] ?? ''))
      throw new DouyinError(x.headers['access-token'] ? 2190008 : 2190002);
    const account = this.#account();
    if (x.query.get('open_id') !== openIdOf(account)) throw new DouyinError(2190002);
    if (!this.#scopes().includes(scope)) throw new DouyinError(2190004);
    return account;
  }

  #videosOf(x: Exchange, account: ReplayAccount): HeldPost[] {
    return this.#store
      .select('douyin', (p) => p.kind === 'post' && p.account === account && p.at <= x.now && p.state === 'live')
      .toReversed();
  }

  /** An offset and a count of at most twenty. */
  #cut<T extends object>(x: Exchange, all: T[]): { part: T[]; cursor: number; has_more: boolean } {
    const from = intParam(x, 'cursor', 0);
    const count = intParam(x, 'count', 10);
    if (!(from >= 0) || !(count >= 1) || count > 20) throw new DouyinError(2100005);
    const part = all.slice(from, from + count);
    return { part: x.page(part), cursor: from + part.length, has_more: from + part.length < all.length };
  }

  #videos(x: Exchange, account: ReplayAccount): Answer {
    const { part, ...place } = this.#cut(x, this.#videosOf(x, account));
    const list = part.map((p) => {
      const shown = this.#store.engagement(p, x.now);
      return {
        item_id: douyinId(p.rawId),
        title: titleOf(p),
        create_time: Math.floor(p.at / 1000),
        is_top: false,
        video_status: 5,
        share_url: `https://www.iesdouyin.com/share/video/${hash53(p.rawId, 81)}/`,
        statistics: {
          comment_count: shown.comments,
          digg_count: shown.likes,
          share_count: shown.reposts,
          play_count: shown.reads,
          download_count: 0,
          forward_count: 0,
        },
      };
    });
    return this.#envelope(x, { list, ...place });
  }

  /** A video by its id, which holds `+ / =` and is found only when it came percent-encoded. */
  #video(x: Exchange, account: ReplayAccount, id: string): HeldPost {
    const video = this.#videosOf(x, account).find((p) => douyinId(p.rawId) === id);
    if (!video) throw new DouyinError(2100005);
    return video;
  }

  #comments(x: Exchange, account: ReplayAccount): Answer {
    const shown = this.#store.commentsOf(this.#video(x, account, x.query.get('item_id') ?? ''), x.now);
    const roots = shown.filter((c) => c.replyTo === undefined).sort((a, b) => b.at - a.at || b.mid - a.mid);
    const { part, ...place } = this.#cut(x, roots);
    return this.#envelope(x, { list: part.map((c) => this.#comment(c, shown, account)), ...place });
  }

  #replies(x: Exchange, account: ReplayAccount): Answer {
    const shown = this.#store.commentsOf(this.#video(x, account, x.query.get('item_id') ?? ''), x.now);
    const root = shown.find((c) => douyinId(c.rawId) === x.query.get('comment_id'));
    if (!root) throw new DouyinError(2100005);
    const { part, ...place } = this.#cut(x, under(root, shown));
    return this.#envelope(x, { list: part.map((c) => this.#comment(c, shown, account)), ...place });
  }

  #comment(c: HeldComment, shown: HeldComment[], account: ReplayAccount): object {
    return {
      comment_id: douyinId(c.rawId),
      comment_user_id:
        c.account === account
          ? openIdOf(account)
          : createHash('sha256')
              .update(c.author ?? c.rawId)
              .digest('base64')
              .slice(0, 32),
      content: c.text,
      create_time: Math.floor(c.at / 1000),
      digg_count: c.likes,
      reply_comment_total: c.replyTo === undefined ? under(c, shown).length : 0,
      top: false,
    };
  }

  #reply(x: Exchange, account: ReplayAccount): Answer {
    if (x.method !== 'POST') throw new DouyinError(2100005);
    let body: Record<string, unknown>;
    try {
      body = JSON.parse(x.body) as Record<string, unknown>;
    } catch {
      throw new DouyinError(2100005);
    }
    const video = this.#video(x, account, String(body['item_id']));
    const target = this.#store.commentsOf(video, x.now).find((c) => douyinId(c.rawId) === body['comment_id']);
    if (!target || typeof body['content'] !== 'string' || body['content'] === '') throw new DouyinError(2100005);
    const id = `${target.rawId}-answer${this.#serial++}`;
    const { name } = account;
    this.#store.add({
      platform: 'douyin',
      kind: 'comment',
      id,
      parentId: target.rawId,
      account: name,
      publishedAt: isoBeijing(x.now),
      text: body['content'],
    });
    return this.#envelope(x, { comment_id: douyinId(id) });
  }
}

/** Everything under a root comment, replies to replies too. */
function under(root: HeldComment, shown: HeldComment[]): HeldComment[] {
  const rootOf = (c: HeldComment): HeldComment => (c.replyTo === undefined ? c : rootOf(c.replyTo));
  return shown.filter((c) => c !== root && c.replyTo !== undefined && rootOf(c) === root);
}

export function openIdOf(account: ReplayAccount): string {
  return `_000${hash53(account.nativeId, 91).toString(36)}`;
}

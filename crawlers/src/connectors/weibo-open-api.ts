/**
 * In: paths and parameters of Weibo's Open Platform. Out: checked bodies, or errors in the words of 采集状态.
 * Called by: weibo-official. Source: open.weibo.com/wiki, OAuth2/access_token and 2/account/rate_limit_status.
 */
import { z } from 'zod';
import { ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';
import type { HttpClient } from '../http/client.ts';
import { parseCount, shaped, WireId } from '../parse/wire.ts';
import { errorOf, LIMITS } from './weibo-errors.ts';

const ErrorAnswer = z.looseObject({ error_code: z.union([z.string(), z.number()]) });
const MaybeCount = z.unknown().optional().transform(parseCount);
const RateLimits = z.looseObject({
  remaining_user_hits: MaybeCount,
  remaining_ip_hits: MaybeCount,
  reset_time_in_seconds: MaybeCount,
});
/** `expires_in` is a string in the documentation and a number in old answers; `uid` likewise. */
const Token = z.looseObject({ access_token: z.string().min(1), expires_in: MaybeCount, uid: WireId.optional() });
const TokenInfo = z.looseObject({ uid: WireId, expire_in: MaybeCount });

const DAY_SECONDS = 86_400;

export interface WeiboAccess {
  baseUrl: string;
  accessToken?: string | undefined;
  http: HttpClient;
  signal: AbortSignal;
}

/** What the platform still grants: requests left for this user or address, and seconds until it grants anew. */
export interface Allowance {
  left: number;
  resetSeconds: number;
}

export class WeiboApi {
  constructor(private readonly access: WeiboAccess) {}

  /** @throws ConnectorError for every error body, whatever the HTTP status it came with. */
  async get(path: string, query: Record<string, string | number>): Promise<unknown> {
    try {
      return await this.ask(path, { query });
    } catch (error) {
      if (!(error instanceof RetryAfter)) throw error;
      const code = Number(error.details.code);
      if (code !== LIMITS.address && code !== LIMITS.user) throw error;
      const seconds = (await this.allowance())?.resetSeconds ?? 0;
      throw seconds <= 0 ? error : usedUp(seconds, error.details);
    }
  }

  /** A write: sent once, whatever goes wrong. */
  write(path: string, form: Record<string, string>): Promise<unknown> {
    return this.ask(path, { form, once: true });
  }

  /** The platform does not count this question. Undefined where it gives no usable answer: a reading is not worth a failed run. */
  async allowance(): Promise<Allowance | undefined> {
    try {
      const limits = RateLimits.safeParse(
        await this.ask('/2/account/rate_limit_status.json', { query: {}, uncounted: true }),
      );
      if (!limits.success) return undefined;
      const { remaining_user_hits: user, remaining_ip_hits: ip, reset_time_in_seconds: resetSeconds } = limits.data;
      if (user === undefined || resetSeconds === undefined) return undefined;
      return { left: Math.min(user, ip ?? user), resetSeconds };
    } catch (error) {
      return unlessLoginNeeded(error);
    }
  }

  /** Whose token this is and how long it lives; undefined where the platform does not say. */
  async owner(): Promise<{ uid: string; expiresInSeconds: number | undefined } | undefined> {
    try {
      const info = TokenInfo.safeParse(
        await this.ask('/oauth2/get_token_info', { form: { access_token: this.access.accessToken ?? '' } }),
      );
      return info.success ? { uid: info.data.uid, expiresInSeconds: info.data.expire_in } : undefined;
    } catch (error) {
      return unlessLoginNeeded(error);
    }
  }

  /** The second step of the OAuth2 code flow. */
  async exchange(app: { appKey: string; appSecret: string }, code: string, redirect: string) {
    const body = await this.ask('/oauth2/access_token', {
      form: {
        client_id: app.appKey,
        client_secret: app.appSecret,
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirect,
      },
      once: true,
    });
    const { access_token: accessToken, expires_in: expiresInSeconds, uid } = shaped(Token, body, '微博授权接口');
    return { accessToken, expiresInSeconds, uid };
  }

  private async ask(
    path: string,
    what: { query?: Record<string, string | number>; form?: Record<string, string>; once?: true; uncounted?: true },
  ): Promise<unknown> {
    const { baseUrl, accessToken, http, signal } = this.access;
    const oauth = path.startsWith('/oauth2/');
    if (accessToken === undefined && !oauth)
      throw new LoginNeeded('这个采集源还没有授权。请点击“授权”并用服务账号登录，或填写 access_token。');
    const answer = await http.request({
      url: baseUrl.replace(/\/+$/u, '') + path,
      ...what,
      headers: oauth ? {} : { authorization: `OAuth2 ${accessToken}` },
      signal,
    });
    let body: unknown;
    try {
      body = answer.json();
    } catch (error) {
      if (answer.status < 400 || answer.status === 401) throw error;
      throw new ConnectorError(
        'unreachable',
        `微博接口返回 HTTP ${answer.status}，没有说明原因。已保存到上一页，稍后自动重试。`,
        { status: answer.status },
      );
    }
    const failed = ErrorAnswer.safeParse(body);
    if (failed.success && Number(failed.data.error_code) !== 0)
      throw errorOf(Number(failed.data.error_code), answer.status);
    if (answer.status >= 400)
      throw new LayoutChanged(`微博接口返回 HTTP ${answer.status}，没有说明原因，稍后重试。`, {
        status: answer.status,
      });
    return body;
  }
}

/** The user's or the address's requests are spent until the platform grants anew. */
export function usedUp(resetSeconds: number, details: ConnectorError['details'] = {}): RetryAfter {
  const wait = Math.min(DAY_SECONDS, Math.max(60, resetSeconds));
  const code = details.code === undefined ? '' : `（${details.code}）`;
  return new RetryAfter(
    `微博接口的请求额度已用完${code}，平台将在 ${Math.ceil(wait / 60)} 分钟后恢复，届时从断点继续。`,
    wait,
    details,
  );
}

function unlessLoginNeeded(error: unknown): undefined {
  if (error instanceof ConnectorError && error.kind !== 'login-needed') return undefined;
  throw error;
}

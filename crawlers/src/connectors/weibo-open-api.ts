/**
 * In: paths and parameters of Weibo's Open Platform. Out: checked bodies, or errors in the words of 采集状态.
 * Called by: weibo connectors. Source: open.weibo.com/wiki/Error_code and account/rate_limit_status.
 */
import { z } from 'zod';
import { Blocked, ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';
import type { HttpClient } from '../http/client.ts';
import { parseCount } from '../parse/wire.ts';

const ErrorAnswer = z.looseObject({ error_code: z.union([z.string(), z.number()]) });
const MaybeCount = z.unknown().optional().transform(parseCount);
const Limits = z.looseObject({
  remaining_user_hits: MaybeCount,
  remaining_ip_hits: MaybeCount,
  reset_time_in_seconds: MaybeCount,
});

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;
/** The limit of one endpoint: others may still be asked. */
export const ENDPOINT_LIMIT = 10024;

export interface WeiboAccess {
  baseUrl: string;
  accessToken: string;
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
      return await this.ask(path, query);
    } catch (error) {
      if (!(error instanceof RetryAfter) || ![10022, 10023].includes(Number(error.details.code))) throw error;
      const seconds = (await this.allowance())?.resetSeconds ?? 0;
      if (seconds <= 0) throw error;
      const wait = Math.min(DAY_SECONDS, Math.max(60, seconds));
      throw new RetryAfter(
        `微博接口的请求额度已用完（${error.details.code}），平台将在 ${Math.ceil(wait / 60)} 分钟后恢复，届时继续。`,
        wait,
        error.details,
      );
    }
  }

  /** The platform does not count this question. Undefined where it gives no usable answer: a reading is not worth a failed run. */
  async allowance(): Promise<Allowance | undefined> {
    try {
      const limits = Limits.safeParse(await this.ask('/2/account/rate_limit_status.json', {}));
      if (!limits.success) return undefined;
      const { remaining_user_hits: user, remaining_ip_hits: ip, reset_time_in_seconds: resetSeconds } = limits.data;
      if (user === undefined || resetSeconds === undefined) return undefined;
      return { left: Math.min(user, ip ?? user), resetSeconds };
    } catch (error) {
      if (error instanceof ConnectorError && error.kind !== 'login-needed') return undefined;
      throw error;
    }
  }

  private async ask(path: string, query: Record<string, string | number>): Promise<unknown> {
    const { baseUrl, accessToken, http, signal } = this.access;
    const answer = await http.request({
      url: baseUrl.replace(/\/+$/u, '') + path,
      query,
      headers: { authorization: `OAuth2 ${accessToken}` },
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

/** Weibo's numeric error codes as what a person or the schedule should do. */
export function errorOf(code: number, status: number): ConnectorError {
  const details = { code, status };
  if ([10022, 10023, ENDPOINT_LIMIT].includes(code))
    return new RetryAfter(`微博接口的请求额度已用完（${code}），一小时后继续。`, HOUR_SECONDS, details);
  if ([10001, 10002, 10003, 10009, 10010, 10011, 20016, 21331].includes(code))
    return new RetryAfter(`微博接口暂时繁忙（${code}），稍后自动重试。`, 60, details);
  if (code === 20031)
    return new Blocked('微博要求人工验证（验证码），已停止采集这个源。请登录服务账号完成验证后再恢复。', details);
  if ([20003, 20101, 20112, 20120, 20201].includes(code))
    return new ConnectorError('gone', '这条微博、评论或这个账号已被删除或不可见。', details);
  if ((code >= 21301 && code <= 21319) || [20033, 21327, 21330, 21332].includes(code)) {
    return new LoginNeeded(
      `微博授权已失效（${code}），已保存到上一页。请用服务账号重新授权，并在采集源中更新 access_token。`,
      details,
    );
  }
  if (code === 21321)
    return new ConnectorError(
      'permission',
      '微博应用尚未通过审核，授权用户数已满，或授权被撤销（21321）。请在开放平台提交审核，或把服务账号加为测试用户后重新授权。',
      details,
    );
  if ([10005, 10014, 20102, 20203, 20206, 20207, 21337].includes(code))
    return new ConnectorError(
      'permission',
      `微博应用没有这个接口的权限（${code}）。请在开放平台申请相应权限。`,
      details,
    );
  if (code === 10004)
    return new ConnectorError(
      'config',
      '微博限制了本服务器的 IP（10004）。请在开放平台的应用设置中核对服务器 IP。',
      details,
    );
  if ([10006, 10013, 21322, 21324, 21326, 21338].includes(code))
    return new ConnectorError('config', `微博应用的配置有误（${code}）。请核对 App Key、回调地址与服务账号。`, details);
  return new LayoutChanged(`微博接口返回了未预料的错误（${code}）。已保存到上一页，稍后重试。`, details);
}

/** What a `gone` error says of the item. */
export function goneState(error: unknown): 'deleted' | 'restricted' | null {
  if (!(error instanceof ConnectorError) || error.kind !== 'gone') return null;
  return [20112, 20120].includes(Number(error.details.code)) ? 'restricted' : 'deleted';
}

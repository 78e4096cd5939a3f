/**
 * In: paths and parameters of Douyin's Open Platform. Out: the `data` of its envelope, or errors in the words of 采集状态.
 * Called by: douyin-official.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';
import type { HttpAnswer, HttpClient } from '../http/client.ts';
import { shaped } from '../parse/wire.ts';

const Code = z.object({ error_code: z.coerce.number().default(0) }).loose();
const Envelope = z.looseObject({ data: z.looseObject({}).nullish(), extra: Code.nullish().catch(null) });
export const Tokens = z.looseObject({
  access_token: z.string().min(1),
  refresh_token: z.string().optional(),
  refresh_expires_in: z.coerce.number().optional(),
  open_id: z.string().optional(),
});

const TOKEN_ENDED = [2190002, 2190008, 10008];
const NO_SCOPE = [2190003, 2190004];
/** Without the scope `video.list` the office's own videos must be named one by one. */
export const isNoScope = (error: unknown): boolean =>
  error instanceof ConnectorError && NO_SCOPE.includes(Number(error.details.code));

export interface DouyinAccess {
  baseUrl: string;
  clientKey: string;
  openId: string;
  accessToken: string;
  refreshToken?: string | undefined;
  http: HttpClient;
  signal: AbortSignal;
}

/** Tokens that were renewed in this process; the refresh token itself stays valid to its end. */
const renewed = new Map<string, string>();

export class DouyinApi {
  private readonly key: string;

  constructor(private readonly access: DouyinAccess) {
    const { baseUrl, openId, accessToken, refreshToken = '' } = access;
    this.key = createHash('sha256')
      .update(`${baseUrl}\n${openId}\n${accessToken}\n${refreshToken}`)
      .digest('base64url');
  }

  get(path: string, query: Record<string, string | number>): Promise<unknown> {
    return this.ask(path, { query });
  }

  post(path: string, json: object): Promise<unknown> {
    return this.ask(path, { json, once: true });
  }

  /** An ended token is renewed once; nothing was done with it, so a write may follow too. */
  private async ask(path: string, given: { query?: Record<string, string | number>; json?: object; once?: boolean }) {
    const { http, signal, openId, accessToken } = this.access;
    for (let attempt = 0; ; attempt++) {
      const answer = await http.request({
        ...given,
        url: addressOf(this.access.baseUrl, path),
        query: { open_id: openId, ...given.query },
        headers: { 'access-token': renewed.get(this.key) ?? accessToken },
        signal,
      });
      try {
        return dataOf(answer);
      } catch (error) {
        const ended = error instanceof LoginNeeded && TOKEN_ENDED.includes(Number(error.details.code));
        if (!ended || attempt > 0 || this.access.refreshToken === undefined) throw error;
        await this.renew(this.access.refreshToken);
      }
    }
  }

  private async renew(refreshToken: string): Promise<void> {
    const { baseUrl, clientKey, http, signal } = this.access;
    const answer = await http.request({
      url: addressOf(baseUrl, '/oauth/refresh_token/'),
      form: { client_key: clientKey, grant_type: 'refresh_token', refresh_token: refreshToken },
      signal,
    });
    renewed.set(this.key, shaped(Tokens, dataOf(answer), '抖音授权接口').access_token);
  }
}

export function addressOf(baseUrl: string, path: string): string {
  return baseUrl.replace(/\/+$/u, '') + path;
}

/** Success is told by `error_code` in `data` or `extra`, never by the HTTP status. */
export function dataOf(answer: HttpAnswer): unknown {
  let body: unknown;
  try {
    body = answer.json();
  } catch (error) {
    if (answer.status < 400) throw error;
    throw new ConnectorError('unreachable', `抖音接口返回 HTTP ${answer.status}，没有说明原因，稍后自动重试。`, {
      status: answer.status,
    });
  }
  const { data, extra } = shaped(Envelope, body, '抖音接口');
  const inner = Code.safeParse(data ?? {});
  const code = (inner.success ? inner.data.error_code : 0) || extra?.error_code || 0;
  if (code !== 0) throw errorOf(code);
  return data ?? {};
}

/** Douyin's error codes as what a person or the schedule should do. */
export function errorOf(code: number): ConnectorError {
  const details = { code };
  if (TOKEN_ENDED.includes(code) || code === 10010)
    return new LoginNeeded(`抖音授权已失效（${code}），已保存到上一页。请用本单位的抖音账号重新授权。`, details);
  if (NO_SCOPE.includes(code))
    return new ConnectorError(
      'permission',
      `抖音应用没有这项能力，或账号没有授权（${code}）。请在抖音开放平台申请“评论管理”（item.comment）后重新授权；平台目前很少批准。`,
      details,
    );
  if (code === 2190016) return new RetryAfter('抖音接口的请求次数已用完，一小时后继续。', 3600, details);
  if (code === 2100004) return new RetryAfter('抖音接口暂时繁忙，稍后自动重试。', 60, details);
  if (code === 2190001)
    return new ConnectorError('config', 'client_key 或 client_secret 不正确。请核对后重新填写。', details);
  return new LayoutChanged(`抖音接口返回了未预料的错误（${code}）。已保存到上一页，稍后重试。`, details);
}

/**
 * In: paths and bodies of WeChat's Official Account interface. Out: checked answers, or errors in the words of 采集状态.
 * Called by: wechat-official. Source: stable_token and the platform's error code table.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';
import type { HttpClient } from '../http/client.ts';
import { secondsToOfficeMidnight } from '../parse/dates.ts';
import { shaped } from '../parse/wire.ts';

/** The account has no comment function. */
export const NO_COMMENTS = 88000;
/** The day's quota of one endpoint; others go on. */
export const DAY_QUOTA = 45009;
/** Statistics that are not there yet: before 08:00, or a day that is still to come by the platform's clock. */
export const NOT_READY: readonly number[] = [61501, 61503];
const STALE_TOKEN = [40001, 40014, 42001];
/** Room before the end of a token's life; the platform replaces it then. */
const TOKEN_MARGIN_SECONDS = 300;

const Failed = z.looseObject({ errcode: z.union([z.number(), z.string()]).optional(), errmsg: z.string().optional() });
const Token = z.looseObject({ access_token: z.string().min(1), expires_in: z.coerce.number() });

export interface WechatAccess {
  baseUrl: string;
  appid: string;
  secret: string;
  http: HttpClient;
  signal: AbortSignal;
  now(): Date;
}

/** Tokens by account, shared by the runs of this process: the platform hands out one at a time. */
const tokens = new Map<string, { token: string; until: number }>();

export class WechatApi {
  constructor(private readonly access: WechatAccess) {}

  /**
   * A stale token is replaced once; nothing was done with it, so `once` requests may follow too.
   * @throws ConnectorError for every error body; the HTTP status is always 200.
   */
  async post(path: string, body: object, once = false): Promise<unknown> {
    const { http, signal, now } = this.access;
    for (let attempt = 0; ; attempt++) {
      const answer = await http.request({
        url: this.address(path),
        query: { access_token: await this.token(attempt > 0) },
        json: body,
        signal,
        once,
      });
      if (answer.status >= 400) {
        throw new LayoutChanged(
          `微信接口返回 HTTP ${answer.status}，没有说明原因。已保存到上一页，请核对接口地址，稍后自动重试。`,
          { status: answer.status },
        );
      }
      const data = answer.json();
      const { code, message } = failureOf(data);
      if (code === 0) return data;
      if (attempt === 0 && STALE_TOKEN.includes(code)) continue;
      throw errorOf(code, message, now());
    }
  }

  private address(path: string): string {
    return this.access.baseUrl.replace(/\/+$/u, '') + path;
  }

  private async token(refresh: boolean): Promise<string> {
    const { baseUrl, appid, secret, http, signal, now } = this.access;
    const key = createHash('sha256').update(`${baseUrl}\n${appid}\n${secret}`).digest('base64url');
    const known = tokens.get(key);
    if (!refresh && known !== undefined && known.until > now().getTime()) return known.token;
    const answer = await http.request({
      url: this.address('/cgi-bin/stable_token'),
      json: { grant_type: 'client_credential', appid, secret, force_refresh: false },
      signal,
    });
    const data = answer.json();
    const { code, message } = failureOf(data);
    if (code !== 0) throw errorOf(code, message, now(), true);
    const { access_token: token, expires_in: seconds } = shaped(Token, data, '微信凭证接口');
    tokens.set(key, { token, until: now().getTime() + Math.max(60, seconds - TOKEN_MARGIN_SECONDS) * 1000 });
    return token;
  }
}

function failureOf(data: unknown): { code: number; message: string } {
  const parsed = Failed.safeParse(data);
  const code = parsed.success ? Number(parsed.data.errcode ?? 0) : 0;
  return { code: Number.isNaN(code) ? 0 : code, message: (parsed.success && parsed.data.errmsg) || '' };
}

/** The address that the platform saw us come from, out of `invalid ip 1.2.3.4, not in whitelist`. */
function seenAddress(message: string): string {
  const ip = /\b(\d{1,3}(?:\.\d{1,3}){3})\b/u.exec(message)?.[1];
  return ip === undefined ? '服务器的公网 IP' : `服务器的公网 IP（${ip}）`;
}

/** WeChat's error codes as what a person or the schedule should do. */
export function errorOf(code: number, message: string, now: Date, fromToken = false): ConnectorError {
  const details = { code };
  const permission = (words: string) => new ConnectorError('permission', words, details);
  const config = (words: string) => new ConnectorError('config', words, details);
  switch (code) {
    case -1:
      return new RetryAfter('微信接口暂时繁忙，稍后自动重试。', 60, details);
    case 45011:
      return new RetryAfter('微信接口每分钟次数已用完，一分钟后继续。', 60, details);
    case DAY_QUOTA:
      return new RetryAfter('微信接口当日次数已用完，次日零点后继续。', secondsToOfficeMidnight(now) + 60, details);
    case 61501:
    case 61503:
      return new RetryAfter('微信当天的统计数据尚未生成，稍后再取。', 3600, details);
    case 89503:
    case 89506:
    case 89507:
      return config(`公众号管理员尚未同意本服务器调用接口（${code}）。请管理员在微信中确认后再恢复。`);
    case 40164:
    case 61004:
      return config(
        `本服务器不在公众号的 IP 白名单中，没有取得数据。请在公众号后台把${seenAddress(message)}加入白名单。`,
      );
    case 88001:
    case 53600:
      return new ConnectorError('gone', '文章不存在或未发布。', details);
    case 88008:
      return new ConnectorError('gone', '这条留言已不存在，答复没有发出。', details);
    case NO_COMMENTS:
      return permission('这个公众号没有开通留言功能。');
    case 88002:
    case 88011:
      return permission('这篇文章被平台限制，留言无法读取或答复。');
    case 88005:
      return permission('这条留言已有一条答复，微信只允许答复一次，没有再发。如需修改，请到公众号后台删除原答复。');
    case 88007:
    case 45002:
      return permission('答复为空或超过微信允许的长度，没有发出。请缩短后再发。');
    case 45015:
      return permission('距群众上次来信已超过 48 小时，或对方已取消关注，微信不再允许答复，没有发出。');
    case 45047:
      return permission('微信允许对这次来信答复的条数已用完，没有发出。请等对方再次来信。');
    case 40003:
    case 43004:
    case 50005:
      return new ConnectorError('gone', '对方已取消关注公众号，答复没有发出。', details);
    case 65400:
      return permission('公众号没有开通客服功能，答复没有发出。请在公众号后台开通。');
    case 47009:
      return permission('微信已停用这个统计接口。');
    case 48001:
    case 48004:
    case 50002:
      return permission(`公众号没有这个接口的权限或已被限制（${code}）。请在公众号后台核对认证与接口权限。`);
    default:
  }
  if (fromToken && [40001, 40013, 40125, 40243].includes(code))
    return config(`AppID 或 AppSecret 不正确，或已被冻结（${code}）。请核对后重新填写。`);
  if (STALE_TOKEN.includes(code))
    return new LoginNeeded(
      `微信凭证已失效（${code}），刷新后仍不可用。请核对 AppSecret 是否被重置，或是否有其他系统在使用。`,
      details,
    );
  return new LayoutChanged(`微信接口返回了未预料的错误（${code}）。已保存到上一页，稍后重试。`, details);
}

/**
 * In: paths of Weibo's own web pages, and a cookie that the operator supplied or that the platform gives visitors. Out: checked bodies.
 * Called by: weibo-web. It stops at login walls, captchas and refusals, and says so; it never works around them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Blocked, ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';
import type { HttpAnswer, HttpClient } from '../http/client.ts';
import { readJson } from '../http/json.ts';
import { jsonpBody } from '../parse/wire.ts';

export type Shape = 'mobile' | 'desktop';

export interface WebAccess {
  shape: Shape;
  baseUrl: string;
  /** Where visitors get their cookie. */
  visitorUrl: string;
  cookie: string | undefined;
  visitor: boolean;
  /** Between two requests, on top of the pace per host. */
  pauseMs: number;
  http: HttpClient;
  signal: AbortSignal;
}

const Code = z.union([z.string(), z.number()]).transform(Number).optional().catch(undefined);
const Outcome = z.looseObject({
  ok: z
    .union([z.number(), z.boolean().transform(Number)])
    .optional()
    .catch(undefined),
  errno: Code,
  retcode: Code,
  error_code: Code,
  msg: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  url: z.string().optional().catch(undefined),
});
const Config = z.looseObject({ data: z.looseObject({ login: z.boolean().optional() }).optional() });
const Visitor = z.looseObject({
  retcode: z.number(),
  data: z.looseObject({ sub: z.string().min(1), subp: z.string().optional() }),
});

const NOT_SIGNED_IN = new Set([100005, 6102]);
const TOO_OFTEN = new Set([100003]);
const DELETED = 20101;
const RESTRICTED = 20112;
const THROTTLED_SECONDS = 1800;
const VISITOR_OK = 20_000_000;

/** A body that reports success, or `empty` where the platform says that there is nothing (more). */
export interface WebBody {
  empty: boolean;
  body: unknown;
}

export class WebSession {
  private cookies = new Map<string, string>();
  private opened = false;
  private asked = false;

  constructor(private readonly access: WebAccess) {}

  get isVisitor(): boolean {
    return this.access.cookie === undefined;
  }

  /** @throws ConnectorError for every way in which the platform says no. */
  async get(path: string, query: Record<string, string | number>, referer: string): Promise<WebBody> {
    if (!this.opened) await this.open();
    const answer = await this.send(path, query, referer);
    return judge(jsonOf(answer));
  }

  /** The cookie, then the token that the pages send along with it. */
  private async open(): Promise<void> {
    const { cookie, visitor, shape } = this.access;
    if (cookie !== undefined) this.cookies = operatorCookies(cookie, shape);
    else if (visitor) await this.enterAsVisitor();
    else
      throw new ConnectorError(
        'config',
        '没有填写 Cookie，也没有打开“以访客身份访问”，没有采集。请在采集源中二选一；评论的后续页通常须有登录 Cookie。',
      );
    if (shape === 'mobile') {
      const answer = await this.send('/api/config', {}, '/');
      this.keep(answer);
      const config = Config.safeParse(judge(jsonOf(answer)).body);
      if (cookie !== undefined && config.success && config.data.data?.login === false)
        throw new LoginNeeded(
          '所填 Cookie 已不是登录状态，没有采集。请用本单位账号重新登录 m.weibo.cn 后更新 Cookie。',
        );
    } else this.keep(await this.send('/', {}, '/'));
    this.opened = true;
  }

  /** As the platform's own pages do for people who have not signed in: one request, no fingerprint, no second try. */
  private async enterAsVisitor(): Promise<void> {
    const { http, signal, visitorUrl } = this.access;
    const answer = await http.request({
      url: visitorUrl,
      form: { cb: 'visitor_gray_callback', tid: '', from: 'weibo' },
      signal,
    });
    const text = jsonpBody(answer.text);
    const given = Visitor.safeParse(text === undefined ? undefined : readJson(text));
    if (answer.status >= 400 || !given.success || given.data.retcode !== VISITOR_OK)
      throw new Blocked('微博没有给出访客身份，已停止采集这个源。请改用本单位账号的登录 Cookie，或改用微博开放平台。', {
        status: answer.status,
      });
    this.cookies.set('SUB', given.data.data.sub);
    if (given.data.data.subp !== undefined && this.access.shape === 'desktop')
      this.cookies.set('SUBP', given.data.data.subp);
  }

  private keep(answer: HttpAnswer): void {
    const set = answer.headers['set-cookie'] ?? '';
    for (const name of ['XSRF-TOKEN', '_T_WM', 'MLOGIN', 'WEIBOCN_FROM']) {
      const value = new RegExp(`(?:^|[,;] ?)${name}=([^;,\\s]{1,500})`, 'u').exec(set)?.[1];
      if (value !== undefined) this.cookies.set(name, value);
    }
  }

  private async send(path: string, query: Record<string, string | number>, referer: string): Promise<HttpAnswer> {
    const { http, signal, baseUrl, pauseMs, shape } = this.access;
    if (this.asked && pauseMs > 0) await sleep(pauseMs, undefined, { signal });
    this.asked = true;
    const base = baseUrl.replace(/\/+$/u, '');
    const token = this.cookies.get('XSRF-TOKEN');
    const answer = await http.request({
      url: base + path,
      query,
      headers: {
        accept: 'application/json, text/plain, */*',
        referer: base + referer,
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'x-requested-with': 'XMLHttpRequest',
        ...(shape === 'mobile' ? { 'mweibo-pwa': '1' } : {}),
        ...(token === undefined ? {} : { 'x-xsrf-token': token }),
      },
      signal,
    });
    if (answer.status === 403 || answer.status === 414)
      throw new RetryAfter(
        `微博暂时拒绝访问（HTTP ${answer.status}），已保存到上一页，半小时后再试。请放慢采集频率。`,
        THROTTLED_SECONDS,
        { status: answer.status },
      );
    if (answer.status >= 300 && answer.status < 400)
      throw new LoginNeeded('微博要求登录（转到了登录页），已停止采集这个源。请更新登录 Cookie。', {
        status: answer.status,
      });
    return answer;
  }
}

/** A PC cookie sent to the mobile pages is itself a cause of refusals: only what the shape needs goes out. */
function operatorCookies(cookie: string, shape: Shape): Map<string, string> {
  const pairs = cookie.split(';').map((pair) => pair.trim().split(/=(.*)/su));
  const wanted = shape === 'mobile' ? ['SUB'] : ['SUB', 'SUBP'];
  const found = pairs.flatMap(([name = '', value = '']) =>
    wanted.includes(name) && value !== '' ? [[name, value] as const] : [],
  );
  const kept = new Map(found);
  if (!kept.has('SUB'))
    throw new ConnectorError('config', '所填 Cookie 中没有 SUB 一项，没有采集。请从已登录的浏览器中完整复制 Cookie。');
  return kept;
}

function jsonOf(answer: HttpAnswer): unknown {
  try {
    return answer.json();
  } catch (error) {
    if (answer.status < 400) throw error;
    throw new ConnectorError(
      'unreachable',
      `微博网页返回 HTTP ${answer.status}，没有说明原因。已保存到上一页，稍后自动重试。`,
      { status: answer.status },
    );
  }
}

/** Success is never told by the HTTP status: what the body says is. */
export function judge(body: unknown): WebBody {
  const parsed = Outcome.safeParse(body);
  if (!parsed.success) throw new LayoutChanged('微博网页返回的数据与已知格式不符，这一页没有读取，已保存到上一页。');
  const { ok, errno, retcode, error_code, url } = parsed.data;
  if (ok === 1) return { empty: false, body };
  const code = errno ?? retcode ?? error_code;
  const message = parsed.data.msg ?? parsed.data.message ?? '';
  const details = code === undefined ? {} : { code };
  if (/captcha|verify|geetest/iu.test(url ?? ''))
    throw new Blocked(
      '微博要求人工验证（验证码），已停止采集这个源。请在浏览器中完成验证后再恢复，勿尝试绕过。',
      details,
    );
  if (ok === -100 || NOT_SIGNED_IN.has(code ?? 0) || /passport|login|signin/iu.test(url ?? ''))
    throw new LoginNeeded(
      '微博要求登录，已停止采集这个源，已保存到上一页。请更新登录 Cookie，或改用微博开放平台。',
      details,
    );
  if (TOO_OFTEN.has(code ?? 0) || /频繁|过快|稍后/u.test(message))
    throw new RetryAfter(
      '微博提示访问过于频繁，已保存到上一页，半小时后继续。请放慢采集频率。',
      THROTTLED_SECONDS,
      details,
    );
  if (code === DELETED || code === RESTRICTED) throw new ConnectorError('gone', '这条微博已被删除或不可见。', { code });
  if (ok === 0 && code === undefined && (message === '' || /没有|暂无|快来/u.test(message)))
    return { empty: true, body };
  throw new LayoutChanged(
    `微博网页返回了未预料的结果（${code ?? `ok ${ok ?? '缺失'}`}），这一页没有读取，已保存到上一页。可能是页面有变，请联系系统维护方。`,
    details,
  );
}

/**
 * In: requests of connectors, and how carefully this source is to be asked. Out: bounded, decoded answers, or connector errors.
 * Called by: the server's collect step and `crawl`, once per run.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request as send, type Dispatcher } from 'undici';
import { Blocked, ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';
import { isPublicAddress } from './addresses.ts';
import { ENCODINGS, readBody } from './body.ts';
import { decodeBody } from './charset.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from './client.ts';
import { readJson } from './json.ts';
import { Pacer, type Budget, type PaceOptions } from './pacer.ts';
import { RobotsCache } from './robots.ts';

/** `slow-down`: the host asks for time; `fault`: no answer, or a broken one. */
export type HttpOutcome = 'ok' | 'fault' | { slowDownSeconds: number };

export interface HttpOptions {
  userAgent: string;
  /** The source says so: intranet sites and the demo city. */
  allowPrivateNetwork: boolean;
  respectRobots: boolean;
  /** What is known of sites' robots.txt; shared by the process unless a test brings its own. */
  robots: RobotsCache;
  pace: PaceOptions;
  pacer: Pacer;
  budget?: Budget;
  maxBodyBytes: number;
  /** For one try, from the connection to the last byte. */
  timeoutMs: number;
  /** Tries after the first, for network faults, 5xx and short waits. */
  retries: number;
  now(): number;
  random(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A name's addresses, asked anew for every connection. */
  resolve(host: string): Promise<{ address: string; family: number }[]>;
  /** Told how each try went, so that the pace per host follows. */
  onOutcome(host: string, outcome: HttpOutcome): void;
  /** Which addresses may be connected to while `allowPrivateNetwork` is off. */
  isAllowedAddress(address: string): boolean;
}

const DEFAULTS: HttpOptions = {
  userAgent: 'Minsheng/0.1 (government public-opinion dashboard; polite crawler)',
  allowPrivateNetwork: false,
  respectRobots: false,
  robots: new RobotsCache(),
  pace: { minIntervalMs: 1000, jitterMs: 500 },
  pacer: new Pacer(),
  maxBodyBytes: 5 * 1024 * 1024,
  timeoutMs: 30_000,
  retries: 3,
  now: Date.now,
  random: Math.random,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  },
  resolve: (host) => lookup(host, { all: true }),
  onOutcome: () => undefined,
  isAllowedAddress: isPublicAddress,
};

/** A wait longer than this is handed to the schedule instead of being slept through. */
const LONGEST_SLEEP_MS = 20_000;
const BACKOFF_MS = 500;
const MAX_REDIRECTS = 5;
const ROBOTS_AGENT = 'Minsheng';
const PASSPORT = /(?:^|\.)(?:passport|login|sso|signin)\./iu;
const CAPTCHA = /captcha|verify/iu;
/** Headers that say who we are: not for another site's eyes. */
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization', 'access-token']);

/** The requests a client has made; runs record it. */
export interface CountingHttpClient extends HttpClient {
  readonly requests: number;
  close(): Promise<void>;
}

export function createHttpClient(given: Partial<HttpOptions> = {}): CountingHttpClient {
  return new UndiciClient({ ...DEFAULTS, ...given });
}

class UndiciClient implements CountingHttpClient {
  requests = 0;
  private readonly agent: Dispatcher;

  constructor(private readonly options: HttpOptions) {
    const { timeoutMs } = options;
    this.agent = new Agent({
      connections: 4,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: {
        timeout: Math.min(10_000, timeoutMs),
        // The address that is connected to is the address that is judged: a name that resolves anew cannot slip past.
        lookup: (host, lookupOptions, callback) => {
          this.addressesOf(host).then(
            (addresses) => {
              const [first] = addresses;
              if (first === undefined) callback(refused(host), '', 4);
              else if (lookupOptions.all === true) callback(null, addresses);
              else callback(null, first.address, first.family);
            },
            (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), '', 4),
          );
        },
      },
    });
  }

  private async addressesOf(host: string): Promise<{ address: string; family: number }[]> {
    const addresses = await this.options.resolve(host);
    return addresses.filter((a) => this.mayReach(a.address));
  }

  private mayReach(address: string): boolean {
    return this.options.allowPrivateNetwork || this.options.isAllowedAddress(address);
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    const url = new URL(request.url);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return this.persist(url, request, this.options.respectRobots);
  }

  private async persist(url: URL, request: HttpRequest, robots: boolean): Promise<HttpAnswer> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.follow(url, request, robots);
      } catch (error) {
        this.noteFailure(error, url);
        const wait = request.once === true ? null : this.waitBefore(error, attempt);
        if (wait === null || request.signal?.aborted === true) throw this.told(error, url);
        await this.options.sleep(wait, request.signal);
      }
    }
  }

  private noteFailure(error: unknown, url: URL): void {
    if (error instanceof RetryAfter) {
      // Without a status it is our own budget or hold that says so, not the host.
      if (error.details.status !== undefined)
        this.options.onOutcome(url.host, { slowDownSeconds: error.details.retryAfterSeconds ?? 0 });
    } else if (error instanceof ConnectorError) {
      if (error.kind === 'unreachable' && error.details.retryAfterSeconds === undefined)
        this.options.onOutcome(url.host, 'fault');
    } else if (!(error instanceof Error && error.name === 'AbortError')) {
      this.options.onOutcome(url.host, 'fault');
    }
  }

  /** How long to wait before trying again; null when it is not worth it. Exponential with full jitter. */
  private waitBefore(error: unknown, attempt: number): number | null {
    if (attempt >= this.options.retries) return null;
    if (error instanceof RetryAfter) {
      const ms = (error.details.retryAfterSeconds ?? 0) * 1000;
      return ms <= LONGEST_SLEEP_MS ? ms : null;
    }
    if (error instanceof ConnectorError && error.kind !== 'unreachable') return null;
    // A hold of ours: asking again at once would only meet it again.
    if (error instanceof ConnectorError && error.details.retryAfterSeconds !== undefined) return null;
    if (error instanceof Error && error.name === 'AbortError') return null;
    return this.options.random() * BACKOFF_MS * 2 ** attempt;
  }

  private async follow(start: URL, given: HttpRequest, robots: boolean): Promise<HttpAnswer> {
    let url = start;
    let request = given;
    for (let hop = 0; ; hop++) {
      this.judge(url);
      const delayMs = robots ? await this.obeyRobots(url, request.signal) : 0;
      const answer = await this.send(url, request, delayMs);
      const location = answer.headers['location'];
      if (answer.status < 300 || answer.status >= 400 || answer.status === 304 || location === undefined) return answer;
      const details = { status: answer.status };
      if (!URL.canParse(location, url))
        throw new LayoutChanged('对方要求跳转到一个无效的地址，这一页没有读取。请检查地址。', details);
      const next = new URL(location, url);
      if (next.host !== url.host && PASSPORT.test(`.${next.host}`))
        throw new LoginNeeded('对方要求登录（转到了登录页），已停止采集这个源。请重新授权。', details);
      if (CAPTCHA.test(next.pathname) && !CAPTCHA.test(start.pathname))
        throw new Blocked(
          '对方要求人工验证（验证码），已停止采集这个源。请联系平台确认访问权限，勿尝试绕过。',
          details,
        );
      if (hop >= MAX_REDIRECTS) throw new LayoutChanged('对方连续跳转超过 5 次，这一页没有读取。请检查地址。', details);
      request = redirected(request, answer.status, url, next);
      url = next;
    }
  }

  private judge(url: URL): void {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new ConnectorError('refused-address', '只访问 http 和 https 地址，其他地址没有访问。请检查地址。');
    }
    const host = url.hostname.replace(/^\[|\]$/gu, '');
    if (isIP(host) !== 0 && !this.mayReach(host)) throw refused(url.hostname);
  }

  private async send(url: URL, request: HttpRequest, delayMs: number): Promise<HttpAnswer> {
    const { options } = this;
    const { uncounted = false } = request;
    if (!uncounted) await options.budget?.take(1);
    const { minIntervalMs, jitterMs } = options.pace;
    const pace = { minIntervalMs: Math.max(minIntervalMs, delayMs), jitterMs, uncounted };
    await options.pacer.wait(url.host, pace, request.signal);
    this.requests++;
    const { method, body, headers } = bodyOf(request);
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const response = await send(url, {
      method,
      ...(body === undefined ? {} : { body }),
      dispatcher: this.agent,
      signal: request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]),
      headers: {
        'user-agent': options.userAgent,
        accept: '*/*',
        'accept-encoding': ENCODINGS,
        ...headers,
        ...(request.ifNoneMatch === undefined ? {} : { 'if-none-match': request.ifNoneMatch }),
        ...(request.ifModifiedSince === undefined ? {} : { 'if-modified-since': request.ifModifiedSince }),
        ...request.headers,
      },
    });
    const flat: Record<string, string> = {};
    for (const [name, value] of Object.entries(response.headers)) {
      if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    const bytes = await readBody(response.body, flat, options.maxBodyBytes);
    this.refuseByStatus(response.statusCode, flat);
    options.onOutcome(url.host, 'ok');
    const text = decodeBody(bytes, flat['content-type'] ?? '');
    return { status: response.statusCode, url: url.href, headers: flat, text, json: () => readJson(text) };
  }

  private refuseByStatus(status: number, headers: Record<string, string>): void {
    if (status === 418 || status === 432 || status === 521 || status === 412) {
      throw new Blocked('对方拒绝了自动访问，已停止采集这个源。请联系平台确认访问权限，勿尝试绕过。', { status });
    }
    if (status === 429 || (status === 503 && headers['retry-after'] !== undefined)) {
      const seconds = retryAfterSeconds(headers['retry-after'], this.options.now()) ?? 60;
      throw new RetryAfter(`对方要求放慢访问，${seconds} 秒后继续。`, seconds, { status });
    }
    if (status === 407) throw new ConnectorError('config', '代理服务器要求认证，请检查网络设置。', { status });
    if (status >= 500) {
      throw new ConnectorError('unreachable', `对方服务器暂时出错（HTTP ${status}），稍后自动重试。`, { status });
    }
  }

  private obeyRobots(url: URL, signal: AbortSignal | undefined): Promise<number> {
    return this.options.robots.obey(url, ROBOTS_AGENT, this.options.now(), (address) =>
      this.persist(address, { url: address.href, ...(signal === undefined ? {} : { signal }) }, false),
    );
  }

  /** Network faults in the user's words, without addresses' query strings, which may hold secrets. */
  private told(error: unknown, url: URL): unknown {
    if (error instanceof ConnectorError) return error;
    const inner = error instanceof Error && error.cause instanceof ConnectorError ? error.cause : undefined;
    if (inner !== undefined) return inner;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (error instanceof Error && error.name === 'AbortError') return error;
    return new ConnectorError(
      'unreachable',
      `连接 ${url.host} 失败（${faultName(code, error)}），已自动重试仍未成功。稍后会再试；若持续，请检查网络与地址。`,
      { code },
      { cause: error },
    );
  }
}

function refused(host: string): ConnectorError {
  return new ConnectorError(
    'refused-address',
    `地址 ${host} 指向内部网络，出于安全没有访问。如确属本单位内网站点，请在采集源中打开“允许内网地址”。`,
  );
}

/**
 * What a redirect may carry on. Another origin gets no credentials, and no body: a POST there is refused. As browsers do, 301, 302 and
 * 303 turn a POST into a GET.
 */
function redirected(request: HttpRequest, status: number, from: URL, to: URL): HttpRequest {
  const posted = request.json !== undefined || request.form !== undefined || request.method === 'POST';
  const { json, form, method, headers, ...rest } = request;
  const sameOrigin = from.origin === to.origin;
  const kept = Object.fromEntries(
    Object.entries(headers ?? {}).filter(([name]) => sameOrigin || !SECRET_HEADERS.has(name.toLowerCase())),
  );
  if (!posted || (status !== 307 && status !== 308)) return { ...rest, headers: kept };
  if (!sameOrigin)
    throw new LayoutChanged('对方要求把提交的内容转到另一个网站，出于安全没有照办。请检查接口地址。', { status });
  return { ...request, headers: kept, json, form, method };
}

function faultName(code: string, error: unknown): string {
  const known: Record<string, string> = {
    ECONNREFUSED: '对方未开放该端口',
    ENOTFOUND: '域名无法解析',
    ECONNRESET: '连接被中断',
    UND_ERR_SOCKET: '连接被中断',
    UND_ERR_CONNECT_TIMEOUT: '连接超时',
    UND_ERR_HEADERS_TIMEOUT: '等待响应超时',
    UND_ERR_BODY_TIMEOUT: '接收内容超时',
    Z_BUF_ERROR: '内容不完整',
    Z_DATA_ERROR: '内容已损坏',
  };
  if (error instanceof Error && error.name === 'TimeoutError') return '等待超时';
  return known[code] ?? (code === '' ? '网络异常' : code);
}

function bodyOf(request: HttpRequest): {
  method: 'GET' | 'POST';
  body: string | undefined;
  headers: Record<string, string>;
} {
  if (request.json !== undefined) {
    return {
      method: 'POST',
      body: JSON.stringify(request.json),
      headers: { 'content-type': 'application/json; charset=utf-8' },
    };
  }
  if (request.form !== undefined) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' };
    return { method: 'POST', body: new URLSearchParams(request.form).toString(), headers };
  }
  return { method: request.method ?? 'GET', body: undefined, headers: {} };
}

/** Seconds or an HTTP date. */
export function retryAfterSeconds(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/u.test(value.trim())) return Number(value.trim());
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}

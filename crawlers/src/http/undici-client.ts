/**
 * In: requests of connectors, and how carefully this source is to be asked. Out: bounded, decoded answers, or connector errors.
 * Called by: the server's collect step and `crawl`, once per run.
 */
import { lookup } from 'node:dns';
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSafeNumber, parse as parseLossless } from 'lossless-json';
import type robotsModule from 'robots-parser';
import { Agent, interceptors, request as send, type Dispatcher } from 'undici';
import { Blocked, ConnectorError, LayoutChanged, LoginNeeded, RetryAfter } from '../errors.ts';
import { isPublicAddress } from './addresses.ts';
import { decodeBody } from './charset.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from './client.ts';
import { Pacer, type Budget, type PaceOptions } from './pacer.ts';

export interface HttpOptions {
  userAgent: string;
  /** The source says so: intranet sites and the demo city. */
  allowPrivateNetwork: boolean;
  respectRobots: boolean;
  pace: PaceOptions;
  pacer: Pacer;
  budget?: Budget;
  maxBodyBytes: number;
  timeoutMs: number;
  /** Tries after the first, for network faults, 5xx and short waits. */
  retries: number;
  now(): number;
  random(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const DEFAULTS: HttpOptions = {
  userAgent: 'Minsheng/0.1 (government public-opinion dashboard; polite crawler)',
  allowPrivateNetwork: false,
  respectRobots: false,
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
};

/** A wait longer than this is handed to the schedule instead of being slept through. */
const LONGEST_SLEEP_MS = 20_000;
const BACKOFF_MS = 500;
const MAX_REDIRECTS = 5;
const ROBOTS_AGENT = 'Minsheng';
const ROBOTS_KEPT_MS = 24 * 3_600_000;
const PASSPORT = /(?:^|\.)(?:passport|login|sso|signin)\./iu;

// The package's types describe a default export that its CommonJS file does not have.
const robotsParser = createRequire(import.meta.url)('robots-parser') as typeof robotsModule.default;

type Robots = ReturnType<typeof robotsParser>;

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
  private readonly robots = new Map<string, { until: number; rules: Robots | 'closed' }>();

  constructor(private readonly options: HttpOptions) {
    const { allowPrivateNetwork, timeoutMs } = options;
    this.agent = new Agent({
      connections: 4,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: {
        timeout: Math.min(10_000, timeoutMs),
        // The address that is connected to is the address that is judged: a name that resolves anew cannot slip past.
        lookup: (host, lookupOptions, callback) => {
          lookup(host, { ...lookupOptions, all: true }, (error, addresses) => {
            if (error !== null) {
              callback(error, '', 4);
              return;
            }
            const allowed = allowPrivateNetwork ? addresses : addresses.filter((a) => isPublicAddress(a.address));
            const first = allowed[0];
            if (first === undefined) callback(refused(host), '', 4);
            else if (lookupOptions.all === true) callback(null, allowed);
            else callback(null, first.address, first.family);
          });
        },
      },
    }).compose(interceptors.decompress());
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    const url = new URL(request.url);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    if (this.options.respectRobots) await this.obeyRobots(url, request.signal);
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.follow(url, request);
      } catch (error) {
        const wait = this.waitBefore(error, attempt);
        if (wait === null || request.signal?.aborted === true) throw this.told(error, url);
        await this.options.sleep(wait, request.signal);
      }
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
    if (error instanceof Error && error.name === 'AbortError') return null;
    return this.options.random() * BACKOFF_MS * 2 ** attempt;
  }

  private async follow(start: URL, request: HttpRequest): Promise<HttpAnswer> {
    let url = start;
    for (let hop = 0; ; hop++) {
      this.judge(url);
      const answer = await this.once(url, request);
      const location = answer.headers['location'];
      if (answer.status < 300 || answer.status >= 400 || answer.status === 304 || location === undefined) return answer;
      const next = new URL(location, url);
      if (next.host !== url.host && PASSPORT.test(`.${next.host}`)) {
        throw new LoginNeeded('对方要求登录（转到了登录页），已停止采集这个源。请重新授权。', {
          status: answer.status,
        });
      }
      if (hop >= MAX_REDIRECTS)
        throw new LayoutChanged('对方连续跳转超过 5 次，这一页没有读取。请检查地址。', { status: answer.status });
      url = next;
    }
  }

  private judge(url: URL): void {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused(url.protocol);
    if (
      isIP(url.hostname.replace(/^\[|\]$/gu, '')) !== 0 &&
      !this.options.allowPrivateNetwork &&
      !isPublicAddress(url.hostname)
    ) {
      throw refused(url.hostname);
    }
  }

  private async once(url: URL, request: HttpRequest): Promise<HttpAnswer> {
    const { options } = this;
    await options.budget?.take(1);
    await options.pacer.wait(url.host, options.pace, request.signal);
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
        'accept-encoding': 'gzip, deflate, br',
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
    const bytes = await this.read(response.body, flat);
    this.refuseByStatus(response.statusCode, flat);
    const text = decodeBody(bytes, flat['content-type'] ?? '');
    return { status: response.statusCode, url: url.href, headers: flat, text, json: () => losslessJson(text) };
  }

  /** The whole body, or an error: a cut-off answer is never taken for a short one. */
  private async read(body: Dispatcher.ResponseData['body'], headers: Record<string, string>): Promise<Uint8Array> {
    // A body given up on reports its own end as an error; the one that matters is thrown below.
    body.on('error', () => undefined);
    const tooLarge = () =>
      new ConnectorError(
        'too-large',
        `对方返回的内容超过 ${Math.round(this.options.maxBodyBytes / 1024 / 1024)} MB，这一页没有读取。请检查地址是否正确。`,
      );
    if (Number(headers['content-length'] ?? 0) > this.options.maxBodyBytes) {
      body.destroy();
      throw tooLarge();
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > this.options.maxBodyBytes) {
        body.destroy();
        throw tooLarge();
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
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
    if (status === 500 || status === 502 || status === 503 || status === 504) {
      throw new ConnectorError('unreachable', `对方服务器暂时出错（HTTP ${status}），稍后自动重试。`, { status });
    }
  }

  /** RFC 9309: 4xx means no rules, 5xx or silence means stay out for now. */
  private async obeyRobots(url: URL, signal: AbortSignal | undefined): Promise<void> {
    const now = this.options.now();
    let known = this.robots.get(url.origin);
    if (known === undefined || known.until < now) {
      const address = new URL('/robots.txt', url);
      let rules: Robots | 'closed';
      try {
        const answer = await this.follow(address, { url: address.href, ...(signal === undefined ? {} : { signal }) });
        rules = robotsParser(address.href, answer.status < 300 ? answer.text : '');
      } catch (error) {
        if (error instanceof ConnectorError && error.kind === 'refused-address') throw error;
        rules = 'closed';
      }
      known = { until: now + (rules === 'closed' ? 600_000 : ROBOTS_KEPT_MS), rules };
      this.robots.set(url.origin, known);
    }
    if (known.rules === 'closed')
      throw new RetryAfter('暂时读不到对方网站的 robots.txt，按规范先不采集，10 分钟后再看。', 600);
    if (known.rules.isAllowed(url.href, ROBOTS_AGENT) === false) {
      throw new ConnectorError(
        'permission',
        '对方网站的 robots.txt 不允许采集这个地址，已停止。请与网站管理单位商定。',
      );
    }
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

/** Integers beyond 2^53 come back as strings, so that 19-digit ids survive. */
function losslessJson(text: string): unknown {
  const body = text.replace(/^\ufeff/u, '').trim();
  if (body === '') throw new LoginNeeded('对方返回了空白内容，通常表示登录已失效或访问受限。请重新授权。');
  if (body.startsWith('<')) throw new LoginNeeded('对方返回的是网页而不是数据，通常是登录页或验证页。请重新授权。');
  try {
    if (!/[0-9]{16}/u.test(body)) return JSON.parse(body) as unknown;
    return parseLossless(body, null, (value) => (isSafeNumber(value) ? Number(value) : value));
  } catch (cause) {
    throw new LayoutChanged('对方返回的数据格式无法识别，这一页没有读取。可能是接口有变，请联系系统维护方。', {
      code: cause instanceof Error ? cause.name : 'parse',
    });
  }
}

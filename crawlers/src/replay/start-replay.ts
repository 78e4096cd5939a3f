/**
 * In: raw items (a corpus or a live store), a clock, accounts and a fault plan. Out: a loopback HTTP server that speaks as Weibo, WeChat and a website do.
 * Called by: `minsheng replay`, the demo city, connector tests and soaks.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { RawItem } from '@minsheng/contracts';
import { json, type Answer, type Exchange } from './exchange.ts';
import { FaultPlan, type FaultKind, type FaultOptions } from './faults.ts';
import { Feeds, type FeedDefinition } from './feeds.ts';
import { ReplayStore, type ReplayAccount } from './store.ts';
import { WechatOa, type WechatOptions } from './wechat-oa.ts';
import { WeiboOpen, type WeiboOptions } from './weibo-open.ts';
import { isWeiboWeb, WeiboWeb, type WeiboWebOptions } from './weibo-web.ts';

export const DEFAULT_TOKEN = 'replay-weibo-token';

export interface ReplayOptions {
  /** The corpus, or a store that the caller keeps filling. */
  items: Iterable<RawItem> | AsyncIterable<RawItem> | ReplayStore;
  accounts?: readonly ReplayAccount[];
  /** 0 (default) takes a free port. */
  port?: number;
  /** Loopback by default; the server has no protection of its own. */
  host?: string;
  clock?: () => Date;
  /** Lets old items appear as if they were written now: served time = `from` + elapsed × `speed`. */
  pace?: { from: Date; speed: number };
  faults?: FaultOptions;
  weibo?: Partial<WeiboOptions>;
  weiboWeb?: WeiboWebOptions;
  wechat?: WechatOptions;
  /** Default: one feed per platform and kind that is neither Weibo nor WeChat, named `{platform}-posts` or `{platform}-messages`. */
  feeds?: readonly FeedDefinition[];
  siteName?: string;
  /** Called before each request with the server's time, so that a live city can publish what is due. */
  onTime?: (now: Date, store: ReplayStore) => void;
}

export interface ReplayServer {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  url: string;
  port: number;
  store: ReplayStore;
  /** The Weibo token of the service account. */
  token: string;
  feeds: readonly FeedDefinition[];
  faults: FaultPlan;
  /** Requests answered so far, by path. */
  requests: ReadonlyMap<string, number>;
  /** Every WeChat token given out so far stops working. */
  expireWechatTokens(): void;
  close(): Promise<void>;
}

const GZIP_ABOVE_BYTES = 1400;
const MAX_BODY_BYTES = 1_000_000;

const LOGIN_PAGE =
  '<!DOCTYPE html><html><head><meta charset="utf-8"><title>登录</title><script>location.replace("https://passport.invalid/signin")</script></head><body><form action="/signin"><input name="username"><input type="password" name="password"><button>登录</button></form></body></html>';
const GATEWAY_PAGE =
  '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>';

/** Loads the items and listens. Rejects when an item's time cannot be read or the port is taken. */
export async function startReplay(options: ReplayOptions): Promise<ReplayServer> {
  const store =
    options.items instanceof ReplayStore ? options.items : new ReplayStore({ accounts: options.accounts ?? [] });
  if (!(options.items instanceof ReplayStore)) for await (const item of options.items) store.add(item);

  const definitions = options.feeds ?? feedsOf(store);
  const tokens = options.weibo?.tokens ?? [{ token: DEFAULT_TOKEN }];
  const weibo = new WeiboOpen(store, { ...options.weibo, tokens });
  const weiboWeb = new WeiboWeb(store, options.weiboWeb);
  const wechat = new WechatOa(store, options.wechat);
  const feeds = new Feeds(store, definitions, options.siteName ?? '本机演示站点');
  const plan = new FaultPlan(options.faults);
  const requests = new Map<string, number>();
  const clock = options.clock ?? (() => new Date());
  const started = clock().getTime();
  const pace = options.pace;
  const served = (): number => {
    const now = clock().getTime();
    return pace ? pace.from.getTime() + (now - started) * pace.speed : now;
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = new URL(request.url ?? '/', 'http://loopback.invalid');
    const path = address.pathname;
    requests.set(path, (requests.get(path) ?? 0) + 1);
    const fault = plan.next(path);
    const now = served() + (fault === 'clock-skew' ? plan.skewSeconds * 1000 : 0);
    options.onTime?.(new Date(now), store);
    const body = await readBody(request);
    const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? body : '';
    const query = new URLSearchParams(address.search);
    for (const [name, value] of new URLSearchParams(form)) query.set(name, value);
    const exchange: Exchange = {
      method: request.method ?? 'GET',
      path,
      query,
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
      ),
      body,
      ip: request.socket.remoteAddress ?? '127.0.0.1',
      base: `http://${request.headers.host ?? `127.0.0.1:${port}`}`,
      now,
      page: (list) =>
        fault === 'reordered-page'
          ? plan.reorder(list)
          : fault === 'duplicated-page'
            ? [...list, ...list.slice(0, Math.ceil(list.length / 2))]
            : list,
    };
    if (fault === 'token-expired' && path.startsWith('/cgi-bin/')) wechat.expireTokens();
    const instead = fault && replacement(fault, path, plan);
    const answer = instead ??
      weibo.answer(exchange) ??
      weiboWeb.answer(exchange) ??
      wechat.answer(exchange) ??
      feeds.answer(exchange) ?? {
        status: 404,
        type: 'text/html; charset=utf-8',
        body: '<html><body><h1>404 Not Found</h1></body></html>',
      };
    await send(request, response, answer, fault, now, plan);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' });
      response.end(`replay: ${message}`);
    });
  });
  server.keepAliveTimeout = 5000;
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://${host}:${port}`,
    port,
    store,
    token: tokens[0]?.token ?? '',
    feeds: definitions,
    faults: plan,
    requests,
    expireWechatTokens: () => wechat.expireTokens(),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

/** One feed per platform and kind that the other two faces do not serve. */
function feedsOf(store: ReplayStore): FeedDefinition[] {
  const seen = new Map<string, FeedDefinition>();
  for (const row of store.ledger()) {
    if (row.kind === 'comment' || (row.kind === 'post' && (row.platform === 'weibo' || row.platform === 'wechat')))
      continue;
    const name = `${row.platform}-${row.kind}s`;
    if (!seen.has(name)) seen.set(name, { name, title: name, platform: row.platform, kind: row.kind });
  }
  return [...seen.values()];
}

/** An answer that takes the place of the real one. */
function replacement(fault: FaultKind, path: string, plan: FaultPlan): Answer | undefined {
  const weibo = path.startsWith('/2/') || path.startsWith('/oauth2/');
  const wechat = path.startsWith('/cgi-bin/');
  switch (fault) {
    case 'error-body-200':
      if (weibo) return json({ error: 'system error', error_code: 10001, request: path });
      if (isWeiboWeb(path)) return json({ ok: 0, errno: '100003', msg: '请求过于频繁' });
      if (wechat) return json({ errcode: -1, errmsg: 'system error rid: 00000000-00000000-00000000' });
      return {
        status: 200,
        type: 'text/html; charset=utf-8',
        body: '<html><head><title>系统维护</title></head><body><p>系统正在维护，请稍后再试。</p></body></html>',
      };
    case 'token-expired':
      if (weibo) return json({ error: 'expired_token', error_code: 21327, request: path }, 400);
      if (isWeiboWeb(path)) return json({ ok: -100, url: 'https://passport.weibo.com/sso/signin' });
      if (wechat && !path.endsWith('token'))
        return json({ errcode: 42001, errmsg: 'access_token expired rid: 00000000-00000000-00000000' });
      return undefined;
    case 'login-page':
      return { status: 200, type: 'text/html; charset=utf-8', body: LOGIN_PAGE };
    case 'empty-body':
      return { status: 200, type: 'application/json; charset=utf-8', body: '' };
    case 'too-many':
      return {
        status: 429,
        type: 'text/html; charset=utf-8',
        body: '<html><body>Too Many Requests</body></html>',
        headers: { 'Retry-After': String(plan.retryAfterSeconds) },
      };
    case 'bad-gateway':
      return { status: 502, type: 'text/html', body: GATEWAY_PAGE };
    default:
      return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError('request body above 1 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  fault: FaultKind | undefined,
  now: number,
  plan: FaultPlan,
): Promise<void> {
  if (fault === 'connection-reset') {
    request.socket.destroy();
    return;
  }
  const plain = Buffer.from(answer.body, 'utf8');
  const zip =
    fault === 'truncated-gzip' ||
    (plain.length > GZIP_ABOVE_BYTES && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')));
  const payload = zip ? gzipSync(plain, { level: 1 }) : plain;
  response.writeHead(answer.status, {
    'Content-Type': answer.type,
    Date: new Date(now).toUTCString(),
    ...(zip ? { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' } : {}),
    ...(answer.status === 304 || fault === 'truncated-gzip' ? {} : { 'Content-Length': String(payload.length) }),
    ...answer.headers,
  });
  if (request.method === 'HEAD' || answer.status === 304) {
    response.end();
  } else if (fault === 'truncated-gzip') {
    response.end(payload.subarray(0, Math.max(10, Math.floor(payload.length / 2))));
  } else if (fault === 'half-body') {
    response.write(payload.subarray(0, Math.ceil(payload.length / 2)), () => request.socket.destroy());
  } else if (fault === 'slow-body') {
    const steps = 10;
    const size = Math.max(1, Math.ceil(payload.length / steps));
    for (let from = 0; from < payload.length && !response.destroyed; from += size) {
      response.write(payload.subarray(from, from + size));
      await new Promise((resolve) => setTimeout(resolve, plan.slowBodyMs / steps));
    }
    response.end();
  } else {
    response.end(payload);
  }
}

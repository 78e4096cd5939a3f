/**
 * In: raw items (a corpus or a live store), a clock, accounts and a fault plan. Out: a loopback HTTP server that speaks as Weibo, WeChat and a website do.
 * Called by: `minsheng replay`, the demo city, connector tests and soaks.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RawItem } from '@minsheng/contracts';
import { Bridges, type BridgeOptions } from './bridges.ts';
import { DouyinOpen, type DouyinOptions } from './douyin-open.ts';
import { htmlPage, type Exchange, type Face } from './exchange.ts';
import { FaultPlan, type FaultOptions } from './faults.ts';
import { Feeds, type FeedDefinition } from './feeds.ts';
import { GovSite, type GovOptions } from './gov-site.ts';
import { RateLimit, type RateLimitOptions } from './rate-limit.ts';
import { replacement, send } from './spoil.ts';
import { ReplayStore, type ReplayAccount } from './store.ts';
import { openidOf, WechatOa, type WechatOptions } from './wechat-oa.ts';
import { deliver, fieldsOfMessage, pushOf, type PushTarget } from './wechat-push.ts';
import { weiboFace, weiboWebFace } from './weibo-face.ts';
import { WeiboOpen, type WeiboOptions } from './weibo-open.ts';
import { WeiboWeb, type WeiboWebOptions } from './weibo-web.ts';

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
  bridges?: BridgeOptions;
  gov?: GovOptions;
  douyin?: DouyinOptions;
  /** A limit that counts, for every asker of every face; Weibo's and WeChat's daily quotas are in their own options. */
  rateLimit?: RateLimitOptions;
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
  /** The id under which `gov-site` brings a post of a column of this server. */
  govId(column: string, rawId: string): string | undefined;
  /** Pushes the citizens' WeChat messages whose time has come and that the receiver has not taken yet. */
  pushWechat(target: PushTarget): Promise<{ taken: number; refused: number }>;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1_000_000;

/** Loads the items and listens. Rejects when an item's time cannot be read or the port is taken. */
export async function startReplay(options: ReplayOptions): Promise<ReplayServer> {
  const store =
    options.items instanceof ReplayStore ? options.items : new ReplayStore({ accounts: options.accounts ?? [] });
  if (!(options.items instanceof ReplayStore)) for await (const item of options.items) store.add(item);

  const definitions = options.feeds ?? feedsOf(store);
  const tokens = options.weibo?.tokens ?? [{ token: DEFAULT_TOKEN }];
  const siteName = options.siteName ?? '本机演示站点';
  const wechat = new WechatOa(store, options.wechat);
  const gov = new GovSite(store, siteName, options.gov);
  const faces: Face[] = [
    weiboFace(new WeiboOpen(store, { ...options.weibo, tokens })),
    new DouyinOpen(store, options.douyin),
    weiboWebFace(new WeiboWeb(store, options.weiboWeb)),
    wechat,
    new Bridges(store, options.bridges),
    gov,
    new Feeds(store, definitions, siteName),
  ];
  const limit = options.rateLimit && new RateLimit(options.rateLimit);
  const plan = new FaultPlan(options.faults);
  const requests = new Map<string, number>();
  const pushed = new Set<string>();
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
    const { request: number, fault } = plan.next(path);
    const now = served() + (fault === 'clock-skew' ? plan.skewSeconds * 1000 : 0);
    options.onTime?.(new Date(now), store);
    const body = await readBody(request);
    const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? body : '';
    const query = new URLSearchParams(address.search);
    for (const [name, value] of new URLSearchParams(form)) query.set(name, value);
    let items = 0;
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
      page(list) {
        // Only comments are counted by their platform elsewhere, so only theirs can be known to be missing.
        const counted = path.includes('comment');
        if (fault === 'withheld-items' && counted) items += plan.withhold(list.map(keyOf));
        const shown = counted ? list.filter((item) => plan.show(keyOf(item))) : list;
        if (fault !== 'withheld-items') items += shown.length;
        if (fault === 'reordered-page') return plan.reorder(shown);
        if (fault === 'duplicated-page') return [...shown, ...shown.slice(0, Math.ceil(shown.length / 2))];
        return shown;
      },
    };
    const face = faces.find((f) => f.owns(exchange));
    const source = face?.sourceOf(exchange) ?? '';
    const seconds = limit?.take(`${face?.platform} ${source}`, now) ?? 0;
    if (seconds > 0) {
      const refusal = face?.refusal('too-many', exchange);
      const answer = refusal ?? htmlPage('<h1>Too Many Requests</h1>', 429, { 'Retry-After': String(seconds) });
      await send(request, response, answer, undefined, now, plan);
      return;
    }
    const instead = fault && replacement(fault, exchange, face, plan);
    const answer =
      instead ?? face?.answer(exchange) ?? htmlPage('<html><body><h1>404 Not Found</h1></body></html>', 404);
    if (fault && !(fault === 'withheld-items' && items === 0)) {
      plan.record({
        at: clock().toISOString(),
        platform: face?.platform ?? 'other',
        source,
        path,
        request: number,
        fault,
        items: instead ? null : items,
      });
    }
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
    govId: (column, rawId) => gov.idOf(`http://${host}:${port}`, column, rawId),
    async pushWechat(target) {
      const due = store.select('wechat', (p) => p.kind === 'message' && p.at <= served() && !pushed.has(p.rawId));
      const account = store.accounts('wechat').find((a) => a.appid === target.appid);
      let taken = 0;
      for (const message of due) {
        const openid = account === undefined ? '' : openidOf(account, message.author ?? message.rawId);
        if (!(await deliver(pushOf(fieldsOfMessage(message, target, openid), target, served()), target.url))) continue;
        taken++;
        pushed.add(message.rawId);
      }
      return { taken, refused: due.length - taken };
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

/** What names an item on its way out, whatever the face made of it. */
function keyOf(item: object): string {
  const { rawId, idstr, id } = item as { rawId?: unknown; idstr?: unknown; id?: unknown };
  return String(rawId ?? idstr ?? id);
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

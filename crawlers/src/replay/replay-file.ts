/**
 * In: the path of an NDJSON corpus (plain or .gz) in the import format. Out: a replay server for it, and lines that say where it is and what it serves.
 * Called by: `minsheng replay FILE --port N`.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { RawItem } from '@minsheng/contracts';
import { feedIdOf } from './bridges.ts';
import { DOUYIN_APP, openIdOf } from './douyin-open.ts';
import { startReplay, DEFAULT_TOKEN, type ReplayServer } from './start-replay.ts';
import { ReplayStore } from './store.ts';
import { DEFAULT_SUB } from './weibo-web.ts';
import type { FaultOptions } from './faults.ts';

export interface ReplayFileOptions {
  port?: number;
  host?: string;
  /** The Weibo token to accept. */
  token?: string;
  faults?: FaultOptions;
  clock?: () => Date;
  pace?: { from: Date; speed: number };
  log?: (line: string) => void;
}

export interface ReplayFileServer extends ReplayServer {
  /** Rows that are not in the import format: line number and why. At most 20 are kept. */
  rejected: { line: number; reason: string }[];
  rejectedCount: number;
}

const EXAMPLES = 20;

/** Serves a corpus. Rows that cannot be read are counted and named, never fatal; a file that cannot be opened rejects. */
export async function replayFile(path: string, options: ReplayFileOptions = {}): Promise<ReplayFileServer> {
  const log = options.log ?? (() => undefined);
  const store = new ReplayStore();
  const rejected: { line: number; reason: string }[] = [];
  let rejectedCount = 0;
  let line = 0;
  for await (const text of linesOf(path)) {
    line++;
    if (text.trim() === '') continue;
    const reason = offer(store, text);
    if (reason === undefined) continue;
    rejectedCount++;
    if (rejected.length < EXAMPLES) rejected.push({ line, reason });
  }
  const token = options.token ?? DEFAULT_TOKEN;
  const server = await startReplay({ ...options, items: store, weibo: { tokens: [{ token }] } });
  const n = store.counts();
  log(`正在 ${server.url} 上回放 ${path}`);
  log(
    `共读入 ${n.read + rejectedCount} 行：帖文 ${n.posts}，评论 ${n.comments}，来信 ${n.messages}；编号重复 ${n.duplicates}，找不到上级帖文 ${n.orphans}，格式不符 ${rejectedCount}`,
  );
  for (const bad of rejected.slice(0, 5)) log(`第 ${bad.line} 行未采用：${bad.reason}`);
  const weibo = store.accounts('weibo');
  if (weibo.length > 0)
    log(
      `微博开放平台：baseUrl ${server.url}，accessToken ${token}，账号 ${weibo
        .map((a) => `${a.name}（uid ${a.nativeId}）`)
        .slice(0, 10)
        .join('、')}`,
    );
  if (weibo.length > 0) log(`微博网页：baseUrl ${server.url}，Cookie SUB=${DEFAULT_SUB}`);
  for (const account of store.accounts('wechat')) {
    log(`微信公众号“${account.name}”：baseUrl ${server.url}，appid ${account.appid}，secret ${account.secret}`);
    log(`　　桥接订阅：${server.url}/wewe/feeds/${feedIdOf(account)}.json?mode=fulltext`);
  }
  const [douyin] = store.accounts('douyin');
  if (douyin !== undefined)
    log(
      `抖音开放平台：baseUrl ${server.url}，clientKey ${DOUYIN_APP.clientKey}，clientSecret ${DOUYIN_APP.clientSecret}，accessToken ${DOUYIN_APP.accessToken}，openId ${openIdOf(douyin)}`,
    );
  if (store.select('site', (p) => p.kind === 'post').length > 0) log(`政府网站栏目：${server.url}/gov/gzdt/index.html`);
  for (const feed of server.feeds) log(`订阅源：${server.url}/feeds/${feed.name}.rss`);
  return { ...server, rejected, rejectedCount };
}

/** Adds one line to the store. Returns why not, when not. */
function offer(store: ReplayStore, text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const item = RawItem.safeParse(parsed);
    if (!item.success) return item.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    store.add(item.data);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function* linesOf(path: string): AsyncIterable<string> {
  const file = createReadStream(path);
  // An error of the file does not travel through a pipe by itself.
  const source = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  if (source !== file) file.once('error', (error) => source.destroy(error));
  yield* createInterface({ input: source, crlfDelay: Infinity });
}

/**
 * In: the feed of one official account on a WeChat-to-RSS bridge (wewe-rss, we-mp-rss, RSSHub). Out: its articles as far as the bridge has them.
 * Called by: the collect step.
 */
import type { RawItem } from '@minsheng/contracts';
import { z } from 'zod';
import { defineConnector, type Gap } from '../connector.ts';
import { htmlToText } from '../parse/html.ts';
import { FeedCursor, feedPages, fetchFeed, type Entry } from './feed-reader.ts';
import { nameOf, publicUrl } from './wechat-official-wire.ts';

/** A body shorter than this is the bridge's "full text failed" sentence, not an article. */
const SHORTEST_BODY = 30;
/** RSSHub has a route `wechat/feeds` of its own, which does not page. */
const WEWE = /(?<!\/wechat)\/feeds\/MP_WXS_\d+(?:\.\w+)?$/u;
const WE_MP = /\/(?:rss|feed)\/[^/?]+(?:\.(?:rss|atom|json))?$/u;
const WEWE_LIMIT = 10;
const WE_MP_LIMIT = 100;

const Settings = z.object({
  url: z.url({ protocol: /^https?$/u }).meta({
    title: '订阅地址',
    description: '桥接服务中这一个公众号的地址，如 https://…/feeds/MP_WXS_1234567890.json?mode=fulltext',
  }),
  accountName: z.string().min(1).max(80).meta({ title: '公众号名称' }),
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .meta({ title: '允许内网地址', description: '桥接服务部署在本单位内网时打开' }),
});
const Credentials = z.object({
  key: z.string().trim().max(200).optional().meta({ title: '访问密钥', description: '桥接服务设有密钥（key）时填写' }),
});

export const wechatBridge = defineConnector({
  kind: 'wechat-bridge',
  platform: 'wechat',
  manual: {
    name: '微信公众号（RSS 桥接）',
    brings:
      '其他单位公众号的文章，限桥接服务已取得的部分。没有留言、没有阅读数。桥接服务依赖第三方账号，可能一天只更新两次或中断，采集是否完整由桥接服务决定。',
    needs:
      '一个已部署的桥接服务（wewe-rss、we-mp-rss 或 RSSHub）中该公众号的订阅地址；一个采集源对应一个公众号，不要填“全部订阅”的地址。建议打开全文模式。这不是微信的官方接口，使用前请本单位确认合规；本单位自己的公众号请用官方接口。',
    cost: '每次运行 1 次请求，都发给桥接服务，不发给微信；有新文章且桥接服务支持翻页时每页再加 1 次。',
    cannot:
      '采不到留言和阅读数；不能使用“全部订阅”的合并地址，因为其中的条目不注明是哪个公众号发的；桥接服务漏掉的文章，本系统无从得知。',
    requestsPerItem: { firstRead: 0.24 },
  },
  settings: Settings,
  credentials: Credentials,
  cursor: FeedCursor,
  defaultIntervalSeconds: 1800,
  backfill: 'wewe-rss 和 we-mp-rss 可逐页补采桥接服务存有的全部文章；RSSHub 只有最近一页。',

  async probe(run) {
    const { entries } = await fetchFeed(run, run.settings.url, keyOf(run.credentials));
    const bare = entries.filter((e) => bodyOf(e) === undefined).length;
    const words = bare > 0 ? `其中 ${bare} 篇没有正文，建议在桥接服务中打开全文模式。` : '';
    return entries.length === 0
      ? '连接正常，桥接服务里还没有这个公众号的文章。'
      : `连接正常，共 ${entries.length} 篇，最近一篇《${entries[0]?.title ?? '无题'}》。${words}`;
  },

  async *crawl(run) {
    const { url, accountName } = run.settings;
    run.account({ platform: 'wechat', nativeId: accountName, name: accountName });
    yield* feedPages({
      run,
      url,
      query: keyOf(run.credentials),
      itemOf: (entry, gaps) => itemOf(entry, accountName, gaps),
      nextOf,
    });
  },
});

function keyOf({ key }: z.infer<typeof Credentials>): Record<string, string> {
  return key === undefined || key === '' ? {} : { key };
}

function bodyOf(entry: Entry): string | undefined {
  return htmlToText(entry.text).length >= SHORTEST_BODY ? entry.text : undefined;
}

function itemOf(entry: Entry, account: string, gaps: Gap[]): RawItem {
  const body = bodyOf(entry);
  if (body === undefined) {
    const known = gaps.find((gap) => gap.cause === 'truncated');
    if (known === undefined)
      gaps.push({ what: '桥接服务没有给出正文、只有标题或摘要的文章', size: 1, cause: 'truncated' });
    else known.size = (known.size ?? 0) + 1;
  }
  const { title = '', url } = entry;
  return {
    platform: 'wechat',
    kind: 'post',
    id: idOf(entry),
    account,
    publishedAt: entry.date ?? '',
    title: title.slice(0, 1000),
    text: body ?? (entry.summary || title),
    ...(url === undefined ? {} : { url: publicUrl(url) }),
  };
}

/** The article's own name, so that the same article through another bridge, or the official interface, is the same item. */
function idOf({ id, url = '' }: Entry): string {
  const short = /^https?:\/\/mp\.weixin\.qq\.com\/s\/([\w-]+)/u.exec(url)?.[1];
  return nameOf(url, short ?? id).id;
}

/** Bridges page by parameters they do not name in the feed; a short page is the last. */
export function nextOf(url: string, entries: readonly unknown[]): string | undefined {
  const next = new URL(url);
  const { searchParams: query, pathname } = next;
  const limit = Number(query.get('limit') ?? (WEWE.test(pathname) ? WEWE_LIMIT : WE_MP_LIMIT));
  if (entries.length < limit) return undefined;
  if (WEWE.test(pathname)) query.set('page', String(Number(query.get('page') ?? '1') + 1));
  else if (WE_MP.test(pathname)) query.set('offset', String(Number(query.get('offset') ?? '0') + limit));
  else return undefined;
  return next.href;
}

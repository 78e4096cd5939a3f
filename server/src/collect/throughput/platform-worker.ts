/**
 * In: how many items of each channel, and a seed. Out: a loopback server that holds them, and the sources that crawl them, told to the parent process.
 * Called by: `bench collect`, as a process of its own, so that serving does not count as crawling.
 */
import type { RawItem } from '@minsheng/contracts';
import {
  DEFAULT_SUB,
  DEFAULT_TOKEN,
  DOUYIN_APP,
  douyinOpenIdOf,
  feedIdOf,
  startReplay,
} from '@minsheng/crawlers/replay';
import { benchTexts } from '../../enrich/bench.ts';
import type { NewSource } from '../../sources/source-book.ts';

const HOUR = 3_600_000;
/** Comments under each post, where a channel has comments. */
const COMMENTS = 19;

const WECHAT = {
  platform: 'wechat' as const,
  nativeId: 'gh_bench',
  name: '澜江水务',
  appid: 'wxbench',
  secret: 'bench',
};
const DOUYIN = { platform: 'douyin' as const, nativeId: '7001', name: '澜江文旅' };
const WEIBO = { platform: 'weibo' as const, nativeId: '5200000001', name: '澜江发布' };
const SITE = '澜江市政府网';

const [count = 0, seed = 0] = process.argv.slice(2).map(Number);
const texts = benchTexts(count, seed);
const now = Date.now();

function* items(): Generator<RawItem> {
  for (const [n, text] of texts.entries()) {
    const publishedAt = new Date(now - 20 * 24 * HOUR + (n / count) * 19 * 24 * HOUR).toISOString();
    yield { platform: 'site', kind: 'post', id: `s${n}`, account: SITE, publishedAt, title: `通知 ${n}`, text };
    for (const { platform, name } of [WEIBO, WECHAT, DOUYIN]) {
      const place = n % (COMMENTS + 1);
      const parent = n - place;
      const id = (m: number) => (platform === 'weibo' ? String(5_200_000_000_000_000 + m) : `${platform}${m}`);
      if (place === 0)
        yield {
          platform,
          kind: 'post',
          id: id(n),
          account: name,
          publishedAt,
          title: `通知 ${n}`,
          text,
          comments: COMMENTS,
        };
      else
        yield { platform, kind: 'comment', id: id(n), parentId: id(parent), author: `u${n % 997}`, publishedAt, text };
    }
  }
}

const server = await startReplay({
  items: (async function* () {
    yield* items();
  })(),
  accounts: [WEIBO, WECHAT, DOUYIN],
});
const { url } = server;
const local = { allowPrivateNetwork: true };
const days = { days: 30, commentDays: 30 };
const sources: NewSource[] = [
  {
    kind: 'weibo-official',
    name: 'weibo-official',
    settings: { baseUrl: url, pageCap: 5000, ...days, ...local },
    credentials: { accessToken: DEFAULT_TOKEN },
  },
  {
    kind: 'weibo-web',
    name: 'weibo-web',
    settings: {
      enabled: true,
      baseUrl: url,
      uids: [WEIBO.nativeId],
      pauseSeconds: 0,
      pageCap: 5000,
      respectRobots: false,
      ...days,
      ...local,
    },
    credentials: { cookie: `SUB=${DEFAULT_SUB}` },
  },
  {
    kind: 'wechat-official',
    name: 'wechat-official',
    settings: { baseUrl: url, accountName: WECHAT.name, days: 30, ...local },
    credentials: { appid: WECHAT.appid, secret: WECHAT.secret },
  },
  {
    kind: 'wechat-bridge',
    name: 'wechat-bridge',
    settings: { url: `${url}/wewe/feeds/${feedIdOf(WECHAT)}.json?mode=fulltext`, accountName: WECHAT.name, ...local },
    credentials: {},
  },
  {
    kind: 'feed',
    name: 'feed',
    settings: { url: `${url}/feeds/site-posts.rss`, accountName: SITE, respectRobots: false, ...local },
    credentials: {},
  },
  {
    kind: 'gov-site',
    name: 'gov-site',
    settings: { url: `${url}/gov/gzdt/index.html`, accountName: SITE, pages: 200, respectRobots: false, ...local },
    credentials: {},
  },
  {
    kind: 'douyin-official',
    name: 'douyin-official',
    settings: { baseUrl: url, accountName: DOUYIN.name, days: 30, ...local },
    credentials: { ...DOUYIN_APP, openId: douyinOpenIdOf(DOUYIN) },
  },
];
process.send?.(sources);
process.on('disconnect', () => process.exit(0));

/**
 * In: nothing. Out: a city on every platform, and each connector as it is set up to bring it. Called by: tests that every connector must pass.
 */
import type { RawItem } from '@minsheng/contracts';
import type { ConnectorDefinition } from '../connector.ts';
import { douyinOfficial } from '../connectors/douyin-official.ts';
import { feed } from '../connectors/feed.ts';
import { govSite } from '../connectors/gov-site.ts';
import { wechatBridge } from '../connectors/wechat-bridge.ts';
import { wechatOfficial } from '../connectors/wechat-official.ts';
import { weiboOfficial } from '../connectors/weibo-official.ts';
import { weiboWeb } from '../connectors/weibo-web.ts';
import { DEFAULT_SUB, DOUYIN_APP, douyinOpenIdOf, feedIdOf } from '../replay/index.ts';
import { at, keys, serve } from './crawl.ts';
import { comment, post } from './weibo.ts';

export const WECHAT = { platform: 'wechat' as const, nativeId: 'gh_1', name: '澜江水务', appid: 'wx1', secret: 's1' };
export const DOUYIN = { platform: 'douyin' as const, nativeId: '7001', name: '澜江文旅' };

/** 40 posts per platform; WeChat's and Douyin's with three comments each, one of them answered. */
export function city(): RawItem[] {
  const items: RawItem[] = [];
  for (const platform of ['wechat', 'douyin', 'site'] as const) {
    const account = { wechat: WECHAT.name, douyin: DOUYIN.name, site: '澜江市政府网' }[platform];
    for (let n = 0; n < 40; n++) {
      const before = 15_000 - n * 300;
      const id = `${platform}${n}`;
      const text = `第 ${n} 号片区将于近日检修供水管网，届时水压不足，请提前储水，恢复时间另行通知。`;
      items.push({ platform, kind: 'post', id, account, publishedAt: at(before), title: `第 ${n} 号停水通知`, text });
      if (platform === 'site') continue;
      for (let c = 0; c < 3; c++)
        items.push({
          platform,
          kind: 'comment',
          id: `${id}c${c}`,
          parentId: id,
          author: `u${c}`,
          publishedAt: at(before - 9 - c),
          text: `看法 ${c}`,
        });
      items.push({
        platform,
        kind: 'comment',
        id: `${id}r`,
        parentId: `${id}c0`,
        account,
        publishedAt: at(before - 20),
        text: '已收到。',
      });
    }
  }
  return items;
}

type Server = Awaited<ReturnType<typeof serve>>;
export interface Channel {
  connector: ConnectorDefinition;
  given(server: Server): { settings: object; credentials: object };
  served(server: Server): string[];
}

const ledger = (platform: RawItem['platform'], kinds: string[]) => (server: Server) =>
  keys(
    [...server.store.ledger()]
      .filter((r) => r.platform === platform && kinds.includes(r.kind))
      .map((r) => ({ kind: r.kind, id: r.publicId })),
  );

export const CHANNELS: Record<string, Channel> = {
  'wechat-official': {
    connector: wechatOfficial,
    given: ({ url }) => ({
      settings: { baseUrl: url, accountName: WECHAT.name, days: 60 },
      credentials: { appid: 'wx1', secret: 's1' },
    }),
    served: ledger('wechat', ['post', 'comment']),
  },
  'wechat-bridge': {
    connector: wechatBridge,
    given: ({ url }) => ({
      settings: { url: `${url}/wewe/feeds/${feedIdOf(WECHAT)}.rss?mode=fulltext`, accountName: WECHAT.name },
      credentials: {},
    }),
    served: ledger('wechat', ['post']),
  },
  'douyin-official': {
    connector: douyinOfficial,
    given: ({ url }) => ({
      settings: { baseUrl: url, accountName: DOUYIN.name, days: 60 },
      credentials: { ...DOUYIN_APP, openId: douyinOpenIdOf(DOUYIN) },
    }),
    served: ledger('douyin', ['post', 'comment']),
  },
  feed: {
    connector: feed,
    given: ({ url }) => ({
      settings: { url: `${url}/feeds/site-posts.rss?limit=7`, accountName: 'x' },
      credentials: {},
    }),
    served: ledger('site', ['post']),
  },
  'gov-site': {
    connector: govSite,
    given: ({ url }) => ({ settings: { url: `${url}/gov/gzdt/`, accountName: 'x', pages: 50 }, credentials: {} }),
    served: (server) =>
      keys(
        [...server.store.ledger()]
          .filter((r) => r.platform === 'site')
          .map((r) => ({ kind: r.kind, id: server.govId('gzdt', r.rawId) ?? '' })),
      ),
  },
};

/** Thirty posts of two offices, every tenth with more comments than a page holds. */
export function weiboCity(): RawItem[] {
  return Array.from({ length: 30 }, (_, p) => {
    const own = post(4000 - p * 40, { account: p % 2 === 0 ? '澜江发布' : '澜江水务', likes: p });
    return [own, ...Array.from({ length: p % 10 === 0 ? 450 : 3 }, () => comment(own, 3990 - p * 40))];
  }).flat();
}

const PATIENT = { days: 30, commentDays: 30, pageCap: 5000 };

/** Their faults are told in words of their own, and tried in their own tests. */
export const WEIBO: Record<string, Pick<Channel, 'connector' | 'given'>> = {
  'weibo-official': {
    connector: weiboOfficial,
    given: ({ url, token }) => ({ settings: { baseUrl: url, ...PATIENT }, credentials: { accessToken: token } }),
  },
  'weibo-web': {
    connector: weiboWeb,
    given: ({ url, store }) => {
      const uids = store.accounts('weibo').map((a) => a.nativeId);
      const settings = { enabled: true, baseUrl: url, uids, pauseSeconds: 0, ...PATIENT };
      return { settings, credentials: { cookie: `SUB=${DEFAULT_SUB}` } };
    },
  },
};

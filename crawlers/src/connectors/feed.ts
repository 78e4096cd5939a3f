/**
 * In: the address of an RSS 2.0, Atom or JSON feed. Out: its entries as posts of the site, or as citizens' published letters.
 * Called by: the collect step.
 */
import { z } from 'zod';
import { defineConnector } from '../connector.ts';
import { FeedCursor, feedPages, fetchFeed } from './feed-reader.ts';
import { allowPrivateNetwork } from './settings-fields.ts';

const Settings = z.object({
  url: z.url({ protocol: /^https?$/u }).meta({ title: '订阅地址', description: 'RSS 2.0、Atom 或 JSON Feed' }),
  itemKind: z
    .enum(['post', 'message'])
    .default('post')
    .meta({ title: '内容类型', choices: { post: '网站发布的文章', message: '公开选登的群众来信' } }),
  accountName: z.string().min(1).max(80).meta({ title: '网站名称' }),
  respectRobots: z
    .boolean()
    .default(true)
    .meta({ title: '遵守 robots.txt', advanced: true, description: '建议保持打开' }),
  allowPrivateNetwork,
});

export const feed = defineConnector({
  kind: 'feed',
  platform: 'site',
  manual: {
    name: '网站订阅（RSS / Atom / JSON Feed）',
    brings: '政府网站发布的文章，或公开选登的群众来信。首次采集最多读 10 页，更早的可用补采。',
    needs: '网站提供的订阅地址，无需账号，也不需向平台申请权限。',
    cost: '每次运行 1 次请求；内容没有变化时对方只回一个“未变”。对方提供“下一页”且有新内容时每页再加 1 次。',
    cannot: '订阅里没有的内容、评论和阅读数采不到；没有日期的条目不入库，列为缺口。',
    requestsPerItem: { firstRead: 0.048, inSoak: 0.136 },
  },
  settings: Settings,
  credentials: z.object({}),
  cursor: FeedCursor,
  defaultIntervalSeconds: 600,
  backfill: '订阅通常只列出最近几十条；对方提供“下一页”的可以逐页补采到最早一条。',

  async probe(run) {
    const { entries } = await fetchFeed(run, run.settings.url);
    return entries.length === 0
      ? '连接正常，订阅里还没有内容。'
      : `连接正常，共 ${entries.length} 条，最近一条《${entries[0]?.title ?? '无题'}》。`;
  },

  async *crawl(run) {
    const { url, itemKind, accountName } = run.settings;
    run.account({ platform: 'site', nativeId: `${new URL(url).host}:${accountName}`, name: accountName });
    yield* feedPages({
      run,
      url,
      itemOf: (entry) => ({
        platform: 'site',
        kind: itemKind,
        id: entry.id,
        ...(itemKind === 'post' ? { account: accountName } : {}),
        publishedAt: entry.date ?? '',
        ...(entry.title === undefined ? {} : { title: entry.title.slice(0, 1000) }),
        text: entry.text === '' ? (entry.title ?? '') : entry.text,
        ...(entry.url === undefined ? {} : { url: entry.url.slice(0, 2000) }),
      }),
    });
  },
});

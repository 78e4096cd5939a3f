import type { RawItem } from '@minsheng/contracts';
import { describe, expect, it } from 'vitest';
import type { FaultKind } from '../replay/faults.ts';
import { feedIdOf } from '../replay/bridges.ts';
import { at, contextOf, crawl, keys, serve } from '../testing/crawl.ts';
import { nextOf, wechatBridge } from './wechat-bridge.ts';

const ACCOUNT = { platform: 'wechat' as const, nativeId: 'gh_traffic', name: '澜江交警', appid: 'wxt', secret: 's' };

function article(n: number, minutesAgo = 900 - n * 10): RawItem {
  return {
    platform: 'wechat',
    kind: 'post',
    id: `a${n}`,
    account: ACCOUNT.name,
    publishedAt: at(minutesAgo),
    title: `路况通报 ${n}`,
    text: `自即日起，滨江路第 ${n} 段实行临时交通管制，请过往车辆绕行，恢复时间另行通知。`,
  };
}

const list = (count: number) => Array.from({ length: count }, (_, n) => article(n));
const start = (items: RawItem[], options = {}) => serve({ items, accounts: [ACCOUNT], ...options });
const given = (server: { url: string }, path: string, credentials = {}) => ({
  settings: { url: server.url + path.replace('ID', feedIdOf(ACCOUNT)), accountName: ACCOUNT.name },
  credentials,
});
const served = (server: Awaited<ReturnType<typeof start>>) =>
  keys([...server.store.ledger()].map((row) => ({ kind: row.kind, id: row.publicId })));

const SHAPES = [
  '/wewe/feeds/ID.rss?mode=fulltext',
  '/wewe/feeds/ID.atom?mode=fulltext',
  '/wewe/feeds/ID.json?mode=fulltext&limit=7',
  '/wemp/rss/ID?limit=8',
];

describe('wechat-bridge', () => {
  it.each([...SHAPES, '/rsshub/wechat/feeds/ID?limit=40'])(
    'brings what %s serves, wherever it was killed',
    async (path) => {
      const server = await start(list(33));
      const whole = await crawl(wechatBridge, given(server, path));
      expect(whole.error).toBeUndefined();
      expect(keys(whole.items)).toEqual(served(server));
      expect(whole.gaps).toEqual([]);
      const first = whole.items.find((i) => i.title === '路况通报 5');
      expect(first).toMatchObject({ account: ACCOUNT.name, publishedAt: at(850), kind: 'post' });
      expect(first?.text).toContain('滨江路第 5 段');
      for (let killedAfter = 1; killedAfter < whole.pages.length; killedAfter++) {
        const before = await crawl(wechatBridge, given(server, path), undefined, killedAfter);
        const after = await crawl(wechatBridge, given(server, path), before.cursor);
        expect(keys([...before.items, ...after.items])).toEqual(served(server));
      }
      expect((await crawl(wechatBridge, given(server, path), whole.cursor)).items).toEqual([]);
    },
  );

  it('takes the summary or title where the bridge has no text, and counts such articles', async () => {
    const server = await start(list(5), { bridges: { withoutText: ['a1', 'a3'] } });
    const full = await crawl(wechatBridge, given(server, '/wewe/feeds/ID.json?mode=fulltext'));
    expect(full.gaps).toEqual([{ what: '桥接服务没有给出正文、只有标题或摘要的文章', size: 2, cause: 'truncated' }]);
    expect(full.items.find((i) => i.title === '路况通报 1')?.text).toBe('路况通报 1');
    const bare = await crawl(wechatBridge, given(server, '/wewe/feeds/ID.json'));
    expect(bare.gaps).toMatchObject([{ size: 5 }]);
  });

  it('tells a wrong feed from a missing key', async () => {
    const server = await start(list(3), { bridges: { key: 'k1' } });
    const wrong = await crawl(wechatBridge, given(server, '/wewe/feeds/MP_WXS_1.json'));
    expect(wrong.error).toMatchObject({ kind: 'config' });
    const path = '/rsshub/wechat/feeds/ID';
    expect((await crawl(wechatBridge, given(server, path))).error).toMatchObject({ kind: 'permission' });
    const { context } = contextOf(wechatBridge, given(server, path, { key: 'k1' }));
    await expect(wechatBridge.probe(context as never)).resolves.toContain('共 3 篇');
  });

  it('says so when RSSHub’s one page has been overtaken', async () => {
    const server = await start(list(30));
    const path = '/rsshub/wechat/feeds/ID?limit=5';
    const run = await crawl(wechatBridge, given(server, path));
    for (let n = 100; n < 110; n++) server.store.add(article(n, 10 - (n - 100) * 0.1));
    expect((await crawl(wechatBridge, given(server, path), run.cursor)).gaps).toMatchObject([
      { cause: 'platform-limit' },
    ]);
  });

  it.each<[FaultKind, string | undefined]>([
    ['connection-reset', undefined],
    ['truncated-gzip', undefined],
    ['error-body-200', undefined],
    ['duplicated-page', undefined],
    ['reordered-page', undefined],
    ['login-page', 'layout-changed'],
    ['blocked', 'blocked'],
    ['garbled-body', 'layout-changed'],
  ])('%s ends in %s and loses nothing', async (fault, kind) => {
    const server = await start(list(33), { faults: { script: [{ fault, path: '/wewe/', nth: 2 }] } });
    const path = SHAPES[0] ?? '';
    const run = await crawl(wechatBridge, given(server, path));
    expect((run.error as { kind?: string } | undefined)?.kind).toBe(kind);
    const rest = await crawl(wechatBridge, given(server, path), run.cursor);
    expect(keys([...run.items, ...rest.items])).toEqual(served(server));
  });

  it('pages only where a bridge can', () => {
    const ten = Array.from({ length: 10 }, () => 0);
    expect(nextOf('https://b/feeds/MP_WXS_1.json', ten)).toBe('https://b/feeds/MP_WXS_1.json?page=2');
    expect(nextOf('https://b/feeds/MP_WXS_1.json?page=2', ten.slice(1))).toBeUndefined();
    expect(nextOf('https://b/rss/X?limit=10&offset=10', ten)).toBe('https://b/rss/X?limit=10&offset=20');
    expect(nextOf('https://b/wechat/mp/homepage/x?limit=5', ten)).toBeUndefined();
  });
});

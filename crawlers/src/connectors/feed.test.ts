import type { RawItem } from '@minsheng/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectorError } from '../errors.ts';
import type { FaultKind } from '../replay/faults.ts';
import type { FeedDefinition } from '../replay/feeds.ts';
import type { ReplayStore } from '../replay/store.ts';
import { at, crawl, keys, NOW, serve } from '../testing/crawl.ts';
import { feedDate, readFeed } from './feed-reader.ts';
import { feed } from './feed.ts';

const SITE = '澜江市政府网';

function news(n: number, minutesAgo = 500 - n): RawItem {
  return {
    platform: 'site',
    kind: 'post',
    id: `n${n}`,
    account: SITE,
    publishedAt: at(minutesAgo),
    title: `新闻 ${n} & 通知`,
    text: `内容 ${n}\n第二段`,
  };
}

const list = (count: number) => Array.from({ length: count }, (_, n) => news(n));
const FEED: FeedDefinition = { name: 'news', title: '新闻', platform: 'site', kind: 'post' };
const start = (items: RawItem[], definition: Partial<FeedDefinition> = {}, options = {}) =>
  serve({ items, feeds: [{ ...FEED, ...definition }], ...options });
const given = (server: { url: string }, format = 'rss') => ({
  settings: { url: `${server.url}/feeds/news.${format}`, accountName: SITE },
});

describe('feed', () => {
  it.each(['rss', 'atom', 'json'])('reads %s once, and only what changed after that', async (format) => {
    const items = list(12);
    const server = await start(items);
    const run = await crawl(feed, given(server, format));
    expect(run.items.map((i) => i.title).sort()).toEqual(items.map((i) => i.title).sort());
    expect(run.items.map((i) => i.publishedAt).sort()).toEqual(items.map((i) => i.publishedAt).sort());
    const again = await crawl(feed, given(server, format), run.cursor);
    expect(again).toMatchObject({ items: [], requests: 1, gaps: [] });
    server.store.add(news(99, 1));
    expect((await crawl(feed, given(server, format), again.cursor)).items.map((i) => i.id)).toEqual(['n99']);
  });

  it('follows pages until nothing on them is new, wherever it was killed', async () => {
    const server = await start(list(75), { window: 10 });
    const whole = await crawl(feed, given(server));
    expect(keys(whole.items)).toEqual(keys(list(75)));
    for (let killedAfter = 1; killedAfter < whole.pages.length; killedAfter++) {
      const first = await crawl(feed, given(server), undefined, killedAfter);
      server.store.add(news(1000 + killedAfter, 1));
      const second = await crawl(feed, given(server), first.cursor);
      const third = await crawl(feed, given(server), second.cursor);
      const all = [...first.items, ...second.items, ...third.items];
      expect(new Set(keys(all)).size).toBe(all.length);
      expect(keys(all)).toEqual(expect.arrayContaining(keys(list(75))));
    }
  });

  it('goes on below what was published while it was away, however much that is', async () => {
    for (const killedAfter of [1, 3, 6]) {
      const server = await start(list(75), { window: 10 });
      const first = await crawl(feed, given(server), undefined, killedAfter);
      const late = Array.from({ length: 34 }, (_, n) => news(2000 + n, 1));
      for (const item of late) server.store.add(item);
      let cursor: unknown = first.cursor;
      const all = [...first.items];
      for (let runs = 0; runs < 4; runs++) {
        const run = await crawl(feed, given(server), cursor);
        all.push(...run.items);
        ({ cursor } = run);
      }
      expect(new Set(keys(all)).size).toBe(all.length);
      expect(keys(all).sort()).toEqual(keys([...list(75), ...late]).sort());
    }
  });

  it('brings an archive of more pages than one run reads, news first, and names no gap', async () => {
    const server = await start(list(300), { window: 10 });
    let cursor: unknown;
    const all: RawItem[] = [];
    for (let runs = 0; runs < 6; runs++) {
      server.store.add(news(3000 + runs, 1));
      const run = await crawl(feed, given(server), cursor);
      expect(run.items.map((i) => i.id)).toContain(`n${3000 + runs}`);
      expect(run.gaps).toEqual([]);
      all.push(...run.items);
      ({ cursor } = run);
    }
    expect(new Set(keys(all)).size).toBe(306);
  });

  it('misses nothing when one answer is ahead of its time and the next is not', async () => {
    for (const [ahead, nth] of [3, 12].flatMap((n) => [1, 2, 3, 5, 8].map((page) => [n, page] as const))) {
      const future = Array.from({ length: ahead }, (_, n) => news(4000 + n, -1 - n));
      const script = [{ fault: 'clock-skew' as const, path: '/feeds/', nth }];
      const server = await start([...list(75), ...future], { window: 10 }, { faults: { script, skewSeconds: 3600 } });
      const run = await crawl(feed, given(server));
      expect(run.error).toBeUndefined();
      expect(keys(run.items), `${ahead} items on request ${nth}`).toEqual(expect.arrayContaining(keys(list(75))));
      expect(new Set(keys(run.items)).size).toBe(run.items.length);
      expect(run.gaps).toEqual([]);
    }
  });

  it('misses nothing when entries are withdrawn or added while it reads, and it is killed anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ at: fc.integer({ min: 2, max: 14 }), count: fc.integer({ min: -25, max: 25 }) }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }),
        async (events, kills) => {
          let request = 0;
          let added = 5000;
          const withdrawn = new Set<string>();
          const server = await start(
            list(130),
            { window: 10 },
            {
              onTime: (_: Date, store: ReplayStore) => {
                request++;
                for (const { at: when, count } of events) {
                  if (when !== request) continue;
                  for (let n = 0; n < count; n++) store.add(news(added++, 1));
                  // The newest, which moves everything below it up.
                  let left = -count;
                  for (let n = 129; n >= 0 && left > 0; n--) {
                    const post = store.post('site', `n${n}`);
                    if (post?.state !== 'live') continue;
                    post.state = 'deleted';
                    withdrawn.add(`post n${n}`);
                    left--;
                  }
                }
              },
            },
          );
          const all: RawItem[] = [];
          let cursor: unknown;
          for (const pages of [...kills, ...Array<number>(5).fill(Infinity)]) {
            const run = await crawl(feed, given(server), cursor, pages);
            all.push(...run.items);
            ({ cursor } = run);
          }
          const must = keys(list(130)).filter((key) => !withdrawn.has(key));
          const brought = new Set(keys(all));
          expect(must.filter((key) => !brought.has(key))).toEqual([]);
          expect(brought.size).toBe(all.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each(['rss', 'atom', 'json'])(
    'takes no %s that was cut off for a whole one, wherever it was cut',
    async (format) => {
      const server = await start(list(20));
      const text = await (await fetch(`${server.url}/feeds/news.${format}`)).text();
      const whole = readFeed(text, server.url).entries.length;
      expect(whole).toBe(20);
      for (let cut = 1; cut < text.trimEnd().length; cut += 7)
        expect(() => readFeed(text.slice(0, cut), server.url), `cut at ${cut}`).toThrow(ConnectorError);
    },
  );

  it('says so when items may have left the list unseen', async () => {
    const server = await start(list(20), { window: 10, unpaged: true });
    const run = await crawl(feed, given(server));
    expect(run.gaps).toEqual([]);
    for (let n = 100; n < 115; n++) server.store.add(news(n, 10 - (n - 100) * 0.1));
    const late = await crawl(feed, given(server), run.cursor);
    expect(late.items.length).toBe(10);
    expect(late.gaps).toEqual([{ what: '两次采集之间可能有条目已滑出订阅列表', cause: 'platform-limit' }]);
    // Nobody can fetch them any more: they are named with every run, not taken for filled.
    const next = await crawl(feed, given(server), late.cursor);
    expect(next).toMatchObject({ items: [], gaps: late.gaps });
    const monthLater = new Date(NOW.getTime() + 31 * 86_400_000);
    expect((await crawl(feed, { ...given(server), now: monthLater }, next.cursor)).gaps).toEqual([]);
  });

  it('back-fills a range through the pages', async () => {
    const server = await start(list(300), { window: 20 });
    const range = { from: new Date(at(400)), to: new Date(at(300)) };
    const run = await crawl(feed, { ...given(server), range });
    expect(run.items.length).toBe(100);
    // Newest first: 300 minutes ago is on the sixth page, nothing is asked for beyond the range. Every page is asked for twice.
    expect(run.requests).toBeLessThanOrEqual(25);
  });

  it.each([['gbk'], ['zoneless-dates'], ['no-guid'], ['escaped-cdata'], ['control-characters']] as const)(
    'reads through %s',
    async (quirk) => {
      const server = await start(list(5), { quirks: [quirk] });
      const run = await crawl(feed, given(server));
      expect(run.error).toBeUndefined();
      expect(run.items.map((i) => i.title).sort()).toEqual(list(5).map((i) => i.title));
      expect(run.items.map((i) => i.publishedAt).sort()).toEqual(
        list(5)
          .map((i) => i.publishedAt)
          .sort(),
      );
      for (const item of run.items) expect(item.text).toMatch(/^<p>内容 \d<\/p><p>第二段<\/p>$/u);
    },
  );

  it.each([
    ['entity-bomb', 'layout-changed'],
    ['html-200', 'layout-changed'],
    ['oversized', 'too-large'],
  ] as const)('refuses %s', async (quirk, kind) => {
    const server = await start(list(5), { quirks: [quirk] });
    const run = await crawl(feed, given(server));
    expect(run).toMatchObject({ items: [], error: { kind } });
  });

  it.each<[FaultKind, string | undefined]>([
    ['connection-reset', undefined],
    ['half-body', undefined],
    ['truncated-gzip', undefined],
    ['bad-gateway', undefined],
    ['slow-body', undefined],
    ['duplicated-page', undefined],
    ['reordered-page', undefined],
    ['too-many', undefined],
    ['error-body-200', 'layout-changed'],
    ['login-page', 'layout-changed'],
    ['empty-body', 'layout-changed'],
    ['garbled-body', 'layout-changed'],
    ['login-redirect', 'login-needed'],
    ['blocked', 'blocked'],
    ['captcha', 'blocked'],
    ['no-permission', 'permission'],
    ['gone', 'gone'],
  ])('%s between pages ends in %s and loses nothing', async (fault, kind) => {
    const faults = { script: [{ fault, path: '/feeds/', nth: 3 }], slowBodyMs: 50 };
    const server = await start(list(60), { window: 10 }, { faults });
    const run = await crawl(feed, given(server));
    if (kind === undefined) expect(run.error).toBeUndefined();
    else expect(run.error).toMatchObject({ kind, message: expect.stringMatching(/[\u4e00-\u9fff].*。$/su) });
    expect(server.faults.made).toMatchObject([{ fault, platform: 'site', source: '/feeds/news.rss' }]);
    const rest = await crawl(feed, given(server), run.cursor);
    expect(rest.error).toBeUndefined();
    expect(keys([...run.items, ...rest.items])).toEqual(keys(list(60)));
  });

  it('is told by a limit that counts when to come back', async () => {
    const server = await start(list(60), { window: 10 }, { rateLimit: { requests: 2, windowSeconds: 3600 } });
    const run = await crawl(feed, given(server));
    expect(run.error).toMatchObject({ kind: 'retry-after', details: { retryAfterSeconds: 3000 } });
    expect(run.items.length).toBe(20);
  });
});

describe('feed texts', () => {
  it('that are pages, bombs or broken are refused with one sentence', () => {
    const bomb = `<?xml version="1.0"?><!-- ${'-'.repeat(20_000)} --><!DOCTYPE x [<!ENTITY a "b">]><rss/>`;
    for (const text of ['<!DOCTYPE html><html></html>', bomb, '{"half"', '', '<html>', '{"version":1}'])
      expect(() => readFeed(text, 'http://x/')).toThrow(ConnectorError);
  });

  it('may speak of entities', () => {
    const rss = `<rss version="2.0"><channel><title>t</title><item><title><![CDATA[<!ENTITY 是什么]]></title></item></channel></rss>`;
    expect(readFeed(rss, 'http://x/').entries[0]?.title).toBe('<!ENTITY 是什么');
  });

  it.each([
    ['2026-11-23 10:00:00', '2026-11-23T10:00:00+08:00'],
    ['2026/11/3 9:05', '2026-11-03T09:05:00+08:00'],
    ['2026-11-23T10:00:00.120', '2026-11-23T10:00:00+08:00'],
    ['2026-11-23T02:00:00.000Z', '2026-11-23T10:00:00+08:00'],
    ['Mon, 23 Nov 2026 02:00:00 GMT', '2026-11-23T10:00:00+08:00'],
    ['Mon, 23 Nov 2026 10:00:00 +0800', '2026-11-23T10:00:00+08:00'],
    ['Mon, 23 Nov 2026 10:00:00', '2026-11-23T10:00:00+08:00'],
    ['23 Nov 26 10:00 +08:00', '2026-11-23T10:00:00+08:00'],
    ['Mon, 23 Nov 2026 10:00:00 CST', '2026-11-23T10:00:00+08:00'],
    ['Mon Nov 23 10:00:00 CST 2026', '2026-11-23T10:00:00+08:00'],
    ['昨天', undefined],
    ['2026-13-40', undefined],
    ['', undefined],
  ])('dates %s', (text, expected) => {
    expect(feedDate(text)).toBe(expected);
  });

  it('date every moment in every form the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }), (s) => {
        const date = new Date(s * 1000);
        const office = `${new Date(s * 1000 + 8 * 3_600_000).toISOString().slice(0, 19)}`;
        for (const text of [
          date.toISOString(),
          date.toUTCString(),
          office,
          office.replace('T', ' '),
          `${office}+08:00`,
        ])
          expect(feedDate(text)).toBe(`${office}+08:00`);
      }),
    );
    fc.assert(fc.property(fc.string({ maxLength: 40 }), (text) => void feedDate(text)));
  });

  it('never throw anything but a sentence', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.constantFrom('', '<rss>', '<?xml?><feed>', '{"items":'),
        (text, head) => {
          try {
            readFeed(head + text, 'http://x/');
          } catch (error) {
            expect(error).toBeInstanceOf(ConnectorError);
          }
        },
      ),
    );
  });
});

import type { RawItem } from '@minsheng/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { htmlToText } from '../parse/html.ts';
import { bidOf, midOf } from '../parse/weibo-id.ts';
import { DEFAULT_SUB, type ReplayOptions } from '../replay/index.ts';
import { contextOf, keys, NOW, serve as startServer } from '../testing/crawl.ts';
import { comment, post, trial, type Trial } from '../testing/weibo.ts';
import { judge } from './weibo-web-session.ts';
import { weiboWeb } from './weibo-web.ts';

const COOKIE = `SUB=${DEFAULT_SUB}; SUBP=0033; WBPSESS=x; XSRF-TOKEN=old`;
const SHAPES = ['mobile', 'desktop'] as const;

/** Posts of two offices; every seventh has many comments, some of them with answers below. */
function city(posts = 45): RawItem[] {
  const items: RawItem[] = [];
  for (let p = 0; p < posts; p++) {
    const own = post(4000 - p * 40, { account: p % 2 === 0 ? '澜江发布' : '澜江水务', likes: p, reposts: 30_000 });
    items.push(own);
    for (let c = 0; c < (p % 7 === 0 ? 70 : 2); c++) {
      const root = comment(own, 3990 - p * 40, { likes: (c * 37) % 50 });
      items.push(root);
      for (let a = 0; a < (c % 30 === 1 ? 45 : c % 30 === 2 ? 2 : 0); a++) items.push(comment(root, 3980 - p * 40));
    }
  }
  return items;
}

async function serve(items: Iterable<RawItem>, options: Partial<ReplayOptions> = {}) {
  const server = await startServer({ ...options, items });
  const given = (more: Trial) => {
    const uids = server.store.accounts('weibo').map((a) => a.nativeId);
    const base = {
      enabled: true,
      baseUrl: server.url,
      uids,
      pauseSeconds: 0,
      days: 30,
      commentDays: 30,
      pageCap: 5000,
    };
    return { credentials: { cookie: COOKIE }, ...more, settings: { ...base, ...more.settings } };
  };
  const run = (more: Trial = {}) => trial(weiboWeb, given(more));
  const probe = async (more: Trial = {}) =>
    weiboWeb.probe(contextOf(weiboWeb, given(more)).context as Parameters<typeof weiboWeb.probe>[0]);
  return { server, run, probe };
}

describe('weibo-web is off', () => {
  it('until an operator turns it on', async () => {
    const { run, probe, server } = await serve([post(10)]);
    expect((await run({ settings: { enabled: false } })).error).toMatchObject({ kind: 'config' });
    await expect(probe({ settings: { enabled: false } })).rejects.toThrow(/默认关闭/u);
    expect(server.requests.size).toBe(0);
  });

  it('without a cookie and without the visitor’s way in', async () => {
    const { run } = await serve([post(10)]);
    expect((await run({ credentials: {} })).error).toMatchObject({ kind: 'config' });
    expect((await run({ credentials: { cookie: 'a=b' } })).error?.message).toMatch(/SUB/u);
  });
});

describe.each(SHAPES)('the %s pages', (shape) => {
  const settings = { shape };

  it('bring exactly what is served, and quietly nothing the next time', async () => {
    const items = city();
    const { run, probe, server } = await serve(items);
    expect(await probe({ settings })).toMatch(/澜江/u);
    const first = await run({ settings });
    expect(first.error).toBeUndefined();
    expect(keys(first.items)).toEqual(keys(items));
    expect(first.gaps).toEqual([]);
    const texts = (list: readonly RawItem[]) => list.map((i) => `${i.id} ${htmlToText(i.text)}`).sort();
    expect(texts(first.items)).toEqual(texts(items));
    expect(first.requestsPerItem).toBeLessThan(0.12);
    expect(first.items.filter((i) => i.kind === 'comment').every((i) => i.account === undefined)).toBe(true);
    expect(new Set(first.accounts.map((a) => a.name))).toEqual(new Set(['澜江发布', '澜江水务']));
    const again = await run({ settings, cursor: first.cursor });
    expect(again.items).toEqual([]);
    expect(again.requests).toBeLessThanOrEqual(1 + server.store.accounts('weibo').length);
  });

  it('come whole and once, wherever the process was killed', async () => {
    const items = city(15);
    const { run } = await serve(items);
    const whole = await run({ settings });
    for (let pages = 1; pages < whole.pages.length; pages++) {
      const first = await run({ settings, pages });
      const second = await run({ settings, cursor: first.cursor });
      expect(keys([...first.items, ...second.items])).toEqual(keys(items));
    }
  });

  it('bring what was written between two runs, answers under old comments too', async () => {
    const own = post(500);
    const roots = Array.from({ length: 30 }, () => comment(own, 400));
    const { run, server } = await serve([own, ...roots, post(450), post(440)]);
    const first = await run({ settings });
    const [root] = roots;
    if (root === undefined) throw new Error('no comment');
    const news = [post(1), comment(own, 1), comment(root, 1), comment(root, 1, { account: '澜江发布' })];
    for (const entry of news) server.store.add(entry);
    const second = await run({ settings, cursor: first.cursor, now: new Date(NOW.getTime() + 3_600_000) });
    expect(keys(second.items)).toEqual(keys(news));
    expect(second.items.find((i) => i.id === news[3]?.id)?.account).toBe('澜江发布');
  });

  it('give long texts whole, topics, faces and line breaks kept, or name the gap', async () => {
    const text = `#澜江停水# 今晚抢修[心] <请>节约用水 & 互相转告\n${'管'.repeat(300)}`;
    const items = [post(90, { text }), post(80), post(70), post(60)];
    const { run } = await serve(items);
    const { items: brought } = await run({ settings });
    expect(htmlToText(brought.find((i) => i.id === items[0]?.id)?.text ?? '')).toBe(text);
    const withheld = await serve(items, { weiboWeb: { withholdLongText: true } });
    expect((await withheld.run({ settings })).gaps).toContainEqual(
      expect.objectContaining({ cause: 'truncated', size: 1 }),
    );
  });

  it('notice edits, counters and deletions', async () => {
    const items = [post(100), post(90), post(80), post(70), post(60)];
    const { run, server } = await serve(items);
    const first = await run({ settings });
    const held = (i: number) => server.store.post('weibo', items[i]?.id ?? '');
    Object.assign(held(0) ?? {}, { text: '更正：明早恢复' });
    Object.assign(held(1) ?? {}, { likes: 77 });
    Object.assign(held(2) ?? {}, { state: 'deleted' });
    const second = await run({ settings, cursor: first.cursor });
    expect(second.items.map((i) => [i.id, i.text])).toEqual([[items[0]?.id, '更正：明早恢复']]);
    expect(second.engagement).toEqual([expect.objectContaining({ id: items[1]?.id, likes: 77 })]);
    expect(second.gone.map((g) => g.id)).toEqual([items[2]?.id]);
  });

  it('bring a post that review held back, and comments under posts behind the first page', async () => {
    const items = Array.from({ length: 60 }, (_, i) => post(3000 - i * 40));
    const { run, server } = await serve(items);
    const shown = server.store.post('weibo', items[57]?.id ?? '');
    Object.assign(shown ?? {}, { state: 'restricted' });
    const first = await run({ settings });
    expect(first.items).toHaveLength(59);
    Object.assign(shown ?? {}, { state: 'live' });
    const old = items[5];
    const news = comment(old ?? post(0), 1);
    server.store.add(news);
    const gone = server.store.post('weibo', items[7]?.id ?? '');
    Object.assign(gone ?? {}, { state: 'deleted' });
    const later = new Date(NOW.getTime() + 7 * 3_600_000);
    const second = await run({ settings, cursor: first.cursor, now: later });
    expect(keys(second.items)).toEqual(keys([news, ...items.slice(57, 58)]));
    expect(second.gone.map((g) => g.id)).toEqual([items[7]?.id]);
    // Not due again: the first page is enough.
    expect((await run({ settings, cursor: second.cursor, now: later })).requests).toBe(2);
  });

  it('are not fooled by a pinned post, an empty page or a page in disorder', async () => {
    const pinned = post(50_000);
    const items = [pinned, ...city(60)];
    const { run, server } = await serve(items, {
      weiboWeb: { pinned: [pinned.id], emptyCommentPage: true },
      faults: { rates: { 'duplicated-page': 0.2, 'reordered-page': 0.2 }, seed: 3 },
    });
    const first = await run({ settings });
    expect(keys(first.items)).toEqual(keys(items.slice(1)));
    const fresh = Array.from({ length: 45 }, (_, i) => post(3 - i / 100));
    for (const entry of fresh) server.store.add(entry);
    const later = new Date(NOW.getTime() + 60_000);
    const second = await run({ settings, cursor: first.cursor, now: later });
    expect(keys(second.items.filter((i) => i.kind === 'post'))).toEqual(keys(fresh));
  });

  it('bring nothing of a person', async () => {
    const items = [post(10), post(9, { account: '老王' })];
    const { run, probe, server } = await serve(items, { weiboWeb: { persons: ['老王'] } });
    const first = await run({ settings });
    expect(keys(first.items)).toEqual(keys(items.slice(0, 1)));
    expect(first.gaps).toEqual([expect.objectContaining({ cause: 'skipped', size: 1 })]);
    const uid = server.store.account('weibo', '老王')?.nativeId ?? '';
    expect(await probe({ settings: { ...settings, uids: [uid] } })).toMatch(/不是机构/u);
  });

  it('name the comments that exist and are not shown, and the pages beyond the limit', async () => {
    const own = post(100, { comments: 90 });
    const many = post(50);
    const items = [own, comment(own, 10), many, ...Array.from({ length: 70 }, () => comment(many, 20))];
    const { run } = await serve(items);
    const hidden = [expect.objectContaining({ cause: 'platform-limit', size: 89 })];
    const first = await run({ settings });
    expect(first.gaps).toEqual(hidden);
    // It is told until it is filled, not only once.
    expect((await run({ settings, cursor: first.cursor })).gaps).toEqual(hidden);
    expect((await run({ settings: { ...settings, commentPages: 2 } })).gaps).toContainEqual(
      expect.objectContaining({ cause: 'skipped', size: 30 }),
    );
  });

  it('name answers that are not given', async () => {
    const own = post(100);
    const root = comment(own, 50);
    const items = [own, root, ...Array.from({ length: 9 }, () => comment(root, 20))];
    const { run } = await serve(items, { weiboWeb: { withholdReplies: true } });
    const first = await run({ settings });
    expect(first.gaps).toContainEqual(expect.objectContaining({ cause: 'platform-limit', size: 7 }));
    expect(first.items).toHaveLength(4);
  });

  it('show hot words that name the place, once a day, without an author', async () => {
    const hotWords = [
      { word: '澜江停水', num: 245_130 },
      { word: '某明星', num: 999_999 },
      { word: '澜江特产', num: 0, ad: true },
    ];
    const { run } = await serve([post(10)], { weiboWeb: { hotWords } });
    const wanted = { ...settings, hotWords: ['澜江'] };
    const first = await run({ settings: wanted });
    const hot = first.items.filter((i) => i.id.startsWith('hot:'));
    expect(hot).toEqual([expect.objectContaining({ text: '#澜江停水#', reads: 245_130 })]);
    expect(hot[0]).not.toHaveProperty('author');
    expect(hot[0]).not.toHaveProperty('account');
    expect((await run({ settings: wanted, cursor: first.cursor })).items).toEqual([]);
  });

  it('fill a range of the past, also after a kill', async () => {
    const range = { from: new Date(NOW.getTime() - 3000 * 60_000), to: new Date(NOW.getTime() - 2500 * 60_000) };
    const items = city();
    const { run } = await serve(items);
    const inside = (i: RawItem) => {
      const ms = Date.parse(i.publishedAt);
      return ms >= range.from.getTime() && ms < range.to.getTime();
    };
    const byId = new Map(items.map((i) => [i.id, i]));
    const postOf = (i: RawItem): RawItem => (i.parentId === undefined ? i : postOf(byId.get(i.parentId) ?? post(0)));
    const wanted = keys(items.filter((i) => inside(i) && inside(postOf(i))));
    const whole = await run({ settings, range });
    expect(keys(whole.items)).toEqual(wanted);
    for (let pages = 1; pages < whole.pages.length; pages += 3) {
      const first = await run({ settings, range, pages });
      const second = await run({ settings, range, cursor: first.cursor });
      expect(keys([...first.items, ...second.items])).toEqual(wanted);
    }
    expect((await run({ settings: { ...settings, pageCap: 2 }, range })).error).toMatchObject({ kind: 'retry-after' });
  });

  const walls: [string, NonNullable<ReplayOptions['weiboWeb']>, string, RegExp][] = [
    ['a banned address (418)', { banned: true }, 'blocked', /勿尝试绕过/u],
    ['too many requests (432)', { perMinute: 6 }, 'blocked', /勿尝试绕过/u],
    ['a captcha', { captcha: true }, 'blocked', /人工验证/u],
    ['an ended session (HTML)', { ended: [DEFAULT_SUB] }, 'login-needed', /网页|登录/u],
    ['a cookie that is not known (ok -100)', { signedIn: [] }, 'login-needed', /登录/u],
  ];

  it.each(walls)('stop at %s', async (_name, weiboWeb_, kind, words) => {
    const { run, server } = await serve(city(15), { weiboWeb: weiboWeb_ });
    const first = await run({ settings, retries: 3 });
    expect(first.error).toMatchObject({ kind });
    expect(first.error?.message).toMatch(words);
    // Refused once, not tried again.
    const asked = [...server.requests.values()].reduce((a, b) => a + b, 0);
    expect(asked).toBeLessThanOrEqual(7);
  });

  const faults = [
    ['token-expired', 'login-needed'],
    ['login-page', 'login-needed'],
    ['empty-body', 'login-needed'],
    ['error-body-200', 'retry-after'],
    ['too-many', 'retry-after'],
    ['bad-gateway', 'unreachable'],
    ['half-body', 'unreachable'],
    ['truncated-gzip', 'unreachable'],
    ['connection-reset', 'unreachable'],
    ['quota-used', 'retry-after'],
    ['no-permission', 'retry-after'],
    ['blocked', 'blocked'],
    ['captcha', 'blocked'],
    ['login-redirect', 'login-needed'],
    ['garbled-body', 'layout-changed'],
  ] as const;

  it.each(faults)('%s in mid-run is told as %s and loses nothing', async (fault, kind) => {
    const items = city(15);
    for (const nth of [2, 5, 9]) {
      const script = [{ fault, nth, path: '/' }];
      const { run } = await serve(items, { faults: { script, retryAfterSeconds: 60 } });
      const first = await run({ settings, retries: 0 });
      expect(first.error).toMatchObject({ kind });
      const second = await run({ settings, cursor: first.cursor, retries: 0 });
      expect(second.error).toBeUndefined();
      expect(keys([...first.items, ...second.items])).toEqual(keys(items));
    }
  });

  it('show a visitor first pages, and name what is behind them', async () => {
    const items = city(15);
    const { run } = await serve(items);
    const first = await run({ settings: { ...settings, visitor: true }, credentials: {} });
    expect(first.error).toBeUndefined();
    expect(first.items.filter((i) => i.kind === 'post')).toHaveLength(15);
    const gaps = first.gaps.filter((g) => g.cause === 'login-needed');
    expect(gaps).toHaveLength(1);
    const missing = gaps.reduce((n, g) => n + (g.size ?? 0), 0);
    expect(first.items.length + missing).toBe(items.length);
    const shut = await serve(items, { weiboWeb: { visitors: 'nobody' } });
    expect((await shut.run({ settings: { ...settings, visitor: true }, credentials: {} })).error).toMatchObject({
      kind: 'blocked',
    });
  });

  it('tell the time, absolute or as people say it', async () => {
    const items = [0, 3, 200, 1000, 20_000].map((minutes) => post(minutes));
    const { run } = await serve(items, { weiboWeb: { dates: 'relative' } });
    const { items: brought } = await run({ settings });
    expect(keys(brought)).toEqual(keys(items));
    for (const entry of brought) {
      const served = items.find((i) => i.id === entry.id)?.publishedAt ?? '';
      const off = Math.abs(Date.parse(entry.publishedAt) - Date.parse(served));
      expect(off).toBeLessThanOrEqual(86_400_000);
    }
  });
});

describe('parsers', () => {
  it('turn mids of up to 19 digits into bids and back', () => {
    expect(bidOf('3501756485200075')).toBe('z0JH2lOMb');
    expect(midOf('z0JH2lOMb')).toBe('3501756485200075');
    expect(midOf('no/bid')).toBeUndefined();
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 9_999_999_999_999_999_999n }), (n) => {
        expect(midOf(bidOf(String(n)))).toBe(String(n));
      }),
    );
  });

  it('judge any body without failing otherwise than in words', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        try {
          expect(judge(body).body).toBe(body);
        } catch (error) {
          expect(error).toMatchObject({ kind: expect.any(String), message: expect.stringMatching(/[\u4e00-\u9fff]/u) });
        }
      }),
    );
  });

  it.each([
    [{ ok: -100, url: 'https://passport.weibo.com/sso/signin' }, 'login-needed'],
    [{ ok: 0, errno: '100005', msg: 'x' }, 'login-needed'],
    [{ ok: 0, retcode: 6102 }, 'login-needed'],
    [{ ok: 0, errno: '6102' }, 'login-needed'],
    [{ ok: 0, errno: '100003' }, 'retry-after'],
    [{ ok: 0, msg: '请求过于频繁，歇歇吧' }, 'retry-after'],
    [{ ok: 0, url: 'https://m.weibo.cn/captcha/x' }, 'blocked'],
    [{ ok: 0, error_code: 20101 }, 'gone'],
    [{ ok: 0, error_code: 20112 }, 'gone'],
    [{ ok: 0, msg: '系统开小差' }, 'layout-changed'],
    [{ nonsense: true }, 'layout-changed'],
    [[], 'layout-changed'],
    [null, 'layout-changed'],
  ])('%o is %s', (body, kind) => {
    expect(() => judge(body)).toThrow(expect.objectContaining({ kind }));
  });

  it('know the end of a list', () => {
    expect(judge({ ok: 0, msg: '这里还没有内容' }).empty).toBe(true);
    expect(judge({ ok: 0 }).empty).toBe(true);
    expect(judge({ ok: 1, data: {} }).empty).toBe(false);
  });
});

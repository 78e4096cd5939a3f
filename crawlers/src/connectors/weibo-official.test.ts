import type { RawItem } from '@minsheng/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectorError } from '../errors.ts';
import type { ReplayOptions } from '../replay/index.ts';
import { contextOf, keys, NOW, serve as startServer } from '../testing/crawl.ts';
import { comment, post, trial, type Trial } from '../testing/weibo.ts';
import { errorOf } from './weibo-errors.ts';
import { advance, newer, type Advance, type Pass } from './weibo-followed.ts';
import { weiboOfficial } from './weibo-official.ts';

const REDIRECT = 'https://yuqing.example/api/oauth/callback';

/** Posts with comments of two offices, the first of which is the authorised account. */
function city(posts = 30): RawItem[] {
  const items: RawItem[] = [];
  for (let p = 0; p < posts; p++) {
    const own = post(5000 - p * 40, { account: p % 3 === 0 ? '澜江发布' : '澜江水务', likes: p });
    items.push(own);
    for (let c = 0; c < (p % 10 === 0 ? 450 : 4); c++) items.push(comment(own, 4990 - p * 40));
  }
  return items;
}

async function serve(items: Iterable<RawItem>, options: Partial<ReplayOptions> = {}) {
  const server = await startServer({ ...options, items });
  const credentials = { accessToken: server.token };
  const settings = { baseUrl: server.url, days: 30, commentDays: 30, pageCap: 5000 };
  const run = (more: Trial = {}) =>
    trial(weiboOfficial, { credentials, ...more, settings: { ...settings, ...more.settings } });
  const context = (more: Trial = {}) => {
    const given = { credentials, ...more, settings: { ...settings, ...more.settings } };
    return contextOf(weiboOfficial, given).context as Parameters<typeof weiboOfficial.probe>[0];
  };
  return { server, run, context };
}

describe('what weibo-official brings', () => {
  it('is exactly what is served, at a request for every twenty-five items or more', async () => {
    const items = city();
    const { run } = await serve(items);
    const first = await run();
    expect(first.error).toBeUndefined();
    expect(keys(first.items)).toEqual(keys(items));
    expect(first.requestsPerItem).toBeLessThan(0.04);
    const again = await run({ cursor: first.cursor });
    expect(again.items).toEqual([]);
    // Allowance, timeline, received comments, mentions.
    expect(again.requests).toBe(4);
  });

  it('comes whole and once, wherever the process was killed', async () => {
    const items = city(24);
    const { run } = await serve(items);
    const whole = await run();
    for (let killed = 1; killed < whole.pages.length; killed += 3) {
      const first = await run({ pages: killed });
      const second = await run({ cursor: first.cursor });
      expect(keys([...first.items, ...second.items])).toEqual(keys(items));
    }
  });

  it('includes what is written between two runs, also under old posts', async () => {
    const items = city(12);
    const { server, run } = await serve(items);
    const first = await run();
    const [old] = items;
    if (old === undefined) throw new Error('no post');
    const news = [post(1), comment(old, 1), comment(old, 1, { account: '澜江发布', text: '已收到，正在核实' })];
    for (const item of news) server.store.add(item);
    expect(keys((await run({ cursor: first.cursor })).items)).toEqual(keys(news));
  });

  it('brings mentions by the public and received comments outside the followed posts, each with a way to answer', async () => {
    const ancient = post(60 * 24 * 20);
    const mention = post(30, { account: undefined, author: 'someone', text: '@澜江发布 路灯坏了' });
    const byOffice = post(30, { account: '澜江水务', text: '@澜江发布 今晚停水' });
    const received = comment(ancient, 10);
    const { run } = await serve([ancient, post(100), mention, byOffice, received]);
    const { items } = await run({ settings: { days: 7, commentDays: 7 } });
    expect(items.map((i) => i.id)).not.toContain(ancient.id);
    expect(items.find((i) => i.id === mention.id)).toMatchObject({
      kind: 'post',
      replyHandle: { postId: mention.id },
    });
    expect(items.find((i) => i.id === mention.id)?.account).toBeUndefined();
    expect(items.filter((i) => i.id === byOffice.id)).toHaveLength(1);
    expect(items.find((i) => i.id === received.id)).toMatchObject({
      parentId: ancient.id,
      replyHandle: { commentId: received.id, postId: ancient.id },
    });
  });

  it('offers an answer only to comments that the authorised account received', async () => {
    const [mine, theirs] = [post(100), post(90, { account: '澜江水务' })];
    const { run } = await serve([mine, theirs, comment(mine, 50), comment(theirs, 50)]);
    const { items } = await run();
    const handles = items.filter((i) => i.replyHandle !== undefined).map((i) => i.parentId);
    expect(handles).toEqual([mine.id]);
  });

  it('notices edits, new counters and deletions of what it brought before', async () => {
    const [edited, counted, deleted] = [post(100), post(90, { likes: 1 }), post(80)];
    const { server, run } = await serve([edited, counted, deleted, post(70), post(60), post(50)]);
    const first = await run();
    const held = (item: RawItem) => {
      const found = server.store.post('weibo', item.id);
      if (found === undefined) throw new Error('not held');
      return found;
    };
    held(edited).text = '更正：明早恢复供水';
    held(counted).likes = 7;
    held(deleted).state = 'deleted';
    const later = new Date(NOW.getTime() + 3_600_000);
    const second = await run({ cursor: first.cursor, now: later });
    expect(second.items.map((i) => [i.id, i.text])).toEqual([[edited.id, '更正：明早恢复供水']]);
    expect(second.engagement).toContainEqual(expect.objectContaining({ id: counted.id, likes: 7 }));
    expect(second.gone).toEqual([{ platform: 'weibo', kind: 'post', id: deleted.id, state: 'deleted' }]);
  });

  it('brings a post that review held back, although newer ones are stored', async () => {
    const items = [post(100), post(90), post(80), post(70), post(60)];
    const held = items[2];
    const { server, run } = await serve(items);
    const shown = server.store.post('weibo', held?.id ?? '');
    Object.assign(shown ?? {}, { state: 'restricted' });
    const first = await run();
    expect(first.items).toHaveLength(4);
    Object.assign(shown ?? {}, { state: 'live' });
    const second = await run({ cursor: first.cursor });
    expect(second.items.map((i) => i.id)).toEqual([held?.id]);
    expect((await run({ cursor: second.cursor })).items).toEqual([]);
  });

  it('names what it could not bring: cut texts, hidden comments, permissions', async () => {
    const long = post(100, { text: '长'.repeat(300) });
    const busy = post(90, { comments: 12 });
    const { run } = await serve([long, busy, comment(busy, 10)], {
      weibo: { truncateLongText: true, denied: ['statuses/mentions', 'comments/to_me'] },
    });
    const first = await run();
    expect(first.error).toBeUndefined();
    const { gaps } = first;
    expect(gaps).toContainEqual(expect.objectContaining({ cause: 'truncated', size: 1 }));
    expect(gaps).toContainEqual(expect.objectContaining({ cause: 'platform-limit', size: 11 }));
    expect(gaps.filter((g) => g.what.includes('没有读取'))).toHaveLength(2);
    // Without the permission it is not asked for at every run.
    expect((await run({ cursor: first.cursor })).requests).toBeLessThan(first.requests);
  });

  it('never follows a person, not even one in the list', async () => {
    const office = post(100);
    const { server, run } = await serve([office]);
    const uid = server.store.account('weibo', '澜江发布')?.nativeId ?? '';
    const original = weiboOfficial.settings.parse({ uids: [uid] });
    expect(original.uids).toEqual([uid]);
    expect(keys((await run({ settings: { uids: [uid] } })).items)).toEqual(keys([office]));
    expect((await run({ settings: { uids: ['1'] } })).items).toEqual([]);
  });

  it('quotes an original that still stands and leaves out one that is gone', async () => {
    const [kept, gone] = [post(300), post(290, { state: 'deleted' })];
    const [a, b] = [post(100, { text: '转发甲' }), post(90, { text: '转发乙' })];
    const retweets = { [a.id]: kept.id, [b.id]: gone.id };
    const { run } = await serve([kept, gone, a, b], { weibo: { retweets } });
    const { items } = await run();
    expect(items.find((i) => i.id === a.id)?.text).toBe(`转发甲//@澜江发布:${kept.text}`);
    expect(items.find((i) => i.id === b.id)?.text).toBe('转发乙');
  });
});

function waits(error: unknown): number {
  return error instanceof ConnectorError ? (error.details.retryAfterSeconds ?? 0) : 0;
}

describe('faults', () => {
  const cases = [
    ['token-expired', 'login-needed', /重新授权/u],
    ['login-page', 'login-needed', /网页/u],
    ['empty-body', 'login-needed', /空白/u],
    ['error-body-200', 'retry-after', /10001/u],
    ['bad-gateway', 'unreachable', /502/u],
    ['half-body', 'unreachable', /127\.0\.0\.1/u],
    ['truncated-gzip', 'unreachable', /不完整/u],
    ['connection-reset', 'unreachable', /中断/u],
    ['too-many', 'retry-after', /放慢/u],
    ['quota-used', 'retry-after', /10023|额度/u],
    ['no-permission', 'permission', /接口管理/u],
    ['blocked', 'blocked', /勿尝试绕过/u],
    ['captcha', 'blocked', /人工验证/u],
    ['login-redirect', 'login-needed', /登录/u],
    ['garbled-body', 'layout-changed', /无法识别/u],
    ['gone', 'unreachable', /410/u],
  ] as const;

  it.each(cases)('%s in mid-run is told as %s and loses nothing', async (fault, kind, words) => {
    const items = city(12);
    for (const nth of [1, 2, 4]) {
      const { run } = await serve(items, {
        faults: {
          script: [
            { fault, path: nth === 1 ? '/2/statuses/home_timeline.json' : '/2/comments/show.json', nth, times: 1 },
          ],
          retryAfterSeconds: 60,
        },
      });
      const first = await run({ retries: 0 });
      expect(first.error).toMatchObject({ kind });
      expect(first.error?.message).toMatch(words);
      const second = await run({ cursor: first.cursor, retries: 0 });
      expect(second.error).toBeUndefined();
      expect(keys([...first.items, ...second.items])).toEqual(keys(items));
    }
  });

  it.each(['duplicated-page', 'reordered-page'] as const)(
    '%s brings nothing twice and loses nothing',
    async (fault) => {
      const items = city(120);
      const { run } = await serve(items, { faults: { rates: { [fault]: 0.5 }, seed: 7 } });
      expect(keys((await run()).items)).toEqual(keys(items));
    },
  );

  it('comments withheld for good are missed exactly, and told at every run', async () => {
    const script = [{ fault: 'withheld-items' as const, path: '/2/comments/show.json', nth: 2, times: 5 }];
    const items = city(12);
    const { run, server } = await serve(items, { faults: { script } });
    const first = await run();
    const made = server.faults.made.filter((f) => f.lasting).reduce((n, f) => n + (f.items ?? 0), 0);
    expect(made).toBeGreaterThan(2);
    expect(first.items).toHaveLength(items.length - made);
    const missed = [expect.objectContaining({ cause: 'platform-limit', size: made })];
    expect(first.gaps).toEqual(missed);
    expect((await run({ cursor: first.cursor })).gaps).toEqual(missed);
  });

  it('a pinned old post does not hide what lies between', async () => {
    const pinned: RawItem = { ...post(60_000), id: '4000000000000000' };
    const rest = Array.from({ length: 260 }, (_, i) => post(3000 - i));
    const { run } = await serve([pinned, ...rest]);
    const first = await run({ settings: { days: 3650 } });
    expect(first.items).toHaveLength(261);
  });

  it('a day limit is spread over the day and ends in a wait until it is granted anew', async () => {
    const items = city(30);
    let clock = new Date('2026-11-24T00:00:00+08:00');
    const { run, server } = await serve(items, {
      clock: () => clock,
      weibo: { limits: { userPerDay: 100 }, tokens: [{ token: 't' }] },
    });
    let cursor: unknown;
    const asked: number[] = [];
    const stored: RawItem[] = [];
    for (let hour = 0; hour < 72; hour += 0.5) {
      clock = new Date(Date.parse('2026-11-24T00:00:00+08:00') + hour * 3_600_000);
      const before = [...server.requests.values()].reduce((a, b) => a + b, 0);
      const step = await run({ cursor, now: clock, credentials: { accessToken: 't' } });
      asked.push([...server.requests.values()].reduce((a, b) => a + b, 0) - before);
      cursor = step.cursor;
      stored.push(...step.items);
    }
    // Every run can look at the timeline, to the last of a day, and the small budget brings everything in the end.
    expect(asked.every((n) => n >= 2)).toBe(true);
    expect(Math.max(...asked.slice(1))).toBeLessThanOrEqual(4);
    expect(keys(stored)).toEqual(keys(items.filter((i) => Date.parse(i.publishedAt) <= clock.getTime())));
  });

  it.each([
    [{ userPerDay: 3 }, 10023],
    [{ ipPerHour: 3 }, 10022],
  ])('limit %o that hits in mid-run waits for its reset', async (limits, code) => {
    const items = city(12);
    let clock = NOW;
    const { run } = await serve(items, {
      clock: () => clock,
      weibo: { limits, tokens: [{ token: 't' }] },
      faults: { script: [{ fault: 'error-body-200', path: '/2/account/', times: 1 }] },
    });
    const first = await run({ credentials: { accessToken: 't' } });
    expect(first.error).toMatchObject({ kind: 'retry-after', details: { code } });
    expect(waits(first.error)).toBeGreaterThan(60);
    clock = new Date(NOW.getTime() + waits(first.error) * 1000);
    const { cursor, items: rest } = await run({
      cursor: first.cursor,
      now: clock,
      credentials: { accessToken: 't' },
    });
    expect(cursor).toBeDefined();
    expect(new Set(keys([...first.items, ...rest])).size).toBe(first.items.length + rest.length);
  });

  it('an endpoint’s own limit ends its step only', async () => {
    const { run } = await serve(city(12), {
      weibo: { limits: { endpointPerHour: { '/comments/show': 2 } }, tokens: [{ token: 't' }] },
    });
    const first = await run({ credentials: { accessToken: 't' } });
    expect(first.error).toBeUndefined();
    expect(first.gaps.some((g) => g.cause === 'platform-limit' && g.what.includes('额度'))).toBe(true);
  });
});

describe('a back-fill', () => {
  const range = { from: new Date(NOW.getTime() - 3000 * 60_000), to: new Date(NOW.getTime() - 1000 * 60_000) };
  const inside = (item: RawItem) => {
    const ms = Date.parse(item.publishedAt);
    return ms >= range.from.getTime() && ms < range.to.getTime();
  };

  it('brings what was published in the range, with its comments, also after a kill', async () => {
    const items = Array.from({ length: 250 }, (_, i) => post(5000 - i * 20)).flatMap((p, i) => [
      p,
      ...(i % 5 === 0 ? [comment(p, 4900 - i * 20)] : []),
    ]);
    const { run } = await serve(items);
    const posted = new Set(items.filter((i) => i.kind === 'post' && inside(i)).map((i) => i.id));
    const whole = await run({ range });
    const wanted = keys(items.filter((i) => inside(i) && (i.kind === 'post' || posted.has(i.parentId ?? ''))));
    expect(keys(whole.items)).toEqual(wanted);
    for (let pages = 1; pages < whole.pages.length; pages += 7) {
      const first = await run({ range, pages });
      const second = await run({ range, cursor: first.cursor });
      expect(keys([...first.items, ...second.items])).toEqual(wanted);
    }
  });

  it('says where the platform’s timeline ends', async () => {
    const { run } = await serve([post(500)]);
    expect((await run({ range })).gaps).toContainEqual(expect.objectContaining({ cause: 'platform-limit' }));
  });

  it('that has used its share comes back later instead of ending early', async () => {
    const { run } = await serve(Array.from({ length: 450 }, (_, i) => post(5000 - i * 10)));
    expect((await run({ range, settings: { pageCap: 2 } })).error).toMatchObject({ kind: 'retry-after' });
  });
});

describe('counters asked for again', () => {
  it('come a hundred at a time; what vanished is confirmed by name', async () => {
    const items = [post(50), post(40, { likes: 9 }), post(30), post(20)];
    const { server, context } = await serve(items);
    const [gone, counted, hidden] = items;
    const held = (item: RawItem | undefined) => server.store.post('weibo', item?.id ?? '');
    Object.assign(held(gone) ?? {}, { state: 'deleted' });
    Object.assign(held(hidden) ?? {}, { state: 'restricted' });
    const answer = await weiboOfficial.refresh?.ask(
      context(),
      items.map((i) => ({ kind: i.kind, id: i.id })),
    );
    expect(answer?.engagement.map((e) => e.id)).toEqual([items[1]?.id, items[3]?.id]);
    expect(answer?.engagement[0]).toMatchObject({ id: counted?.id, likes: 9 });
    expect(answer?.gone.map((g) => [g.id, g.state])).toEqual([
      [gone?.id, 'deleted'],
      [hidden?.id, 'restricted'],
    ]);
    expect(server.requests.get('/2/statuses/count.json')).toBe(1);
  });
});

describe('authorisation', () => {
  const app = { key: '1234567890', secret: 'geheim', redirect: REDIRECT };
  const app_ = { appKey: app.key, appSecret: app.secret };

  async function code(url: string): Promise<URLSearchParams> {
    const answer = await fetch(url, { redirect: 'manual' });
    return new URL(answer.headers.get('location') ?? 'http://none.invalid').searchParams;
  }

  it.each(['string', 'number'] as const)(
    'ends in complete credentials, with expires_in as a %s',
    async (expiresInAs) => {
      const { context, run } = await serve([post(10)], { weibo: { app: { ...app, expiresInAs } } });
      const fresh = context({ credentials: app_ });
      const back = await code(weiboOfficial.authorize?.url(fresh.settings, fresh.credentials, REDIRECT, 'st4te') ?? '');
      expect(back.get('state')).toBe('st4te');
      const credentials = await weiboOfficial.authorize?.exchange(fresh, back.get('code') ?? '', REDIRECT);
      expect(credentials).toMatchObject({ ...app_, uid: expect.stringMatching(/^\d+$/u) });
      expect(weiboOfficial.expiresAt?.(credentials ?? {})).toEqual(new Date(NOW.getTime() + 30 * 86_400_000));
      expect((await run({ credentials: credentials ?? {} })).items).toHaveLength(1);
      const twice = weiboOfficial.authorize?.exchange(fresh, back.get('code') ?? '', REDIRECT);
      await expect(twice).rejects.toMatchObject({ kind: 'login-needed', details: { code: 21325 } });
    },
  );

  it('is refused in words', async () => {
    const { context } = await serve([post(10)], { weibo: { app } });
    const wrong = context({ credentials: { ...app_, appSecret: 'falsch' } });
    await expect(weiboOfficial.authorize?.exchange(wrong, 'x', REDIRECT)).rejects.toMatchObject({ kind: 'config' });
    expect(() => weiboOfficial.authorize?.url(wrong.settings, {}, REDIRECT, 's')).toThrow(/App Key/u);
    expect(weiboOfficial.expiresAt?.({ accessToken: 'bare' })).toBeNull();
  });

  it('is asked for when there is no token, and when it has run out in mid-run', async () => {
    const { run } = await serve(city(12), { weibo: { tokens: [{ token: 't', expiresAt: NOW.getTime() }] } });
    expect((await run({ credentials: {} })).error).toMatchObject({ kind: 'login-needed' });
    const expired = await run({ credentials: { accessToken: 't' } });
    expect(expired.error).toMatchObject({ kind: 'login-needed', details: { code: 21327 } });
  });

  it('budgets what the platform grants, unless another figure is given', () => {
    const budgets = (settings: object) => weiboOfficial.budgets?.(weiboOfficial.settings.parse(settings));
    expect(budgets({})?.[0]).toEqual({ scope: 'credential', requests: 100, windowSeconds: 86_400 });
    expect(budgets({ requestsPerDay: 1000 })?.[0]?.requests).toBe(1000);
    expect(budgets({ baseUrl: 'http://127.0.0.1:1' })).toEqual([]);
  });
});

describe('a reply', () => {
  const settings = { operatorIp: '203.0.113.7' };

  async function desk(options: Partial<ReplayOptions> = {}) {
    const [mine, theirs] = [post(100), post(90, { account: '澜江水务' })];
    const [asked, elsewhere] = [comment(mine, 50), comment(theirs, 50)];
    const served = await serve([mine, theirs, asked, elsewhere], options);
    const handle = { commentId: asked.id, postId: mine.id };
    const send = async (text: string, more: { handle?: Record<string, string>; settings?: object } = {}) =>
      weiboOfficial.reply?.(served.context({ settings: more.settings ?? settings }), {
        handle: more.handle ?? handle,
        text,
      });
    return { ...served, send, mine, elsewhere, theirs };
  }

  it('reaches the citizen once', async () => {
    const { send, server, mine } = await desk();
    const receipt = await send('已转水务部门，今晚恢复。');
    expect(receipt).toMatchObject({ state: 'sent', id: expect.stringMatching(/^\d{16}$/u) });
    const held = server.store.post('weibo', mine.id)?.comments.find((c) => c.text.includes('今晚恢复'));
    expect(held?.account?.name).toBe('澜江发布');
    await expect(send('已转水务部门，今晚恢复。')).rejects.toMatchObject({ kind: 'config', details: { code: 20019 } });
  });

  it('to a mention is a comment under it', async () => {
    const { send, mine } = await desk();
    expect(await send('收到', { handle: { postId: mine.id } })).toMatchObject({ state: 'sent' });
  });

  it('that the platform delays is never sent again', async () => {
    const { send, server } = await desk({ weibo: { delayRepliesSeconds: 600 } });
    expect(await send('已收到')).toEqual({ state: 'delayed' });
    expect(server.requests.get('/2/comments/reply.json')).toBe(1);
  });

  it.each([
    ['connection-reset', '中断'],
    ['half-body', '半截'],
    ['empty-body', '空白'],
    ['bad-gateway', '网关'],
  ] as const)('whose answer is lost by %s says so, and is not repeated', async (fault, _) => {
    const { send, server } = await desk({ faults: { script: [{ fault, path: '/2/comments/reply.json' }] } });
    await expect(send('已收到')).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('不能确定'),
    });
    expect(server.requests.get('/2/comments/reply.json')).toBe(1);
  });

  it('is refused in words before or by the platform', async () => {
    const { send, server, elsewhere, theirs } = await desk({ weibo: { limits: { writesPerHour: 1 } } });
    await expect(send('好', { settings: {} })).rejects.toThrow(/公网 IP/u);
    await expect(send('长'.repeat(141))).rejects.toThrow(/140/u);
    await expect(send('  ')).rejects.toThrow(/为空/u);
    expect(server.requests.get('/2/comments/reply.json')).toBeUndefined();
    const other = { commentId: elsewhere.id, postId: theirs.id };
    await expect(send('好', { handle: other })).rejects.toMatchObject({ kind: 'permission', details: { code: 20203 } });
    await send('一');
    await expect(send('二')).rejects.toMatchObject({ kind: 'retry-after', details: { code: 20016 } });
  });
});

describe('error codes', () => {
  it.each([
    [[10001, 10002, 10003, 10009, 10010, 10011, 10022, 10023, 10024, 20016, 21331], 'retry-after'],
    [[20031], 'blocked'],
    [[20033, 21301, 21313, 21314, 21315, 21316, 21317, 21319, 21325, 21327, 21330, 21332], 'login-needed'],
    [[20003, 20101, 20112, 20120, 20201], 'gone'],
    [[10005, 10014, 20102, 20203, 20206, 20207, 21321, 21337], 'permission'],
    [
      [10004, 10006, 10013, 20008, 20012, 20013, 20017, 20019, 20032, 20049, 20111, 21322, 21324, 21326, 21338],
      'config',
    ],
    [
      [10007, 10008, 10012, 10016, 10017, 10018, 10020, 10021, 10025, 20109, 20204, 20501, 21323, 21328, 21329, 99999],
      'layout-changed',
    ],
  ])('%o are told as %s, in Chinese, with the code', (codes, kind) => {
    for (const code of codes) {
      const error = errorOf(code, 400);
      expect(error).toMatchObject({ kind, details: { code } });
      expect(error.message).toMatch(/[\u4e00-\u9fff]/u);
      expect(error).toBeInstanceOf(ConnectorError);
    }
  });
});

describe('newest-first paging', () => {
  const Id = fc.bigInt({ min: 1n, max: 9_999_999_999_999_999_999n }).map(String);

  it('compares ids of 19 digits as numbers', () => {
    fc.assert(
      fc.property(Id, Id, (a, b) => {
        expect(newer(a, b)).toBe(BigInt(a) > BigInt(b));
      }),
    );
  });

  it('brings every id above the mark once, from pages of any size, shuffled and repeated', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(Id, { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 4, max: 30 }),
        fc.nat(119),
        fc.infiniteStream(fc.nat(1000)),
        (ids, size, stored, draws) => {
          const sorted = [...ids].sort((a, b) => (newer(a, b) ? -1 : 1));
          const since = sorted[stored] ?? '0';
          const brought: string[] = [];
          let pass: Pass | null = null;
          for (let i = 0; i < 500; i++) {
            const below = sorted.filter((entry) => pass === null || !newer(entry, pass.maxId)).slice(0, size);
            const page = [...below, ...below.slice(0, 2)].sort(() => (draws.next().value ?? 0) - 500);
            const step: Advance<{ id: string }> = advance(
              page.map((entry) => ({ id: entry })),
              since,
              pass,
            );
            brought.push(...step.fresh.map((e) => e.id));
            if (step.closed) break;
            pass = step.next;
          }
          expect([...brought].sort()).toEqual(sorted.filter((entry) => newer(entry, since)).sort());
        },
      ),
    );
  });
});

import type { RawItem } from '@minsheng/contracts';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FaultKind } from '../replay/faults.ts';
import { DOUYIN_APP, openIdOf } from '../replay/douyin-open.ts';
import { at, contextOf, crawl, keys, NOW, serve } from '../testing/crawl.ts';
import { errorOf } from './douyin-api.ts';
import { douyinOfficial } from './douyin-official.ts';

const ACCOUNT = { platform: 'douyin' as const, nativeId: '7001', name: '澜江文旅' };
const CREDENTIALS = { ...DOUYIN_APP, openId: openIdOf(ACCOUNT) };

function comment(v: number, c: number, minutesAgo: number, extra: Partial<RawItem> = {}): RawItem {
  const author = extra.account === undefined ? { author: `u${c}` } : {};
  return {
    platform: 'douyin',
    kind: 'comment',
    id: `v${v}c${c}`,
    parentId: `v${v}`,
    ...author,
    publishedAt: at(minutesAgo),
    text: `评论 ${v}-${c}`,
    ...extra,
  };
}

/** 24 videos; the third has 53 comments of which one was answered 27 times, the others three with one answer by the office. */
function city(): RawItem[] {
  const items: RawItem[] = [];
  for (let v = 0; v < 24; v++) {
    const before = 12_000 - v * 400;
    items.push({
      platform: 'douyin',
      kind: 'post',
      id: `v${v}`,
      account: ACCOUNT.name,
      publishedAt: at(before),
      text: `视频 ${v}：夜游澜江`,
      likes: 10 + v,
      reads: 1000,
    });
    for (let c = 0; c < (v === 2 ? 53 : 3); c++) items.push(comment(v, c, before - 1 - c));
    if (v === 2) for (let r = 0; r < 27; r++) items.push(comment(v, 500 + r, before - 90 - r, { parentId: 'v2c4' }));
    else items.push(comment(v, 900, before - 5, { parentId: `v${v}c1`, account: ACCOUNT.name }));
  }
  return items;
}

const start = (options: object = {}, items = city()) => serve({ items, accounts: [ACCOUNT], ...options });
type Server = Awaited<ReturnType<typeof start>>;
const given = (server: Server, settings: object = {}, credentials: object = CREDENTIALS) => ({
  settings: { baseUrl: server.url, accountName: ACCOUNT.name, ...settings },
  credentials,
});
const served = (server: Server) =>
  keys([...server.store.ledger()].map((row) => ({ kind: row.kind, id: row.publicId })));
const hoursLater = (n: number) => new Date(NOW.getTime() + n * 3_600_000);

describe('douyin-official', () => {
  it('brings videos, comments and answers as served, and nothing a second time', async () => {
    const server = await start();
    const run = await crawl(douyinOfficial, given(server));
    expect(run.error).toBeUndefined();
    expect(keys(run.items)).toEqual(served(server));
    expect(run.gaps).toEqual([]);
    const office = run.items.filter((i) => i.kind === 'comment' && i.account === ACCOUNT.name);
    expect(office.length).toBe(23);
    expect(office.every((i) => i.author === undefined && i.replyHandle === undefined)).toBe(true);
    const again = await crawl(douyinOfficial, given(server), run.cursor);
    expect(again).toMatchObject({ items: [], gaps: [], requests: 2 });
    expect(again.engagement.length).toBe(24);
  });

  it('resumes after being killed at any page, without loss or duplicates', async () => {
    const server = await start();
    const whole = await crawl(douyinOfficial, given(server));
    for (let killedAfter = 1; killedAfter < whole.pages.length; killedAfter++) {
      const first = await crawl(douyinOfficial, given(server), undefined, killedAfter);
      const second = await crawl(douyinOfficial, given(server), first.cursor);
      expect(keys([...first.items, ...second.items])).toEqual(served(server));
    }
  });

  it('asks only where the count has changed, and once a day for answers under old comments', async () => {
    const server = await start();
    const run = await crawl(douyinOfficial, given(server));
    server.store.add(comment(7, 700, 1));
    const soon = await crawl(douyinOfficial, { ...given(server), now: hoursLater(1) }, run.cursor);
    expect(soon.items.map((i) => i.text)).toEqual(['评论 7-700']);
    expect(soon.requests).toBe(3);
    server.store.add(comment(2, 800, 1, { parentId: 'v2c50' }));
    const late = await crawl(douyinOfficial, { ...given(server), now: hoursLater(25) }, soon.cursor);
    expect(late.items.map((i) => i.text)).toEqual(['评论 2-800']);
  });

  it('reads the videos that are named where the list is not granted, and says what to do where none is', async () => {
    const server = await start({ douyin: { scopes: ['item.comment'] } });
    const none = await crawl(douyinOfficial, given(server));
    expect(none.error).toMatchObject({ kind: 'permission', message: expect.stringContaining('item_id') });
    const itemIds = [server.store.publicIdOf('douyin', 'v2') ?? ''];
    const named = await crawl(douyinOfficial, given(server, { itemIds }));
    expect(named.items.length).toBe(80);
  });

  it('says that the platform has not granted comments', async () => {
    const server = await start({ douyin: { scopes: ['video.list'] } });
    const run = await crawl(douyinOfficial, given(server));
    expect(run.error).toMatchObject({ kind: 'permission', message: expect.stringContaining('item.comment') });
    expect(run.items.length).toBe(24);
  });

  it('back-fills the videos of a range', async () => {
    const server = await start();
    const range = { from: new Date(at(8100)), to: new Date(at(6000)) };
    const run = await crawl(douyinOfficial, { ...given(server), range });
    expect(run.items.filter((i) => i.kind === 'post').length).toBe(5);
    expect(run.items.length).toBe(25);
  });

  it('reports comments that are counted and not shown', async () => {
    const script = [{ fault: 'withheld-items' as const, path: '/item/comment/list/', nth: 3 }];
    const server = await start({ faults: { script } });
    const run = await crawl(douyinOfficial, given(server));
    expect(run.gaps).toMatchObject([{ cause: 'unknown' }]);
    expect(run.gaps[0]?.size).toBeGreaterThanOrEqual(server.faults.made.length);
    expect((await crawl(douyinOfficial, given(server), run.cursor)).gaps).toEqual(run.gaps);
  });

  it.each<[FaultKind, string | undefined]>([
    ['connection-reset', undefined],
    ['half-body', undefined],
    ['truncated-gzip', undefined],
    ['bad-gateway', undefined],
    ['duplicated-page', undefined],
    ['reordered-page', undefined],
    ['token-expired', undefined],
    ['error-body-200', 'retry-after'],
    ['too-many', 'retry-after'],
    ['quota-used', 'retry-after'],
    ['login-page', 'login-needed'],
    ['empty-body', 'login-needed'],
    ['login-redirect', 'login-needed'],
    ['blocked', 'blocked'],
    ['captcha', 'blocked'],
    ['no-permission', 'permission'],
    ['garbled-body', 'layout-changed'],
  ])('%s among the comments ends in %s and loses nothing', async (fault, kind) => {
    const faults = { script: [{ fault, path: '/item/comment/list/', nth: 4 }] };
    const server = await start({ faults });
    const run = await crawl(douyinOfficial, given(server));
    expect(run.error?.kind).toBe(kind);
    if (run.error !== undefined) expect(run.error.message).toMatch(/[\u4e00-\u9fff].*。$/su);
    const rest = await crawl(douyinOfficial, given(server), run.cursor);
    expect(rest.error).toBeUndefined();
    expect(keys([...run.items, ...rest.items])).toEqual(served(server));
  });

  it('is authorised in the browser and tells when that ends', async () => {
    const server = await start();
    const { clientKey, clientSecret } = DOUYIN_APP;
    const { context } = contextOf(douyinOfficial, given(server, {}, { clientKey, clientSecret }));
    const before = await crawl(douyinOfficial, given(server, {}, { clientKey, clientSecret }));
    expect(before.error).toMatchObject({ kind: 'config' });
    const { settings, credentials } = context as never;
    const page = douyinOfficial.authorize?.url(settings, credentials, 'http://127.0.0.1:1/back', 's1') ?? '';
    const sent = await fetch(page, { redirect: 'manual' });
    const back = new URL(sent.headers.get('location') ?? '');
    expect(back.searchParams.get('state')).toBe('s1');
    const given2 = await douyinOfficial.authorize?.exchange(context as never, back.searchParams.get('code') ?? '', '');
    const granted = douyinOfficial.credentials.parse(given2);
    expect(douyinOfficial.expiresAt?.(granted)).toEqual(new Date(NOW.getTime() + 30 * 86_400_000));
    expect((await crawl(douyinOfficial, given(server, {}, granted))).error).toBeUndefined();
    await expect(douyinOfficial.authorize?.exchange(context as never, 'guess', '')).rejects.toMatchObject({
      message: expect.stringMatching(/[\u4e00-\u9fff]/u),
    });
    const ended = await crawl(
      douyinOfficial,
      given(server, {}, { ...granted, accessToken: 'old', refreshToken: 'old' }),
    );
    expect(ended.error).toMatchObject({ kind: 'login-needed' });
  });

  it('answers once, and says what is not known when the connection breaks', async () => {
    const server = await start();
    const run = await crawl(douyinOfficial, given(server, { days: 4 }));
    const handle = run.items.find((i) => i.text === '评论 20-2')?.replyHandle ?? {};
    const { context } = contextOf(douyinOfficial, given(server));
    const answer = { handle, text: '感谢建议。' };
    await expect(douyinOfficial.reply?.(context as never, answer)).resolves.toMatchObject({
      id: expect.stringMatching(/^@/u),
    });
    const script = [{ fault: 'connection-reset' as const, path: '/item/comment/reply/' }];
    const broken = await start({ faults: { script } });
    const there = contextOf(douyinOfficial, given(broken)).context;
    await expect(douyinOfficial.reply?.(there as never, answer)).rejects.toThrow('不要直接重发');
    expect(broken.requests.get('/item/comment/reply/')).toBe(1);
  });

  it('takes signed pushes only, returns the challenge, and reads comments', async () => {
    const settings = douyinOfficial.settings.parse({ accountName: ACCOUNT.name });
    const credentials = douyinOfficial.credentials.parse(CREDENTIALS);
    const push = (body: string, secret: string = DOUYIN_APP.clientSecret) => {
      const signature = createHash('sha1')
        .update(secret + body)
        .digest('hex');
      const headers = { 'x-douyin-signature': signature, 'msg-id': '1' };
      const now = () => NOW;
      return douyinOfficial.receive?.({ settings, credentials, now }, { method: 'POST', query: {}, headers, body });
    };
    const challenge = '{"event":"verify_webhook","client_key":"k","content":{"challenge":7312345678901234567}}';
    await expect(push(challenge)).resolves.toMatchObject({ status: 200, body: '{"challenge":7312345678901234567}' });
    await expect(push(challenge, 'guess')).resolves.toMatchObject({ status: 403, items: [] });
    await expect(push('nonsense')).resolves.toMatchObject({ status: 400, items: [] });
    await expect(push('{"event":"other","content":"{}"}')).resolves.toMatchObject({ status: 200, items: [] });
    const content = JSON.stringify({
      comment_id: '@c1',
      comment_user_id: 'u1',
      content: '几点开放',
      create_time: NOW.getTime() / 1000,
      reply_to_item_id: '@v1',
    });
    const event = JSON.stringify({ event: 'item_comment_reply', client_key: 'k', content });
    const answer = await push(event);
    expect(answer?.items).toMatchObject([
      {
        kind: 'comment',
        id: '@c1',
        parentId: '@v1',
        text: '几点开放',
        replyHandle: { itemId: '@v1', commentId: '@c1' },
      },
    ]);
  });

  it.each([
    [2190008, 'login-needed'],
    [10010, 'login-needed'],
    [2190003, 'permission'],
    [2190016, 'retry-after'],
    [2100004, 'retry-after'],
    [2190001, 'config'],
    [1, 'layout-changed'],
  ])('code %d is %s', (code, kind) => {
    expect(errorOf(code)).toMatchObject({ kind, details: { code } });
  });
});

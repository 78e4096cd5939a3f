import type { RawItem } from '@minsheng/contracts';
import fc from 'fast-check';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ReceiveAnswer } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import type { FaultKind } from '../replay/faults.ts';
import { encrypt, messageBody, pushOf, type PushTarget } from '../replay/wechat-push.ts';
import { at, contextOf, crawl, keys, NOW, serve } from '../testing/crawl.ts';
import { errorOf } from './wechat-api.ts';
import { wechatOfficial } from './wechat-official.ts';
import { nameOf, publicUrl } from './wechat-official-wire.ts';
import { fieldsOf, receivePush, signatureOf } from './wechat-push.ts';

const ACCOUNT = {
  platform: 'wechat' as const,
  nativeId: 'gh_lanjiang',
  name: '澜江水务',
  appid: 'wxdemo',
  secret: 's3cret',
};
const CREDENTIALS = { appid: 'wxdemo', secret: 's3cret' };

function article(n: number, minutesAgo: number, extra: Partial<RawItem> = {}): RawItem {
  return {
    platform: 'wechat',
    kind: 'post',
    id: `art${n}`,
    account: ACCOUNT.name,
    publishedAt: at(minutesAgo),
    title: `文章 ${n}`,
    text: `<p>正文 ${n}</p>`,
    likes: n,
    reads: 100 + n,
    reposts: 3,
    ...extra,
  };
}

function comment(n: number, c: number, minutesAgo: number, extra: Partial<RawItem> = {}): RawItem {
  return {
    platform: 'wechat',
    kind: 'comment',
    id: `art${n}c${c}`,
    parentId: `art${n}`,
    author: `reader${c}`,
    publishedAt: at(minutesAgo),
    text: `留言 ${n}-${c}`,
    ...extra,
  };
}

/** 45 articles; one with 120 comments, the others with two; every fifth first comment was answered. */
function account(articles = 45): RawItem[] {
  const items: RawItem[] = [];
  for (let n = 0; n < articles; n++) {
    const before = 27_000 - n * 400;
    items.push(article(n, before));
    for (let c = 0; c < (n === 3 ? 120 : 2); c++) items.push(comment(n, c, before - 1));
    if (n % 5 === 0) {
      const reply = { parentId: `art${n}c0`, account: ACCOUNT.name, text: `答复 ${n}` };
      items.push(comment(n, 999, before - 2, reply));
    }
  }
  return items.map((item) => (item.account === undefined || item.kind === 'post' ? item : byOffice(item)));
}

/** The office has no author: an account wrote it. */
function byOffice(item: RawItem): RawItem {
  const ours = { ...item };
  delete ours.author;
  return ours;
}

const start = (items: RawItem[], options: Omit<Parameters<typeof serve>[0], 'items'> = {}) =>
  serve({ items, accounts: [ACCOUNT], ...options });
type Server = Awaited<ReturnType<typeof start>>;
const given = (server: Server, settings: object = {}) => ({
  settings: { baseUrl: server.url, accountName: ACCOUNT.name, days: 20, ...settings },
  credentials: CREDENTIALS,
});
const served = (server: Server) =>
  [...server.store.ledger()].filter((row) => row.state === 'live').map((row) => ({ kind: row.kind, id: row.publicId }));

describe('wechat-official', () => {
  it('brings articles, comments, replies and statistics as served, and nothing a second time', async () => {
    const server = await start(account());
    const run = await crawl(wechatOfficial, given(server));
    expect(run.error).toBeUndefined();
    expect(keys(run.items)).toEqual(keys(served(server)));
    expect(run.items.every((i) => i.kind === 'post' || i.account !== undefined || i.replyHandle !== undefined)).toBe(
      true,
    );
    expect(run.engagement).toContainEqual(
      expect.objectContaining({ id: server.store.publicIdOf('wechat', 'art10'), reads: 110, likes: 10, reposts: 3 }),
    );
    const again = await crawl(wechatOfficial, given(server), run.cursor);
    expect(again.items).toEqual([]);
    expect(again.requests).toBeLessThanOrEqual(3);
  });

  it('keeps openids out of items', async () => {
    const server = await start(account(3));
    const run = await crawl(wechatOfficial, given(server));
    const openids = new Set([...server.requests.keys()]);
    expect(openids.size).toBeGreaterThan(0);
    for (const item of run.items) {
      expect(item.author ?? '').not.toMatch(/^o/u);
      expect(JSON.stringify(item.replyHandle ?? {})).not.toContain('openid');
    }
  });

  it('resumes after being killed at any page, without loss or duplicates', async () => {
    const server = await start(account(30));
    const whole = await crawl(wechatOfficial, given(server));
    for (let killedAfter = 1; killedAfter < whole.pages.length; killedAfter += 3) {
      const first = await crawl(wechatOfficial, given(server), undefined, killedAfter);
      const second = await crawl(wechatOfficial, given(server), first.cursor);
      expect(keys([...first.items, ...second.items])).toEqual(keys(served(server)));
    }
  });

  it('sees articles, comments and replies that come while it reads the list, and removals that shift it', async () => {
    const server = await start(account(60), {});
    const { context } = contextOf(wechatOfficial, given(server, { days: 20 }));
    const ids: string[] = [];
    let cursor: unknown;
    let pages = 0;
    for await (const page of wechatOfficial.crawl(context as never)) {
      ids.push(...keys(page.items));
      cursor = JSON.parse(JSON.stringify(page.cursor));
      if (++pages === 1) {
        server.store.add(article(900, 1));
        server.store.add(article(901, 0));
      }
      if (pages === 30) {
        server.store.add(comment(3, 5000, 1));
        const parent = { parentId: 'art3c7', account: ACCOUNT.name };
        server.store.add(byOffice(comment(3, 5001, 0, { ...parent, text: '晚到的答复' })));
      }
    }
    const later = new Date(NOW.getTime() + 25 * 3_600_000);
    const again = await crawl(wechatOfficial, { ...given(server), now: later }, cursor);
    expect(new Set([...ids, ...keys(again.items)])).toEqual(new Set(keys(served(server))));
  });

  it('reads only new comments of an article on its next visit', async () => {
    const server = await start(account(4));
    const run = await crawl(wechatOfficial, given(server));
    server.store.add(comment(3, 700, 1));
    const hours = (n: number) => new Date(NOW.getTime() + n * 3_600_000);
    const again = await crawl(wechatOfficial, { ...given(server), now: hours(7) }, run.cursor);
    expect(again.items.map((i) => i.text)).toEqual(['留言 3-700']);
    // One list of articles, one page of comments for each of the four.
    expect(again.requests).toBeLessThanOrEqual(6);
  });

  it('names mass-sent articles that only the statistics know, and reads their comments', async () => {
    const server = await start(account(20), { wechat: { massSent: ['art5', 'art19'] } });
    const run = await crawl(wechatOfficial, given(server));
    expect(run.items.find((i) => i.title === '文章 5')).toMatchObject({ text: '文章 5', kind: 'post', reads: 105 });
    expect(run.items.map((i) => i.text)).toContain('留言 5-1');
    expect(run.gaps).toContainEqual(expect.objectContaining({ cause: 'platform-limit', size: 1 }));
  });

  it('back-fills a range, and only it', async () => {
    const server = await start(account());
    const range = { from: new Date(at(20_000)), to: new Date(at(16_000)) };
    const run = await crawl(wechatOfficial, { ...given(server, { days: 1 }), range });
    const times = run.items.filter((i) => i.kind === 'post').map((i) => Date.parse(i.publishedAt));
    expect(times.length).toBe(10);
    expect(times.every((t) => t >= range.from.getTime() && t < range.to.getTime())).toBe(true);
  });

  it('goes on with articles where there are no comments and no statistics, and says so every time', async () => {
    const wechat = { withoutComments: [ACCOUNT.name], withoutStatistics: [ACCOUNT.name] };
    const server = await start(account(5), { wechat });
    const run = await crawl(wechatOfficial, given(server));
    expect(run.error).toBeUndefined();
    expect(run.items.length).toBe(5);
    expect(run.gaps.map((g) => g.cause)).toEqual(['platform-limit', 'platform-limit']);
    const again = await crawl(wechatOfficial, given(server), run.cursor);
    expect(again.gaps.length).toBe(2);
    expect(again.requests).toBe(1);
  });

  it('stops an endpoint at its daily quota until midnight, and loses nothing', async () => {
    const server = await start(account(20), { wechat: { dailyLimits: { '/cgi-bin/comment/list': 7 } } });
    const run = await crawl(wechatOfficial, given(server));
    expect(run.error).toBeUndefined();
    expect(run.gaps.map((g) => g.what)).toContain('留言接口当日次数已用完，次日继续');
    const same = await crawl(wechatOfficial, given(server), run.cursor);
    expect(server.requests.get('/cgi-bin/comment/list')).toBe(8);
    expect(same.gaps.length).toBeGreaterThan(0);
  });

  it('reports comments that the platform counts and does not show', async () => {
    const faults = { script: [{ fault: 'withheld-items' as const, path: '/cgi-bin/comment/list', nth: 2, times: 3 }] };
    const server = await start(account(10), { faults });
    const run = await crawl(wechatOfficial, given(server));
    const withheld = server.faults.made.reduce((sum, f) => sum + (f.items ?? 0), 0);
    expect(withheld).toBeGreaterThan(1);
    expect(run.gaps).toContainEqual({ what: '平台计数中有、接口没有给出的读者留言', size: withheld, cause: 'unknown' });
    const again = await crawl(wechatOfficial, given(server), run.cursor);
    expect(again.gaps).toEqual(run.gaps);
  });

  it.each<[FaultKind, string | undefined]>([
    ['connection-reset', undefined],
    ['half-body', undefined],
    ['truncated-gzip', undefined],
    ['bad-gateway', undefined],
    ['slow-body', undefined],
    ['duplicated-page', undefined],
    ['reordered-page', undefined],
    ['clock-skew', undefined],
    ['token-expired', undefined],
    ['error-body-200', 'retry-after'],
    ['too-many', 'retry-after'],
    ['login-page', 'login-needed'],
    ['empty-body', 'login-needed'],
    ['login-redirect', 'login-needed'],
    ['blocked', 'blocked'],
    ['captcha', 'blocked'],
    ['no-permission', 'permission'],
    ['garbled-body', 'layout-changed'],
    ['gone', 'layout-changed'],
  ])('%s in mid-list ends in %s and loses nothing', async (fault, kind) => {
    const script = [{ fault, path: '/cgi-bin/freepublish/batchget', nth: 2 }];
    const server = await start(account(45), { faults: { script, slowBodyMs: 50, skewSeconds: 0 } });
    const run = await crawl(wechatOfficial, given(server));
    expect(server.faults.made).toMatchObject([{ fault, platform: 'wechat', source: 'wxdemo', lasting: false }]);
    if (kind === undefined) expect(run.error).toBeUndefined();
    else {
      expect(run.error).toBeInstanceOf(ConnectorError);
      expect(run.error).toMatchObject({ kind });
      expect((run.error as Error).message).toMatch(/[\u4e00-\u9fff].*。$/su);
      expect((run.error as Error).message).not.toContain('s3cret');
    }
    const rest = await crawl(wechatOfficial, given(server), run.cursor);
    expect(rest.error).toBeUndefined();
    expect(keys([...run.items, ...rest.items])).toEqual(keys(served(server)));
  });

  it('tells a wrong secret, a foreign address and a busy platform apart', async () => {
    const server = await start(account(1));
    const wrong = await crawl(wechatOfficial, { ...given(server), credentials: { ...CREDENTIALS, secret: 'no' } });
    expect(wrong.error).toMatchObject({ kind: 'config' });
    const outside = await start(account(1), { wechat: { ipWhitelist: ['10.0.0.1'] } });
    expect((await crawl(wechatOfficial, given(outside))).error).toMatchObject({ kind: 'config' });
    expect(errorOf(40164, 'invalid ip 203.0.113.9 ipv6 ::ffff, not in whitelist', NOW).message).toContain(
      '203.0.113.9',
    );
    expect(errorOf(45009, '', NOW).details.retryAfterSeconds).toBe(15 * 3600 + 50 * 60 + 60);
  });
});

describe('answers', () => {
  const handleOf = (items: readonly RawItem[], text: string) => items.find((i) => i.text === text)?.replyHandle ?? {};

  it('reach a comment once', async () => {
    const server = await start(account(3));
    const run = await crawl(wechatOfficial, given(server));
    const { context } = contextOf(wechatOfficial, given(server));
    const reply = { handle: handleOf(run.items, '留言 1-1'), text: '已安排检修。' };
    await expect(wechatOfficial.reply?.(context as never, reply)).resolves.toEqual({ state: 'sent' });
    await expect(wechatOfficial.reply?.(context as never, reply)).rejects.toMatchObject({ kind: 'permission' });
    const later = new Date(NOW.getTime() + 25 * 3_600_000);
    const again = await crawl(wechatOfficial, { ...given(server), now: later }, run.cursor);
    expect(again.items.map((i) => i.text)).toContain('已安排检修。');
  });

  it('to a comment are sent once even where the connection breaks, and say what is not known', async () => {
    const script = [{ fault: 'connection-reset' as const, path: '/cgi-bin/comment/reply/add' }];
    const server = await start(account(3), { faults: { script } });
    const run = await crawl(wechatOfficial, given(server));
    const { context } = contextOf(wechatOfficial, given(server));
    const reply = { handle: handleOf(run.items, '留言 1-1'), text: '已安排检修。' };
    await expect(wechatOfficial.reply?.(context as never, reply)).rejects.toThrow('不要直接重发');
    expect(server.requests.get('/cgi-bin/comment/reply/add')).toBe(1);
  });

  it('to a message reach the citizen within 48 hours, five times at most', async () => {
    const server = await start([message('24512345678901234', 10, 'wang'), message('24512345678900001', 3000, 'li')]);
    const hook = await receiver();
    await server.pushWechat({ ...TARGET, url: hook.url });
    const { context } = contextOf(wechatOfficial, given(server));
    const send = (id: string) =>
      wechatOfficial.reply?.(context as never, {
        handle: hook.items.find((i) => i.id === id)?.replyHandle ?? {},
        text: '收到。',
      });
    for (let n = 0; n < 5; n++) await expect(send('24512345678901234')).resolves.toEqual({ state: 'sent' });
    await expect(send('24512345678901234')).rejects.toMatchObject({ kind: 'permission', details: { code: 45047 } });
    await expect(send('24512345678900001')).rejects.toMatchObject({ kind: 'permission', details: { code: 45015 } });
  });
});

const KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const TARGET: PushTarget = { url: '', appid: 'wxdemo', account: 'gh_lanjiang', token: 'weixin' };
const SECRETS = { appid: 'wxdemo', token: 'weixin' };

function message(id: string, minutesAgo: number, author: string): RawItem {
  return {
    platform: 'wechat',
    kind: 'message',
    id,
    author,
    publishedAt: at(minutesAgo),
    text: `来信 ${id} <急> & "求助"`,
  };
}

/** What our server does with `receive`, as far as these tests need it. */
async function receiver(credentials: object = {}, answer?: () => Promise<void>) {
  const items: RawItem[] = [];
  const answers: ReceiveAnswer[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      await answer?.();
      const got = await wechatOfficial.receive?.(
        {
          settings: wechatOfficial.settings.parse({ accountName: ACCOUNT.name }),
          credentials: wechatOfficial.credentials.parse({ ...CREDENTIALS, pushToken: 'weixin', ...credentials }),
          now: () => NOW,
        },
        {
          method: request.method === 'GET' ? 'GET' : 'POST',
          query: Object.fromEntries(new URL(request.url ?? '/', 'http://x').searchParams),
          headers: {},
          body,
        },
      );
      if (got === undefined) throw new Error('no receive');
      answers.push(got);
      items.push(...got.items);
      response.writeHead(got.status, { 'content-type': got.contentType }).end(got.body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, items, answers };
}

describe('message push', () => {
  it.each([
    ['plain', 'xml'],
    ['plain', 'json'],
    ['compat', 'xml'],
    ['safe', 'xml'],
    ['safe', 'json'],
  ] as const)('takes %s %s, whole 19-digit ids and all', async (mode, format) => {
    const server = await start([message('7412345678901234567', 5, 'wang'), message('24512345678901234', 4, 'li')]);
    const encodingAesKey = mode === 'plain' ? {} : { encodingAesKey: KEY };
    const hook = await receiver(encodingAesKey);
    const target = { ...TARGET, ...encodingAesKey, url: hook.url, mode, format };
    expect(await server.pushWechat(target)).toEqual({ taken: 2, refused: 0 });
    expect(hook.items).toMatchObject([
      {
        kind: 'message',
        id: '7412345678901234567',
        publishedAt: at(5),
        text: '来信 7412345678901234567 <急> & "求助"',
      },
      { kind: 'message', id: '24512345678901234' },
    ]);
    const openid = hook.items[0]?.replyHandle?.['openid'] ?? '';
    expect(openid).toMatch(/^o/u);
    expect(JSON.stringify({ ...hook.items[0], replyHandle: {} })).not.toContain(openid);
    expect(hook.items[0]?.author).not.toBe(hook.items[1]?.author);
    expect(await server.pushWechat(target)).toEqual({ taken: 0, refused: 0 });
  });

  it('gives a message that is sent three times the same id', async () => {
    const push = pushOf(FIELDS, TARGET, NOW.getTime());
    const ids = [1, 2, 3].map(() => receivePush(SECRETS, { method: 'POST', headers: {}, ...push }, NOW).items[0]?.id);
    expect(new Set(ids)).toEqual(new Set(['24512345678901234']));
  });

  it('answers the address check with what it was sent', () => {
    const query = { timestamp: String(NOW.getTime() / 1000), nonce: '7', echostr: '42' };
    const signature = signatureOf('weixin', query.timestamp, query.nonce);
    const ask = (given: string) =>
      receivePush(SECRETS, { method: 'GET', query: { ...query, signature: given }, headers: {}, body: '' }, NOW);
    expect(ask(signature)).toMatchObject({ status: 200, body: '42' });
    expect(ask(signature.toUpperCase())).toMatchObject({ status: 403 });
    expect(ask('')).toMatchObject({ status: 403, items: [] });
  });

  const FIELDS = {
    ToUserName: 'gh_lanjiang',
    FromUserName: 'oReader',
    CreateTime: NOW.getTime() / 1000 - 60,
    MsgType: 'text',
    Content: '水何时来',
    MsgId: '24512345678901234',
  };
  const post = (
    target: PushTarget,
    secrets: Parameters<typeof receivePush>[0],
    sentAt = NOW,
    edit = (b: string) => b,
  ) => {
    const push = pushOf(FIELDS, target, sentAt.getTime());
    return receivePush(secrets, { method: 'POST', headers: {}, query: push.query, body: edit(push.body) }, NOW);
  };

  it('refuses forgeries, recordings, other accounts and downgrades, and brings nothing of them', () => {
    const safe = { ...TARGET, encodingAesKey: KEY };
    const secrets = { ...SECRETS, encodingAesKey: KEY };
    const refused = [
      post({ ...TARGET, token: 'guess' }, SECRETS),
      post(TARGET, SECRETS, new Date(NOW.getTime() - 3_600_000)),
      post(TARGET, secrets),
      post(safe, SECRETS),
      post(safe, { ...secrets, appid: 'wxother' }),
      post(safe, { ...secrets, encodingAesKey: KEY.replace('a', 'b') }),
      post(safe, secrets, NOW, (body) => body.replace(/<Encrypt><!\[CDATA\[.{4}/u, '$&AAAA')),
      post(TARGET, SECRETS, NOW, () => 'nonsense'),
      post(TARGET, SECRETS, NOW, () => '{"half"'),
      post(TARGET, SECRETS, NOW, (body) => `<!DOCTYPE x [<!ENTITY a "aaaa">]>${body}`),
    ];
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 403, items: [] });
      expect(answer.body).toMatch(/没有接收/u);
    }
    expect(post(safe, secrets)).toMatchObject({ status: 200, body: 'success', items: [{ text: '水何时来' }] });
  });

  it('takes events quietly and names what is not text', () => {
    const of = (fields: Record<string, string>) => {
      const push = pushOf({ ...FIELDS, ...fields }, TARGET, NOW.getTime());
      return receivePush(SECRETS, { method: 'POST', headers: {}, ...push }, NOW);
    };
    expect(of({ MsgType: 'event', Event: 'subscribe', MsgId: '' })).toMatchObject({ body: 'success', items: [] });
    expect(of({ MsgType: 'image', MediaId: 'm' }).items[0]?.text).toBe('[图片]（请在公众号后台查看）');
    const where = of({ MsgType: 'location', Location_X: '23.1', Label: '某小区 3 栋' }).items[0];
    expect(where?.text).not.toMatch(/23|小区/u);
    expect(of({ MsgType: 'link', Title: '标题', Url: 'http://x/' }).items[0]?.text).toBe('标题\nhttp://x/');
  });

  it('is off until a token is agreed on', async () => {
    const credentials = wechatOfficial.credentials.parse(CREDENTIALS);
    const settings = wechatOfficial.settings.parse({ accountName: 'x' });
    const push = { method: 'POST' as const, query: {}, headers: {}, body: '' };
    await expect(wechatOfficial.receive?.({ settings, credentials, now: () => NOW }, push)).resolves.toMatchObject({
      status: 403,
      items: [],
    });
  });

  it('reads every field it writes, in either format, encrypted or not', () => {
    const value = fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .map((text) => text.trim().replace(/[\p{Cc}\p{Cs}]/gu, ''));
    fc.assert(
      fc.property(
        value,
        fc.bigInt({ min: 1n, max: 9_223_372_036_854_775_807n }),
        fc.constantFrom('xml', 'json'),
        (text, id, format) => {
          const body = messageBody({ Content: text, MsgId: id.toString(), CreateTime: 1 }, format as 'xml' | 'json');
          const fields = fieldsOf(body);
          expect(fields.get('Content')).toBe(format === 'xml' ? text.trim() : text);
          expect(fields.get('MsgId')).toBe(id.toString());
        },
      ),
    );
    fc.assert(
      fc.property(value, (text) => {
        const target = { ...TARGET, encodingAesKey: KEY };
        const push = pushOf({ ...FIELDS, Content: text }, target, NOW.getTime());
        const answer = receivePush({ ...SECRETS, encodingAesKey: KEY }, { method: 'POST', headers: {}, ...push }, NOW);
        expect(answer.items[0]?.text).toBe(text.trim());
      }),
    );
  });

  it('never throws, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (body) => {
        expect([200, 403]).toContain(post(TARGET, SECRETS, NOW, () => body).status);
        const sealed = encrypt(body, KEY, 'wxdemo');
        expect([200, 403]).toContain(
          post(
            { ...TARGET, encodingAesKey: KEY },
            { ...SECRETS, encodingAesKey: KEY },
            NOW,
            () => `<xml><Encrypt>${sealed}</Encrypt></xml>`,
          ).status,
        );
      }),
    );
  });
});

describe('addresses of articles', () => {
  it('name them by mid and idx', () => {
    const url = 'http://mp.weixin.qq.com/s?__biz=Mz==&mid=2247500001&idx=2&sn=ab&chksm=cd&scene=27#rd';
    expect(nameOf(url, 'x')).toEqual({ id: '2247500001_2', place: { msgDataId: '2247500001', index: 1 } });
    expect(nameOf('https://mp.weixin.qq.com/s/short', 'x_1')).toEqual({ id: 'x_1', place: undefined });
    expect(publicUrl(url)).toBe('http://mp.weixin.qq.com/s?__biz=Mz==&mid=2247500001&idx=2&sn=ab');
  });
});

/**
 * The doors through which others bring content: pushed batches, authorisation, gaps and alerts, on the whole product with a real port.
 */
import { pushOf, startReplay } from '@minsheng/crawlers/replay';
import { createHash } from 'node:crypto';
import 'reflect-metadata';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Alerts } from '../src/alerts/alerts.ts';
import { SourceWatch } from '../src/collect/watch.ts';
import { Imports } from '../src/intake/imports.ts';
import { startServed, type Answer } from './served.ts';

const message = (id: string, text: string, more: object = {}) => ({
  kind: 'message',
  id,
  author: '市民甲',
  publishedAt: '2026-11-20T09:00:00+08:00',
  text,
  ...more,
});

async function pushSource(call: (m: string, p: string, b?: unknown) => Promise<Answer>) {
  const source = await call('POST', '/sources', {
    kind: 'push',
    name: '12345 热线',
    settings: { platform: 'hotline' },
  });
  const id = String(source.body['id']);
  const { body } = await call('POST', `/sources/${id}/push-key`);
  return { id, key: String(body['key']) };
}

describe('the push door', () => {
  it('opens only to the source’s own key, which is shown once, kept as a hash and replaced with a day’s overlap', async () => {
    const { opened, call, push } = await startServed();
    const { id, key } = await pushSource(call);
    expect((await push(id, 'ms_wrong', '[]')).body).toMatchObject({ code: 'login-required' });
    expect((await push(id, key, JSON.stringify([message('1', '小区门口路灯不亮')]))).body).toMatchObject({ stored: 1 });
    expect(JSON.stringify(await opened.core.db.all('SELECT * FROM push_keys'))).not.toContain(key);
    const other = await call('POST', '/sources', { kind: 'push', name: '留言板' });
    expect((await push(String(other.body['id']), key, '[]')).status).toBe(401);
    const next = await call('POST', `/sources/${id}/push-key`);
    expect(next.body['previousEndsAt']).toBeTruthy();
    expect((await push(id, key, JSON.stringify([message('2', '公交站牌损坏')]))).body).toMatchObject({ stored: 1 });
    const now = Date.now() + 25 * 3_600_000;
    opened.core.clock.now = () => now;
    expect((await push(id, key, '[]')).status).toBe(401);
    expect((await push(id, String(next.body['key']), JSON.stringify([message('3', '井盖丢失')]))).body).toMatchObject({
      stored: 1,
    });
  });

  it('tells for each item what became of it, and why', async () => {
    const { call, push } = await startServed();
    const { id, key } = await pushSource(call);
    const items = [
      message('1', '小区门口路灯不亮，请派人维修'),
      message('1', '小区门口路灯不亮，请派人维修'),
      message('2', ''),
      { ...message('3', '时间不对'), publishedAt: '不知道' },
      { ...message('4', '编号是数字'), id: 9_007_199_254_740_993 },
      'nonsense',
      message('5', '公交车站牌被撞坏了', { platform: 'app' }),
    ];
    const { body } = await push(id, key, JSON.stringify(items));
    expect(body).toMatchObject({ read: 7, stored: 2, duplicate: 1, rejected: 4 });
    expect((body['items'] as { result: string }[]).map((i) => i.result)).toEqual([
      'stored',
      'duplicate',
      'rejected',
      'rejected',
      'rejected',
      'rejected',
      'stored',
    ]);
    for (const item of body['items'] as { result: string; reason?: string }[])
      if (item.result === 'rejected') expect(item.reason).toMatch(/\p{Script=Han}/u);
    const again = await push(id, key, `${JSON.stringify(message('1', '路灯已修好，谢谢'))}\n{broken`, {
      'content-type': 'application/x-ndjson',
    });
    expect((again.body['items'] as { result: string }[]).map((i) => i.result)).toEqual(['updated', 'rejected']);
  });

  it('answers the same key and body with the same result once, and refuses the key for another body', async () => {
    const { opened, call, push } = await startServed();
    const { id, key } = await pushSource(call);
    const body = JSON.stringify([message('1', '小区门口路灯不亮')]);
    const both = await Promise.all([1, 2, 3].map(() => push(id, key, body, { 'idempotency-key': 'b-1' })));
    expect(both.map((b) => b.body['stored'])).toEqual([1, 1, 1]);
    expect(both.filter((b) => b.body['repeated'] === false).length).toBe(1);
    expect(await opened.core.db.all('SELECT count(*) AS n FROM posts')).toEqual([{ n: 1 }]);
    const other = await push(id, key, JSON.stringify([message('2', '另一批')]), { 'idempotency-key': 'b-1' });
    expect(other).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await push(id, key, '[{]')).body).toMatchObject({ code: 'invalid-input' });
    const many = await push(id, key, JSON.stringify(Array.from({ length: 2001 }, (_, i) => message(`m${i}`, '太多'))));
    expect(many.status).toBe(413);
  });

  it('names missing batches until they come', async () => {
    const { call, push } = await startServed();
    const { id, key } = await pushSource(call);
    const batch = (n: number) =>
      push(id, key, JSON.stringify([message(`b${n}`, `第 ${n} 批内容`)]), { 'batch-sequence': String(n) });
    const open = async () => {
      const { body } = await call('GET', '/sources');
      const [source] = (body['sources'] as { openGaps: { what: string }[] }[]).slice(-1);
      return source?.openGaps.map((g) => g.what).sort();
    };
    await batch(1);
    await batch(4);
    expect(await open()).toEqual(['推送第 2 批没有收到', '推送第 3 批没有收到']);
    await batch(2);
    expect(await open()).toEqual(['推送第 3 批没有收到']);
    const gaps = await call('GET', `/sources/${id}/gaps`);
    const [gap] = (gaps.body['items'] as { id: string; closedAt: string | null }[]).filter((g) => g.closedAt === null);
    expect((await call('POST', `/sources/${id}/gaps/${gap?.id}/close`, { reason: '对方确认该批为空' })).status).toBe(
      200,
    );
    expect(await open()).toEqual([]);
  });
});

describe('a platform’s own push', () => {
  it('is answered as the platform wants it, only with its signature, and what it brought is stored by then', async () => {
    const { opened, served, call } = await startServed();
    const created = await call('POST', '/sources', {
      kind: 'wechat-official',
      name: '公众号',
      settings: { accountName: '澜江发布' },
      credentials: { appid: 'wx0000000000000001', secret: 'secret-of-the-account', pushToken: 'agreedtoken' },
    });
    expect(created.status).toBe(200);
    const address = `${served.url}/api/hooks/${String(created.body['id'])}`;
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHash('sha1').update(['agreedtoken', timestamp, '42'].sort().join('')).digest('hex');
    const signed = `timestamp=${timestamp}&nonce=42&signature=${signature}`;
    const echo = await fetch(`${address}?${signed}&echostr=5577006791947779410`);
    expect([echo.status, await echo.text()]).toEqual([200, '5577006791947779410']);
    const xml = `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[oOpenidOfACitizen]]></FromUserName><CreateTime>${timestamp}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[望江路停水了]]></Content><MsgId>23456789012345678</MsgId></xml>`;
    const post = (query: string) =>
      fetch(`${address}?${query}`, { method: 'POST', headers: { 'content-type': 'text/xml' }, body: xml });
    const first = await post(signed);
    expect([first.status, await first.text()]).toEqual([200, 'success']);
    const stored = await opened.core.db.all('SELECT kind, text FROM posts');
    expect(stored).toEqual([{ kind: 'message', text: '望江路停水了' }]);
    // The platform sends again when it did not hear us: the same message stays one.
    expect((await post(signed)).status).toBe(200);
    expect((await post(signed.replace('nonce=42', 'nonce=43'))).status).toBe(403);
    expect(await opened.core.db.all('SELECT count(*) AS n FROM posts')).toEqual([{ n: 1 }]);
    expect((await fetch(`${served.url}/api/hooks/999`)).status).toBe(404);
  });
});

describe('WeChat’s push', () => {
  const KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
  const APPID = 'wx0000000000000001';
  async function account(product: Awaited<ReturnType<typeof startServed>>, encodingAesKey?: string) {
    const { body } = await product.call('POST', '/sources', {
      kind: 'wechat-official',
      name: encodingAesKey === undefined ? '公众号' : '公众号（加密）',
      settings: { accountName: '澜江发布' },
      credentials: {
        appid: APPID,
        secret: 'secret-of-the-account',
        pushToken: 'agreedtoken',
        ...(encodingAesKey === undefined ? {} : { encodingAesKey }),
      },
    });
    return String(body['id']);
  }

  /** As the platform sends it: signed, now; `safe` and `compat` encrypt. */
  function pushed(id: string, mode: 'plain' | 'compat' | 'safe', format: 'xml' | 'json', secondsAgo = 0) {
    const secret = mode === 'plain' ? {} : { encodingAesKey: KEY };
    const target = { url: '', appid: APPID, account: 'gh_1', token: 'agreedtoken', mode, format, ...secret };
    const at = Date.now() - secondsAgo * 1000;
    const fields = { FromUserName: 'oOpenidOfACitizen', CreateTime: Math.floor(at / 1000), MsgType: 'text', MsgId: id };
    return pushOf({ ToUserName: 'gh_1', ...fields, Content: '望江路什么时候来水' }, target, at);
  }

  type Sent = ReturnType<typeof pushed>;
  async function send(product: { served: { url: string } }, id: string, { query, contentType, body }: Sent) {
    const answer = await fetch(`${product.served.url}/api/hooks/${id}?${new URLSearchParams(query).toString()}`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body,
    });
    return { status: answer.status, body: await answer.text() };
  }
  const messages = async (product: { opened: Awaited<ReturnType<typeof startServed>>['opened'] }) =>
    (
      await product.opened.core.db.all<{ native_id: string }>(
        `SELECT native_id FROM posts WHERE kind = 'message' ORDER BY native_id`,
      )
    ).map((row) => row.native_id);

  it('is taken in every mode and format, and refused where a signature, a moment or a mode is not what was agreed', async () => {
    const product = await startServed();
    const open = await account(product);
    const sealed = await account(product, KEY);
    const modes = [
      [open, 'plain'],
      [open, 'compat'],
      [sealed, 'compat'],
      [sealed, 'safe'],
    ] as const;
    let n = 0;
    for (const [id, mode] of modes)
      for (const format of ['xml', 'json'] as const) {
        const taken = await send(product, id, pushed(`74123456789012345${String(60 + n++)}`, mode, format));
        expect(taken, `${mode} ${format}`).toEqual({ status: 200, body: 'success' });
      }
    const stored = await messages(product);
    expect(stored).toEqual(Array.from({ length: n }, (_, i) => `74123456789012345${String(60 + i)}`));
    const recorded = pushed('1', 'plain', 'xml', 11 * 60);
    const forged = pushed('2', 'plain', 'xml');
    forged.query['signature'] = 'guess';
    const other = pushed('3', 'safe', 'json');
    other.query['msg_signature'] = 'guess';
    for (const [id, sent] of [
      [open, recorded],
      [open, forged],
      [open, pushed('4', 'safe', 'xml')],
      [sealed, other],
      [sealed, pushed('5', 'plain', 'json')],
    ] as const)
      expect((await send(product, id, sent)).status).toBe(403);
    expect(await messages(product)).toEqual(stored);
  });

  it('is one message however often it is sent, at once or after a restart', async () => {
    const product = await startServed();
    const id = await account(product, KEY);
    const sent = pushed('7412345678901234567', 'safe', 'json');
    const answers = await Promise.all([1, 2, 3].map(() => send(product, id, sent)));
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200]);
    await product.close();
    const again = await startServed(product.config);
    expect(await send(again, id, sent)).toEqual({ status: 200, body: 'success' });
    expect(await send(again, id, pushed('7412345678901234567', 'safe', 'xml'))).toMatchObject({ status: 200 });
    expect(await messages(again)).toEqual(['7412345678901234567']);
  });

  it('is answered within five seconds while the database is busy, and stored once when it is sent again', async () => {
    const product = await startServed();
    const id = await account(product, KEY);
    const sent = pushed('7412345678901234567', 'safe', 'xml');
    let release: (() => void) | undefined;
    const free = new Promise<void>((resolve) => (release = resolve));
    const { db } = product.opened.core;
    const busy = db.write(async (tx) => {
      if (tx.postgres === null) await tx.run('UPDATE sources SET posts = posts');
      else await tx.run('LOCK TABLE posts IN ACCESS EXCLUSIVE MODE');
      await free;
    }, 'once');
    const began = performance.now();
    const answers = await Promise.all([send(product, id, sent), send(product, id, sent)]);
    expect(performance.now() - began).toBeLessThan(5000);
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 503, body: expect.stringContaining('重发') as string });
    release?.();
    await busy;
    expect(await send(product, id, sent)).toEqual({ status: 200, body: 'success' });
    expect(await messages(product)).toEqual(['7412345678901234567']);
  });
});

describe('a file', () => {
  it('is previewed as it will be imported, imported with a ledger, and gone on with where a killed process stopped', async () => {
    const { opened, served, call, upload } = await startServed();
    const source = await call('POST', '/sources', {
      kind: 'file',
      name: '热线清单',
      settings: { platform: 'hotline' },
    });
    const id = String(source.body['id']);
    const rows = Array.from(
      { length: 1200 },
      (_, i) => `${i},市民${i % 50},2026-11-0${(i % 9) + 1} 08:00,第 ${i} 号路灯不亮`,
    );
    rows[3] = '3,市民,不知道,时间不对';
    rows[4] = '4,市民,2026-11-01 08:00,';
    rows[5] = '5,市民,2026-11-01 08:00,电话13800138000';
    const file = Buffer.from(`工单编号,来电人,来电时间,诉求内容\n${rows.join('\n')}\n`);
    const preview = await upload(id, '清单.csv', file);
    expect(preview.body).toMatchObject({ rows: 1200, format: 'csv', encoding: 'UTF-8' });
    const shown = preview.body['preview'] as { reason: string | null; text: string | null }[];
    expect(shown).toHaveLength(20);
    expect(shown[3]?.reason).toMatch(/时间无法识别/u);
    expect(shown[4]?.reason).toMatch(/没有文字/u);
    expect(shown[5]?.text).not.toContain('13800138000');
    expect(await opened.core.db.all('SELECT count(*) AS n FROM posts')).toEqual([{ n: 0 }]);
    const importId = String(preview.body['id']);
    const { mapping } = preview.body as { mapping: object };
    const missing = await call('POST', `/sources/${id}/imports/${importId}/start`, {
      kind: 'message',
      columns: { text: 3 },
    });
    expect(missing.body).toMatchObject({ code: 'invalid-input' });
    // As a killed process leaves it: some batches in, the state still running.
    await opened.core.db.write((tx) =>
      tx.run(`UPDATE source_imports SET state = 'running', mapping = ?, done = 0 WHERE id = ?`, [
        JSON.stringify(mapping),
        Number(importId),
      ]),
    );
    const imports = served.app.get(Imports);
    await imports.onApplicationBootstrap();
    let view: Record<string, unknown> = {};
    for (let i = 0; i < 100 && view['state'] !== 'done'; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      view = ((await call('GET', `/sources/${id}/imports`)).body['items'] as Record<string, unknown>[])[0] ?? {};
    }
    expect(view).toMatchObject({ state: 'done', done: 1200, report: { read: 1200, stored: 1198, rejected: 2 } });
    expect((await call('POST', `/sources/${id}/imports/${importId}/start`, mapping)).status).toBe(409);
    const again = await upload(id, '清单.csv', file);
    await call('POST', `/sources/${id}/imports/${String(again.body['id'])}/start`, mapping);
    await imports.onApplicationShutdown();
    expect(await opened.core.db.all('SELECT count(*) AS n FROM posts')).toEqual([{ n: 1198 }]);
  });
});

describe('the watch', () => {
  it('raises one alert per event, and closes it when it works again or is paused', async () => {
    const { opened, served, call } = await startServed();
    const { db, clock } = opened.core;
    const created = await call('POST', '/sources', {
      kind: 'feed',
      name: '市政府网站',
      settings: { url: 'http://127.0.0.1:9/x', accountName: '市政府', allowPrivateNetwork: true },
    });
    const id = Number(created.body['id']);
    const watch = served.app.get(SourceWatch);
    const set = (sql: string, ...params: (string | number | null)[]) =>
      db.write((tx) => tx.run(`UPDATE sources SET ${sql} WHERE id = ?`, [...params, id]));
    const open = async () =>
      (await db.all(`SELECT subject, level, updates FROM alerts WHERE state <> 'closed' ORDER BY subject`)).map(
        (r) => r['subject'],
      );
    await set(`failures = 1, error_kind = 'unreachable', message = '连接不上'`);
    await watch.tellAlerts();
    expect(await open()).toEqual([]);
    await set('failures = 3');
    await watch.tellAlerts();
    await set('failures = 4');
    await watch.tellAlerts();
    expect(await open()).toEqual([`source:${id}`]);
    expect(await db.all('SELECT updates FROM alerts')).toEqual([{ updates: 0 }]);
    await set(`failures = 0, error_kind = NULL, message = NULL, expires_at = ?`, clock.now() + 6 * 86_400_000);
    await watch.tellAlerts();
    expect(await open()).toEqual([`source:${id}:expiry`]);
    await set('paused = 1');
    await watch.tellAlerts();
    expect(await open()).toEqual([]);
  });

  it('tells an administrator without a desk of credentials that end, and of nothing that the city talks about', async () => {
    const { opened, served, call } = await startServed();
    const { db, clock } = opened.core;
    const created = await call('POST', '/sources', {
      kind: 'weibo-official',
      name: '政务微博',
      settings: { allowPrivateNetwork: true, baseUrl: 'http://127.0.0.1:9' },
      credentials: { accessToken: 'a-token', expiresAt: new Date(clock.now() + 6.5 * 86_400_000).toISOString() },
    });
    await call('PATCH', `/sources/${String(created.body['id'])}`, { name: '官方微博' });
    await served.app.get(Alerts).raise({
      subject: 'topic:1',
      kind: 'surge',
      level: 'high',
      title: '望江路停水',
      text: '一小时 300 条',
      href: '/topics/1',
    });
    await served.app.get(SourceWatch).tellAlerts();
    const titles = async () =>
      ((await call('GET', '/alerts')).body['items'] as { title: string }[]).map((a) => a.title).sort();
    const ending = '采集源“官方微博”的授权将到期';
    expect(await titles()).toEqual(['望江路停水', ending].sort());
    await db.write((tx) => tx.run(`UPDATE users SET roles = '["sysadmin"]' WHERE username = 'admin'`));
    expect(await titles()).toEqual([ending]);
    const [topic] = await db.all<{ id: number }>(`SELECT id FROM alerts WHERE kind = 'surge'`);
    expect((await call('POST', `/alerts/${String(topic?.id)}/acknowledge`)).status).toBe(404);
    expect(await db.all(`SELECT state FROM alerts WHERE kind = 'surge'`)).toEqual([{ state: 'open' }]);
    const [own] = await db.all<{ id: number }>(`SELECT id FROM alerts WHERE kind = 'source'`);
    expect((await call('POST', `/alerts/${String(own?.id)}/acknowledge`)).status).toBe(200);
    // A token that is replaced by hand does not inherit the end of the old one; what is left out is kept.
    await call('PATCH', `/sources/${String(created.body['id'])}`, { credentials: { accessToken: 'another' } });
    await served.app.get(SourceWatch).tellAlerts();
    expect(await titles()).toEqual([]);
  });

  it('learns from the platform when a token ends that was entered by hand', async () => {
    const { opened, call } = await startServed();
    const until = Date.now() + 6 * 86_400_000;
    const server = await startReplay({ items: [], weibo: { tokens: [{ token: 'by-hand', expiresAt: until }] } });
    onTestFinished(() => server.close());
    const { body } = await call('POST', '/sources', {
      kind: 'weibo-official',
      name: '政务微博',
      settings: { allowPrivateNetwork: true, baseUrl: server.url },
      credentials: { accessToken: 'by-hand' },
    });
    expect(body['credentialsEndAt']).toBeNull();
    const asked = () => server.requests.get('/oauth2/get_token_info');
    for (let run = 0; run < 2; run++) await opened.core.collector.runNow(Number(body['id']));
    expect(asked()).toBe(1);
    const [shown] = (await call('GET', '/sources')).body['sources'] as {
      credentialsEndAt: string;
      healthText: string;
    }[];
    expect(Math.abs(Date.parse(shown?.credentialsEndAt ?? '') - until)).toBeLessThan(5000);
    expect(shown?.healthText).toContain('授权还有 6 天到期');
  });

  it('finds a silence longer than the rhythm, and comments that the platform counts but nobody saw', async () => {
    const { opened, served, call } = await startServed();
    const { core } = opened;
    const { id } = await pushSource(call);
    const sourceId = Number(id);
    const now = Date.now();
    const hour = 3_600_000;
    const items = Array.from({ length: 24 * 12 }, (_, i) => ({
      platform: 'hotline',
      kind: 'message',
      id: `h${i}`,
      publishedAt: new Date(now - (24 * 12 - i + 20) * hour).toISOString(),
      text: `第 ${i} 件`,
    }));
    const post = {
      platform: 'app',
      kind: 'post',
      id: 'p',
      account: '城市客户端',
      publishedAt: new Date(now - 30 * hour).toISOString(),
      text: '通告',
      comments: 40,
    };
    const comment = {
      platform: 'app',
      kind: 'comment',
      id: 'c1',
      parentId: 'p',
      author: 'u',
      publishedAt: new Date(now - 29 * hour).toISOString(),
      text: '收到',
    };
    await core.pipeline.accept({
      arrivals: [...items, post, comment].map((item) => ({ at: item.id, item })),
      sourceId,
    });
    await core.db.write((tx) =>
      tx.run('UPDATE sources SET last_new_at = ?, last_run_at = ? WHERE id = ?', [now - 20 * hour, now, sourceId]),
    );
    const watch = served.app.get(SourceWatch);
    await watch.findGaps();
    const gaps = await core.db.all<{ name: string; size: number }>(
      'SELECT name, size FROM source_gaps WHERE closed_at IS NULL ORDER BY name',
    );
    expect(gaps).toEqual([
      { name: 'comments', size: 39 },
      { name: 'silence', size: expect.any(Number) as number },
    ]);
    expect(gaps[1]?.size).toBeGreaterThanOrEqual(18);
    expect(gaps[1]?.size).toBeLessThanOrEqual(22);
    const { body } = await call('GET', '/sources');
    expect((body['sources'] as { health: string; healthText: string }[])[0]).toMatchObject({
      health: 'quiet',
      healthText: expect.stringContaining('比平时久') as string,
    });
    await core.db.write((tx) => tx.run('UPDATE sources SET last_new_at = ? WHERE id = ?', [now, sourceId]));
    await watch.findGaps();
    expect(await core.db.all(`SELECT name FROM source_gaps WHERE closed_at IS NULL`)).toEqual([{ name: 'comments' }]);
  });
});

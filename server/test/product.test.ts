import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ingestFile } from '../src/cli/ingest.ts';
import { DemoDesk } from '../src/demo/demo-desk.ts';
import { Steps } from '../src/collect/scheduler.ts';
import { testDatabaseUrl } from './database.ts';
import { open } from '../src/open.ts';
import { AuthService } from '../src/platform/auth/auth.service.ts';
import { serve } from '../src/serve.ts';
import { browserOf } from './served.ts';

const TOKEN = 'a-token-of-the-monitor';

/** The whole product on a real database and a real port, without the scheduler. */
async function start(demo = false) {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-product-'));
  const opened = await open({
    port: 0,
    host: '127.0.0.1',
    dataDir,
    databaseUrl: await testDatabaseUrl(),
    elasticsearchUrl: undefined,
    demo: demo ? undefined : false,
    metricsToken: TOKEN,
    logLevel: 'silent',
  });
  const served = await serve(opened, { scheduled: false });
  onTestFinished(async () => {
    await served.close();
    await opened.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const users = await served.app.get(AuthService).bootstrap();
  const { call, login } = browserOf<never>(served.url, users);
  return { opened, served, users, call, login, dataDir };
}

describe('the product', () => {
  it('keeps its ledger: read = stored + duplicate + rejected, each with a reason', async () => {
    const { opened, dataDir, call, login, served } = await start();
    const row = (id: string, over: object) =>
      JSON.stringify({
        platform: 'weibo',
        kind: 'comment',
        id,
        author: 'u1',
        publishedAt: '2026-11-23 10:00:00',
        text: `望江路停水 ${id}`,
        ...over,
      });
    const file = join(dataDir, 'rows.ndjson');
    writeFileSync(
      file,
      [
        row('1', { text: '望江路停水了，电话13800138000 @小明' }),
        row('1', { text: '望江路停水了，电话13800138000 @小明' }),
        row('2', { text: '<script>alert(1)</script>\u200b望江路还没来水\u2028换行 \ud83d' }),
        row('3', { publishedAt: '1970-01-01T00:00:00Z' }),
        row('4', { publishedAt: '2099-01-01T00:00:00Z' }),
        row('5', { text: 'x'.repeat(100_001) }),
        row('6', { text: '<p></p>' }),
        row('7', { platform: 'myspace' }),
        '{"half":',
      ].join('\n'),
    );
    const report = await ingestFile(opened, file, () => undefined);
    expect(report).toMatchObject({ read: 9, stored: 2, duplicate: 1, rejected: 6 });
    expect(report.reasons).toEqual({
      'time-out-of-range': 2,
      'text-too-long': 1,
      'empty-text': 1,
      'invalid-item': 1,
      'malformed-json': 1,
    });
    expect(await ingestFile(opened, file, () => undefined)).toMatchObject({ stored: 0, duplicate: 3, rejected: 6 });

    for (const step of served.app.get(Steps).list) while ((await step.step()) > 0);
    await login('admin');
    const found = await call('GET', '/search?q=停水&range=all');
    expect(found.body).toMatchObject({ total: 1 });
    const text = JSON.stringify(found.body);
    expect(text).toContain('［手机号］');
    expect(text).not.toContain('13800138000');
    expect(text).not.toContain('小明');
    expect(text).not.toMatch(/author/iu);
  });

  it('refuses without a session, without the page token, and outside a role', async () => {
    const { call, login } = await start();
    expect((await call('GET', '/overview')).status).toBe(401);
    expect((await call('GET', '/nothing-here')).status).toBe(404);
    await login('security');
    expect((await call('GET', '/overview')).body).toMatchObject({ code: 'forbidden' });
    expect((await call('GET', '/users')).status).toBe(200);
    await login('audit');
    const audit = await call('GET', '/audit');
    expect(JSON.stringify(audit.body)).toContain('auth.login');
    expect((await call('GET', '/users')).status).toBe(403);
    await login('admin');
    expect((await call('GET', '/audit')).status).toBe(403);
  });

  it('locks an account after five wrong passwords', async () => {
    const { call } = await start();
    for (let i = 0; i < 5; i++)
      expect((await call('POST', '/auth/login', { username: 'admin', password: 'wrong' })).status).toBe(401);
    expect((await call('POST', '/auth/login', { username: 'admin', password: 'wrong' })).body).toMatchObject({
      code: 'locked-out',
    });
  });

  it('says in one sentence that the port is taken', async () => {
    const { opened, served } = await start();
    const port = Number(new URL(served.url).port);
    await expect(
      serve({ ...opened, core: { ...opened.core, config: { ...opened.core.config, port } } }, { scheduled: false }),
    ).rejects.toThrow(/已被别的程序占用/u);
  });

  it('shows the demo city until a real source is added, and then nothing of it is left', async () => {
    const { opened, served, call, login } = await start(true);
    const { demo, collector, db } = opened.core;
    expect(await demo.start(served.app.get(DemoDesk))).toBe(true);
    await login('admin');
    const letters = await db.one<{ id: number }>(`SELECT id FROM sources WHERE kind = 'feed' ORDER BY id DESC LIMIT 1`);
    expect(await collector.runNow(Number(letters?.id))).toMatchObject({ outcome: 'ok' });
    for (const step of served.app.get(Steps).list) while ((await step.step()) > 0);
    for (const step of served.app.get(Steps).list) await step.refresh?.();
    // Invented colleagues, named as such, have dealt with most of what is old.
    const done = await db.all<{ n: number; named: number }>(
      `SELECT count(*) AS n, sum(CASE WHEN author_name LIKE '演示·%' THEN 1 ELSE 0 END) AS named FROM inbox_replies`,
    );
    expect(Number(done[0]?.n)).toBeGreaterThan(10);
    expect(Number(done[0]?.named)).toBe(Number(done[0]?.n));
    expect((await call('GET', '/search?range=all')).body['total']).toBeGreaterThan(10);
    expect((await call('GET', '/status')).body).toMatchObject({ demo: true });
    const source = {
      kind: 'feed',
      name: '市政府网站',
      settings: { url: 'https://www.example.gov.cn/rss.xml', accountName: '市政府网站' },
    };
    expect((await call('POST', '/sources', source)).status).toBe(200);
    expect((await call('GET', '/status')).body).toMatchObject({ demo: false });
    expect((await call('GET', '/search?range=all')).body).toMatchObject({ total: 0 });
    for (const table of [
      'posts',
      'topics',
      'claims',
      'inbox_cases',
      'inbox_replies',
      'inbox_history',
      'departments',
      'debunks',
      'alerts',
      'rollup_days',
      'reply_handles',
    ]) {
      expect([table, await db.all(`SELECT count(*) AS n FROM ${table}`)]).toEqual([table, [{ n: 0 }]]);
    }
    expect(await db.all('SELECT name FROM sources')).toEqual([{ name: '市政府网站' }]);
  });
});

describe('what watches the product', () => {
  it('is told whether it is alive and ready, and its figures only on this machine or with the token', async () => {
    const { opened, served, call } = await start();
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${served.url}${path}`, { headers });
      return { status: answer.status, text: await answer.text(), id: answer.headers.get('x-correlation-id') };
    };
    expect((await get('/health/live')).status).toBe(200);
    expect(JSON.parse((await get('/health/ready')).text)).toEqual({ ready: true, database: 'ok', stopping: false });
    await call('GET', '/status');
    const { status, text } = await get('/metrics');
    expect(status).toBe(200);
    expect(text).toContain('minsheng_posts 0');
    expect(text).toContain('minsheng_search_behind 0');
    expect(text).toContain('minsheng_search_behind_seconds 0');
    expect(text).toMatch(
      /minsheng_http_request_duration_seconds_count\{method="GET",route="\/api\/status",status="200"\} 1/u,
    );
    const elsewhere = { 'x-forwarded-for': '127.0.0.1' };
    expect((await get('/metrics', elsewhere)).status).toBe(403);
    expect((await get('/metrics', { ...elsewhere, authorization: 'Bearer guess' })).status).toBe(403);
    expect((await get('/metrics', { ...elsewhere, authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    // A proxy's number is kept; anything else in its place is not.
    expect((await get('/health/live', { 'x-correlation-id': 'proxy-12345678' })).id).toBe('proxy-12345678');
    expect((await get('/health/live', { 'x-correlation-id': '<b>' })).id).toMatch(/^[\da-f-]{36}$/u);
    opened.core.db.one = () => Promise.reject(new Error('gone'));
    expect((await get('/health/ready')).status).toBe(503);
  });
});

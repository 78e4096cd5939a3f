/**
 * The platforms' OAuth2 from the button to the first crawl with what it gave, and every way it is refused, on the whole product with a real port.
 */
import { routes } from '@minsheng/contracts';
import { DOUYIN_APP, startReplay, type ReplayOptions } from '@minsheng/crawlers/replay';
import fs from 'node:fs';
import { join } from 'node:path';
import 'reflect-metadata';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Config } from '../src/platform/config.ts';
import { Collector } from '../src/collect/collector.ts';
import { SourceEntity } from '../src/sources/source.entity.ts';
import { startServed } from './served.ts';

const REDIRECT = 'http://127.0.0.1:3000/sources';
const MONTH = 30 * 86_400_000;
const APP_SECRET = 'app-secret-of-the-office';

const post = {
  platform: 'weibo' as const,
  kind: 'post' as const,
  id: '5200000000000001',
  account: '澜江发布',
  publishedAt: new Date(Date.now() - 3_600_000).toISOString(),
  text: '望江路停水通知',
};

/** A Weibo whose person at the page can say no, and a source that may send people there. */
async function weibo(more: Partial<ReplayOptions> = {}, config: Partial<Config> = {}) {
  const product = await startServed(config);
  const app = { key: '1234567890', secret: APP_SECRET, redirect: REDIRECT, deny: false };
  const server = await startReplay({ items: [post], weibo: { app, tokens: [] }, ...more });
  onTestFinished(() => server.close());
  const created = await product.call('POST', '/sources', {
    kind: 'weibo-official',
    name: '政务微博',
    settings: { baseUrl: server.url, allowPrivateNetwork: true },
    credentials: { appKey: app.key, appSecret: app.secret },
  });
  expect(created.status).toBe(200);
  const id = String(created.body['id']);
  return { ...product, app, server, id, ...flow(product, id) };
}

/** What the browser does: to the platform's page, and back with what it says. */
function flow({ opened, served, call }: Awaited<ReturnType<typeof startServed>>, id: string) {
  const page = async () => {
    const { body } = await call('POST', `/sources/${id}/authorize`, { redirect: REDIRECT });
    return String(body['url']);
  };
  const consent = async (url: string) => {
    const answer = await fetch(url, { redirect: 'manual' });
    const back = new URL(answer.headers.get('location') ?? 'http://none.invalid').searchParams;
    return { code: back.get('code') ?? '', state: back.get('state') ?? '', error: back.get('error') };
  };
  const finish = (code: string, state: string) => call('POST', '/sources/authorized', { code, state });
  const credentials = async () => {
    const source = await opened.core.db.repo(SourceEntity).findOneByOrFail({ id: Number(id) });
    return served.app.get(Collector).credentialsOf(source);
  };
  return { page, consent, finish, credentials };
}

/** Every byte that is kept: the files of the data directory but the key, and every row. */
async function kept(product: Awaited<ReturnType<typeof startServed>>): Promise<string> {
  const { db } = product.opened.core;
  await db.optimize();
  const files = fs
    .readdirSync(product.config.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'secret.key')
    .map((entry) => fs.readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  const rows = await Promise.all((await db.tables()).map((table) => db.all(`SELECT * FROM ${table}`)));
  return [...files, JSON.stringify(rows)].join('\n');
}

/** What every GET route answers the one who is signed in. */
async function told(product: Awaited<ReturnType<typeof startServed>>, id: string): Promise<string> {
  const { cookie } = product.session();
  let text = '';
  for (const route of Object.values(routes).flatMap((group) => Object.values(group))) {
    if (route.method !== 'GET') continue;
    const path = route.path.replace(/:\w+/gu, id);
    const answer = await fetch(`${product.served.url}/api${path}`, { headers: { cookie } });
    if (answer.headers.get('content-type')?.includes('event-stream') === true) await answer.body?.cancel();
    else text += await answer.text();
  }
  return text;
}

describe('an authorisation', () => {
  it('ends in a token that is sealed, dated and used, and that no route, file or line of the log tells', async () => {
    let lines = '';
    const write = fs.writeSync;
    const spy = vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, text: string, ...rest: []) => {
      if (fd !== 2) return write(fd, text, ...rest);
      lines += text;
      return Buffer.byteLength(text);
    }) as typeof fs.writeSync);
    onTestFinished(() => spy.mockRestore());
    const product = await weibo({}, { logLevel: 'debug' });
    const { opened, served, call, page, consent, finish, credentials, id } = product;
    const address = new URL(await page());
    expect(address.searchParams.get('redirect_uri')).toBe(REDIRECT);
    expect(address.href).not.toContain(APP_SECRET);
    const { code, state } = await consent(address.href);
    expect(state).toBe(address.searchParams.get('state'));
    expect(await kept(product)).not.toContain(state);
    const done = await finish(code, state);
    expect(done.status).toBe(200);
    // The platform grants thirty days.
    const end = Date.parse(String(done.body['credentialsEndAt']));
    expect(Math.abs(end - Date.now() - MONTH)).toBeLessThan(60_000);
    const { accessToken } = await credentials();
    expect(accessToken).toMatch(/^2\.00/u);
    expect(await served.app.get(Collector).runNow(Number(id))).toMatchObject({ outcome: 'ok', stored: 1 });

    const secrets = [APP_SECRET, String(accessToken), code];
    const everything = {
      kept: await kept(product),
      told: JSON.stringify(done.body) + (await told(product, id)),
      logged: lines,
    };
    opened.core.log.error({ err: new Error(`for the test: ${String(accessToken)}`) }, `and ${APP_SECRET}`);
    everything.logged = lines;
    expect(lines).toContain('for the test: […]');
    for (const [where, text] of Object.entries(everything))
      for (const secret of secrets) expect(text.includes(secret), `${secret} in ${where}`).toBe(false);
    // The search itself works: what is no secret is found.
    expect(everything.kept).toContain('政务微博');
    expect(everything.told).toContain('政务微博');

    // Used once: neither the state nor the code opens anything again.
    expect((await finish(code, state)).body).toMatchObject({ code: 'forbidden' });
    expect((await credentials())['accessToken']).toBe(accessToken);
    expect((await call('GET', '/sources')).status).toBe(200);
  });

  it('of Douyin keeps the token that renews and the account it is for', async () => {
    const product = await startServed();
    const account = { platform: 'douyin' as const, nativeId: '7001', name: '澜江文旅' };
    const server = await startReplay({ items: [], accounts: [account] });
    onTestFinished(() => server.close());
    const { clientKey, clientSecret, refreshToken } = DOUYIN_APP;
    const created = await product.call('POST', '/sources', {
      kind: 'douyin-official',
      name: '抖音号',
      settings: { baseUrl: server.url, accountName: account.name, allowPrivateNetwork: true },
      credentials: { clientKey, clientSecret },
    });
    const id = String(created.body['id']);
    const { page, consent, finish, credentials } = flow(product, id);
    const { code, state } = await consent(await page());
    expect((await finish(code, state)).status).toBe(200);
    expect(await credentials()).toMatchObject({
      clientKey,
      clientSecret,
      refreshToken,
      openId: expect.any(String) as string,
    });
    expect((await kept(product)).includes(refreshToken)).toBe(false);
    // A code the platform does not know.
    const again = new URL(await page()).searchParams.get('state') ?? '';
    expect(await finish('falsch', again)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await credentials()).toMatchObject({ refreshToken });
  });
});

describe('an authorisation is refused', () => {
  it('by the person at the platform: nothing changes, and it can be begun again', async () => {
    const { app, page, consent, finish, credentials } = await weibo();
    app.deny = true;
    const denied = await consent(await page());
    expect(denied).toMatchObject({ error: 'access_denied', code: '' });
    expect(await finish(denied.code, denied.state)).toMatchObject({ status: 400, body: { code: 'invalid-input' } });
    expect(await credentials()).toEqual({ appKey: app.key, appSecret: APP_SECRET });
    app.deny = false;
    const { code, state } = await consent(await page());
    expect((await finish(code, state)).status).toBe(200);
  });

  it('with a state that nobody gave out, that is of another session, or that is too old', async () => {
    const { opened, page, consent, finish, credentials, login, session, resume } = await weibo();
    const { code, state } = await consent(await page());
    const forbidden = {
      status: 403,
      body: { code: 'forbidden', message: expect.stringContaining('没有保存') as string },
    };
    expect(await finish(code, 'another')).toMatchObject(forbidden);
    const mine = session();
    await login('admin');
    expect(session().cookie).not.toBe(mine.cookie);
    expect(await finish(code, state)).toMatchObject(forbidden);
    resume(mine);
    const real = Date.now;
    opened.core.clock.now = () => real() + 10 * 60_000 + 1000;
    expect(await finish(code, state)).toMatchObject(forbidden);
    opened.core.clock.now = real;
    expect(await credentials()).not.toHaveProperty('accessToken');
    // The attempts from elsewhere have not used it up: the session that asked still may.
    expect((await finish(code, state)).status).toBe(200);
  });

  it.each([
    ['a code it does not know', { code: 'falsch' }, /21325/u],
    ['a wrong secret', { secret: 'changed-meanwhile' }, /21324/u],
    ['another address to come back to', { redirect: 'http://127.0.0.1:9/other' }, /21322/u],
  ])('by the platform for %s, in words, once', async (_, change, said) => {
    const { app, page, consent, finish, credentials } = await weibo();
    const { code, state } = await consent(await page());
    const { code: given = code, ...rest } = change as { code?: string };
    Object.assign(app, rest);
    const answer = await finish(given, state);
    expect(answer).toMatchObject({
      status: 503,
      body: { code: 'unavailable', todo: '原有凭据没有改动，可重新授权。' },
    });
    expect(answer.body['message']).toMatch(said);
    expect(JSON.stringify(answer.body)).not.toContain(APP_SECRET);
    expect(await credentials()).toEqual({ appKey: '1234567890', appSecret: APP_SECRET });
    // The state went with the attempt.
    expect(await finish(code, state)).toMatchObject({ status: 403 });
  });

  it.each(['error-body-200', 'empty-body', 'login-page', 'connection-reset', 'garbled-body'] as const)(
    'by a platform that answers with %s, and what was there stays',
    async (fault) => {
      const path = '/oauth2/access_token';
      const { server, page, consent, finish, credentials } = await weibo({ faults: { script: [{ fault, path }] } });
      const { code, state } = await consent(await page());
      const answer = await finish(code, state);
      expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(answer.body['message']).toMatch(/\p{Script=Han}/u);
      // A code is good once: it is never sent a second time.
      expect(server.requests.get(path)).toBe(1);
      expect(await credentials()).toEqual({ appKey: '1234567890', appSecret: APP_SECRET });
    },
  );

  it('to who may not tend sources', async () => {
    const { login, call, id, page, consent, finish } = await weibo();
    const { code, state } = await consent(await page());
    await login('security');
    expect((await call('POST', `/sources/${id}/authorize`, { redirect: REDIRECT })).status).toBe(403);
    expect((await finish(code, state)).status).toBe(403);
  });
});

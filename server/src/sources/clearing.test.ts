/**
 * A credential that was entered and is not needed any more, from the route to the platform's ear, on the whole product with a real port.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import 'reflect-metadata';
import { expect, it, onTestFinished } from 'vitest';
import { startServed } from '../../test/served.ts';
import { Collector } from '../collect/collector.ts';

const KEY = 'schluessel-der-bruecke';
const FEED = `<?xml version="1.0"?><rss version="2.0"><channel><title>澜江发布</title><item><title>望江路停水通知</title>
<link>https://mp.weixin.qq.com/s/abc</link><guid>abc</guid><pubDate>${new Date().toUTCString()}</pubDate>
<description>今晚十点到明早六点，望江路一带停水检修，请提前储水。</description></item></channel></rss>`;

/** A bridge that answers everybody, and remembers with which key it was asked. */
async function bridge() {
  const keys: (string | null)[] = [];
  const server = createServer((request, response) => {
    keys.push(new URL(request.url ?? '/', 'http://x').searchParams.get('key'));
    response.writeHead(200, { 'content-type': 'application/rss+xml; charset=utf-8' }).end(FEED);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { keys, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/feeds/lanjiang.xml` };
}

const sourceOf = (url: string, key: string) => ({
  kind: 'wechat-bridge',
  name: '澜江发布',
  settings: { url, accountName: '澜江发布', allowPrivateNetwork: true },
  credentials: { key },
});

it('is cleared, recorded, and missing from the next request of the same process', async () => {
  const { opened, served, call, login } = await startServed();
  const { url, keys } = await bridge();
  const created = await call('POST', '/sources', sourceOf(url, KEY));
  expect(created.body).toMatchObject({ savedCredentials: ['key'] });
  const id = String(created.body['id']);
  const run = () => served.app.get(Collector).runNow(Number(id));
  expect(await run()).toMatchObject({ outcome: 'ok', stored: 1 });
  expect(new Set(keys.splice(0))).toEqual(new Set([KEY]));

  const cleared = await call('DELETE', `/sources/${id}/credentials/key`);
  expect(cleared).toMatchObject({ status: 200, body: { savedCredentials: [] } });
  expect(await run()).toMatchObject({ outcome: 'nothing-new' });
  expect(new Set(keys.splice(0))).toEqual(new Set([null]));
  const [row] = await opened.core.db.all('SELECT credentials FROM sources WHERE id = ?', [Number(id)]);
  expect(row).toEqual({ credentials: null });

  // Entered anew, it is used at once.
  await call('PATCH', `/sources/${id}`, { credentials: { key: `${KEY}-2` } });
  expect(await run()).toMatchObject({ outcome: 'nothing-new' });
  expect(new Set(keys)).toEqual(new Set([`${KEY}-2`]));

  await call('DELETE', `/sources/${id}/credentials/none`);
  await login('audit');
  const { body } = await call('GET', '/audit?action=sources.credential.clear');
  expect(body['items']).toMatchObject([
    { username: 'admin', target: `${id}/none`, outcome: 'refused' },
    { username: 'admin', target: `${id}/key`, outcome: 'ok' },
  ]);
  await login('security');
  expect((await call('DELETE', `/sources/${id}/credentials/key`)).status).toBe(403);
});

it('stays when the source cannot do without it, or when nothing was saved', async () => {
  const { served, opened, call } = await startServed();
  const credentials = { appid: 'wx0123456789abcdef', secret: 'geheim-der-nummer', pushToken: 'wort-der-nummer' };
  const { body } = await call('POST', '/sources', {
    kind: 'wechat-official',
    name: '公众号',
    settings: { accountName: '澜江发布' },
    credentials,
  });
  const clear = (name: string) => call('DELETE', `/sources/${String(body['id'])}/credentials/${name}`);
  expect(await clear('secret')).toMatchObject({
    status: 409,
    body: { message: '“AppSecret”不可缺少，没有清除。' },
  });
  expect(await clear('encodingAesKey')).toMatchObject({
    status: 409,
    body: { message: '没有保存过“EncodingAESKey”，没有改动。' },
  });
  expect(await clear('pushToken')).toMatchObject({ status: 200, body: { savedCredentials: ['appid', 'secret'] } });
  const [row] = await opened.core.db.all<{ credentials: string }>('SELECT credentials FROM sources');
  expect(served.app.get(Collector).credentialsOf({ credentials: row?.credentials ?? null })).toEqual({
    appid: credentials.appid,
    secret: credentials.secret,
  });
});

it('is refused when it is too short to be kept out of the log', async () => {
  const { call } = await startServed();
  const { url } = await bridge();
  expect(await call('POST', '/sources', sourceOf(url, 'kurz'))).toMatchObject({
    status: 400,
    body: { fields: { 'credentials.key': '至少 6 位，太短的密钥在运行日志中无法隐去' } },
  });
  expect((await call('GET', '/sources')).body['sources']).toEqual([]);
  expect((await call('POST', '/sources', sourceOf(url, 'genuegend'))).status).toBe(200);
});

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectorError } from '../errors.ts';
import { isPublicAddress } from './addresses.ts';
import { createHttpClient, retryAfterSeconds, type HttpOptions } from './undici-client.ts';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function client(options: Partial<HttpOptions> = {}) {
  const slept: number[] = [];
  const http = createHttpClient({
    allowPrivateNetwork: true,
    pace: { minIntervalMs: 0, jitterMs: 0 },
    random: () => 0.5,
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
    ...options,
  });
  onTestFinished(() => http.close());
  return { http, slept };
}

const kindOf = async (answer: Promise<unknown>) => {
  try {
    await answer;
  } catch (error) {
    if (error instanceof ConnectorError) return error.kind;
    throw error;
  }
  return 'answered';
};

describe('the HTTP client', () => {
  it('reads GBK, keeps 19-digit ids, and decompresses', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/gbk') {
        response.setHeader('content-type', 'text/html; charset=GBK');
        response.end(Buffer.from([0xcd, 0xa3, 0xcb, 0xae]));
      } else {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync('{"id":7312345678901234567,"n":3}'));
      }
    });
    const { http } = client();
    expect((await http.request({ url: `${url}/gbk` })).text).toBe('停水');
    expect((await http.request({ url })).json()).toEqual({ id: '7312345678901234567', n: 3 });
  });

  it('tries again after a reset and a 500, and counts every request', async () => {
    let calls = 0;
    const url = await serve((request, response) => {
      calls++;
      if (calls === 1) request.socket.destroy();
      else if (calls === 2) response.writeHead(500).end();
      else response.end('ok');
    });
    const { http, slept } = client();
    expect((await http.request({ url })).text).toBe('ok');
    expect(http.requests).toBe(3);
    expect(slept).toEqual([250, 500]);
  });

  it('sleeps a short Retry-After and hands a long one to the schedule', async () => {
    let wait = '2';
    let calls = 0;
    const url = await serve((_, response) => {
      calls++;
      if (calls % 2 === 1) response.writeHead(429, { 'retry-after': wait }).end();
      else response.end('ok');
    });
    const { http, slept } = client();
    expect((await http.request({ url })).text).toBe('ok');
    expect(slept).toEqual([2000]);
    wait = '3600';
    await expect(http.request({ url })).rejects.toMatchObject({
      kind: 'retry-after',
      details: { retryAfterSeconds: 3600 },
    });
  });

  it('refuses inner addresses, also behind a redirect', async () => {
    const url = await serve((_, response) => response.end('inner'));
    expect(await kindOf(client({ allowPrivateNetwork: false }).http.request({ url }))).toBe('refused-address');
    const byName = url.replace('127.0.0.1', 'localhost');
    expect(await kindOf(client({ allowPrivateNetwork: false, retries: 0 }).http.request({ url: byName }))).toBe(
      'refused-address',
    );
    expect(await kindOf(client().http.request({ url: 'file:///etc/passwd' }))).toBe('refused-address');
  });

  it('stops at a body that is too large, plain or unpacked', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/bomb') {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync(Buffer.alloc(50 * 1024 * 1024)));
      } else response.end(Buffer.alloc(3000));
    });
    expect(await kindOf(client({ maxBodyBytes: 2000 }).http.request({ url }))).toBe('too-large');
    expect(await kindOf(client().http.request({ url: `${url}/bomb` }))).toBe('too-large');
  });

  it('never takes half an answer for a whole one', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/gzip') {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync('x'.repeat(10_000)).subarray(0, 20));
      } else {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half');
        response.socket?.destroy();
      }
    });
    const { http } = client({ retries: 0 });
    expect(await kindOf(http.request({ url }))).toBe('unreachable');
    expect(await kindOf(http.request({ url: `${url}/gzip` }))).toBe('unreachable');
  });

  it('tells blocked, login pages, broken data and unknown charsets apart', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/blocked') response.writeHead(418).end();
      else if (request.url === '/login') response.end('<html><title>登录</title></html>');
      else if (request.url === '/passport')
        response.writeHead(302, { location: 'https://passport.weibo.com/sso' }).end();
      else if (request.url === '/charset')
        response.writeHead(200, { 'content-type': 'text/html; charset=klingon' }).end('x');
      else response.end('{"half":');
    });
    const { http } = client({ retries: 0 });
    expect(await kindOf(http.request({ url: `${url}/blocked` }))).toBe('blocked');
    expect(await kindOf(http.request({ url: `${url}/login` }).then((a) => a.json()))).toBe('login-needed');
    expect(await kindOf(http.request({ url: `${url}/passport` }))).toBe('login-needed');
    expect(await kindOf(http.request({ url: `${url}/charset` }))).toBe('layout-changed');
    expect(await kindOf(http.request({ url }).then((a) => a.json()))).toBe('layout-changed');
  });

  it('obeys robots.txt, and stays out while it cannot be read', async () => {
    let robots: number | string = 'User-agent: *\nDisallow: /inner/\n';
    const url = await serve((request, response) => {
      if (request.url !== '/robots.txt') response.end('page');
      else if (typeof robots === 'number') response.writeHead(robots).end();
      else response.end(robots);
    });
    const polite = () => client({ respectRobots: true, retries: 0 }).http;
    expect(await kindOf(polite().request({ url: `${url}/inner/a` }))).toBe('permission');
    expect(await kindOf(polite().request({ url: `${url}/news` }))).toBe('answered');
    robots = 404;
    expect(await kindOf(polite().request({ url: `${url}/inner/a` }))).toBe('answered');
    robots = 500;
    expect(await kindOf(polite().request({ url: `${url}/news` }))).toBe('retry-after');
  });

  it('says nothing of secrets in the address', async () => {
    const { http } = client({ retries: 0 });
    const error = await http
      .request({ url: 'http://127.0.0.1:9/x', query: { access_token: 'TOPSECRET' } })
      .catch((e: unknown) => e);
    expect(String(error)).not.toContain('TOPSECRET');
    expect(error).toBeInstanceOf(ConnectorError);
  });
});

describe('addresses and waits', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    'fe80::1',
    'fd00::1',
    'not-an-ip',
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
  it.each(['114.114.114.114', '2400:3200::1', '::ffff:8.8.8.8'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
  it('reads Retry-After as seconds or a date', () => {
    const now = Date.parse('2026-11-24T00:00:00Z');
    expect(retryAfterSeconds('120', now)).toBe(120);
    expect(retryAfterSeconds('Tue, 24 Nov 2026 00:01:00 GMT', now)).toBe(60);
    expect(retryAfterSeconds('soon', now)).toBeUndefined();
  });
});

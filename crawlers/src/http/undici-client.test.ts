import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConnectorError } from '../errors.ts';
import { isPublicAddress } from './addresses.ts';
import { readJson } from './json.ts';
import { Pacer, WindowBudget } from './pacer.ts';
import { RobotsCache } from './robots.ts';
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
    const polite = () => client({ respectRobots: true, retries: 0, robots: new RobotsCache() }).http;
    expect(await kindOf(polite().request({ url: `${url}/inner/a` }))).toBe('permission');
    expect(await kindOf(polite().request({ url: `${url}/news` }))).toBe('answered');
    robots = 404;
    expect(await kindOf(polite().request({ url: `${url}/inner/a` }))).toBe('answered');
    robots = 500;
    expect(await kindOf(polite().request({ url: `${url}/news` }))).toBe('unreachable');
    robots = 429;
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

describe('redirects', () => {
  it('go nowhere that the address itself could not', async () => {
    const inner = await serve((_, response) => response.end('inner'));
    const address = inner.replace('127.0.0.1', '127.0.0.2');
    const outer = await serve((_, response) => response.writeHead(302, { location: address }).end());
    const { http } = client({ allowPrivateNetwork: false, isAllowedAddress: (a) => a === '127.0.0.1' });
    expect(await kindOf(http.request({ url: outer }))).toBe('refused-address');
    const elsewhere = await serve((_, response) => response.writeHead(302, { location: 'ftp://a/b' }).end());
    expect(await kindOf(http.request({ url: elsewhere }))).toBe('refused-address');
    const broken = await serve((_, response) => response.writeHead(302, { location: 'http://[' }).end());
    expect(await kindOf(http.request({ url: broken }))).toBe('layout-changed');
  });

  it('carry no credentials and no body to another site', async () => {
    const seen: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      seen.push(`${request.method} ${request.headers.authorization ?? 'none'} ${request.headers['x-kept'] ?? ''}`);
      response.end('ok');
    });
    let status = 302;
    const url = await serve((_, response) => response.writeHead(status, { location: other }).end());
    const { http } = client({ retries: 0 });
    await http.request({ url, headers: { Authorization: 'OAuth2 TOPSECRET', 'x-kept': '1' } });
    await http.request({ url, json: { secret: 'TOPSECRET' } });
    expect(seen).toEqual(['GET none 1', 'GET none ']);
    status = 307;
    expect(await kindOf(http.request({ url, json: { secret: 'TOPSECRET' } }))).toBe('layout-changed');
    expect(seen.length).toBe(2);
  });

  it('to themselves end, and to a captcha stop the source', async () => {
    let asked = 0;
    const url = await serve((request, response) => {
      asked++;
      response.writeHead(302, { location: request.url === '/a' ? '/mp/wappoc_appmsgcaptcha' : '/' }).end();
    });
    const { http } = client({ retries: 0 });
    expect(await kindOf(http.request({ url }))).toBe('layout-changed');
    expect(asked).toBe(6);
    expect(await kindOf(http.request({ url: `${url}/a` }))).toBe('blocked');
  });
});

describe('names', () => {
  it('are judged by the address that is connected to, each time', async () => {
    const url = (await serve((_, response) => response.setHeader('connection', 'close').end('inner'))).replace(
      '127.0.0.1',
      'news.example',
    );
    // A name that first points outside and then inside, as in DNS rebinding.
    const answers = ['127.0.0.1', '127.0.0.9'];
    const { http } = client({
      allowPrivateNetwork: false,
      retries: 0,
      isAllowedAddress: (a) => a === '127.0.0.1',
      resolve: () => Promise.resolve([{ address: answers.shift() ?? '', family: 4 }]),
    });
    expect((await http.request({ url })).text).toBe('inner');
    expect(await kindOf(http.request({ url }))).toBe('refused-address');
  });
});

describe('bodies', () => {
  it.each([
    ['gzip', gzipSync('停水')],
    ['deflate', deflateSync('停水')],
    ['deflate', deflateRawSync('停水')],
    ['br', brotliCompressSync('停水')],
    ['gzip, br', brotliCompressSync(gzipSync('停水'))],
    ['identity', Buffer.from('停水')],
  ])('packed as %s are unpacked', async (encoding, bytes) => {
    const url = await serve((_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(bytes));
    expect((await client({ retries: 0 }).http.request({ url })).text).toBe('停水');
  });

  it('in an unknown packing are refused', async () => {
    const url = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'zz' }).end('x'));
    expect(await kindOf(client({ retries: 0 }).http.request({ url }))).toBe('layout-changed');
  });

  it('of 50 MB are given up without reading them', async () => {
    let sent = 0;
    const url = await serve((_, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      response.on('error', () => undefined);
      const more = () => {
        while (sent < 50 * 1024 * 1024 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    expect(await kindOf(client({ maxBodyBytes: 1024 * 1024 }).http.request({ url }))).toBe('too-large');
    expect(sent).toBeLessThan(40 * 1024 * 1024);
  });

  it('that trickle are cut off by the clock', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 5);
      response.on('close', () => clearInterval(timer));
    });
    expect(await kindOf(client({ retries: 0, timeoutMs: 150 }).http.request({ url }))).toBe('unreachable');
  });

  it.each([
    ['text/html', '<meta charset="gb2312"><p>\xcd\xa3\xcb\xae'],
    ['text/xml', '<?xml version="1.0" encoding="GBK"?><p>\xcd\xa3\xcb\xae'],
    // Undeclared: longer, because 停水 alone is by chance valid UTF-8 as well.
    ['text/plain', '\xb9\xab\xb8\xe6\xa3\xba\xcd\xa3\xcb\xae'],
    ['text/html; charset=constructor', ''],
    ['text/plain', '\xef\xbb\xbf\xe5\x81\x9c\xe6\xb0\xb4'],
    ['application/json; charset="UTF8"', '\xe5\x81\x9c\xe6\xb0\xb4'],
  ])('of type %s are decoded', async (type, latin) => {
    const url = await serve((_, response) =>
      response.writeHead(200, { 'content-type': type }).end(Buffer.from(latin, 'latin1')),
    );
    const answer = client({ retries: 0 }).http.request({ url });
    if (latin === '') expect(await kindOf(answer)).toBe('layout-changed');
    else expect((await answer).text).toMatch(/停水$/u);
  });
});

describe('manners', () => {
  it('ask for robots.txt once a day and keep the pace it asks for', async () => {
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url ?? '');
      response.end(
        request.url === '/robots.txt'
          ? 'User-agent: *\nDisallow: /\n\nUser-agent: minsheng\nCrawl-delay: 5\nDisallow: /a\nAllow: /a/b\nAllow: /tie\nDisallow: /tie\n'
          : 'ok',
      );
    });
    let now = 1_000_000;
    const waited: number[] = [];
    const pause = (ms: number) => {
      waited.push(ms);
      now += ms;
      return Promise.resolve();
    };
    const robots = new RobotsCache();
    const polite = () =>
      client({
        respectRobots: true,
        retries: 0,
        robots,
        pacer: new Pacer(() => now, Math.random, pause),
        now: () => now,
      }).http;
    const http = polite();
    expect(await kindOf(http.request({ url: `${url}/a/x` }))).toBe('permission');
    expect(await kindOf(http.request({ url: `${url}/a/b/c` }))).toBe('answered');
    expect(await kindOf(http.request({ url: `${url}/tie` }))).toBe('answered');
    expect(await kindOf(polite().request({ url: `${url}/other` }))).toBe('answered');
    expect(waited).toEqual([5000]);
    expect(asked.filter((path) => path === '/robots.txt').length).toBe(1);
    now += 25 * 3_600_000;
    await http.request({ url: `${url}/tie` });
    expect(asked.filter((path) => path === '/robots.txt').length).toBe(2);
  });

  it('apply the rules of the site that a redirect leads to', async () => {
    const closed = await serve((request, response) =>
      response.end(request.url === '/robots.txt' ? 'User-agent: *\nDisallow: /' : 'secret'),
    );
    const open = await serve((request, response) =>
      request.url === '/robots.txt'
        ? response.writeHead(404).end()
        : response.writeHead(302, { location: closed }).end(),
    );
    const { http } = client({ respectRobots: true, retries: 0, robots: new RobotsCache() });
    expect(await kindOf(http.request({ url: `${open}/x` }))).toBe('permission');
  });

  it('keep one queue per host and none between hosts', async () => {
    const waited: number[] = [];
    const pacer = new Pacer(
      () => 0,
      () => 1,
      (ms) => {
        waited.push(ms);
        return Promise.resolve();
      },
    );
    const pace = { minIntervalMs: 100, jitterMs: 10 };
    await pacer.wait('a', pace);
    await pacer.wait('a', pace);
    await pacer.wait('b', pace);
    await pacer.wait('a', pace);
    expect(waited).toEqual([110, 220]);
  });

  it('leave out of the budget what the platform does not count', async () => {
    const url = await serve((_, response) => response.end('ok'));
    const { http } = client({ budget: new WindowBudget(1, 3_600_000) });
    await http.request({ url, uncounted: true });
    await http.request({ url });
    await http.request({ url, uncounted: true });
    await expect(http.request({ url })).rejects.toMatchObject({ kind: 'retry-after' });
  });

  it('stop when the budget is used up, and go on in the next window', async () => {
    const url = await serve((_, response) => response.end('ok'));
    let now = 0;
    const { http } = client({ budget: new WindowBudget(2, 3_600_000, () => now) });
    now = 10;
    await http.request({ url });
    await http.request({ url });
    await expect(http.request({ url })).rejects.toMatchObject({ kind: 'retry-after' });
    expect(http.requests).toBe(2);
    now = 3_600_001;
    expect(await kindOf(http.request({ url }))).toBe('answered');
  });

  it('send a write once, and end at once when told to stop', async () => {
    let calls = 0;
    const url = await serve((_, response) => {
      calls++;
      if (calls < 3) response.writeHead(500).end();
    });
    const { http } = client({ retries: 3 });
    expect(await kindOf(http.request({ url, json: {}, once: true }))).toBe('unreachable');
    expect(calls).toBe(1);
    const stop = new AbortController();
    const waiting = http.request({ url, signal: stop.signal });
    setTimeout(() => stop.abort(), 50);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('numbers in JSON', () => {
  it('come back as they were sent, long integers as strings', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify({ v: value });
        const longs = /(?<![\d.eE-])-?\d{16,}/u.test(text);
        if (!longs) expect(readJson(text)).toEqual(JSON.parse(text));
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 10n ** 25n }), (id) => {
        expect(readJson(`[{"id":${id},"deep":{"ids":[-${id},1.5]}}]`)).toEqual([
          { id: String(id), deep: { ids: [`-${id}`, 1.5] } },
        ]);
      }),
    );
    expect(readJson('{"lat":31.230416666666668,"id":5200000000000001}')).toEqual({
      lat: 31.230416666666668,
      id: 5200000000000001,
    });
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
    '0:0:0:0:0:ffff:a00:1',
    '::7f00:1',
    '64:ff9b::a00:1',
    '100.100.100.200',
    'fe80::1%eth0',
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

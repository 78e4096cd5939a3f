import { routes } from '@minsheng/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError, buildUrl, call, errorBody, setCsrf, setSessionProblemHandler } from './client.ts';

type FetchCall = { url: string; init: RequestInit };

/** Answers in order and keeps what was asked. */
function serve(...answers: { status?: number; body?: unknown; text?: string }[]): FetchCall[] {
  const calls: FetchCall[] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const next = answers[Math.min(calls.length, answers.length - 1)] ?? {};
    calls.push({ url, init });
    return Promise.resolve(new Response(next.text ?? JSON.stringify(next.body), { status: next.status ?? 200 }));
  });
  return calls;
}

afterEach(() => {
  vi.unstubAllGlobals();
  setCsrf(null);
  setSessionProblemHandler(null);
});

describe('buildUrl', () => {
  it('fills parameters, joins lists, leaves out what is not set', () => {
    expect(buildUrl('/topics/:id/posts', { id: '7' }, { limit: 20, cursor: undefined, q: '' })).toBe(
      '/api/topics/7/posts?limit=20',
    );
    expect(buildUrl('/search', undefined, { platform: ['weibo', 'site'], kind: [] })).toBe(
      '/api/search?platform=weibo%2Csite',
    );
  });
  it('keeps a parameter inside its place in the path', () => {
    expect(buildUrl('/briefings/:day', { day: '../users?x=1' }, undefined)).toBe('/api/briefings/..%2Fusers%3Fx%3D1');
  });
});

describe('call', () => {
  it('sends the token with writes and never with reads', async () => {
    setCsrf('t-1');
    const calls = serve({ body: { ok: true } });
    await call(routes.auth.logout);
    await call(routes.auth.status);
    expect(calls.map((c) => new Headers(c.init.headers).get('x-csrf-token'))).toEqual(['t-1', null]);
  });

  it('asks once for a fresh token when the old one is stale, then repeats the write', async () => {
    const calls = serve(
      { status: 403, body: { code: 'csrf', message: '请重试', correlationId: 'c' } },
      { body: { ok: true } },
    );
    const refresh = vi.fn(() => {
      setCsrf('t-2', refresh);
      return Promise.resolve();
    });
    setCsrf('t-1', refresh);
    await call(routes.auth.logout);
    expect(refresh).toHaveBeenCalledOnce();
    expect(calls.map((c) => new Headers(c.init.headers).get('x-csrf-token'))).toEqual(['t-1', 't-2']);
  });

  it('carries the ErrorBody of the server', async () => {
    serve({
      status: 409,
      body: { code: 'conflict', message: '别人刚改过', kept: '您的草稿还在', correlationId: 'abc' },
    });
    const failed = await call(routes.auth.status).catch((e: unknown) => e);
    expect(failed).toBeInstanceOf(ApiError);
    expect(errorBody(failed)).toMatchObject({ code: 'conflict', kept: '您的草稿还在', correlationId: 'abc' });
  });

  it('tells a proxy page and a dead network in words', async () => {
    serve({ status: 502, text: '<html>Bad Gateway</html>' });
    expect(errorBody(await call(routes.auth.status).catch((e: unknown) => e))).toMatchObject({ code: 'unavailable' });
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')));
    expect(errorBody(await call(routes.auth.status).catch((e: unknown) => e)).message).toBe('连不上服务器。');
  });

  it('reports an ended session to whoever decides where to go', async () => {
    const handler = vi.fn();
    setSessionProblemHandler(handler);
    serve({ status: 401, body: { code: 'login-required', message: '请登录', correlationId: 'x' } });
    await call(routes.auth.session).catch(() => undefined);
    expect(handler).toHaveBeenCalledWith('login-required');
  });

  it('lets an abort through as an abort', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new DOMException('gone', 'AbortError')));
    await expect(call(routes.auth.status)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

import type { RawItem } from '@minsheng/contracts';
import { describe, expect, it } from 'vitest';
import { serve } from '../testing/crawl.ts';
import { comment, post } from '../testing/weibo.ts';
import type { WeiboOptions } from './weibo-open.ts';

async function platform(items: RawItem[], weibo: Partial<WeiboOptions> = {}) {
  const server = await serve({ items, weibo: { tokens: [{ token: 't' }], ...weibo } });
  const ask = async (path: string, query: Record<string, string> = {}, form?: Record<string, string>) => {
    const search = new URLSearchParams({ access_token: 't', ...query }).toString();
    const answer = await fetch(`${server.url}${path}?${search}`, {
      redirect: 'manual',
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    const text = await answer.text();
    const body: unknown = text === '' ? {} : JSON.parse(text);
    return { status: answer.status, headers: answer.headers, body: body as Record<string, unknown> };
  };
  return { server, ask };
}

const ids = (list: unknown) => (list as { idstr: string }[]).map((s) => s.idstr);

describe('the Open Platform as it is played', () => {
  it('takes the token as a parameter or a header, and refuses others with numeric codes', async () => {
    const { server, ask } = await platform([post(1)]);
    const url = `${server.url}/2/statuses/home_timeline.json`;
    expect((await fetch(url, { headers: { authorization: 'OAuth2 t' } })).status).toBe(200);
    expect((await fetch(url)).status).toBe(401);
    expect(await ask('/2/statuses/home_timeline.json', { access_token: 'x' })).toMatchObject({
      status: 400,
      body: { error_code: 21332, request: '/2/statuses/home_timeline.json' },
    });
    expect((await ask('/2/nothing.json')).body['error_code']).toBe(10020);
  });

  it('shows five of the own posts, whoever is asked for', async () => {
    const own = Array.from({ length: 8 }, (_, i) => post(100 - i));
    const { ask } = await platform([...own, post(1, { account: '澜江水务' })]);
    const { body } = await ask('/2/statuses/user_timeline.json', { uid: '42', count: '100' });
    expect(ids(body['statuses'])).toEqual(
      own
        .slice(3)
        .map((p) => p.id)
        .reverse(),
    );
  });

  it('pages with an inclusive max_id and an exclusive since_id', async () => {
    const [a, b, c] = [post(30), post(20), post(10)];
    const { ask } = await platform([a, b, c]);
    expect(ids((await ask('/2/statuses/home_timeline.json', { max_id: b.id })).body['statuses'])).toEqual([b.id, a.id]);
    expect(ids((await ask('/2/statuses/home_timeline.json', { since_id: b.id })).body['statuses'])).toEqual([c.id]);
    expect((await ask('/2/statuses/home_timeline.json', { count: 'x' })).body['error_code']).toBe(10008);
  });

  it('counts a hundred posts at a time in a bare array, and leaves out what is gone', async () => {
    const [kept, gone] = [post(30, { likes: 3 }), post(20, { state: 'deleted' })];
    const { ask } = await platform([kept, gone]);
    const { body } = await ask('/2/statuses/count.json', { ids: `${kept.id},${gone.id}` });
    expect(body).toEqual([{ id: Number(kept.id), comments: 0, reposts: 0, attitudes: 3 }]);
    const many = Array.from({ length: 101 }, (_, i) => String(5_100_000_000_000_000 + i)).join(',');
    expect((await ask('/2/statuses/count.json', { ids: many })).body['error_code']).toBe(10008);
    expect((await ask('/2/statuses/show.json', { id: gone.id })).body['error_code']).toBe(20101);
  });

  it('lists reposts under their own key, with a stub for a deleted original', async () => {
    const [original, deleted] = [post(90), post(80, { state: 'deleted' })];
    const [a, b] = [post(20), post(10)];
    const retweets = { [a.id]: original.id, [b.id]: deleted.id };
    const { ask } = await platform([original, deleted, a, b], { retweets });
    expect(ids((await ask('/2/statuses/repost_timeline.json', { id: original.id })).body['reposts'])).toEqual([a.id]);
    const { retweeted_status: stub } = (await ask('/2/statuses/show.json', { id: b.id })).body;
    expect(stub).toMatchObject({ deleted: '1', idstr: deleted.id });
    expect(stub).not.toHaveProperty('user');
  });

  it.each([
    [{ ipPerHour: 2 }, 10022],
    [{ userPerDay: 2 }, 10023],
    [{ endpointPerHour: { '/statuses/home_timeline': 2 } }, 10024],
  ])('has limits that count (%o), and does not count the question for them', async (limits, code) => {
    const { ask } = await platform([post(1)], { limits });
    for (let i = 0; i < 5; i++) expect((await ask('/2/account/rate_limit_status.json')).status).toBe(200);
    for (let i = 0; i < 2; i++) expect((await ask('/2/statuses/home_timeline.json')).status).toBe(200);
    expect(await ask('/2/statuses/home_timeline.json')).toMatchObject({ status: 403, body: { error_code: code } });
    const { body } = await ask('/2/account/rate_limit_status.json');
    const left = [body['remaining_ip_hits'], body['remaining_user_hits'], JSON.stringify(body['api_rate_limits'])];
    expect(left.some((n) => n === 0 || String(n).includes('"remaining_hits":0'))).toBe(true);
    expect(body['reset_time']).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/u);
  });

  it('takes replies by POST to received comments only, with the operator’s address, once each', async () => {
    const [mine, theirs] = [post(30), post(20, { account: '澜江水务' })];
    const [asked, elsewhere] = [comment(mine, 5), comment(theirs, 5)];
    const { ask } = await platform([mine, theirs, asked, elsewhere]);
    const form = { id: mine.id, cid: asked.id, comment: '已收到', rip: '203.0.113.7' };
    const send = async (more: Record<string, string>) =>
      (await ask('/2/comments/reply.json', {}, { ...form, ...more })).body['error_code'];
    expect((await ask('/2/comments/reply.json', form)).body['error_code']).toBe(10021);
    expect(await send({ rip: '' })).toBe(10016);
    expect(await send({ comment: '长'.repeat(141) })).toBe(20012);
    expect(await send({ id: theirs.id, cid: elsewhere.id })).toBe(20203);
    expect(await send({ cid: '1234567890' })).toBe(20201);
    expect(await send({})).toBeUndefined();
    expect(await send({})).toBe(20019);
  });

  it('redirects with a code that works once, refuses strangers, and forgets a revoked token', async () => {
    const app = { key: 'k', secret: 's', redirect: 'https://desk.example/cb' };
    const { ask } = await platform([post(1)], { app });
    const asked = { client_id: 'k', redirect_uri: app.redirect, state: 'x' };
    const { headers, status } = await ask('/oauth2/authorize', asked);
    expect(status).toBe(302);
    const back = new URL(headers.get('location') ?? '').searchParams;
    const form = { client_id: 'k', client_secret: 's', grant_type: 'authorization_code', redirect_uri: app.redirect };
    const token = await ask('/oauth2/access_token', {}, { ...form, code: back.get('code') ?? '' });
    expect(token.body).toMatchObject({ expires_in: '2592000', uid: expect.any(String) });
    const access_token = String(token.body['access_token']);
    expect((await ask('/2/statuses/home_timeline.json', { access_token })).status).toBe(200);
    expect((await ask('/oauth2/get_token_info', {}, { access_token })).body).toMatchObject({ expire_in: 2592000 });
    expect((await ask('/oauth2/revokeoauth2', { access_token }, {})).body).toEqual({ result: 'true' });
    expect((await ask('/2/statuses/home_timeline.json', { access_token })).body['error_code']).toBe(21332);
    const again = await ask('/oauth2/access_token', {}, { ...form, code: back.get('code') ?? '' });
    expect(again).toMatchObject({ status: 400, body: { error_code: 21325 } });
    expect((await ask('/oauth2/authorize', { ...asked, redirect_uri: 'https://x.example' })).body['error_code']).toBe(
      21322,
    );
    expect((await ask('/oauth2/authorize', { ...asked, client_id: 'z' })).body['error_code']).toBe(21324);
  });
});

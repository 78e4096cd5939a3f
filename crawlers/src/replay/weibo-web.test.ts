import type { RawItem } from '@minsheng/contracts';
import { describe, expect, it } from 'vitest';
import { serve } from '../testing/crawl.ts';
import { comment, post } from '../testing/weibo.ts';
import { DEFAULT_SUB, type WeiboWebOptions } from './weibo-web.ts';

type Json = Record<string, unknown>;

async function pages(items: RawItem[], weiboWeb: WeiboWebOptions = {}) {
  const server = await serve({ items, weiboWeb });
  const uid = server.store.account('weibo', '澜江发布')?.nativeId ?? '';
  const get = async (path: string, cookie = `SUB=${DEFAULT_SUB}; XSRF-TOKEN=replay-xsrf`) => {
    const headers = { cookie, 'x-xsrf-token': 'replay-xsrf' };
    const answer = await fetch(server.url + path, { headers, redirect: 'manual' });
    const text = await answer.text();
    return { status: answer.status, text, cookies: answer.headers.get('set-cookie'), body: parsed(text) };
  };
  return { server, uid, get };
}

function parsed(text: string): Json {
  return text.startsWith('{') ? (JSON.parse(text) as Json) : {};
}

const dataOf = (body: Json) => body['data'] as Json;
const cardsOf = (body: Json) => dataOf(body)['cards'] as { card_type: number; profile_type_id?: string; mblog: Json }[];

describe('Weibo’s web pages as they are played', () => {
  it('ask everybody for a cookie and its token', async () => {
    const { get, uid, server } = await pages([post(1)]);
    const path = `/api/container/getIndex?containerid=107603${uid}`;
    expect((await get(path, 'SUB=unknown')).body).toMatchObject({ ok: -100 });
    expect((await get(path, `SUB=${DEFAULT_SUB}`)).status).toBe(403);
    expect((await get(path, `SUB=${DEFAULT_SUB}; SUBP=pc; XSRF-TOKEN=replay-xsrf`)).status).toBe(432);
    expect((await get('/api/config', `SUB=${DEFAULT_SUB}`)).cookies).toMatch(/XSRF-TOKEN=/u);
    expect((await get('/', `SUB=${DEFAULT_SUB}`)).cookies).toMatch(/XSRF-TOKEN=/u);
    // Without a cookie `/` stays the website's.
    expect(await (await fetch(`${server.url}/`)).text()).toContain('本机演示站点');
  });

  it('give visitors a cookie as JSONP', async () => {
    const { server, get, uid } = await pages([post(1)]);
    const form = new URLSearchParams({ cb: 'visitor_gray_callback', tid: '', from: 'weibo' });
    const answer = await fetch(`${server.url}/visitor/genvisitor2`, { method: 'POST', body: form });
    expect(answer.headers.get('set-cookie')).toMatch(/SUB=/u);
    const sub = /"sub":"([^"]+)"/u.exec(await answer.text())?.[1] ?? '';
    const cookie = `SUB=${sub}; XSRF-TOKEN=replay-xsrf`;
    expect((await get(`/ajax/statuses/mymblog?uid=${uid}&page=1`, cookie)).body).toMatchObject({ ok: 1 });
  });

  it('carry ids as strings on mobile and numbers on desktop, the pinned post first, pictures in two forms', async () => {
    const items = Array.from({ length: 25 }, (_, i) => post(100 - i));
    const { get, uid } = await pages(items, { pinned: [items[0]?.id ?? ''] });
    const mobile = await get(`/api/container/getIndex?containerid=107603${uid}`);
    const cards = cardsOf(mobile.body).filter((c) => c.card_type === 9);
    expect(cards[0]).toMatchObject({ profile_type_id: 'proweibotop_', mblog: { id: items[0]?.id } });
    expect(cards.every((c) => typeof c.mblog['id'] === 'string')).toBe(true);
    expect(cardsOf(mobile.body).some((c) => c.card_type !== 9)).toBe(true);
    const pics = cards.map((c) => c.mblog['pics']).filter((p) => p !== undefined);
    expect(new Set(pics.map((p) => Array.isArray(p)))).toEqual(new Set([true, false]));
    const desktop = await get(`/ajax/statuses/mymblog?uid=${uid}&page=1`);
    const list = dataOf(desktop.body)['list'] as Json[];
    expect(list[0]).toMatchObject({ isTop: 1, id: Number(items[0]?.id) });
    expect(dataOf(desktop.body)['since_id']).toMatch(/^\d+kp2$/u);
  });

  it('page by a token that is a number, a string, and absent at the end', async () => {
    const items = Array.from({ length: 61 }, (_, i) => post(100 - i));
    const { get, uid } = await pages(items);
    const kinds = new Set<string>();
    let since = '';
    for (let page = 0; page < 10; page++) {
      const { body } = await get(`/api/container/getIndex?containerid=107603${uid}${since}`);
      const token = (dataOf(body)['cardlistInfo'] as Json)['since_id'];
      kinds.add(typeof token);
      if (token === undefined) break;
      since = `&since_id=${String(token)}`;
    }
    expect(kinds.has('undefined')).toBe(true);
    expect(kinds.size).toBeGreaterThan(1);
    expect((await get(`/api/container/getIndex?containerid=107603${uid}&since_id=1`)).body).toMatchObject({
      ok: 0,
      msg: '这里还没有内容',
    });
  });

  it('switch the type of the comments’ cursor midway, and end early for who does not follow', async () => {
    const own = post(100);
    const items = [own, ...Array.from({ length: 90 }, (_, i) => comment(own, 50, { likes: i }))];
    const { get } = await pages(items);
    const walk = async (follow: boolean) => {
      let brought = 0;
      let query = 'max_id_type=0';
      for (let page = 0; page < 20; page++) {
        const data = dataOf((await get(`/comments/hotflow?id=${own.id}&mid=${own.id}&${query}`)).body);
        const list = data['data'] as Json[];
        expect(list.every((c) => typeof c['like_count'] === 'string' && c['comments'] === false)).toBe(true);
        brought += list.length;
        if (data['max_id'] === 0) break;
        query = `max_id=${String(data['max_id'])}&max_id_type=${follow ? String(data['max_id_type']) : '0'}`;
      }
      return brought;
    };
    expect(await walk(true)).toBe(90);
    expect(await walk(false)).toBeLessThan(90);
  });

  it('refuse by 432 when the minute is used up, by 418 for good, by HTML when the session has ended', async () => {
    const path = '/ajax/side/hotSearch';
    const limited = await pages([post(1)], { perMinute: 2 });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push(await limited.get(path));
    expect(statuses.map((s) => s.status)).toEqual([200, 200, 432, 432]);
    expect(statuses.at(-1)?.text).toBe('');
    expect((await (await pages([], { banned: true })).get(path)).status).toBe(418);
    const ended = await (await pages([], { ended: [DEFAULT_SUB] })).get(path);
    expect(ended).toMatchObject({ status: 200, text: expect.stringContaining('Sina Visitor System') });
  });

  it('list hot words, advertisements among them without a figure', async () => {
    const hotWords = [
      { word: '甲', num: 7 },
      { word: '乙', num: 0, ad: true },
    ];
    const { get } = await pages([], { hotWords });
    const { realtime } = dataOf((await get('/ajax/side/hotSearch')).body) as { realtime: Json[] };
    expect(realtime[0]).toMatchObject({ word: '甲', num: 7, realpos: 1 });
    expect(realtime[1]).toMatchObject({ is_ad: 1 });
    expect(realtime[1]).not.toHaveProperty('num');
    expect(dataOf((await get('/ajax/statuses/hot_band')).body)['band_list']).toHaveLength(2);
  });
});

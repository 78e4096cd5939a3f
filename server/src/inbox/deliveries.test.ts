import type { RawItem } from '@minsheng/contracts';
import {
  DOUYIN_APP,
  douyinOpenIdOf,
  startReplay,
  type ReplayOptions,
  type ReplayServer,
} from '@minsheng/crawlers/replay';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InboxDetail } from '@minsheng/contracts';
import { openTestDatabase } from '../../test/database.ts';
import { caller, inboxOn, TestClock } from '../../test/desks.ts';
import { Collector } from '../collect/collector.ts';
import { OfficialReply } from '../collect/official-reply.ts';
import { createEnricher } from '../enrich/enricher.ts';
import { Intake } from '../intake/intake.ts';
import { Pseudonyms } from '../intake/pseudonym.ts';
import { Live } from '../platform/live/live.ts';
import { createLog } from '../platform/logging.ts';
import { Secrets } from '../platform/secrets.ts';
import { Pipeline } from '../pipeline.ts';
import { ReplySender, Vault } from './ports.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const MINUTE = 60_000;
const enricher = createEnricher();
const REPLY = '您好，主管已修复，预计今晚八点前恢复供水。';
const ASKED = '请问望江路停水什么时候恢复供水？';
const WECHAT = { platform: 'wechat', nativeId: 'gh_1', name: '澜江水务', appid: 'wx1', secret: 's1' } as const;
const DOUYIN = { platform: 'douyin', nativeId: '7001', name: '澜江文旅' } as const;
const PUSH_TOKEN = 'agreedtoken';
const SENDS = [
  '/2/comments/reply.json',
  '/cgi-bin/comment/reply/add',
  '/cgi-bin/message/custom/send',
  '/item/comment/reply/',
];

const minutesAgo = (n: number) => `${new Date(NOW - n * MINUTE + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
let nativeId = 5_300_000_000_000_000;

function weiboCity(comments: string[] = [ASKED], account = '澜江发布'): RawItem[] {
  const post = { platform: 'weibo', kind: 'post', id: String(nativeId++), text: '今日供水通报' } as const;
  return [
    { ...post, account, publishedAt: minutesAgo(120) },
    ...comments.map((text, i): RawItem => ({
      ...{ platform: 'weibo', kind: 'comment', id: String(nativeId++), parentId: post.id, author: `u${i}`, text },
      publishedAt: minutesAgo(90 - i),
    })),
  ];
}

function wechatCity(): RawItem[] {
  return [
    {
      ...{ platform: 'wechat', kind: 'post', id: 'art1', account: WECHAT.name, title: '供水通报', text: '<p>正文</p>' },
      publishedAt: minutesAgo(120),
    },
    {
      ...{ platform: 'wechat', kind: 'comment', id: 'art1c1', parentId: 'art1', author: 'reader1', text: ASKED },
      publishedAt: minutesAgo(90),
    },
  ];
}

/** A citizen's message, which the platform pushes to us. */
function wechatMessage(minutes = 30): RawItem[] {
  return [
    {
      ...{ platform: 'wechat', kind: 'message', id: '24512345678901234', author: 'wang', text: ASKED },
      publishedAt: minutesAgo(minutes),
    },
  ];
}

function douyinCity(comments: string[] = [ASKED]): RawItem[] {
  return [
    {
      ...{ platform: 'douyin', kind: 'post', id: 'v1', account: DOUYIN.name, text: '抢修现场' },
      publishedAt: minutesAgo(120),
    },
    ...comments.map((text, i): RawItem => ({
      ...{ platform: 'douyin', kind: 'comment', id: `v1c${i}`, parentId: 'v1', author: `u${i}`, text },
      publishedAt: minutesAgo(90 - i),
    })),
  ];
}

/** How the office's account is set up as a source. */
function sourceOf(platform: RawItem['platform'] | undefined, server: ReplayServer) {
  if (platform === 'wechat') {
    const credentials = { appid: WECHAT.appid, secret: WECHAT.secret, pushToken: PUSH_TOKEN };
    return { kind: 'wechat-official', settings: { accountName: WECHAT.name }, credentials };
  }
  if (platform === 'douyin') {
    const credentials = { ...DOUYIN_APP, openId: douyinOpenIdOf(DOUYIN) };
    return { kind: 'douyin-official', settings: { accountName: DOUYIN.name }, credentials };
  }
  const settings = { operatorIp: '203.0.113.7', requestsPerDay: 10_000 };
  return { kind: 'weibo-official', settings, credentials: { accessToken: server.token } };
}

/** A platform played by us, collected into a real database, with cases made of what was asked there. */
async function office(items: RawItem[], options: Partial<ReplayOptions> = {}, settings: object = {}) {
  const clock = new TestClock(NOW);
  const server = await startReplay({ items, accounts: [WECHAT, DOUYIN], clock: () => new Date(clock.at), ...options });
  const db = await openTestDatabase();
  const keys = mkdtempSync(join(tmpdir(), 'minsheng-keys-'));
  onTestFinished(async () => {
    rmSync(keys, { recursive: true, force: true });
    await server.close().catch(() => undefined);
  });
  const secrets = Secrets.open(keys);
  const live = new Live();
  const intake = new Intake(new Pseudonyms(db, secrets));
  const pipeline = new Pipeline(db, intake, () => enricher, [], secrets, live, clock);
  const collector = new Collector(db, pipeline, secrets, live, clock, createLog('silent'));
  const source = sourceOf(items[0]?.platform, server);
  await db.write((tx) =>
    tx.run('INSERT INTO sources (kind, name, settings, credentials, schedule, created_at) VALUES (?, ?, ?, ?, ?, ?)', [
      source.kind,
      '澜江发布微博',
      JSON.stringify({ baseUrl: server.url, allowPrivateNetwork: true, ...source.settings, ...settings }),
      secrets.seal('source-credentials', JSON.stringify(source.credentials)),
      JSON.stringify({ everySeconds: 600 }),
      NOW,
    ]),
  );
  /** What the platform pushes is taken in as the hook does. */
  const pushed = async () => {
    const { receive } = collector.connectorOf(source.kind);
    const hook = createServer((request, response) => {
      void (async () => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        const query = Object.fromEntries(new URL(request.url ?? '/', 'http://x').searchParams);
        const run = { settings: source.settings, credentials: source.credentials, now: () => new Date(clock.at) };
        const answer = await receive?.(run, { method: 'POST', query, headers: {}, body });
        const arrivals = (answer?.items ?? []).map((item) => ({ at: item.id, item }));
        await pipeline.accept({ arrivals, sourceId: 1 });
        response.writeHead(answer?.status ?? 404).end(answer?.body);
      })();
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    const { port } = hook.address() as AddressInfo;
    const target = {
      url: `http://127.0.0.1:${String(port)}/`,
      appid: WECHAT.appid,
      account: 'gh_1',
      token: PUSH_TOKEN,
    };
    await server.pushWechat(target);
    hook.close();
  };
  class ProductVault extends Vault {
    seal = (plain: string) => secrets.seal('reply-handle', plain);
    open = (sealed: string) => secrets.open('reply-handle', sealed);
  }
  const official = new OfficialReply(db, collector);
  /** Another process on the same database. */
  const desk = (sender: ReplySender = official) => {
    const made = inboxOn(db, clock.at, sender, new ProductVault());
    Object.defineProperty(made.clock, 'now', { value: () => clock.at });
    made.deliveries.paceMs = 0;
    return made;
  };
  const own = desk();
  const step = own.intake();
  const collect = async () => {
    if (items.some((i) => i.kind === 'message')) await pushed();
    const summary = await collector.runNow(1);
    expect(summary.message).toBeNull();
    while ((await step.step()) > 0);
  };
  await collect();
  const cases = (await db.all<{ id: number }>('SELECT id FROM inbox_cases ORDER BY received_at, id')).map((r) => +r.id);
  const [id = 0] = cases;
  const page = (of = id) => own.views.detail(of, caller(1)).then((d) => InboxDetail.parse(d));
  /** Drafted by one person, approved by another. @returns the reply's id. */
  const approved = async (text = REPLY, applyToGroup = false) => {
    await own.cases.draft(id, { text, applyToGroup }, caller(2));
    const replyId = (await page()).replies[0]?.id ?? '';
    await own.cases.review(id, { replyId, decision: 'approved' }, caller(1));
    return replyId;
  };
  const deliver = (replyId: string, batch = false) => own.deliveries.deliver(id, { replyId, batch }, caller(2));
  const audit = async () =>
    (await db.all<{ action: string; outcome: string }>('SELECT action, outcome FROM audit_log ORDER BY id')).map(
      (r) => `${r.action} ${r.outcome}`,
    );
  const sends = () => SENDS.reduce((n, path) => n + (server.requests.get(path) ?? 0), 0);
  return { ...own, server, db, clock, official, desk, collect, all: cases, id, page, approved, deliver, audit, sends };
}

describe('an approved reply, through the office’s own account', () => {
  it('reaches the citizen on Weibo, answers the case and is seen by the next crawl', async () => {
    const o = await office(weiboCity());
    const replyId = await o.approved();
    const before = await o.page();
    expect(before.delivery).toMatchObject({ account: '澜江发布微博', characters: 140, hindrance: null, batch: null });
    expect(before.delivery?.notes.join()).toContain('140 字');

    await o.deliver(replyId);
    const page = await o.page();
    expect(page.row.state).toBe('answered');
    expect(page.replies[0]).toMatchObject({ state: 'sent', problem: null });
    const [row] = await o.db.all<{ platform_reply_id: string }>('SELECT platform_reply_id FROM inbox_replies');
    expect(page.history.at(-1)?.text).toContain(row?.platform_reply_id);
    expect(await o.audit()).toEqual(['inbox.reveal ok', 'inbox.delivered ok']);
    await expect(o.deliver(replyId)).rejects.toThrow('已经发出');
    expect(o.sends()).toBe(1);

    o.clock.at += 30 * MINUTE;
    await o.collect();
    expect((await o.page()).history.at(-1)).toMatchObject({ action: '平台已显示', username: null });
    expect(JSON.stringify(await o.db.all('SELECT * FROM inbox_history'))).not.toContain('commentId');
  });

  it('answers a WeChat comment, whose receipt has no id, and finds it again', async () => {
    const o = await office(wechatCity());
    const replyId = await o.approved();
    expect((await o.page()).delivery).toMatchObject({ account: '澜江水务', characters: null });
    expect((await o.page()).delivery?.notes.join()).toContain('只能由账号回复一次');
    await o.deliver(replyId);
    expect((await o.page()).replies[0]?.state).toBe('sent');
    o.clock.at += 30 * MINUTE;
    await o.collect();
    expect((await o.page()).history.map((h) => h.action)).toEqual([
      '收到',
      '拟复送审',
      '审核通过',
      '发送答复',
      '已答复',
      '平台已显示',
    ]);
  });

  it('that the platform shows later counts as answered and is never sent again', async () => {
    const o = await office(weiboCity(), { weibo: { delayRepliesSeconds: 600 } });
    const replyId = await o.approved();
    await o.deliver(replyId);
    const page = await o.page();
    expect(page.replies[0]?.state).toBe('delayed');
    expect(page.row.state).toBe('answered');
    expect(page.history.at(-1)?.text).toContain('延迟显示');
    await expect(o.deliver(replyId)).rejects.toThrow('已经发出');
    await o.cases.reopen(o.id, caller(1));
    await expect(o.deliver(replyId)).rejects.toThrow('已经发出');
    expect(o.sends()).toBe(1);
  });

  it('that is certainly not sent keeps the platform’s words and may be tried again or registered by hand', async () => {
    const o = await office(weiboCity(), { weibo: { limits: { writesPerHour: 0 } } });
    const replyId = await o.approved();
    for (let n = 1; n <= 2; n++) {
      await o.deliver(replyId);
      expect((await o.page()).replies[0]).toMatchObject({ state: 'failed', problem: expect.stringContaining('20016') });
      expect(o.sends()).toBe(n);
    }
    expect((await o.page()).row.state).toBe('assigned');
    expect(await o.audit()).toContain('inbox.delivered failed');
    await o.cases.answered(o.id, { replyId, evidence: '微博后台已回复' }, caller(2));
    expect((await o.page()).replies[0]).toMatchObject({ state: 'sent', problem: null });
  });

  it('whose platform cannot be reached was not sent', async () => {
    const o = await office(weiboCity());
    const replyId = await o.approved();
    await o.server.close();
    await o.deliver(replyId);
    expect((await o.page()).replies[0]).toMatchObject({
      state: 'failed',
      problem: expect.stringContaining('连接不上'),
    });
  });

  it('whose answer is lost waits for a person, who looks and decides; nothing else is decided meanwhile', async () => {
    const path = '/2/comments/reply.json';
    const o = await office(weiboCity(), { faults: { script: [{ fault: 'half-body', path }] } });
    const replyId = await o.approved();
    await o.deliver(replyId);
    expect((await o.page()).replies[0]).toMatchObject({ state: 'unsure', problem: expect.stringContaining('核对') });
    await expect(o.deliver(replyId)).rejects.toThrow('不能确定');
    await expect(o.cases.draft(o.id, { text: '另一稿', applyToGroup: false }, caller(2))).rejects.toThrow('不能确定');
    await expect(o.cases.dismiss(o.id, { reason: '重复' }, caller(2))).rejects.toThrow('不能确定');
    await expect(o.cases.answered(o.id, { evidence: '电话' }, caller(2))).rejects.toThrow('不能确定');
    expect(o.sends()).toBe(1);
    await o.deliveries.decide(o.id, { replyId, sent: true }, caller(2));
    expect((await o.page()).row.state).toBe('answered');
    expect((await o.page()).replies[0]?.state).toBe('sent');
    await expect(o.deliveries.decide(o.id, { replyId, sent: false }, caller(2))).rejects.toThrow('待核对');
  });

  it('whose process dies between request and answer is not sent by anybody until a person has looked', async () => {
    const o = await office(weiboCity());
    const replyId = await o.approved();
    let asked: (() => void) | undefined;
    const answered = new Promise<void>((resolve) => (asked = resolve));
    /** The platform has the reply; the process that asked never hears of it. */
    class Dies extends ReplySender {
      channelOf = (postId: number) => o.official.channelOf(postId);
      async send(...given: Parameters<ReplySender['send']>) {
        await o.official.send(...given);
        asked?.();
        return new Promise<never>(() => undefined);
      }
    }
    void o.desk(new Dies()).deliveries.deliver(o.id, { replyId, batch: false }, caller(2));
    await answered;
    await expect(o.deliver(replyId)).rejects.toThrow('正在发送');
    await expect(o.cases.draft(o.id, { text: '另一稿', applyToGroup: false }, caller(2))).rejects.toThrow('正在');
    expect(await o.deliveries.settleLost()).toBe(0);
    o.clock.at += 3 * MINUTE;
    expect(await o.deliveries.settleLost()).toBe(1);
    expect(await o.deliveries.settleLost()).toBe(0);
    expect((await o.page()).replies[0]?.problem).toBe('发送过程中断，不能确定是否已发出，请到平台核对后登记。');
    await expect(o.deliver(replyId)).rejects.toThrow('不能确定');
    expect(o.sends()).toBe(1);
    // A wrong look is met by the platform itself, and becomes a matter for a person again.
    await o.deliveries.decide(o.id, { replyId, sent: false }, caller(2));
    await o.deliver(replyId);
    expect((await o.page()).replies[0]).toMatchObject({ state: 'unsure', problem: expect.stringContaining('20019') });
  });

  it('is sent once however often and from wherever the button is pressed', async () => {
    const o = await office(weiboCity());
    const replyId = await o.approved();
    const other = o.desk();
    const pressed = await Promise.allSettled([
      o.deliver(replyId),
      o.deliver(replyId),
      other.deliveries.deliver(o.id, { replyId, batch: false }, caller(3)),
    ]);
    expect(pressed.filter((p) => p.status === 'fulfilled')).toHaveLength(1);
    expect(o.sends()).toBe(1);
    expect(o.server.store.select('weibo', (p) => p.kind === 'post')[0]?.comments).toHaveLength(2);
  });

  it('goes to every case of its batch, one after another, and leaves out what was settled meanwhile', async () => {
    const o = await office(weiboCity([ASKED, `${ASKED}？`, `您好，${ASKED}`, `${ASKED}！`]));
    expect(o.all).toHaveLength(4);
    const replyId = await o.approved(REPLY, true);
    await o.cases.dismiss(o.all[2] ?? 0, { reason: '重复' }, caller(1));
    await o.deliver(replyId, true);
    await o.deliveries.idle();
    expect((await o.page()).delivery?.batch).toEqual({ sent: 3, waiting: 0, failed: 0, unsure: 0 });
    const states = await Promise.all(o.all.map(async (id) => (await o.page(id)).row.state));
    expect(states).toEqual(['answered', 'answered', 'dismissed', 'answered']);
    expect((await o.audit()).filter((a) => a === 'inbox.reveal ok')).toHaveLength(3);
    expect(o.sends()).toBe(3);
  });

  it('stops its batch at the first refusal that the next would meet too, and when the server is shut down', async () => {
    const o = await office(weiboCity([ASKED, `${ASKED}？`, `您好，${ASKED}`]), {
      weibo: { limits: { writesPerHour: 2 } },
    });
    const replyId = await o.approved(REPLY, true);
    await o.deliver(replyId, true);
    await o.deliveries.idle();
    expect((await o.page()).delivery?.batch).toEqual({ sent: 2, waiting: 0, failed: 1, unsure: 0 });
    const p = await office(weiboCity([ASKED, `${ASKED}？`, `您好，${ASKED}`]));
    const first = await p.approved(REPLY, true);
    p.deliveries.paceMs = 60_000;
    await p.deliver(first, true);
    await p.deliveries.onModuleDestroy();
    expect((await p.page()).delivery?.batch).toEqual({ sent: 1, waiting: 2, failed: 0, unsure: 0 });
  });

  it('is refused in words before anything is asked of the platform', async () => {
    const o = await office(weiboCity());
    const long = await o.approved('长'.repeat(141));
    await expect(o.deliver(long)).rejects.toThrow('141 字');
    const replyId = await o.approved();
    await o.db.write((tx) => tx.run('UPDATE sources SET paused = 1'));
    expect((await o.page()).delivery?.hindrance).toContain('已暂停');
    await expect(o.deliver(replyId)).rejects.toThrow('已暂停');
    await o.db.write((tx) => tx.run('UPDATE sources SET paused = 0'));
    await o.cases.draft(o.id, { text: '新的一稿', applyToGroup: false }, caller(2));
    await expect(o.deliver((await o.page()).replies[0]?.id ?? '')).rejects.toThrow('没有通过审核');
    await o.db.write((tx) => tx.run('DELETE FROM reply_handles'));
    expect((await o.page()).delivery).toBeNull();
    const again = await o.approved();
    await expect(o.deliver(again)).rejects.toThrow('不能由本系统代发');
    expect(o.sends()).toBe(0);
    expect(await o.audit()).toEqual([]);
  });
});

describe.each([
  { platform: '抖音评论', city: douyinCity, account: '澜江文旅', path: '/item/comment/reply/', shown: true },
  { platform: '微信留言', city: wechatCity, account: '澜江水务', path: '/cgi-bin/comment/reply/add', shown: true },
  {
    platform: '微信来信',
    city: wechatMessage,
    account: '澜江水务',
    path: '/cgi-bin/message/custom/send',
    shown: false,
  },
])('a reply to $platform', ({ city, account, path, shown }) => {
  it('reaches the citizen once, through the account that was written to', async () => {
    const o = await office(city());
    expect(o.all).toHaveLength(1);
    const replyId = await o.approved();
    expect((await o.page()).delivery).toMatchObject({ account, hindrance: null });
    const other = o.desk();
    const pressed = await Promise.allSettled([
      o.deliver(replyId),
      other.deliveries.deliver(o.id, { replyId, batch: false }, caller(3)),
      o.deliver(replyId),
    ]);
    expect(pressed.filter((p) => p.status === 'fulfilled')).toHaveLength(1);
    expect((await o.page()).replies[0]).toMatchObject({ state: 'sent', problem: null });
    expect((await o.page()).row.state).toBe('answered');
    await expect(o.deliver(replyId)).rejects.toThrow('已经发出');
    expect(o.server.requests.get(path)).toBe(1);
    expect(o.sends()).toBe(1);
    o.clock.at += 30 * MINUTE;
    await o.collect();
    expect((await o.page()).history.some((h) => h.action === '平台已显示')).toBe(shown);
    // What is needed to answer is sealed: neither the openid nor the platform's id stands in any row.
    const rows = JSON.stringify(await o.db.all('SELECT * FROM reply_handles'));
    expect(rows).not.toMatch(/openid|commentId|userCommentId/u);
  });

  it.each([
    ['half-body', 'unsure'],
    ['connection-reset', 'unsure'],
    ['garbled-body', 'unsure'],
    ['empty-body', 'unsure'],
    ['bad-gateway', 'unsure'],
    ['login-page', 'unsure'],
    ['no-permission', 'failed'],
    ['quota-used', 'failed'],
    ['blocked', 'failed'],
  ] as const)('that meets %s is %s, and is never sent a second time by itself', async (fault, state) => {
    const o = await office(city(), { faults: { script: [{ fault, path }] } });
    const replyId = await o.approved();
    await o.deliver(replyId);
    const [reply] = (await o.page()).replies;
    expect(reply).toMatchObject({ state, problem: expect.stringMatching(/\p{Script=Han}/u) as string });
    expect(o.server.requests.get(path)).toBe(1);
    expect((await o.page()).row.state).toBe('assigned');
    expect(await o.audit()).toEqual(['inbox.reveal ok', 'inbox.delivered failed']);
    if (state === 'unsure') {
      expect(reply?.problem).toContain('核对');
      await expect(o.deliver(replyId)).rejects.toThrow('不能确定');
      expect(o.sends()).toBe(1);
      return;
    }
    // Certainly not sent: a person may press again, and then it arrives, once.
    await o.deliver(replyId);
    expect((await o.page()).replies[0]).toMatchObject({ state: 'sent', problem: null });
    expect(o.sends()).toBe(2);
  });
});

describe('what a platform does not allow is told in words, and nothing is sent twice', () => {
  it('Douyin: a comment function that was not granted', async () => {
    const denied = await office(douyinCity(), {
      faults: { script: [{ fault: 'no-permission', path: '/item/comment/reply/', times: 9 }] },
    });
    const id = await denied.approved();
    for (let n = 1; n <= 2; n++) {
      await denied.deliver(id);
      const [reply] = (await denied.page()).replies;
      expect(reply).toMatchObject({ state: 'failed', problem: expect.stringContaining('item.comment') as string });
      expect(denied.sends()).toBe(n);
    }
  });

  it('Douyin: a token that has ended is renewed once, and the reply goes out once', async () => {
    const o = await office(douyinCity(), {
      faults: { script: [{ fault: 'token-expired', path: '/item/comment/reply/' }] },
    });
    const replyId = await o.approved();
    await o.deliver(replyId);
    expect((await o.page()).replies[0]).toMatchObject({ state: 'sent' });
    expect(o.server.requests.get('/oauth/refresh_token/')).toBe(1);
    expect(o.server.store.select('douyin', (p) => p.kind === 'post')[0]?.comments).toHaveLength(2);
  });

  it('WeChat: a comment that has an answer already waits for a person', async () => {
    const o = await office(wechatCity());
    const replyId = await o.approved();
    o.server.store.add({
      ...{ platform: 'wechat', kind: 'comment', id: 'art1c1r', parentId: 'art1c1', account: WECHAT.name },
      publishedAt: minutesAgo(1),
      text: '已在后台答复。',
    });
    await o.deliver(replyId);
    const [reply] = (await o.page()).replies;
    expect(reply).toMatchObject({ state: 'unsure', problem: expect.stringContaining('只允许答复一次') as string });
    await expect(o.deliver(replyId)).rejects.toThrow('不能确定');
    expect(o.sends()).toBe(1);
  });

  it.each([
    ['微信留言', wechatCity, 700],
    ['微信来信', wechatMessage, 700],
  ])('WeChat: a text that is too long for %s, which a shorter one is not', async (_, city, characters) => {
    const o = await office(city());
    const long = await o.approved('长'.repeat(characters));
    await o.deliver(long);
    const [reply] = (await o.page()).replies;
    expect(reply).toMatchObject({ state: 'failed', problem: expect.stringContaining('缩短') as string });
    const replyId = await o.approved('短'.repeat(500));
    await o.deliver(replyId);
    expect((await o.page()).row.state).toBe('answered');
  });

  it('WeChat: a message that is older than 48 hours', async () => {
    const o = await office(wechatMessage(47 * 60));
    const replyId = await o.approved();
    o.clock.at += 2 * 60 * MINUTE;
    await o.deliver(replyId);
    const [reply] = (await o.page()).replies;
    expect(reply).toMatchObject({ state: 'failed', problem: expect.stringContaining('48 小时') as string });
    expect((await o.page()).row.state).toBe('assigned');
  });

  it('WeChat: a comment that the citizen deleted stops nobody else’s answer', async () => {
    const [article, comment] = wechatCity();
    if (article === undefined || comment === undefined) throw new Error('a city without a comment');
    const second = { ...comment, id: 'art1c2', author: 'reader2', text: `您好，${ASKED}` };
    const o = await office([article, comment, second]);
    expect(o.all).toHaveLength(2);
    const replyId = await o.approved(REPLY, true);
    const held = o.server.store.select('wechat', (p) => p.kind === 'post')[0]?.comments ?? [];
    held.splice(
      held.findIndex((c) => c.text === ASKED),
      1,
    );
    await o.deliver(replyId, true);
    await o.deliveries.idle();
    const [reply] = (await o.page()).replies;
    expect(reply).toMatchObject({ state: 'failed', problem: expect.stringContaining('已不存在') as string });
    expect((await o.page()).delivery?.batch).toEqual({ sent: 1, waiting: 0, failed: 1, unsure: 0 });
    expect(held.map((c) => c.text)).toContain(REPLY);
  });
});

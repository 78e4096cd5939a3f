import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InboxDetail, InboxList, InboxListQuery } from '@minsheng/contracts';
import { openTestDatabase } from '../../test/database.ts';
import { caller, inboxOn, store } from '../../test/desks.ts';
import type { Database } from '../platform/database/database.ts';
import { CaseEntity } from './inbox.entity.ts';
import { InboxIntake } from './intake.ts';

const NOON = Date.parse('2026-11-24T12:00:00+08:00');
const HOUR = 3_600_000;
const list = (query: object = {}) => InboxListQuery.parse(query);

async function office(now = NOON) {
  const db = await openTestDatabase();
  const inbox = inboxOn(db, now);
  await inbox.departments.importDepartments([
    { name: '市水务局', duties: ['停水', '水压', '自来水'] },
    { name: '市教育局', duties: ['学位', '入学', '学校'] },
  ]);
  return { db, ...inbox };
}

async function caseOf(db: Database, postId: number): Promise<CaseEntity> {
  return db.repo(CaseEntity).findOneByOrFail({ postId });
}

describe('inbox intake', () => {
  it('makes one case per message and per question, suggests the department and says which rule sets the date', async () => {
    const { db, intake, views } = await office();
    const [message, question, chat] = await store(db, [
      { kind: 'message', platform: 'wechat', text: '望江路停水两天了，什么时候恢复供水？', at: NOON - HOUR },
      { text: '今年小学入学学位还够吗？', at: NOON - 2 * HOUR },
      { text: '支持一下', question: false, at: NOON - HOUR },
    ]);
    expect(await intake().step()).toBe(3);
    expect(await intake().step()).toBe(0);
    expect(await db.all('SELECT count(*) AS n FROM inbox_cases')).toEqual([{ n: 2 }]);
    expect(await db.repo(CaseEntity).findOneBy({ postId: chat ?? 0 })).toBeNull();

    const water = await views.detail((await caseOf(db, message ?? 0)).id, caller(1));
    expect(InboxDetail.parse(water).row.workingDaysLeft).toBe(5);
    expect(water.departments[0]).toMatchObject({ name: '市水务局', reason: '提到“停水”' });
    expect(water.dueRule).toContain('5 个工作日');
    expect(water.dueRule).not.toContain('待核对');
    expect(water.dueRule).toContain('依据');
    const school = await views.detail((await caseOf(db, question ?? 0)).id, caller(1));
    expect(school.dueRule).toContain('15 个工作日');
    expect(school.dueRule).toContain('待核对');
  });

  it('neither loses nor repeats a case when it is killed before, within or after a commit', async () => {
    const { db, intake } = await office();
    const given = Array.from({ length: 23 }, (_, i) => ({ text: `第 ${i} 路公交几点收班？`, at: NOON - i * 60_000 }));
    await store(db, given);
    const killed = intake();
    const write = db.write.bind(db);
    let deaths = 0;
    // The process dies inside the transaction, after its rows and before its commit.
    db.write = (work) =>
      write(async (tx) => {
        const result = await work(tx);
        if (deaths++ === 1) throw new Error('killed');
        return result;
      });
    await killed.step(10);
    await expect(killed.step(10)).rejects.toThrow('killed');
    db.write = write;
    const [twin, other] = [intake(), intake()];
    await Promise.all([twin.step(10), other.step(10)]);
    while ((await twin.step(10)) > 0);
    expect(await db.all('SELECT count(*) AS n, count(DISTINCT post_id) AS d FROM inbox_cases')).toEqual([
      { n: 23, d: 23 },
    ]);
    expect(await db.all(`SELECT count(*) AS n FROM inbox_history WHERE action = '收到'`)).toEqual([{ n: 23 }]);
  });

  it('passes by changes of counters, so that the log can be trimmed', async () => {
    const { db, intake } = await office();
    const [id] = await store(db, [{ text: '路灯什么时候修？', at: NOON }]);
    await db.write((tx) => tx.run(`INSERT INTO post_changes (post_id, change) VALUES (?, 'engagement')`, [id ?? 0]));
    expect(await intake().step()).toBe(2);
    expect(await intake().step()).toBe(0);
  });

  it('groups the same question, also after a restart, and keeps other places apart', async () => {
    const { db, intake, views } = await office();
    const first = await store(db, [
      { text: '望江路停水什么时候恢复供水？', places: ['望江路'], at: NOON - 5 * HOUR },
      { text: '请问望江路停水什么时候能恢复供水啊', places: ['望江路'], at: NOON - 4 * HOUR },
      { text: '东湖路停水什么时候恢复供水？', places: ['东湖路'], at: NOON - 3 * HOUR },
      { text: '公交卡在哪里办理年审？', at: NOON - 2 * HOUR },
    ]);
    await intake().step();
    const later = await store(db, [{ text: '望江路停水什么时候恢复供水？', places: ['望江路'], at: NOON - HOUR }]);
    await intake().step();
    const group = async (id: number | undefined) => (await caseOf(db, id ?? 0)).groupId;
    expect(await group(first[1])).toBe(await group(first[0]));
    expect(await group(later[0])).toBe(await group(first[0]));
    expect(new Set([await group(first[0]), await group(first[2]), await group(first[3])]).size).toBe(3);

    const grouped = InboxList.parse(await views.list(list({ grouped: 'true' }), 1));
    expect(grouped.items.map((r) => r.sameQuestion).sort()).toEqual([1, 1, 3]);
    expect(grouped.counts.todo).toBe(5);
    const detail = await views.detail((await caseOf(db, first[0] ?? 0)).id, caller(1));
    expect(detail.sameQuestion).toHaveLength(2);
  });

  it('marks a case answered when the office answers on the platform, whichever arrives first, and keeps lateness', async () => {
    const { db, intake } = await office(NOON);
    const asked = NOON - 40 * 24 * HOUR;
    const [early, late, same] = await store(db, [
      { text: '几点开门？', at: asked },
      { text: '夜间施工有人管吗？', at: asked + 1000 },
      { text: '停车场收费吗？', at: asked + 2000 },
    ]);
    await store(db, [{ text: '九点。', official: true, parentId: same ?? 0, at: asked + HOUR, question: false }]);
    await intake().step();
    await store(db, [
      { text: '您好，九点开门。', official: true, parentId: early ?? 0, at: asked + 2 * HOUR, question: false },
      { text: '您好，已处理。', official: true, parentId: late ?? 0, at: NOON - HOUR, question: false },
    ]);
    await intake().step();
    const states = [];
    for (const id of [early, late, same]) {
      const c = await caseOf(db, id ?? 0);
      states.push([c.state, c.missed]);
    }
    expect(states).toEqual([
      ['answered', 0],
      ['answered', 1],
      ['answered', 0],
    ]);
  });

  it('makes no cases of imported history', async () => {
    const { db, intake } = await office();
    await store(db, [{ text: '口罩哪里买？', at: Date.parse('2020-02-01T10:00:00+08:00'), fetchedAt: NOON }]);
    await intake().step();
    expect(await db.all('SELECT count(*) AS n FROM inbox_cases')).toEqual([{ n: 0 }]);
  });

  it('forgets what a citizen deleted at the source, in every table of the inbox', async () => {
    const { db, intake, vault } = await office();
    const [id] = await store(db, [
      { kind: 'message', text: '秘密暗号甲乙丙停水怎么办？', at: NOON - HOUR, handle: vault.seal('{"openid":"o1"}') },
    ]);
    await intake().step();
    await db.write(async (tx) => {
      await tx.run(`UPDATE posts SET state = 'deleted', text = '' WHERE id = ?`, [id ?? 0]);
      await tx.run(`INSERT INTO post_changes (post_id, change) VALUES (?, 'gone')`, [id ?? 0]);
    });
    await intake().step();
    const all = JSON.stringify([
      await db.all('SELECT * FROM inbox_cases'),
      await db.all('SELECT * FROM inbox_history'),
      await db.all('SELECT * FROM reply_handles'),
    ]);
    expect(all).not.toContain('暗号');
    expect(all).not.toContain('sealed:');
    expect(all).toContain('原文已删除');
  });
});

describe('case work', () => {
  async function oneCase() {
    const o = await office();
    const [post] = await store(o.db, [
      {
        kind: 'message',
        platform: 'wechat',
        text: '望江路停水了怎么办？',
        at: NOON - HOUR,
        handle: o.vault.seal(JSON.stringify({ openid: 'oABC', contact: '13800000000' })),
      },
    ]);
    await o.intake().step();
    return { ...o, id: (await caseOf(o.db, post ?? 0)).id, post: post ?? 0 };
  }

  it('needs a second person to approve, then an approved reply to be answered', async () => {
    const { cases, views, id, clock } = await oneCase();
    await cases.assign(id, { departmentId: '1', assigneeId: '2', note: '请今天答复' }, caller(1));
    await cases.draft(id, { text: '您好，预计今晚恢复。', applyToGroup: false }, caller(2));
    let page = await views.detail(id, caller(1));
    const replyId = page.replies[0]?.id ?? '';
    expect(page.row).toMatchObject({ state: 'review', departmentName: '市水务局', assigneeName: '林海' });
    await expect(cases.answered(id, { replyId }, caller(2))).rejects.toThrow('还没有通过审核');
    await expect(cases.review(id, { replyId, decision: 'approved' }, caller(2))).rejects.toThrow('不能审核自己');
    await expect(cases.review(id, { replyId, decision: 'rejected' }, caller(1))).rejects.toThrow('修改意见');
    await cases.review(id, { replyId, decision: 'approved' }, caller(1));
    await expect(cases.review(id, { replyId, decision: 'approved' }, caller(3))).rejects.toThrow('待审核');
    clock.at += 60_000;
    await cases.answered(id, { replyId, evidence: '公众号后台已回复' }, caller(2));
    await cases.close(id, caller(2));
    page = InboxDetail.parse(await views.detail(id, caller(1)));
    expect(page.row).toMatchObject({ state: 'closed', due: 'met' });
    expect(page.replies[0]).toMatchObject({ state: 'sent', reviewerName: '周敏' });
    expect(page.history.map((h) => h.action)).toEqual(['收到', '转办', '拟复送审', '审核通过', '已答复', '办结']);
  });

  it('lets the author send without a reviewer only where the office decided so', async () => {
    const { cases, office: rules, id, views } = await oneCase();
    rules.needsApproval = false;
    await cases.draft(id, { text: '您好。已恢复。', applyToGroup: false }, caller(2));
    const page = await views.detail(id, caller(2));
    expect(page.row.state).toBe('assigned');
    await cases.answered(id, { replyId: page.replies[0]?.id ?? '' }, caller(2));
    expect((await views.detail(id, caller(2))).row.state).toBe('answered');
  });

  it('answers a group with one draft and one review, each case on its own record', async () => {
    const { db, cases, intake, views, id } = await oneCase();
    await store(db, [
      { kind: 'message', text: '望江路停水了怎么办？', at: NOON - 1000 },
      { kind: 'message', text: '望江路停水了，怎么办呢', at: NOON - 2000 },
    ]);
    await intake().step();
    await cases.draft(id, { text: '今晚恢复。', applyToGroup: true }, caller(2));
    const page = await views.detail(id, caller(1));
    expect(page.sameQuestion.map((r) => r.state)).toEqual(['review', 'review']);
    await cases.review(id, { replyId: page.replies[0]?.id ?? '', decision: 'approved' }, caller(1));
    expect(await db.all(`SELECT state, count(*) AS n FROM inbox_replies GROUP BY state`)).toEqual([
      { state: 'approved', n: 3 },
    ]);
    expect((await views.counts(2)).review).toBe(0);
  });

  it('keeps a late answer visible, also after reopening, and refuses to stretch what is overdue', async () => {
    const { cases, views, id, clock } = await oneCase();
    await cases.extend(id, { workingDays: 5, reason: '需现场查看' }, caller(1));
    await expect(cases.extend(id, { workingDays: 6, reason: '再等等' }, caller(1))).rejects.toThrow('最多延长 10');
    clock.at += 30 * 24 * HOUR;
    expect((await views.detail(id, caller(1))).row.due).toBe('overdue');
    await expect(cases.extend(id, { workingDays: 1, reason: '再等等' }, caller(1))).rejects.toThrow('已经超期');
    await cases.answered(id, { evidence: '电话答复' }, caller(1));
    expect((await views.detail(id, caller(1))).row.due).toBe('missed');
    await cases.reopen(id, caller(1));
    clock.at += HOUR;
    const open = await views.detail(id, caller(1));
    expect(open.row.due).toBe('running');
    expect(open.dueRule).toContain('曾超期');
    await cases.answered(id, { evidence: '补充答复' }, caller(1));
    expect((await views.detail(id, caller(1))).row.due).toBe('missed');
  });

  it('shows two people to each other for one minute', async () => {
    const { views, id, clock } = await oneCase();
    expect((await views.detail(id, caller(1))).viewers).toEqual([]);
    clock.at += 30_000;
    expect((await views.detail(id, caller(2))).viewers).toEqual(['周敏']);
    expect((await views.detail(id, caller(1))).viewers).toEqual(['林海']);
    clock.at += 61_000;
    expect((await views.detail(id, caller(2))).viewers).toEqual([]);
  });

  it('opens protected data for one case only, and writes down who did', async () => {
    const { cases, views, id, db } = await oneCase();
    const before = JSON.stringify(await views.detail(id, caller(2)));
    expect(before).not.toContain('oABC');
    expect(before).not.toContain('13800000000');
    expect(JSON.stringify(await views.list(list({ view: 'all' }), 1))).not.toContain('oABC');
    expect((await cases.reveal(id, caller(2))).fields).toContainEqual({ label: '联系方式', value: '13800000000' });
    const page = await views.detail(id, caller(2));
    expect(page.hasProtected).toBe(true);
    expect(page.history.at(-1)).toMatchObject({ username: '林海', action: '查看联系信息' });
    expect(JSON.stringify(await db.all('SELECT * FROM inbox_history'))).not.toContain('13800000000');
  });

  it('has no column that could name or link an author', async () => {
    const { db } = await oneCase();
    for (const table of ['inbox_cases', 'inbox_replies', 'inbox_history']) {
      const columns = (await db.columns(table)).names;
      // `author_id` and `author_name` of a reply are the colleague who wrote it.
      const own = table === 'inbox_replies' ? ['author_id', 'author_name'] : [];
      expect(
        columns.filter((c) => /author|user_?id|nick|uid|openid|phone|ip|gender/u.test(c) && !own.includes(c)),
      ).toEqual([]);
    }
  });

  it('never loses a case and only ever adds to its history, whatever people do', async () => {
    const o = await oneCase();
    const by = (n: number) => caller((n % 3) + 1);
    const action = fc.record({
      kind: fc.constantFrom(
        'assign',
        'draft',
        'review',
        'reject',
        'answered',
        'sent',
        'close',
        'dismiss',
        'reopen',
        'extend',
      ),
      who: fc.nat(2),
      hours: fc.nat(80),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 12 }), async (actions) => {
        const [post] = await store(o.db, [{ kind: 'message', text: '路灯坏了怎么办？', at: o.clock.at }]);
        await o.intake().step();
        const { id } = await caseOf(o.db, post ?? 0);
        let length = 1;
        let missed = 0;
        for (const { kind, who, hours } of actions) {
          o.clock.at += hours * HOUR;
          const before = await o.db.repo(CaseEntity).findOneByOrFail({ id });
          const page = await o.views.detail(id, by(who));
          const replyId = page.replies[0]?.id ?? '999999';
          const act = {
            assign: () => o.cases.assign(id, { departmentId: '1' }, by(who)),
            draft: () => o.cases.draft(id, { text: '您好', applyToGroup: false }, by(who)),
            review: () => o.cases.review(id, { replyId, decision: 'approved' }, by(who)),
            reject: () => o.cases.review(id, { replyId, decision: 'rejected', note: '请改' }, by(who)),
            answered: () => o.cases.answered(id, { evidence: '官网' }, by(who)),
            sent: () => o.cases.answered(id, { replyId }, by(who)),
            close: () => o.cases.close(id, by(who)),
            dismiss: () => o.cases.dismiss(id, { reason: '重复' }, by(who)),
            reopen: () => o.cases.reopen(id, by(who)),
            extend: () => o.cases.extend(id, { workingDays: 2, reason: '复杂' }, by(who)),
          }[kind];
          const done = await act().then(
            () => true,
            (e: unknown) => {
              expect((e as Error).name).toBe('UserError');
              return false;
            },
          );
          const after = await o.db.repo(CaseEntity).findOneByOrFail({ id });
          const history = (await o.views.detail(id, by(who))).history;
          expect(history).toHaveLength(done ? length + 1 : length);
          if (!done) expect(after).toEqual(before);
          expect(after.missed).toBeGreaterThanOrEqual(missed);
          if (before.answeredAt !== null) expect(after.answeredAt).toBe(before.answeredAt);
          expect(after.settledAt === null).toBe(['received', 'assigned', 'review'].includes(after.state));
          length = history.length;
          missed = after.missed;
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('inbox list', () => {
  it('counts, filters and pages without repeating or losing a row while others arrive', async () => {
    const { db, intake, views, cases, clock, overdue, alerts } = await office();
    await store(
      db,
      Array.from({ length: 25 }, (_, i) => ({
        kind: 'message' as const,
        text: `第 ${i} 小区编号${i}什么时候通气${'一二三四五六七八九十'[i % 10] ?? ''}？`,
        at: NOON - i * 24 * HOUR,
        fetchedAt: NOON,
      })),
    );
    await intake().step();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = InboxList.parse(
        await views.list(list({ limit: 7, ...(cursor === undefined ? {} : { cursor }) }), 1),
      );
      seen.push(...page.items.map((r) => r.id));
      cursor = page.nextCursor ?? undefined;
      // Arrives while somebody reads; due last, so it comes at the end and repeats nothing.
      await store(db, [{ kind: 'message', text: `新到${seen.length}号线几点？`, at: NOON + seen.length }]);
      await intake().step();
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(25);

    const page = await views.list(list({ view: 'overdue', limit: 100 }), 1);
    expect(page.items).toHaveLength(page.counts.overdue);
    expect(page.items.every((r) => r.due === 'overdue' && r.workingDaysLeft < 0)).toBe(true);
    const today = await views.list(list({ view: 'due-today', limit: 100 }), 1);
    expect(today.items).toHaveLength(today.counts.dueToday);
    expect((await views.list(list({ view: 'all', q: '编号3什么' }), 1)).items).toHaveLength(1);
    expect((await views.list(list({ view: 'all', q: '100%' }), 1)).items).toHaveLength(0);
    await expect(views.list(list({ cursor: "1' OR 1" }), 1)).rejects.toThrow('翻页');

    expect(await overdue.check()).toBe(page.counts.overdue);
    await overdue.check();
    expect(alerts.raised).toBe(1);
    for (const row of page.items) await cases.dismiss(Number(row.id), { reason: '测试' }, caller(1));
    clock.at += 1;
    await overdue.check();
    expect(alerts.open.size).toBe(0);
  });

  it('refuses a second department of one name, and to delete one that still has work', async () => {
    const { departments, cases, db, intake } = await office();
    await expect(departments.create({ name: '市水务局', duties: [] })).rejects.toThrow('已有');
    const [post] = await store(db, [{ text: '停水了怎么办？', at: NOON }]);
    await intake().step();
    await cases.assign((await caseOf(db, post ?? 0)).id, { departmentId: '1' }, caller(1));
    await expect(departments.remove(1)).rejects.toThrow('1 件留言');
    await departments.remove(2);
    expect((await departments.list()).map((d) => d.name)).toEqual(['市水务局']);
    await expect(departments.remove(2)).rejects.toThrow('没有找到');
  });

  it('suggests answers by their words, warns of stale ones and counts their use', async () => {
    const { answers, cases, db, intake, views } = await office();
    await answers.importAnswers([
      { question: '停水期间如何取水？', answer: '请到社区取水点取水。', department: '市水务局', reviewBy: NOON - HOUR },
      { question: '小学入学需要哪些材料？', answer: '户口簿和房产证明。', department: '市教育局' },
      { question: '公交月票怎么办？', answer: '到公交公司窗口办理。' },
    ]);
    expect(await answers.importAnswers([{ question: '公交月票怎么办？', answer: '重复' }])).toBe(0);
    const [post] = await store(db, [{ kind: 'message', text: '停水期间老人怎么取水？', at: NOON }]);
    await intake().step();
    const { id } = await caseOf(db, post ?? 0);
    const [best] = (await views.detail(id, caller(1))).suggestions;
    expect(best).toMatchObject({ question: '停水期间如何取水？', departmentName: '市水务局' });
    expect(best?.reason).toContain('取水');
    expect(best?.reason).toContain('已过复核日期');
    await cases.draft(id, { text: '请到社区取水点。', answerId: best?.id ?? '', applyToGroup: false }, caller(1));
    expect((await answers.list({ limit: 20, q: '取水' })).items[0]?.uses).toBe(1);
    expect(await answers.suggest('天气真好')).toEqual([]);
  });
});

it('runs one intake at a time in one process', async () => {
  const { db, intake } = await office();
  await store(db, [{ text: '几点？', at: NOON }]);
  const one: InboxIntake = intake();
  expect((await Promise.all([one.step(), one.step()])).sort()).toEqual([0, 1]);
});

import { createHmac, timingSafeEqual } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Briefing,
  BriefingListItem,
  ClaimListQuery,
  InboxListQuery,
  pageOf,
  PageQuery,
  SearchQuery,
  TopicListQuery,
} from '@minsheng/contracts';
import { openTestDatabase } from '../../test/database.ts';
import { caller, inboxOn, store, TestCoverage } from '../../test/desks.ts';
import { toInstant } from '../platform/clock.ts';
import { BriefingDesk, SHARE_MS } from './briefing-desk.ts';
import { compose, dayOfYear, type DayFacts } from './compose.ts';
import { InboxFigures } from './inbox-figures.ts';
import { BriefingFigures, Signer, type BriefedClaim, type BriefedTopic, type Volume } from './ports.ts';
import { Writer } from './writer.ts';

const HOUR = 3_600_000;
const EIGHT = Date.parse('2026-11-24T08:10:00+08:00');
const page = (query: object = {}) => PageQuery.parse(query);

class HmacSigner extends Signer {
  sign(payload: string): string {
    const body = Buffer.from(payload).toString('base64url');
    return `${body}.${createHmac('sha256', 'test').update(body).digest('base64url')}`;
  }
  verify(token: string): string | null {
    const [body = '', given = ''] = token.split('.');
    const right = createHmac('sha256', 'test').update(body).digest();
    const bytes = Buffer.from(given, 'base64url');
    return bytes.length === right.length && timingSafeEqual(bytes, right)
      ? Buffer.from(body, 'base64url').toString()
      : null;
  }
}

function volume(total: number, more: Partial<Volume> = {}): Volume {
  const negative = Math.floor(total * 0.3);
  const positive = Math.floor(total * 0.2);
  const neutral = Math.floor(total * 0.25);
  return {
    total,
    public: { negative, positive, neutral, uncertain: Math.max(0, total - negative - positive - neutral) },
    official: 0,
    authors: total,
    buckets: [{ at: EIGHT - 2 * HOUR, positive, neutral, negative, uncertain: 0, withheld: 0 }],
    postIds: [11, 12],
    negativeIds: [11],
    uncertainIds: [12],
    officialIds: [],
    ...more,
  };
}

class TestFigures extends BriefingFigures {
  now = volume(12_480);
  before = volume(9043);
  topics: BriefedTopic[] = [
    {
      id: 3,
      title: '望江路停水48小时',
      posts: 412,
      opinions: 57,
      firstSeenAt: EIGHT - 10 * HOUR,
      officialAnswer: false,
      postIds: [21, 22],
    },
  ];
  claims: BriefedClaim[] = [
    {
      id: 5,
      statement: '水库3号坝渗漏',
      posts: 126,
      firstSeenAt: EIGHT - 5 * HOUR,
      dueAt: EIGHT + 3 * HOUR,
      matched: true,
      postIds: [31],
    },
  ];
  volume(_from: number, to: number): Promise<Volume> {
    return Promise.resolve(to < EIGHT - 100 * HOUR ? this.before : this.now);
  }
  topTopics() {
    return Promise.resolve(this.topics);
  }
  openClaims() {
    return Promise.resolve(this.claims);
  }
}

async function desk(now = EIGHT) {
  const db = await openTestDatabase();
  const inbox = inboxOn(db, now);
  const figures = new TestFigures();
  const coverage = new TestCoverage();
  const { clock, live, office } = inbox;
  const make = () =>
    new BriefingDesk(db, clock, live, office, figures, new InboxFigures(db), coverage, new HmacSigner());
  return { db, ...inbox, figures, coverage, desk: make() };
}

/** Every number in the words must be found in the evidence: as a figure's text, or inside the title that a figure names. */
function unexplained(b: Pick<Briefing, 'lead' | 'sections' | 'figures'>): string[] {
  const known = new Map(b.figures.map((f) => [f.key, f]));
  const evidence = new Set(b.figures.flatMap((f) => `${f.text} ${f.value} ${f.definition}`.match(/[\d,.]+/gu) ?? []));
  const wrong: string[] = [];
  for (const run of [b.lead, ...b.sections.flatMap((s) => s.items)].flatMap((i) => i.runs)) {
    for (const number of run.text.match(/[\d,.]+/gu) ?? []) if (!evidence.has(number)) wrong.push(run.text);
    if (run.figure !== undefined) {
      const figure = known.get(run.figure);
      if (
        figure === undefined ||
        figure.text !== run.text ||
        !run.text.replaceAll(',', '').includes(String(figure.value))
      ) {
        wrong.push(`${run.figure}: ${run.text}`);
      }
    }
  }
  return wrong;
}

const PAGES: Record<string, { safeParse(v: unknown): { success: boolean }; shape: object }> = {
  '/search': SearchQuery,
  '/inbox': InboxListQuery,
  '/claims': ClaimListQuery,
  '/topics': TopicListQuery,
};

/** Every address must be one that the page it opens understands. */
function unopenable(b: Pick<Briefing, 'lead' | 'sections' | 'figures'>): string[] {
  const items = [b.lead, ...b.sections.flatMap((s) => s.items)];
  const hrefs = [...b.figures, ...items, ...items.flatMap((i) => i.runs)].flatMap((x) => x.href ?? []);
  return hrefs.filter((href) => {
    const url = new URL(href, 'http://office');
    const query = Object.fromEntries(url.searchParams);
    const list = PAGES[url.pathname];
    if (list === undefined) return !/^\/(topics|claims)\/\d+$|^\/sources$/u.test(href);
    return !list.safeParse(query).success || Object.keys(query).some((k) => !(k in list.shape));
  });
}

const text = (b: Pick<Briefing, 'lead' | 'sections'>) =>
  [b.lead, ...b.sections.flatMap((s) => s.items)].map((i) => i.runs.map((r) => r.text).join('')).join('\n');

describe('briefing', () => {
  it('says in words what the figures say, each with definition, window, page and evidence', async () => {
    const { db, intake, desk: briefings, coverage } = await desk();
    coverage.gaps = [{ sourceId: '4', sourceName: '市政府网站', reason: '登录失效', since: null }];
    await store(db, [
      ...[1, 2, 3].map((i) => ({ text: '望江路停水什么时候恢复供水？', at: EIGHT - i * HOUR, places: ['望江路'] })),
      { kind: 'message' as const, text: '路灯12号坏了', at: EIGHT - 200 * HOUR },
    ]);
    await intake().step();
    const b = Briefing.parse(await briefings.day('2026-11-24'));
    expect(b.from).toBe('2026-11-23T07:00:00+08:00');
    expect(b.to).toBe('2026-11-24T07:00:00+08:00');
    expect(b.issue).toBe(328);
    expect(unexplained(b)).toEqual([]);
    const said = text(b);
    expect(said).toContain('共采集12,480条，比上周同期多38%（上周同期9,043条）');
    expect(said).toContain('同类3件');
    expect(said).toContain('已超期未答复的留言1件');
    expect(said).toContain('3个采集源中有1个采集可能不全：市政府网站');
    expect(said).toContain('1条说法尚未核实');
    for (const f of b.figures) {
      expect(f.definition.length).toBeGreaterThan(8);
      expect(f.href.startsWith('/')).toBe(true);
      expect(f.postIds.length).toBeLessThanOrEqual(20);
    }
    expect(new Set(b.figures.map((f) => f.key)).size).toBe(b.figures.length);
    expect(b.figures.find((f) => f.key === 'inbox.overdue')?.postIds).toHaveLength(1);
    const total = b.figures.find((f) => f.key === 'volume.total');
    expect(total?.href).toContain(encodeURIComponent('2026-11-23T07:00:00+08:00'));
  });

  it('never writes a number without evidence, whatever the figures are', () => {
    const n = fc.nat(2_000_000);
    const title = fc.string({ minLength: 1, maxLength: 20 });
    const ids = fc.array(n, { maxLength: 30 });
    const volumes = fc
      .record({ negative: n, positive: n, neutral: n, uncertain: n, official: n, authors: fc.option(n) })
      .map(({ negative, positive, neutral, uncertain, official, authors }) =>
        volume(0, {
          total: negative + positive + neutral + uncertain + official,
          public: { negative, positive, neutral, uncertain },
          official,
          authors,
        }),
      );
    const facts = fc.record({
      volume: volumes,
      lastWeek: fc.option(volumes),
      topics: fc.array(
        fc.record({
          id: n,
          title,
          posts: n,
          opinions: n,
          firstSeenAt: fc.constantFrom(0, EIGHT),
          officialAnswer: fc.boolean(),
          postIds: ids,
        }),
        { maxLength: 7 },
      ),
      claims: fc.array(
        fc.record({
          id: n,
          statement: title,
          posts: n,
          firstSeenAt: fc.constant(EIGHT - HOUR),
          dueAt: fc.option(fc.integer({ min: EIGHT - 48 * HOUR, max: EIGHT + 48 * HOUR })),
          matched: fc.boolean(),
          postIds: ids,
        }),
        { maxLength: 7 },
      ),
      inbox: fc.record({
        received: n,
        answered: n,
        overdue: n,
        dueToday: n,
        open: n,
        overduePostIds: ids,
        dueTodayPostIds: ids,
        receivedPostIds: ids,
        answeredPostIds: ids,
        unanswered: fc.array(
          fc.record({ groupId: n, title, cases: n, oldestAt: fc.integer({ min: 0, max: EIGHT }), postIds: ids }),
          { maxLength: 6 },
        ),
      }),
      gaps: fc.nat(6),
      late: fc.boolean(),
    });
    fc.assert(
      fc.property(facts, ({ gaps, ...f }) => {
        // Ids tell topics, claims and groups apart, as in the database.
        const unique = <T, K>(items: T[], key: (t: T) => K) => [...new Map(items.map((i) => [key(i), i])).values()];
        const day: DayFacts = {
          ...f,
          topics: unique(f.topics, (t) => t.id),
          claims: unique(f.claims, (c) => c.id),
          inbox: { ...f.inbox, unanswered: unique(f.inbox.unanswered, (g) => g.groupId) },
          day: '2026-11-24',
          from: EIGHT - 25 * HOUR,
          to: EIGHT - HOUR,
          closesAt: EIGHT - HOUR,
          now: EIGHT,
          office: '新闻办',
          coverage: {
            from: toInstant(EIGHT - 25 * HOUR),
            to: toInstant(EIGHT),
            sources: 9,
            healthySources: 9 - gaps,
            posts: 0,
            lastFetchedAt: null,
            gaps: Array.from({ length: gaps }, (_, i) => ({
              sourceId: String(i),
              sourceName: `站${i}号12345 热线`,
              reason: '',
              since: null,
            })),
          },
        };
        const b = compose(day);
        expect(Briefing.safeParse({ ...b, state: 'draft', issuedBy: null, remark: null }).error).toBeUndefined();
        expect(unexplained(b)).toEqual([]);
        expect(unopenable(b)).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(() => new Writer(0, 1).item(['共3条'])).toThrow('without evidence');
    expect(() => new Writer(0, 1).item(['共３条'])).toThrow('without evidence');
  });

  it('tells no data from no opinion, and shows no breakdown of a handful of people', async () => {
    const { desk: briefings, figures } = await desk();
    figures.topics = [];
    figures.claims = [];
    figures.before = volume(0);
    figures.now = volume(0, { postIds: [] });
    const silent = await briefings.day('2026-11-24');
    expect(text(silent)).toContain('没有采集到内容');
    expect(text(silent)).toContain('请核对采集状态');
    figures.now = volume(40, { authors: 9 });
    const few = await briefings.generate('2026-11-24');
    expect(text(few)).toContain('上周同期没有数据');
    expect(text(few)).toContain('不作情感统计');
    expect(text(few)).not.toContain('%');
    expect(few.charts.volume).toEqual([]);
  });

  it('shows a running window before 07:00 without keeping it, makes it once afterwards, and freezes it when issued', async () => {
    const { db, desk: briefings, clock, figures } = await desk(Date.parse('2026-11-24T06:12:00+08:00'));
    const preview = await briefings.day('2026-11-24');
    expect(preview.to).toBe('2026-11-24T06:12:00+08:00');
    expect(text(preview)).toContain('尚未结束');
    expect(await db.all('SELECT day FROM briefings')).toEqual([]);
    expect(await briefings.tick()).toBeNull();
    await expect(briefings.issue('2026-11-24', caller(1))).rejects.toThrow('没有结束');

    clock.at = EIGHT;
    expect(await briefings.tick()).toBe('2026-11-24');
    expect(await briefings.tick()).toBeNull();
    await briefings.edit('2026-11-24', '请关注供水。');
    figures.now = volume(20_000);
    expect((await briefings.day('2026-11-24')).figures.find((f) => f.key === 'volume.total')?.value).toBe(12_480);
    const again = await briefings.generate('2026-11-24');
    expect(again.remark).toBe('请关注供水。');
    expect(again.figures.find((f) => f.key === 'volume.total')?.value).toBe(20_000);

    const issued = await briefings.issue('2026-11-24', caller(1));
    expect(issued).toMatchObject({ state: 'issued', issuedBy: '周敏' });
    figures.now = volume(5);
    await expect(briefings.generate('2026-11-24')).rejects.toThrow('已由周敏签发');
    await expect(briefings.edit('2026-11-24', '改')).rejects.toThrow('签发');
    await expect(briefings.issue('2026-11-24', caller(2))).rejects.toThrow('签发');
    expect(await briefings.day('2026-11-24')).toEqual(issued);
    await expect(briefings.day('2026-11-26')).rejects.toThrow('还没有到');
    await expect(briefings.day('2026-02-30')).rejects.toThrow('有效的日期');
  });

  it('names missing days, and makes one up only when asked, saying so', async () => {
    const { desk: briefings, clock } = await desk();
    await briefings.tick();
    clock.at += 3 * 24 * HOUR;
    await briefings.tick();
    const first = pageOf(BriefingListItem).parse(await briefings.list(page({ limit: 3 })));
    expect(first.items.map((i) => [i.day, i.title])).toEqual([
      ['2026-11-27', '云河市新闻办舆情日报'],
      ['2026-11-26', '当天没有生成日报'],
      ['2026-11-25', '当天没有生成日报'],
    ]);
    const rest = await briefings.list(page({ limit: 3, cursor: first.nextCursor }));
    expect(rest.items.map((i) => i.day)).toEqual(['2026-11-24']);
    expect(rest.nextCursor).toBeNull();
    await expect(briefings.day('2026-11-25')).rejects.toThrow('没有生成日报');
    expect(text(await briefings.generate('2026-11-25'))).toContain('事后补编');
    expect((await briefings.day('2026-11-25')).state).toBe('draft');
  });

  it('shares an issued briefing by a link that expires and cannot be changed', async () => {
    const { desk: briefings, clock } = await desk();
    await briefings.day('2026-11-24');
    await expect(briefings.share('2026-11-24')).rejects.toThrow('签发之后');
    await briefings.issue('2026-11-24', caller(1));
    const link = await briefings.share('2026-11-24');
    const token = link.path.slice('/shared/briefings/'.length);
    expect(token.length).toBeLessThanOrEqual(300);
    const read = Briefing.parse(await briefings.shared(token));
    expect(read.day).toBe('2026-11-24');
    expect(read.figures.every((f) => f.postIds.length === 0)).toBe(true);
    const [body = '', signature = ''] = token.split('.');
    const later = Buffer.from(Buffer.from(body, 'base64url').toString().replace(/\d+$/u, '9999999999999')).toString(
      'base64url',
    );
    for (const wrong of [`${later}.${signature}`, `${body}.AAAA`, 'x', '', new HmacSigner().sign('user:1')]) {
      await expect(briefings.shared(wrong)).rejects.toThrow('无效');
    }
    clock.at += SHARE_MS - 1;
    await briefings.shared(token);
    clock.at += 1;
    await expect(briefings.shared(token)).rejects.toThrow('已过期');
  });

  it('numbers by the day of the year', () => {
    expect([dayOfYear('2026-01-01'), dayOfYear('2026-12-31'), dayOfYear('2028-12-31')]).toEqual([1, 365, 366]);
  });
});

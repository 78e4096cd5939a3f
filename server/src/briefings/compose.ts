/**
 * In: one day's figures. Out: the briefing's text, section by section, every number with its definition and evidence.
 * Called by: briefing-desk.ts. Pure: the same figures always give the same briefing.
 */
import type { Briefing, Coverage } from '@minsheng/contracts';
import { toInstant } from '../platform/clock.ts';
import type { BriefedClaim, BriefedTopic, Volume } from './ports.ts';
import type { BriefingBody } from './briefing.entity.ts';
import { plain, Writer, type Counted, type Part } from './writer.ts';
import { SMALLEST_CELL } from '../posts/small-cells.ts';

const CLAIM_SOON_MS = 24 * 3_600_000;
const DAY_MS = 86_400_000;
const SHOWN = 5;
/** Two printed pages are read; the rest is one click away. */
const GROUPS_SHOWN = 3;
const BRIEF = 32;

export interface UnansweredGroup {
  groupId: number;
  title: string;
  cases: number;
  oldestAt: number;
  postIds: number[];
}

export interface DayFacts {
  day: string;
  from: number;
  to: number;
  /** When the window should end; later than `to` while the day is not over. */
  closesAt: number;
  now: number;
  office: string;
  volume: Volume;
  /** null when nothing was collected in that window. */
  lastWeek: Volume | null;
  topics: BriefedTopic[];
  claims: BriefedClaim[];
  inbox: {
    received: number;
    answered: number;
    overdue: number;
    dueToday: number;
    open: number;
    overduePostIds: number[];
    dueTodayPostIds: number[];
    receivedPostIds: number[];
    answeredPostIds: number[];
    unanswered: UnansweredGroup[];
  };
  coverage: Coverage;
  /** Written later than the morning of its day: what is due and open is told as of then. */
  late: boolean;
}

type Section = Briefing['sections'][number];
type Item = Section['items'][number];

export function compose(f: DayFacts): BriefingBody {
  const w = new Writer(f.from, f.to);
  const window = `from=${encodeURIComponent(toInstant(f.from))}&to=${encodeURIComponent(toInstant(f.to))}`;
  const search = (more = '') => `/search?${window}${more}`;
  const publicTotal =
    f.volume.public.positive + f.volume.public.neutral + f.volume.public.negative + f.volume.public.uncertain;

  const total: Counted = {
    key: 'volume.total',
    value: f.volume.total,
    definition: '统计时段内发布的帖文、评论和留言总数，转发的相同内容逐条计算',
    href: search(),
    postIds: f.volume.postIds,
  };
  const change = compared(f, total);
  const lead = w.item(
    f.volume.total === 0
      ? ['本期统计时段内', total, '条，没有采集到内容；是确实无人发声还是采集中断，请看“不确定的情况”。']
      : [
          '本期统计时段内共采集',
          total,
          '条',
          ...change,
          ...(f.topics[0] === undefined
            ? ['，没有形成集中话题']
            : [
                '，议论最多的是',
                { quote: `“${f.topics[0].title}”`, href: `/topics/${f.topics[0].id}` },
                '，',
                topicPosts(f.topics[0], f),
                '条',
              ]),
          '。',
        ],
    search(),
  );

  const sections: Section[] = [
    section('changed', '与平日不同', '除总量外，与平日相比没有明显变化。', changed(f, w, search)),
    section('due', '到期与超期', '没有今日到期或已超期的事项。', due(f, w)),
    section('unanswered', '群众在问、尚未答复', '没有尚未答复的留言。', unanswered(f, w)),
    section('claims', '待核实说法', '没有待核实的说法。', claims(f, w)),
    section('topics', '热点话题', '没有形成集中话题。', topics(f, w)),
    section('sentiment', '情感倾向', '没有群众发言可供统计。', sentiment(f, w, publicTotal, search)),
    section('unsure', '不确定的情况', '采集完整，没有需要说明的不确定情况。', unsure(f, w, publicTotal, search)),
  ];
  return {
    day: f.day,
    title: `${f.office}舆情日报`,
    issue: dayOfYear(f.day),
    office: f.office,
    from: toInstant(f.from),
    to: toInstant(f.to),
    generatedAt: toInstant(f.now),
    lead,
    sections,
    figures: w.figures,
    charts: {
      volume: tooFew(f, publicTotal) ? [] : f.volume.buckets.map((b) => ({ ...b, at: toInstant(b.at) })),
    },
    coverage: f.coverage,
  };
}

export function leadText(body: Pick<BriefingBody, 'lead'>): string {
  return plain(body.lead);
}

/** Numbered by the day of the year, so that a missing day leaves a visible gap. */
export function dayOfYear(day: string): number {
  return Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${day.slice(0, 4)}-01-01T00:00:00Z`)) / DAY_MS) + 1;
}

/** 「，比上周同期多 38%（上周同期 9,043 条）」 */
function compared(f: DayFacts, total: Counted): Part[] {
  if (f.lastWeek === null || f.lastWeek.total === 0) return ['（上周同期没有数据，无法比较）'];
  const before: Counted = {
    key: 'volume.last-week',
    value: f.lastWeek.total,
    definition: '七天前同一时段内的总数，口径与本期相同',
    href: `/search?from=${encodeURIComponent(toInstant(f.from - 7 * DAY_MS))}&to=${encodeURIComponent(toInstant(f.to - 7 * DAY_MS))}`,
    from: f.from - 7 * DAY_MS,
    to: f.to - 7 * DAY_MS,
    postIds: f.lastWeek.postIds,
  };
  const percent = Math.round((100 * (total.value - before.value)) / before.value);
  if (percent === 0) return ['，与上周同期（', before, '条）基本持平'];
  const share: Counted = {
    key: 'volume.change',
    value: Math.abs(percent),
    text: `${Math.abs(percent)}%`,
    definition: '本期总数与上周同期总数之差，除以上周同期总数，单位为百分之一，四舍五入',
    href: total.href,
    postIds: f.volume.postIds,
  };
  return [percent > 0 ? '，比上周同期多' : '，比上周同期少', share, '（上周同期', before, '条）'];
}

/** Besides the total, which the lead compares. */
function changed(f: DayFacts, w: Writer, search: (more?: string) => string): Item[] {
  const items: Item[] = [];
  const fresh = f.topics.filter((t) => t.firstSeenAt >= f.from);
  if (fresh.length > 0) {
    const n: Counted = {
      key: 'topics.new',
      value: fresh.length,
      definition: `本期最热话题中，首次出现在统计时段内的个数：${fresh.map((t) => `“${t.title}”`).join('、')}`,
      href: `/topics?sort=recent`,
      postIds: fresh.flatMap((t) => t.postIds.slice(0, 4)),
    };
    items.push(
      w.item(
        [
          '新出现话题',
          n,
          '个：',
          ...list(fresh.slice(0, SHOWN).map((t) => ({ quote: `“${t.title}”`, href: `/topics/${t.id}` }))),
          '。',
        ],
        '/topics?sort=recent',
      ),
    );
  }
  if (f.volume.official > 0) {
    const n: Counted = {
      key: 'volume.official',
      value: f.volume.official,
      definition: '统计时段内政务账号发布的内容条数（含回复）',
      href: search('&official=official'),
      postIds: f.volume.officialIds,
    };
    items.push(w.item(['政务账号发布和回复共', n, '条。'], search('&official=official')));
  }
  return items;
}

function due(f: DayFacts, w: Writer): Item[] {
  const items: Item[] = [];
  if (f.inbox.overdue > 0) {
    const n: Counted = {
      key: 'inbox.overdue',
      value: f.inbox.overdue,
      definition: '生成日报时已过办理期限、尚未答复的留言件数',
      href: '/inbox?view=overdue',
      postIds: f.inbox.overduePostIds,
    };
    items.push(w.item(['已超期未答复的留言', n, '件。'], n.href));
  }
  if (f.inbox.dueToday > 0) {
    const n: Counted = {
      key: 'inbox.due-today',
      value: f.inbox.dueToday,
      definition: '生成日报当天到期、尚未答复的留言件数',
      href: '/inbox?view=due-today',
      postIds: f.inbox.dueTodayPostIds,
    };
    items.push(w.item(['今日到期的留言', n, '件。'], n.href));
  }
  const late = f.claims.filter((c) => c.dueAt !== null && c.dueAt <= f.now);
  const soon = f.claims.filter((c) => c.dueAt !== null && c.dueAt > f.now && c.dueAt <= f.now + CLAIM_SOON_MS);
  for (const [key, group, words, definition] of [
    ['claims.late', late, '已过回应时限的待核实说法', '生成日报时已过回应时限、尚无结论的说法条数'],
    ['claims.soon', soon, '一日之内到回应时限的待核实说法', '生成日报后一日之内到回应时限、尚无结论的说法条数'],
  ] as const) {
    if (group.length === 0) continue;
    const n: Counted = {
      key,
      value: group.length,
      definition: `${definition}：${group.map((c) => `“${c.statement}”`).join('、')}`,
      href: '/claims?sort=urgency',
      postIds: group.flatMap((c) => c.postIds.slice(0, 4)),
    };
    items.push(
      w.item(
        [
          words,
          n,
          '条：',
          ...list(group.slice(0, SHOWN).map((c) => ({ quote: `“${c.statement}”`, href: `/claims/${c.id}` }))),
          '。',
        ],
        n.href,
      ),
    );
  }
  return items;
}

function unanswered(f: DayFacts, w: Writer): Item[] {
  if (f.inbox.open === 0) return [];
  const open: Counted = {
    key: 'inbox.open',
    value: f.inbox.open,
    definition: '生成日报时待受理、已转办、待审核的留言和提问总件数',
    href: '/inbox?view=todo',
    postIds: f.inbox.unanswered.flatMap((g) => g.postIds.slice(0, 4)),
  };
  const received: Counted = {
    key: 'inbox.received',
    value: f.inbox.received,
    definition: '统计时段内收到的留言和评论中的提问件数',
    href: '/inbox?view=all',
    postIds: f.inbox.receivedPostIds,
  };
  const answered: Counted = {
    key: 'inbox.answered',
    value: f.inbox.answered,
    definition: '统计时段内作出答复的留言件数，不论何时收到',
    href: '/inbox?view=answered',
    postIds: f.inbox.answeredPostIds,
  };
  const items = [
    w.item(
      ['尚未答复共', open, '件；本期收到', received, '件，答复', answered, '件。'],
      '/inbox?view=todo&grouped=true',
    ),
  ];
  for (const g of f.inbox.unanswered.slice(0, GROUPS_SHOWN)) {
    const href = `/inbox?view=todo&groupId=${g.groupId}`;
    const n: Counted = {
      key: `inbox.group.${g.groupId}`,
      value: g.cases,
      definition: `生成日报时与“${g.title}”问同一件事、尚未答复的留言件数`,
      href,
      postIds: g.postIds,
    };
    const days: Counted = {
      key: `inbox.group.${g.groupId}.days`,
      value: Math.max(0, Math.floor((f.now - g.oldestAt) / DAY_MS)),
      definition: `与“${g.title}”同类的留言中，最早一件收到至今满多少天`,
      href,
      from: g.oldestAt,
      postIds: g.postIds.slice(0, 1),
    };
    const waited: Part[] = days.value === 0 ? ['件，最早一件收到不满一天。'] : ['件，最早一件已等', days, '天。'];
    items.push(w.item([{ quote: `“${g.title}”`, href }, '，同类', n, ...waited], href));
  }
  return items;
}

function claims(f: DayFacts, w: Writer): Item[] {
  return f.claims.slice(0, SHOWN).map((c) => {
    const href = `/claims/${c.id}`;
    const n: Counted = {
      key: `claim.${c.id}.posts`,
      value: c.posts,
      definition: `说法“${c.statement}”自首次出现以来的相关帖文数，相同内容逐条计算`,
      href,
      from: c.firstSeenAt,
      postIds: c.postIds,
    };
    return w.item(
      [
        { quote: `“${brief(c.statement)}”`, href },
        '，相关帖文',
        n,
        c.matched ? '条；可能已有官方信息可以回应，请确认' : '条；暂无官方信息可以回应',
        c.dueAt === null ? '；尚未定级。' : '。',
      ],
      href,
    );
  });
}

/** What does not fit one and a half printed lines is read on the claim's page. */
function brief(statement: string): string {
  const letters = [...statement];
  return letters.length <= BRIEF ? statement : `${letters.slice(0, BRIEF - 1).join('')}…`;
}

function topics(f: DayFacts, w: Writer): Item[] {
  return f.topics.slice(0, SHOWN).map((t) => {
    const href = `/topics/${t.id}`;
    const opinions: Counted = {
      key: `topic.${t.id}.opinions`,
      value: t.opinions,
      definition: `话题“${t.title}”中，相同或几乎相同的内容只算一次后的条数`,
      href,
      postIds: t.postIds,
    };
    return w.item(
      [
        { quote: `“${t.title}”`, href },
        '，',
        topicPosts(t, f),
        '条，去重后',
        opinions,
        t.officialAnswer ? '条，官方已回应。' : '条，官方未回应。',
      ],
      href,
    );
  });
}

function topicPosts(t: BriefedTopic, f: DayFacts): Counted {
  return {
    key: `topic.${t.id}.posts`,
    value: t.posts,
    definition: `话题“${t.title}”在统计时段内的帖文、评论和留言数，相同内容逐条计算`,
    href: `/topics/${t.id}`,
    from: f.from,
    to: f.to,
    postIds: t.postIds,
  };
}

function tooFew(f: DayFacts, publicTotal: number): boolean {
  return Math.min(f.volume.authors ?? publicTotal, publicTotal) < SMALLEST_CELL;
}

function sentiment(f: DayFacts, w: Writer, publicTotal: number, search: (more?: string) => string): Item[] {
  if (publicTotal === 0) return [];
  if (tooFew(f, publicTotal)) return [w.item(['群众发言太少，为避免指向个人，不作情感统计。'])];
  const { negative, positive, neutral } = f.volume.public;
  const judged = negative + positive + neutral;
  if (judged < SMALLEST_CELL) return [w.item(['能够判断倾向的群众发言太少，不作情感统计。'])];
  const base: Counted = {
    key: 'sentiment.base',
    value: judged,
    text: `n=${judged.toLocaleString('en-US')}`,
    definition: '统计时段内群众发言中，模型有把握判断倾向的条数；不含政务账号，不含不确定的',
    href: search('&official=public'),
    postIds: f.volume.postIds,
  };
  const share = (key: 'negative' | 'positive', name: string, n: number, ids: readonly number[]): Counted => ({
    key: `sentiment.${key}`,
    value: Math.round((100 * n) / judged),
    text: `${Math.round((100 * n) / judged)}%`,
    definition: `判断为${name}的条数除以能够判断倾向的条数，单位为百分之一，四舍五入`,
    href: search(`&official=public&sentiment=${key}`),
    postIds: ids,
  });
  return [
    w.item(
      [
        '群众发言中，负面占',
        share('negative', '负面', negative, f.volume.negativeIds),
        '，正面占',
        share('positive', '正面', positive, []),
        '（',
        base,
        '）。倾向由模型判断，只说明大致情况。',
      ],
      search('&official=public'),
    ),
  ];
}

function unsure(f: DayFacts, w: Writer, publicTotal: number, search: (more?: string) => string): Item[] {
  const items: Item[] = [];
  if (f.to < f.closesAt) items.push(w.item(['本期统计时段尚未结束，以上为到生成时为止的情况。']));
  if (f.late) items.push(w.item(['本期为事后补编，到期、未答复和待核实的情况以补编时的记录为准。']));
  if (f.coverage.gaps.length > 0) {
    const n: Counted = {
      key: 'coverage.gaps',
      value: f.coverage.gaps.length,
      definition: `统计时段内采集中断或疑有缺漏的采集源个数：${f.coverage.gaps.map((g) => g.sourceName).join('、')}`,
      href: '/sources',
    };
    const all: Counted = {
      key: 'coverage.sources',
      value: f.coverage.sources,
      definition: '应当采集的采集源总数',
      href: '/sources',
    };
    items.push(
      w.item(
        [
          all,
          '个采集源中有',
          n,
          '个采集可能不全：',
          ...list(f.coverage.gaps.slice(0, SHOWN).map((g) => ({ quote: g.sourceName, href: '/sources' }))),
          '；相应渠道的情况可能偏少。',
        ],
        '/sources',
      ),
    );
  }
  if (f.volume.total === 0 && f.coverage.gaps.length === 0) {
    items.push(w.item(['采集源没有报告中断，但统计时段内没有任何内容，请核对采集状态。'], '/sources'));
  }
  if (publicTotal > 0 && f.volume.public.uncertain > 0 && !tooFew(f, publicTotal)) {
    const share: Counted = {
      key: 'sentiment.uncertain',
      value: Math.round((100 * f.volume.public.uncertain) / publicTotal),
      text: `${Math.round((100 * f.volume.public.uncertain) / publicTotal)}%`,
      definition: '模型没有把握判断倾向的条数除以群众发言总数，单位为百分之一，四舍五入',
      href: search('&official=public&sentiment=uncertain'),
      postIds: f.volume.uncertainIds,
    };
    const base: Counted = {
      key: 'volume.public',
      value: publicTotal,
      text: `n=${publicTotal.toLocaleString('en-US')}`,
      definition: '统计时段内群众发言总数，不含政务账号',
      href: search('&official=public'),
      postIds: f.volume.postIds,
    };
    items.push(w.item(['群众发言中', share, '（', base, '）倾向无法判断，没有计入情感倾向。'], share.href));
  }
  if (f.claims.length > 0) {
    const n: Counted = {
      key: 'claims.open',
      value: f.claims.length,
      definition: '生成日报时尚无核查结论的说法条数',
      href: '/claims',
      postIds: f.claims.flatMap((c) => c.postIds.slice(0, 4)),
    };
    items.push(w.item(['有', n, '条说法尚未核实，真假未定，请勿作为事实引用。'], '/claims'));
  }
  return items;
}

function section(id: Section['id'], heading: string, empty: string, items: Item[]): Section {
  return { id, heading, items, empty };
}

/** Quotes with 、 between. */
function list(parts: readonly { quote: string; href: string }[]): Part[] {
  return parts.flatMap((p, i): Part[] => (i === 0 ? [p] : ['、', p]));
}

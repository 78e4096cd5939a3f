/**
 * In: hand-written Chinese material of a city that does not exist. Out: the fakes of overview, topics, claims and alerts.
 * Called by: fake-http.ts and component tests; import it for its effect.
 */
import {
  type Alert,
  type ClaimDetail,
  type ClaimRow,
  type Coverage,
  type InboxRow,
  type Post,
  routes,
  type TodoItem,
  type TopicDetail,
  type TopicRow,
  type VolumeSeries,
} from '@minsheng/contracts';
import { toInstant } from '../src/ui/format.ts';
import { fake, FakeError } from './fake-api.ts';

const HOUR = 3_600_000;
export const NOW = Date.now();
const ago = (hours: number): string => toInstant(NOW - hours * HOUR);
const ahead = (hours: number): string => toInstant(NOW + hours * HOUR);

/** A small repeatable generator, so that two screenshots of one page show the same figures. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

function coverage(hours: number, posts: number): Coverage {
  return {
    from: ago(hours),
    to: ago(0),
    sources: 12,
    healthySources: 11,
    posts,
    lastFetchedAt: ago(0.05),
    gaps: [{ sourceId: '9', sourceName: '澜川发布微信评论', reason: '登录已失效，6 小时没有新数据', since: ago(6.2) }],
  };
}

let nextPost = 1000;
function post(text: string, hours: number, more: Partial<Post> = {}): Post {
  nextPost += 1;
  return {
    id: String(nextPost),
    platform: 'weibo',
    kind: 'comment',
    sourceId: '1',
    sourceName: '政务微博',
    accountId: null,
    accountName: null,
    official: false,
    parentId: null,
    publishedAt: ago(hours),
    fetchedAt: ago(Math.max(0, hours - 0.1)),
    title: null,
    text,
    url: null,
    likes: 12,
    comments: 3,
    reposts: 1,
    reads: 0,
    sentiment: 'negative',
    sentimentConfidence: 0.87,
    claimScore: 0.3,
    places: [],
    keywords: [],
    hashtags: [],
    copies: 1,
    state: 'live',
    topicId: null,
    ...more,
  };
}
function official(account: string, text: string, hours: number, more: Partial<Post> = {}): Post {
  return post(text, hours, {
    kind: 'post',
    official: true,
    accountId: '3',
    accountName: account,
    url: 'https://weibo.example/lanchuan/1',
    sentiment: 'neutral',
    likes: 324,
    comments: 187,
    reposts: 96,
    ...more,
  });
}

function spark(kind: 'rising' | 'peak' | 'falling' | 'flat', size: number, seed: number): number[] {
  const random = seeded(seed);
  return Array.from({ length: 24 }, (_, i) => {
    const t = i / 23;
    const shape =
      kind === 'rising'
        ? t ** 3
        : kind === 'peak'
          ? Math.exp(-((t - 0.8) ** 2) / 0.03)
          : kind === 'falling'
            ? (1 - t) ** 1.5
            : 0.4;
    return Math.round(size * shape * (0.8 + 0.4 * random()) + random() * size * 0.06);
  });
}

function topic(
  id: string,
  title: string,
  more: Partial<TopicRow> & Pick<TopicRow, 'heat' | 'heatDelta' | 'stage' | 'posts'>,
): TopicRow {
  return {
    id,
    title,
    posts24h: Math.round(more.posts * 0.6),
    opinions: Math.round(more.posts * 0.31),
    firstSeenAt: ago(30),
    lastSeenAt: ago(0.1),
    spark: spark('flat', 12, Number(id)),
    sentiment: { positive: 40, neutral: 210, negative: 120, uncertain: 30, withheld: 0 },
    keywords: [],
    places: [],
    officialAnswer: false,
    officialAnswerAt: null,
    claimIds: [],
    muted: false,
    ...more,
  };
}

const topics: TopicRow[] = [
  topic('1', '望江路一带停水', {
    heat: 87.4,
    heatDelta: 31.2,
    stage: 'peak',
    posts: 3841,
    posts24h: 3620,
    opinions: 1126,
    firstSeenAt: ago(16.4),
    spark: spark('peak', 340, 1),
    sentiment: { positive: 92, neutral: 1204, negative: 2216, uncertain: 329, withheld: 0 },
    keywords: ['停水', '望江路', '抢修', '自来水'],
    places: ['望江路', '滨河路'],
    officialAnswer: true,
    officialAnswerAt: ago(9.2),
    claimIds: ['2'],
  }),
  topic('2', '白石水库“出现裂缝”传言', {
    heat: 74.9,
    heatDelta: 62.8,
    stage: 'rising',
    posts: 1283,
    posts24h: 1283,
    opinions: 214,
    firstSeenAt: ago(3.3),
    spark: spark('rising', 410, 2),
    sentiment: { positive: 8, neutral: 512, negative: 643, uncertain: 120, withheld: 0 },
    keywords: ['水库', '裂缝', '白石水库'],
    places: ['白石水库', '下游三镇'],
    claimIds: ['1'],
  }),
  topic('3', '城东搅拌站夜间施工噪声', {
    heat: 58.1,
    heatDelta: 6.4,
    stage: 'rising',
    posts: 962,
    posts24h: 381,
    firstSeenAt: ago(128),
    spark: spark('flat', 38, 3),
    sentiment: { positive: 11, neutral: 180, negative: 702, uncertain: 69, withheld: 0 },
    keywords: ['噪声', '搅拌站', '夜间'],
    places: ['城东街道'],
  }),
  topic('4', '枫林小学学位划分调整', {
    heat: 51.6,
    heatDelta: -4.1,
    stage: 'falling',
    posts: 2104,
    posts24h: 412,
    firstSeenAt: ago(220),
    spark: spark('falling', 60, 4),
    sentiment: { positive: 130, neutral: 904, negative: 921, uncertain: 149, withheld: 0 },
    keywords: ['学位', '划片', '枫林小学'],
    places: ['枫林片区'],
    officialAnswer: true,
    officialAnswerAt: ago(51),
  }),
  topic('5', '公交票价“涨到三元”的说法', {
    heat: 44.2,
    heatDelta: 12.0,
    stage: 'sprouting',
    posts: 318,
    posts24h: 306,
    firstSeenAt: ago(7.5),
    spark: spark('rising', 44, 5),
    sentiment: { positive: 6, neutral: 170, negative: 112, uncertain: 30, withheld: 0 },
    keywords: ['公交', '票价'],
    claimIds: ['3'],
  }),
  topic('6', '暴雨黄色预警与停课安排', {
    heat: 39.8,
    heatDelta: -18.3,
    stage: 'falling',
    posts: 5127,
    posts24h: 704,
    firstSeenAt: ago(61),
    spark: spark('falling', 120, 6),
    sentiment: { positive: 1210, neutral: 3204, negative: 420, uncertain: 293, withheld: 0 },
    keywords: ['暴雨', '停课', '预警'],
    officialAnswer: true,
    officialAnswerAt: ago(60),
  }),
  topic('7', '滨河公园夜跑道开放', {
    heat: 28.5,
    heatDelta: 2.2,
    stage: 'calm',
    posts: 604,
    posts24h: 120,
    firstSeenAt: ago(96),
    spark: spark('flat', 9, 7),
    sentiment: { positive: 402, neutral: 141, negative: 28, uncertain: 33, withheld: 0 },
    keywords: ['滨河公园', '夜跑'],
    officialAnswer: true,
    officialAnswerAt: ago(95),
  }),
  topic('8', '老旧小区加装电梯补贴申领', {
    heat: 24.7,
    heatDelta: 1.1,
    stage: 'calm',
    posts: 411,
    posts24h: 66,
    firstSeenAt: ago(190),
    spark: spark('flat', 6, 8),
    sentiment: { positive: 96, neutral: 240, negative: 52, uncertain: 23, withheld: 0 },
    keywords: ['电梯', '补贴'],
  }),
  topic('9', '商贸城停车收费标准', { heat: 19.3, heatDelta: -0.4, stage: 'calm', posts: 233, firstSeenAt: ago(140) }),
  topic('10', '南站地铁口共享单车淤积', {
    heat: 16.8,
    heatDelta: 3.9,
    stage: 'sprouting',
    posts: 121,
    firstSeenAt: ago(20),
  }),
];

function claim(id: string, statement: string, more: Partial<ClaimRow>): ClaimRow {
  return {
    id,
    statement,
    verdict: 'pending',
    step: 'collecting',
    risk: 'medium',
    reasons: [],
    posts: 120,
    doubts: 20,
    postsLastHour: 8,
    growth: 1.2,
    firstSeenAt: ago(8),
    lastSeenAt: ago(0.2),
    spark: spark('rising', 30, Number(id) + 20),
    places: [],
    topicId: null,
    clock: {
      state: 'not-graded',
      grade: null,
      startedAt: null,
      dueAt: null,
      respondedAt: null,
      pausedReason: null,
      secondsLeft: null,
      rule: null,
    },
    assigneeId: null,
    assigneeName: null,
    departmentId: null,
    departmentName: null,
    bestMatch: null,
    alertId: null,
    ...more,
  };
}
const RULE_5H = '国办发〔2016〕80 号：特别重大、重大突发事件 5 小时内发布权威信息';
const RULE_48H = '国办发〔2016〕61 号：其他政务舆情 48 小时内回应';
const damDebunk = {
  debunk: {
    id: '31',
    claim: '水库大坝出现裂缝要溃坝',
    verdict: '谣言',
    summary: '市水利局 2025 年汛期通报：网传图片为外地水库检修照片，白石水库大坝监测数据正常，水位低于汛限水位。',
    source: '澜川市水利局',
    url: 'https://slj.lanchuan.example/tz/2025/31.html',
    publishedAt: ago(24 * 141),
    demo: true,
  },
  score: 0.83,
  relation: 'suggested' as const,
  matchedSentence: '白石水库大坝裂了好几条缝，下游的赶紧走',
};
const claims: ClaimRow[] = [
  claim('1', '白石水库大坝出现裂缝，下游三个镇要连夜撤离', {
    risk: 'high',
    step: 'judging',
    reasons: ['1 小时内 402 条转述', '涉及公共安全与撤离', '没有给出消息来源', '图片与 2025 年旧图相近'],
    posts: 1283,
    doubts: 187,
    postsLastHour: 402,
    growth: 2.6,
    firstSeenAt: ago(3.3),
    lastSeenAt: ago(0.03),
    spark: spark('rising', 400, 41),
    places: ['白石水库', '下游三镇'],
    topicId: '2',
    clock: {
      state: 'running',
      grade: 'major',
      startedAt: ago(3.3),
      dueAt: ahead(1.7),
      respondedAt: null,
      pausedReason: null,
      secondsLeft: 6120,
      rule: RULE_5H,
    },
    assigneeId: '2',
    assigneeName: '周晓岚',
    departmentId: '4',
    departmentName: '市水利局',
    bestMatch: damDebunk,
    alertId: '1',
  }),
  claim('2', '停水是因为水厂进了污水，自来水不能喝', {
    risk: 'high',
    step: 'consulting',
    reasons: ['涉及饮水安全', '3 小时内 96 条转述', '71 条要求官方说明'],
    posts: 341,
    doubts: 48,
    postsLastHour: 31,
    growth: 0.8,
    firstSeenAt: ago(13.1),
    topicId: '1',
    clock: {
      state: 'missed',
      grade: 'major',
      startedAt: ago(7.2),
      dueAt: ago(2.2),
      respondedAt: null,
      pausedReason: null,
      secondsLeft: -7920,
      rule: RULE_5H,
    },
    departmentId: '5',
    departmentName: '市水务集团',
    alertId: '2',
  }),
  claim('3', '公交票价下月起由两元涨到三元', {
    reasons: ['连续 7 小时有人问', '没有找到官方说法'],
    posts: 318,
    doubts: 62,
    postsLastHour: 44,
    growth: 1.6,
    firstSeenAt: ago(7.5),
    topicId: '5',
    clock: {
      state: 'running',
      grade: 'ordinary',
      startedAt: ago(6),
      dueAt: ahead(42),
      respondedAt: null,
      pausedReason: null,
      secondsLeft: 151200,
      rule: RULE_48H,
    },
    departmentId: '6',
    departmentName: '市交通运输局',
    assigneeId: '2',
    assigneeName: '周晓岚',
  }),
  claim('4', '枫林小学明年不再招收划片外租房家庭子女', {
    reasons: ['88 条转述', '部分内容与公告不一致'],
    posts: 88,
    doubts: 9,
    postsLastHour: 3,
    growth: null,
    firstSeenAt: ago(26),
    risk: 'medium',
  }),
  claim('5', '南站将停运三天', {
    reasons: ['21 条转述'],
    posts: 21,
    doubts: 6,
    postsLastHour: 1,
    growth: 0.5,
    risk: 'low',
  }),
];
const decided: ClaimRow[] = [
  claim('6', '城东搅拌站没有夜间施工许可', {
    verdict: 'true-after-doubt',
    step: 'closed',
    risk: 'medium',
    reasons: ['生态环境部门已核查'],
    posts: 204,
    clock: {
      state: 'met',
      grade: 'ordinary',
      startedAt: ago(90),
      dueAt: ago(42),
      respondedAt: ago(60),
      pausedReason: null,
      secondsLeft: null,
      rule: RULE_48H,
    },
  }),
];

const alerts: Alert[] = [
  {
    id: '1',
    kind: 'claim',
    level: 'high',
    title: '「白石水库大坝出现裂缝」传播加快',
    text: '1 小时内 402 条转述，比前一小时多 1.6 倍；尚无官方回应，回应时限还剩 1 小时 42 分。',
    subject: 'claim:1',
    href: '/claims/1',
    openedAt: ago(2.9),
    updatedAt: ago(0.1),
    updates: 4,
    state: 'open',
    acknowledgedBy: null,
  },
  {
    id: '2',
    kind: 'overdue',
    level: 'high',
    title: '「自来水不能喝」已超回应时限',
    text: '应于 2 小时前回应，承办单位为市水务集团。',
    subject: 'claim:2',
    href: '/claims/2',
    openedAt: ago(2.2),
    updatedAt: ago(2.2),
    updates: 0,
    state: 'open',
    acknowledgedBy: null,
  },
  {
    id: '3',
    kind: 'source',
    level: 'medium',
    title: '澜川发布微信评论 6 小时没有新数据',
    text: '登录已失效，已采集的内容没有丢失，重新授权后从断点继续。',
    subject: 'source:9',
    href: '/sources',
    openedAt: ago(6),
    updatedAt: ago(0.5),
    updates: 2,
    state: 'open',
    acknowledgedBy: null,
  },
];

function hoursOf(range: string | undefined): number {
  return { '1h': 1, '24h': 24, '3d': 72, '7d': 168, '30d': 720, all: 720 }[range ?? '24h'] ?? 24;
}

function volume(hours: number): VolumeSeries {
  const random = seeded(77);
  const bucketHours = hours <= 72 ? 1 : hours <= 168 ? 3 : 12;
  const count = Math.max(2, Math.ceil(hours / bucketHours));
  const start = Math.floor(NOW / HOUR) * HOUR - (count - 1) * bucketHours * HOUR;
  const buckets = Array.from({ length: count }, (_, i) => {
    const at = start + i * bucketHours * HOUR;
    const hour = new Date(at + 8 * HOUR).getUTCHours();
    const rhythm =
      (0.25 + Math.max(0, Math.sin(((hour - 6) / 24) * 2 * Math.PI)) + (hour > 18 && hour < 23 ? 0.7 : 0)) *
      bucketHours;
    const age = (NOW - at) / HOUR;
    const outage = 260 * Math.exp(-((age - 13) ** 2) / 10);
    const dam = age < 4 ? 130 * (4 - age) : 0;
    const base = 210 * rhythm * (0.85 + 0.3 * random());
    return {
      at: toInstant(at),
      positive: Math.round(base * 0.22),
      neutral: Math.round(base * 0.55 + outage * 0.3 + dam * 0.35),
      negative: Math.round(base * 0.16 + outage * 0.65 + dam * 0.5),
      uncertain: Math.round(base * 0.07 + outage * 0.05 + dam * 0.15),
      withheld: 0,
      official: Math.round(random() * 5 * rhythm),
    };
  });
  const posts = buckets.reduce((n, b) => n + b.positive + b.neutral + b.negative + b.uncertain, 0);
  return {
    bucketSeconds: bucketHours * 3600,
    buckets,
    marks: [
      { at: ago(9.2), text: '澜川水务：望江路爆管抢修，预计 18 时恢复', href: '/topics/1' },
      { at: ago(4.6), text: '澜川发布：停水区域送水点位', href: '/topics/1' },
    ],
    coverage: coverage(hours, posts),
  };
}

function message(id: string, title: string, excerpt: string, due: InboxRow['due'], days: number): InboxRow {
  return {
    id,
    channel: '12345 热线',
    platform: 'hotline',
    kind: 'message',
    title,
    excerpt,
    receivedAt: ago(90),
    state: 'assigned',
    dueAt: ahead(days * 24),
    due,
    workingDaysLeft: days,
    departmentId: '5',
    departmentName: '市水务集团',
    assigneeId: null,
    assigneeName: null,
    sameQuestion: 3,
    groupId: id,
  };
}
const messages = [
  message('11', '望江路 88 号高层三天没有热水', '二次供水加压一直没恢复，老人取水困难。', 'due-today', 0),
];

const todo: TodoItem[] = [
  {
    kind: 'claim',
    level: 'high',
    title: '白石水库大坝出现裂缝，下游三个镇要连夜撤离',
    detail: '待市水利局核实，1 小时内 402 条转述',
    dueAt: ahead(1.7),
    href: '/claims/1',
  },
  {
    kind: 'overdue',
    level: 'high',
    title: '停水是因为水厂进了污水，自来水不能喝',
    detail: '回应已超时，承办单位市水务集团',
    dueAt: ago(2.2),
    href: '/claims/2',
  },
  {
    kind: 'overdue',
    level: 'high',
    title: '2 件留言已超办理期限',
    detail: '最久的一件超期 3 个工作日',
    dueAt: ago(74),
    href: '/inbox?view=overdue',
  },
  {
    kind: 'due-today',
    level: 'medium',
    title: '6 件留言今日到期',
    detail: '其中 3 件问的是望江路停水',
    dueAt: ahead(8),
    href: '/inbox?view=due-today',
  },
  {
    kind: 'review',
    level: 'medium',
    title: '4 份答复等待审核',
    detail: '最早一份提交于 5 小时前',
    dueAt: null,
    href: '/inbox?state=review',
  },
  {
    kind: 'source',
    level: 'medium',
    title: '澜川发布微信评论 6 小时没有新数据',
    detail: '登录已失效，需要重新授权',
    dueAt: null,
    href: '/sources',
  },
  {
    kind: 'account',
    level: 'low',
    title: '「澜川文旅」微博 12 天未更新',
    detail: '满 14 天将触发单项否决',
    dueAt: ahead(48),
    href: '/accounts',
  },
];

fake(routes.dashboard.overview, ({ query }) => {
  const hours = hoursOf(query.range);
  const series = volume(hours);
  const posts = series.coverage.posts;
  return {
    headline: `过去 24 小时 ${posts.toLocaleString('en-US')} 条，比上周同日多 38%，主要因“望江路停水”；3 小时前出现“白石水库裂缝”的说法，传播正在加快。`,
    comparedWith: '上周同日',
    figures: {
      posts,
      postsBefore: Math.round(posts / 1.38),
      publicPosts: posts - 86,
      officialPosts: 86,
      negativeShare: 0.34,
      openClaims: 5,
      dueToday: 6,
      overdue: 2,
      failingSources: 1,
    },
    todo,
    topics: topics.slice(0, 8),
    claims: claims.slice(0, 3),
    messages,
    volume: series,
    coverage: series.coverage,
    latestAt: ago(0),
    generatedAt: ago(0),
  };
});
fake(routes.dashboard.volume, ({ query }) => volume(hoursOf(query.range)));
fake(routes.dashboard.channels, ({ query }) => ({
  items: [
    { platform: 'weibo', accountId: null, name: '微博群众', official: 0, public: 8202 },
    { platform: 'wechat', accountId: null, name: '微信公众号群众', official: 0, public: 2544 },
    { platform: 'hotline', accountId: null, name: '12345 热线群众', official: 0, public: 412 },
    { platform: 'site', accountId: null, name: '网站群众', official: 0, public: 96 },
    { platform: 'site', accountId: '7', name: '市政府网站', official: 24, public: 0 },
    { platform: 'weibo', accountId: '1', name: '澜川发布', official: 21, public: 0 },
  ],
  coverage: coverage(hoursOf(query.range), 11_340),
}));
const WORDS: [string, number, number | null, number][] = [
  ['停水', 3120, 4.2, 0.6],
  ['望江路', 2410, 5.1, 0.55],
  ['水库', 1270, null, 0.5],
  ['裂缝', 1180, null, 0.55],
  ['抢修', 960, 3.1, 0.2],
  ['送水', 720, 2.8, 0.1],
  ['噪声', 660, 0.2, 0.8],
  ['学位', 610, -0.3, 0.45],
  ['搅拌站', 540, 0.4, 0.8],
  ['暴雨', 520, -0.6, 0.1],
  ['票价', 300, 6.0, 0.4],
  ['公交', 296, 1.1, 0.3],
  ['停课', 280, -0.7, 0.1],
  ['加压泵', 240, 2.0, 0.5],
  ['枫林小学', 232, -0.2, 0.4],
  ['夜跑', 190, 0.1, 0.02],
  ['撤离', 180, null, 0.6],
  ['滨河公园', 172, 0, 0.05],
  ['补贴', 120, 0.1, 0.1],
  ['电梯', 118, 0, 0.1],
  ['停车', 96, -0.1, 0.5],
  ['高层', 92, 1.3, 0.6],
  ['预警', 90, -0.5, 0.05],
  ['热水', 70, 0.9, 0.6],
  ['共享单车', 66, 0.3, 0.5],
];
fake(routes.dashboard.words, ({ query }) => ({
  items: WORDS.map(([word, posts, change]) => ({
    word,
    posts,
    change,
  })),
  coverage: coverage(hoursOf(query.range), 11_340),
}));

fake(routes.topics.list, ({ query }) => {
  const sorted = topics
    .filter((t) => (query.stage ? t.stage === query.stage : true))
    .filter((t) => (query.q ? t.title.includes(query.q) : true))
    .filter((t) => (query.muted === 'show' ? true : query.muted === 'only' ? t.muted : !t.muted))
    .toSorted((a, b) =>
      query.sort === 'growth'
        ? b.heatDelta - a.heatDelta
        : query.sort === 'recent'
          ? Date.parse(b.firstSeenAt) - Date.parse(a.firstSeenAt)
          : b.heat - a.heat,
    );
  return { items: sorted.slice(0, query.limit), coverage: coverage(hoursOf(query.range), 12_480) };
});

function topicOf(id: string): TopicRow {
  const found = topics.find((t) => t.id === id);
  if (!found) throw new FakeError(404, 'not-found', '没有找到这个话题。', '它可能已并入另一话题，请回到列表查看。');
  return found;
}

const voices: [string, number][] = [
  ['望江路从早上六点停到现在，家里老人小孩都没水用，能不能说个准点？', 318],
  ['抢修师傅在泥里站了一夜，辛苦了，希望早点通水。', 142],
  ['送水车停在路口，行动不便的住户根本拎不上楼，能不能送到小区里？', 96],
  ['每年这时候都爆管，老管网到底什么时候换？', 71],
  ['通知发得太晚了，应该提前让大家存水。', 64],
  ['二次供水加压泵恢复了吗？高层还是没水。', 38],
];
const waterOfficial = [
  official(
    '澜川水务',
    '【停水通知】望江路 DN800 主管爆裂，望江路、滨河路沿线约 1.2 万户停水，抢修人员已到场，预计今日 18 时恢复供水。',
    9.2,
  ),
  official('澜川发布', '停水区域已设 14 处临时送水点，名单见图；行动不便的住户可拨打 12345 预约送水上门。', 4.6),
];
const muted = new Map<string, Partial<TopicRow>>();

function topicDetail(id: string): TopicDetail {
  const row = { ...topicOf(id), ...muted.get(id) };
  const random = seeded(Number(id) * 31);
  const curve = Array.from({ length: 48 }, (_, i) => {
    const age = 47 - i;
    const total = Math.round(
      (id === '2' ? (age < 4 ? 120 * (4 - age) : 0) : 300 * Math.exp(-((age - 12) ** 2) / 22) + 20) *
        (0.8 + 0.4 * random()),
    );
    return {
      at: toInstant(Math.floor(NOW / HOUR) * HOUR - age * HOUR),
      total,
      sentiment: {
        positive: Math.round(total * 0.05),
        neutral: Math.round(total * 0.33),
        negative: Math.round(total * 0.55),
        uncertain: Math.round(total * 0.07),
        withheld: 0,
      },
      official: age === 9 || age === 4 ? 1 : 0,
    };
  });
  return {
    topic: row,
    summary: `${row.title}最早见于 16 小时前，共 ${row.posts.toLocaleString('en-US')} 条，归并为 ${row.opinions.toLocaleString('en-US')} 种意见；负面占 58%（n=${row.posts.toLocaleString('en-US')}）。官方于 9 小时前首次回应，此后 3 小时内每小时新增由 286 条降到 104 条。问得最多而尚未答复的是高层住户何时恢复供水。`,
    curve,
    marks: [
      { at: ago(16.4), kind: 'first-seen', text: '首次出现', postId: null },
      { at: ago(12), kind: 'peak', text: '最高，每小时 318 条', postId: null },
      { at: ago(9.2), kind: 'official', text: '澜川水务首次回应', postId: '1' },
      { at: ago(4.6), kind: 'official', text: '公布送水点', postId: '2' },
    ],
    opinions: voices.map(([text, copies], i) => ({
      post: post(text, 6 + i, { copies, topicId: id, likes: copies * 3, sentiment: i === 1 ? 'positive' : 'negative' }),
      copies,
      share: copies / row.posts,
    })),
    officialPosts: row.officialAnswer ? waterOfficial : [],
    channels: [
      { platform: 'weibo', kind: 'comment', posts: 2420 },
      { platform: 'wechat', kind: 'comment', posts: 891 },
      { platform: 'hotline', kind: 'message', posts: 412 },
      { platform: 'site', kind: 'message', posts: 118 },
    ],
    heatParts: [
      { name: '声量', value: 38.2, text: '24 小时 3,620 条，高于 99% 的话题' },
      { name: '增速', value: 27.1, text: '比同一时段平时多 11 倍' },
      { name: '互动', value: 14.6, text: '赞、评、转合计 4.1 万' },
      { name: '新近', value: 7.5, text: '最近一条在 6 分钟前' },
    ],
    related: [
      { id: '3', title: '城东搅拌站夜间施工噪声', heat: 58.1 },
      { id: '8', title: '老旧小区加装电梯补贴申领', heat: 24.7 },
    ],
    coverage: coverage(48, row.posts),
  };
}
fake(routes.topics.detail, ({ params }) => topicDetail(params.id));
fake(routes.topics.posts, ({ query }) => ({
  items: voices.slice(0, query.limit).map(([text], i) => post(text, i + 1, { likes: 30 - i })),
  nextCursor: query.cursor ? null : 'second',
}));
fake(routes.topics.update, ({ params, body }) => {
  muted.set(params.id, { ...muted.get(params.id), ...body });
  return { ...topicOf(params.id), ...muted.get(params.id) };
});
fake(routes.topics.merge, ({ body }) => topicOf(body.into));

const changed = new Map<string, ClaimRow>();
function claimOf(id: string): ClaimRow {
  const found = changed.get(id) ?? [...claims, ...decided].find((c) => c.id === id);
  if (!found) throw new FakeError(404, 'not-found', '没有找到这条说法。', '请回到列表查看。');
  return found;
}
function change(id: string, part: Partial<ClaimRow>): ClaimRow {
  const next = { ...claimOf(id), ...part };
  changed.set(id, next);
  return next;
}

fake(routes.claims.list, ({ query }) => {
  const all = [...claims, ...decided].map((c) => claimOf(c.id));
  const items = all
    .filter((c) =>
      query.status === 'all' ? true : query.status === 'open' ? c.verdict === 'pending' : c.verdict !== 'pending',
    )
    .filter((c) => (query.risk ? c.risk === query.risk : true))
    .filter((c) => (query.q ? c.statement.includes(query.q) : true));
  return { items, nextCursor: null, coverage: coverage(72, 30_214) };
});

function claimDetail(id: string): ClaimDetail {
  const row = claimOf(id);
  const random = seeded(Number(id) * 97);
  let cumulative = 0;
  const hours = Math.max(4, Math.ceil((NOW - Date.parse(row.firstSeenAt)) / HOUR));
  const quarter = HOUR / 4;
  const curve = Array.from({ length: hours * 4 }, (_, i) => {
    const t = (i + 1) / (hours * 4);
    const spreading = Math.round((row.posts / hours) * 0.55 * t ** 1.6 * (0.7 + 0.6 * random()));
    const doubting = Math.round(spreading * (0.08 + 0.12 * t));
    cumulative += spreading + doubting;
    return {
      at: toInstant(NOW - (hours * 4 - i) * quarter),
      spreading,
      doubting,
      official: 0,
      cumulative,
    };
  });
  return {
    claim: row,
    summary:
      '3 小时 18 分前首次出现，共 1,283 条，其中 187 条表示怀疑；最近 1 小时 402 条，是前一小时的 2.6 倍。说法称大坝“裂了好几条缝”并配图，图片与 2025 年被辟谣的外地水库检修照片相近。市水利局今晨发布的水情通报称水位 62.3 米、低于汛限水位，未提到大坝状况。',
    earliest: [
      post('刚听说白石水库大坝裂了好几条缝，下游三个镇要连夜撤，是真的吗？', 3.3, {
        claimScore: 0.94,
        copies: 41,
        places: ['白石水库'],
      }),
      post('朋友圈都在转水库的照片，缝好大，下游的赶紧走！', 3.0, { platform: 'wechat', claimScore: 0.91, copies: 26 }),
    ],
    representative: [
      post('白石水库大坝裂了好几条缝，下游的赶紧走，别等通知了！', 1.1, { copies: 212, claimScore: 0.96, likes: 840 }),
      post('听在镇里上班的亲戚说今晚就要撤，已经有人开车走了。', 0.7, { copies: 64, claimScore: 0.9, likes: 230 }),
    ],
    doubting: [
      post('这图去年就传过，水利局辟过谣，大家别慌，等官方消息。', 0.9, { copies: 38, sentiment: 'neutral' }),
      post('我家就住坝下，早上还去跑步，没看到什么缝。', 0.5, { copies: 5, sentiment: 'neutral' }),
    ],
    curve,
    marks: [
      { at: row.firstSeenAt, kind: 'first-seen', text: '首次出现', postId: null },
      { at: ago(1.2), kind: 'surge', text: '转述加快', postId: null },
    ],
    matches: row.bestMatch ? [row.bestMatch] : [],
    officialPosts:
      id === '1'
        ? [official('澜川水利', '今日 8 时水情：白石水库水位 62.3 米，低于汛限水位 1.7 米，出入库流量平稳。', 2.4)]
        : id === '2'
          ? waterOfficial
          : [],
    history: [
      { at: ago(3.1), username: null, action: 'opened', text: '系统按传播速度与可核查程度列为待核实说法。' },
      { at: ago(2.9), username: '周晓岚', action: 'grade', text: '定为重大，自首次出现起 5 小时内回应。' },
      { at: ago(2.7), username: '周晓岚', action: 'assign', text: '转请市水利局核实，要求 10 时前书面答复。' },
    ],
    nextSteps: [
      { text: '请市水利局确认大坝巡查结果（已转请 2 小时 42 分）', action: 'none' },
      { text: '确认或排除一条相近的辟谣', action: 'match' },
      { text: '给出核查结论', action: 'verdict' },
      { text: '发布回应后登记', action: 'respond' },
    ],
    coverage: coverage(24, 12_480),
  };
}
fake(routes.claims.detail, ({ params }) => claimDetail(params.id));
fake(routes.claims.posts, ({ params, query }) => ({
  items: [...claimDetail(params.id).representative, ...claimDetail(params.id).doubting],
  nextCursor: query.cursor ? null : 'second',
}));
fake(routes.claims.grade, ({ params, body }) => {
  const hours = body.grade === 'major' ? 5 : 48;
  const due = Date.parse(body.eventAt) + hours * HOUR;
  return change(params.id, {
    clock: {
      state: due > Date.now() ? 'running' : 'missed',
      grade: body.grade,
      startedAt: body.eventAt,
      dueAt: toInstant(due),
      respondedAt: null,
      pausedReason: null,
      secondsLeft: Math.round((due - Date.now()) / 1000),
      rule: body.grade === 'major' ? RULE_5H : RULE_48H,
    },
  });
});
const departments = [
  { id: '4', name: '市水利局', duties: ['水库', '防汛'], contact: '值班室 8100', demo: true },
  { id: '5', name: '市水务集团', duties: ['停水', '水质'], contact: '调度中心 8200', demo: true },
  { id: '6', name: '市交通运输局', duties: ['公交', '票价'], contact: null, demo: true },
  { id: '7', name: '市教育局', duties: ['学位', '入学'], contact: null, demo: true },
];
fake(routes.inbox.departments, () => ({ items: departments }));
fake(routes.inbox.staff, () => ({
  items: [
    { id: '2', displayName: '周晓岚', departmentId: null },
    { id: '3', displayName: '吴敏', departmentId: '5' },
  ],
}));
fake(routes.claims.assign, ({ params, body }) =>
  change(params.id, {
    departmentId: body.departmentId,
    departmentName: departments.find((d) => d.id === body.departmentId)?.name ?? null,
    assigneeId: body.assigneeId,
  }),
);
fake(routes.claims.match, ({ params, body }) => {
  const row = claimOf(params.id);
  return change(params.id, { bestMatch: row.bestMatch ? { ...row.bestMatch, relation: body.decision } : null });
});
fake(routes.claims.verdict, ({ params, body }) => change(params.id, { verdict: body.verdict }));
fake(routes.claims.respond, ({ params, body }) => {
  const row = claimOf(params.id);
  const late = row.clock.dueAt !== null && Date.parse(body.respondedAt) > Date.parse(row.clock.dueAt);
  return change(params.id, {
    clock: { ...row.clock, state: late ? 'missed-answered' : 'met', respondedAt: body.respondedAt },
  });
});
fake(routes.claims.pause, ({ params, body }) => {
  const row = claimOf(params.id);
  return change(params.id, {
    clock: { ...row.clock, state: body.paused ? 'paused' : 'running', pausedReason: body.paused ? body.reason : null },
  });
});
fake(routes.claims.note, ({ params, body }) => change(params.id, body.step ? { step: body.step } : {}));
fake(routes.claims.dismiss, ({ params }) => change(params.id, { step: 'closed', verdict: 'unverifiable' }));

fake(routes.alerts.list, () => ({ items: alerts.filter((a) => a.state === 'open'), nextCursor: null }));
fake(routes.alerts.acknowledge, ({ params }) => {
  const found = alerts.find((a) => a.id === params.id);
  if (!found) throw new FakeError(404, 'not-found', '没有找到这条预警。');
  found.state = 'acknowledged';
  found.acknowledgedBy = '周晓岚';
  return found;
});
fake(routes.search.quick, ({ query }) => ({
  items: [
    ...topics
      .filter((t) => t.title.includes(query.q))
      .map((t) => ({ type: 'topic' as const, title: t.title, detail: `热度 ${t.heat}`, href: `/topics/${t.id}` })),
    ...claims
      .filter((c) => c.statement.includes(query.q))
      .map((c) => ({ type: 'claim' as const, title: c.statement, detail: '待核实', href: `/claims/${c.id}` })),
  ],
}));

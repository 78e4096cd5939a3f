/**
 * In: hand-written material of the fictional city. Out: the fakes of search, briefings and inbox. Called by: fake-http.ts and component
 * tests; import it for its effect.
 */
import { type Briefing, type Coverage, type InboxDetail, type InboxRow, type Post, routes } from '@minsheng/contracts';
import { toInstant } from '../src/ui/format.ts';
import { fake, FakeError } from './fake-api.ts';

const HOUR = 3_600_000;
const NOW = Date.now();
const ago = (hours: number): string => toInstant(NOW - hours * HOUR);

export function coverage(hours: number, posts: number): Coverage {
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

let nextId = 5000;
function post(text: string, hours: number, more: Partial<Post> = {}): Post {
  nextId += 1;
  return {
    id: String(nextId),
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
    reposts: 0,
    reads: 0,
    sentiment: 'negative',
    sentimentConfidence: 0.86,
    claimScore: 0.3,
    places: ['望江路'],
    keywords: ['停水', '望江路'],
    hashtags: [],
    copies: 1,
    state: 'live',
    topicId: '1',
    ...more,
  };
}

const found: Post[] = [
  post('望江路从早上六点停到现在，家里老人小孩都没水用，能不能说个准点？', 2, { copies: 318 }),
  post('滨河路这边也停水了，小区群里说是主管爆裂，送水车停在哪里？', 3, {
    platform: 'wechat',
    sourceName: '澜川发布微信评论',
  }),
  post(
    '【停水通知】望江路 DN800 主管爆裂，望江路、滨河路沿线约 1.2 万户停水，抢修人员已到场，预计今日 18 时恢复供水。',
    9,
    {
      kind: 'post',
      official: true,
      accountId: '3',
      accountName: '澜川水务',
      sentiment: 'neutral',
      url: 'https://weibo.example/lanchuan/1',
    },
  ),
  post('停水以后高层的加压泵什么时候恢复？十八楼到现在还没有水。', 4, {
    kind: 'message',
    platform: 'hotline',
    sourceName: '12345 热线工单',
  }),
  post('抢修师傅在泥里站了一夜，辛苦了，希望早点通水。', 5, { sentiment: 'positive', copies: 142 }),
];
fake(routes.search.posts, ({ query }) => {
  const word = query.q.split(/\s+/u)[0] ?? '';
  const hits = found.filter(
    (p) =>
      (word === '' || p.text.includes(word)) &&
      (!query.sentiment || query.sentiment.includes(p.sentiment)) &&
      (!query.platform || query.platform.includes(p.platform)) &&
      (!query.kind || query.kind.includes(p.kind)) &&
      (!query.official || p.official === (query.official === 'official')),
  );
  const total = hits.length === 0 ? 0 : 11_204 + hits.length;
  return {
    total,
    totalIsLowerBound: false,
    behind: 0,
    items: (query.cursor ? hits.map((p, i) => ({ ...p, id: String(7000 + i) })) : hits).map((p) => {
      const at = word ? p.text.indexOf(word) : -1;
      return {
        post: p,
        snippet:
          at < 0
            ? [{ text: p.text, hit: false }]
            : [
                { text: p.text.slice(0, at), hit: false },
                { text: word, hit: true },
                { text: p.text.slice(at + word.length), hit: false },
              ],
      };
    }),
    nextCursor: query.cursor || hits.length === 0 ? null : 'second',
    facets:
      query.facets === '0'
        ? null
        : {
            countedOver: Math.min(total, 10_000),
            sentimentWithheld: false,
            platform: [
              { value: 'weibo', label: '微博', count: 6210 },
              { value: 'wechat', label: '微信公众号', count: 2644 },
              { value: 'hotline', label: '12345 热线', count: 1146 },
            ],
            kind: [
              { value: 'comment', label: '评论', count: 8102 },
              { value: 'message', label: '留言', count: 1264 },
              { value: 'post', label: '帖文', count: 634 },
            ],
            sentiment: [
              { value: 'negative', label: '负面', count: 5610 },
              { value: 'neutral', label: '中性', count: 2980 },
              { value: 'positive', label: '正面', count: 702 },
              { value: 'uncertain', label: '难以判断', count: 708 },
            ],
            source: [
              { value: '1', label: '政务微博', count: 6210 },
              { value: '9', label: '澜川发布微信评论', count: 2644 },
            ],
            account: [
              { value: '3', label: '澜川水务', count: 18 },
              { value: '4', label: '澜川发布', count: 12 },
            ],
            days: Array.from({ length: 14 }, (_, i) => ({
              day: ago((13 - i) * 24).slice(0, 10),
              count: [40, 32, 51, 38, 44, 29, 61, 57, 48, 66, 210, 1860, 5120, 2344][i] ?? 0,
            })),
          },
    understood: query.q ? `${query.q.replace(/\s+/gu, ' 且 ')}` : '',
    tookMs: 8.4,
    coverage: coverage(24, 12_480),
  };
});
fake(routes.search.post, ({ params }) => {
  const own = found.find((p) => p.id === params.id) ?? found[0];
  if (!own) throw new FakeError(404, 'not-found', '没有找到这条帖文。');
  return {
    post: { ...own, id: params.id },
    parent: own.kind === 'comment' ? (found[2] ?? null) : null,
    replies: [post('同问，有没有准确时间？', 1, { likes: 4 })],
    edits: [],
    claimReasons: own.claimScore >= 0.4 ? ['无来源', '转述他人说法'] : [],
  };
});

const today = ago(0).slice(0, 10);
const figure = (key: string, value: number, text: string, definition: string, href: string) => ({
  key,
  value,
  text,
  definition,
  from: ago(24),
  to: ago(0),
  href,
  postIds: found.map((p) => p.id),
});
const briefing: Briefing = {
  day: today,
  title: '澜川舆情日报',
  issue: 328,
  office: '澜川市政府新闻办公室',
  from: ago(24),
  to: ago(0),
  generatedAt: ago(1),
  state: 'draft',
  issuedBy: null,
  lead: {
    runs: [
      { text: '过去 24 小时共 ' },
      { text: '12,480 条', figure: 'total' },
      { text: '，比上周同日多 ' },
      { text: '38%', figure: 'more' },
      { text: '，主要因望江路停水。有 ' },
      { text: '2 条待核实说法', figure: 'claims' },
      { text: '涉及公共安全，其中“自来水不能喝”已超过回应时限。' },
    ],
    href: null,
  },
  sections: [
    {
      id: 'changed',
      heading: '与平日不同',
      items: [
        {
          runs: [
            { text: '望江路停水：' },
            { text: '3,620 条', figure: 'water' },
            { text: '，负面占 58%（n=3,620）。澜川水务 9 小时前首次回应后，每小时新增由 286 条降到 104 条。' },
          ],
          href: '/topics/1',
        },
        {
          runs: [
            { text: '公交票价调整的询问连续 7 小时未见官方说法，共 ' },
            { text: '318 条', figure: 'bus' },
            { text: '。' },
          ],
          href: '/topics/5',
        },
      ],
      empty: '没有明显变化。',
    },
    {
      id: 'due',
      heading: '今天到期的事',
      items: [
        { runs: [{ text: '“白石水库大坝出现裂缝”应于今天 10:00 前回应，市水利局尚未书面答复。' }], href: '/claims/1' },
        {
          runs: [{ text: '留言 ' }, { text: '5 件', figure: 'due' }, { text: '今日到期，2 件已超期。' }],
          href: '/inbox?view=due-today',
        },
      ],
      empty: '今天没有到期的事。',
    },
    {
      id: 'unanswered',
      heading: '群众在问而尚未答复的',
      items: [
        {
          runs: [{ text: '高层住户何时恢复供水（' }, { text: '38 条', figure: 'high' }, { text: '同样的问题）。' }],
          href: '/inbox?view=todo&groupId=1',
        },
        { runs: [{ text: '枫林小学明年是否招收划片外租房家庭子女。' }], href: '/topics/4' },
      ],
      empty: '没有积压的问题。',
    },
    {
      id: 'claims',
      heading: '待核实说法',
      items: [
        {
          runs: [
            { text: '“白石水库大坝出现裂缝”，' },
            { text: '1,283 条', figure: 'dam' },
            { text: '，其中 187 条表示怀疑。' },
          ],
          href: '/claims/1',
        },
      ],
      empty: '没有待核实的说法。',
    },
    {
      id: 'unsure',
      heading: '我们不确定的',
      items: [
        { runs: [{ text: '澜川发布微信评论的登录已失效，6 小时没有新数据，上述条数可能偏少。' }], href: '/sources' },
      ],
      empty: '没有需要说明的缺口。',
    },
  ],
  figures: [
    figure(
      'total',
      12_480,
      '12,480 条',
      '过去 24 小时发布、已采集的公众帖文、评论和留言，转发内容相同的分别计数。',
      '/search?range=24h&official=public',
    ),
    figure('more', 38, '38%', '与上周同日同一时段相比的增幅（n=9,043）。', '/search?range=24h&official=public'),
    figure('claims', 2, '2 条待核实说法', '风险为高、尚无结论的说法。', '/claims?risk=high'),
    figure('water', 3620, '3,620 条', '归入话题“望江路一带停水”的公众内容。', '/topics/1'),
    figure('bus', 318, '318 条', '归入话题“公交票价调整”的公众内容。', '/topics/5'),
    figure('due', 5, '5 件', '办理期限为今天、尚未答复的留言。', '/inbox?view=due-today'),
    figure('high', 38, '38 条', '内容相近、合并计数的提问。', '/inbox?view=all'),
    figure('dam', 1283, '1,283 条', '与该说法意思相同的公众内容。', '/claims/1'),
  ],
  charts: {
    volume: Array.from({ length: 24 }, (_, i) => {
      const t = Math.round(180 + 420 * Math.exp(-((i - 14) ** 2) / 14) + 60 * Math.sin(i));
      return {
        at: toInstant(Math.floor(NOW / HOUR) * HOUR - (23 - i) * HOUR),
        positive: Math.round(t * 0.1),
        neutral: Math.round(t * 0.35),
        negative: Math.round(t * 0.48),
        uncertain: Math.round(t * 0.07),
        withheld: 0,
      };
    }),
  },
  coverage: coverage(24, 12_480),
  remark: null,
};
let current = briefing;
fake(routes.briefings.list, () => ({
  items: Array.from({ length: 6 }, (_, i) => ({
    day: ago(i * 24).slice(0, 10),
    title: '澜川舆情日报',
    state: i === 0 ? current.state : ('issued' as const),
    generatedAt: ago(i * 24 + 1),
    lead:
      i === 0
        ? '过去 24 小时共 12,480 条，比上周同日多 38%，主要因望江路停水。'
        : '总体平稳，公众讨论集中在暴雨预警与停课安排，没有超过时限的事项。',
  })),
  nextCursor: null,
}));
fake(routes.briefings.day, ({ params }) => {
  if (params.day > today) throw new FakeError(404, 'not-found', '这一天还没有日报。', '每天早上自动生成当天的草稿。');
  return { ...current, day: params.day };
});
fake(routes.briefings.edit, ({ body }) => (current = { ...current, remark: body.remark }));
fake(routes.briefings.regenerate, () => (current = { ...current, generatedAt: toInstant(Date.now()) }));
fake(
  routes.briefings.issue,
  (_input, user) => (current = { ...current, state: 'issued', issuedBy: user?.displayName ?? null }),
);
fake(routes.briefings.share, () => ({
  path: '/shared/briefings/demo-token',
  expiresAt: toInstant(Date.now() + 48 * HOUR),
}));
fake(routes.briefings.shared, ({ params }) => {
  if (params.token === 'expired') throw new FakeError(404, 'not-found', '链接已失效。', '请向发送人索取新的链接。');
  return {
    ...current,
    state: 'issued' as const,
    issuedBy: '陈立群',
    remark: '停水已于今晨恢复，请各单位做好解释工作。',
  };
});

function row(id: string, title: string, excerpt: string, more: Partial<InboxRow> = {}): InboxRow {
  return {
    id,
    channel: '12345 热线',
    platform: 'hotline',
    kind: 'message',
    title,
    excerpt,
    receivedAt: ago(20),
    state: 'received',
    dueAt: toInstant(NOW + 70 * HOUR),
    due: 'running',
    workingDaysLeft: 3,
    departmentId: null,
    departmentName: null,
    assigneeId: null,
    assigneeName: null,
    sameQuestion: 1,
    groupId: id,
    ...more,
  };
}
const rows = new Map(
  [
    row('1', '十八楼停水后一直没有恢复', '停水以后高层的加压泵什么时候恢复？十八楼到现在还没有水，家里有老人。', {
      due: 'overdue',
      workingDaysLeft: -1,
      sameQuestion: 38,
      state: 'assigned',
      departmentId: '5',
      departmentName: '市水务集团',
      assigneeId: '3',
      assigneeName: '吴敏',
    }),
    row('2', '送水点能不能设到小区里', '送水车停在路口，行动不便的住户根本拎不上楼，能不能送到小区里？', {
      channel: '澜川发布微信评论',
      platform: 'wechat',
      kind: 'comment',
      due: 'due-today',
      workingDaysLeft: 0,
      sameQuestion: 9,
    }),
    row('3', '搅拌站半夜还在放料', '城东搅拌站凌晨两点还在放料，影响孩子休息，请问有没有夜间施工许可？', {
      state: 'review',
      workingDaysLeft: 2,
      departmentId: '4',
      departmentName: '市生态环境局',
      assigneeName: '吴敏',
      assigneeId: '3',
    }),
    row('4', '枫林小学明年怎么划片', '我们在枫林路租房三年，孩子明年上学，还能不能按居住证申请枫林小学？', {
      channel: '领导留言板',
      platform: 'site',
      workingDaysLeft: 6,
      sameQuestion: 4,
    }),
    row('5', '加装电梯补贴到哪里申领', '老旧小区加装电梯的补贴申领要带什么材料，到哪个窗口？', {
      state: 'answered',
      due: 'met',
      departmentName: '市住建局',
      departmentId: '6',
    }),
  ].map((r) => [r.id, r]),
);
function rowOf(id: string): InboxRow {
  const one = rows.get(id);
  if (!one) throw new FakeError(404, 'not-found', '没有找到这件留言。', '请回到列表查看。');
  return one;
}
const OPEN = new Set(['received', 'assigned', 'review']);
fake(routes.inbox.list, ({ query }) => {
  const all = [...rows.values()];
  const views = {
    todo: (r: InboxRow) => OPEN.has(r.state),
    mine: (r: InboxRow) => r.assigneeId === '3',
    overdue: (r: InboxRow) => r.due === 'overdue',
    'due-today': (r: InboxRow) => r.due === 'due-today',
    answered: (r: InboxRow) => r.state === 'answered',
    all: () => true,
  };
  const count = (view: keyof typeof views): number => all.filter(views[view]).length;
  return {
    items: all.filter(
      (r) =>
        views[query.view](r) &&
        (!query.state || r.state === query.state) &&
        (!query.departmentId || r.departmentId === query.departmentId) &&
        (!query.q || r.title.includes(query.q)),
    ),
    nextCursor: null,
    counts: {
      todo: count('todo'),
      mine: count('mine'),
      overdue: count('overdue'),
      dueToday: count('due-today'),
      review: all.filter((r) => r.state === 'review').length,
      answered: count('answered'),
      all: all.length,
    },
    coverage: coverage(720, 412),
  };
});
const replies = new Map<string, InboxDetail['replies']>([
  [
    '3',
    [
      {
        id: '71',
        text: '您反映的搅拌站夜间施工问题，我局已派员核查：该站 11 月 20 日前有夜间施工证明，此后没有。已责令停止夜间作业并立案调查。感谢监督。联系电话：市生态环境局值班室。',
        authorName: '吴敏',
        createdAt: ago(2),
        state: 'submitted',
        reviewerName: null,
        reviewNote: null,
        sentAt: null,
        problem: null,
      },
    ],
  ],
]);
export function answerOf(id: string, question: string, answer: string) {
  return {
    id,
    question,
    answer,
    departmentId: '5',
    departmentName: '市水务集团',
    reviewBy: ago(-2000),
    uses: 12,
    demo: true,
  };
}
const water = answerOf(
  '1',
  '停水后高层何时恢复供水',
  '主管修复后，高层住户需待二次供水加压泵启动，一般在主管通水后 2–4 小时恢复。请先打开低处龙头排气。市水务集团调度中心 24 小时受理。',
);
function detail(id: string): InboxDetail {
  const r = rowOf(id);
  return {
    row: r,
    post: post(r.excerpt, 20, {
      id: `60${id}`,
      kind: r.kind,
      platform: r.platform,
      sourceName: r.channel,
      likes: 0,
      comments: 0,
    }),
    parent: r.kind === 'comment' ? (found[2] ?? null) : null,
    departments: [
      { departmentId: '5', name: '市水务集团', probability: 0.91, reason: '提到“停水”“加压泵”，属其职责' },
      { departmentId: '4', name: '市水利局', probability: 0.05, reason: '提到“供水”' },
    ],
    suggestions: [{ ...water, score: 0.82, reason: '同样问高层恢复供水，用过 12 次' }],
    replies: replies.get(id) ?? [],
    delivery:
      r.platform === 'wechat'
        ? {
            account: '澜川发布',
            characters: null,
            notes: ['微信每条评论只能由账号回复一次，发出后公开显示。'],
            hindrance: null,
            batch: null,
          }
        : null,
    sameQuestion:
      r.sameQuestion > 1
        ? [
            row('21', '二十楼没有水', '二十楼没有水', { groupId: id }),
            row('22', '高层什么时候来水', '高层什么时候来水', { groupId: id, channel: '澜川发布微信评论' }),
          ]
        : [],
    history: [
      { at: r.receivedAt, username: null, action: '受理', text: `从${r.channel}收到` },
      ...(r.departmentName
        ? [{ at: ago(18), username: '周晓岚', action: '转办', text: `转${r.departmentName}办理` }]
        : []),
    ],
    hasProtected: true,
    dueRule: '12345 工单：5 个工作日内答复，复杂的可延长，合计不超过 10 个工作日',
    viewers: id === '1' ? ['周晓岚'] : [],
  };
}
function changed(id: string, part: Partial<InboxRow>): InboxDetail {
  rows.set(id, { ...rowOf(id), ...part });
  return detail(id);
}
fake(routes.inbox.detail, ({ params }) => detail(params.id));
fake(routes.inbox.assign, ({ params, body }) =>
  changed(params.id, { state: 'assigned', departmentId: body.departmentId, departmentName: '市水务集团' }),
);
fake(routes.inbox.draft, ({ params, body }, user) => {
  replies.set(params.id, [
    ...(replies.get(params.id) ?? []).map((r) => ({ ...r, state: 'draft' as const })),
    {
      id: String(nextId++),
      text: body.text,
      authorName: user?.displayName ?? '',
      createdAt: toInstant(Date.now()),
      state: 'submitted',
      reviewerName: null,
      reviewNote: null,
      sentAt: null,
      problem: null,
    },
  ]);
  return changed(params.id, { state: 'review' });
});
fake(routes.inbox.review, ({ params, body }, user) => {
  replies.set(
    params.id,
    (replies.get(params.id) ?? []).map((r) =>
      r.id === body.replyId
        ? { ...r, state: body.decision, reviewerName: user?.displayName ?? null, reviewNote: body.note ?? null }
        : r,
    ),
  );
  return changed(params.id, { state: 'assigned' });
});
fake(routes.inbox.answered, ({ params }) => changed(params.id, { state: 'answered', due: 'met' }));
fake(routes.inbox.deliver, ({ params, body }) => {
  replies.set(
    params.id,
    (replies.get(params.id) ?? []).map((r) =>
      r.id !== body.replyId
        ? r
        : r.text.includes('丢失')
          ? { ...r, state: 'unsure', problem: '没有收到微信的回执，请先核对。' }
          : { ...r, state: 'sent', sentAt: toInstant(Date.now()) },
    ),
  );
  return replies.get(params.id)?.some((r) => r.state === 'sent')
    ? changed(params.id, { state: 'answered', due: 'met' })
    : detail(params.id);
});
fake(routes.inbox.decide, ({ params, body }) => {
  replies.set(
    params.id,
    (replies.get(params.id) ?? []).map((r) =>
      r.id === body.replyId ? { ...r, state: body.sent ? 'sent' : 'approved', problem: null } : r,
    ),
  );
  return body.sent ? changed(params.id, { state: 'answered', due: 'met' }) : detail(params.id);
});
fake(routes.inbox.close, ({ params }) => changed(params.id, { state: 'closed' }));
fake(routes.inbox.dismiss, ({ params }) => changed(params.id, { state: 'dismissed' }));
fake(routes.inbox.reopen, ({ params }) => changed(params.id, { state: 'received', due: 'running' }));
fake(routes.inbox.extend, ({ params, body }) =>
  changed(params.id, { workingDaysLeft: rowOf(params.id).workingDaysLeft + body.workingDays }),
);
fake(routes.inbox.reveal, () => ({
  fields: [
    { label: '平台评论编号', value: '4988-2201-7731' },
    { label: '联系电话', value: '138 0000 0000' },
  ],
}));
let settings = { office: '澜川市政府新闻办公室', retentionDays: 365, replyNeedsApproval: true };
fake(routes.system.settings, () => settings);
fake(routes.system.saveSettings, ({ body }) => (settings = body));

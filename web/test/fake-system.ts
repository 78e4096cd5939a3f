/**
 * In: hand-written material of the fictional city. Out: the fakes of sources, accounts, debunks, answers and the system pages.
 * Called by: fake-http.ts and component tests; import it for its effect.
 */
import { type Debunk, routes, type RunView, type SourceView, type User } from '@minsheng/contracts';
import { toInstant } from '../src/ui/format.ts';
import { fake, FakeError } from './fake-api.ts';
import { answerOf } from './fake-desks.ts';

const HOUR = 3_600_000;
const NOW = Date.now();
const ago = (hours: number): string => toInstant(NOW - hours * HOUR);
let nextId = 900;
const id = (): string => String((nextId += 1));

function runOf(hours: number, more: Partial<RunView> = {}): RunView {
  return {
    id: id(),
    purpose: 'regular',
    startedAt: ago(hours),
    endedAt: ago(hours - 0.01),
    outcome: 'ok',
    requests: 6,
    pages: 3,
    expected: 34,
    fetched: 34,
    stored: 28,
    duplicate: 6,
    updated: 5,
    rejected: 0,
    gaps: [],
    errorKind: null,
    message: null,
    ...more,
  };
}
function source(name: string, more: Partial<SourceView> = {}): SourceView {
  return {
    id: id(),
    kind: 'weibo-official',
    kindName: '官方微博',
    platform: 'weibo',
    name,
    settings: { screenNames: ['澜川发布', '澜川水务'], comments: true },
    savedCredentials: ['accessToken', 'appSecret'],
    schedule: { everySeconds: 600 },
    demo: true,
    health: 'ok',
    healthText: '4 分钟前取得 34 条，没有缺口。',
    nextRunAt: toInstant(NOW + 360_000),
    lastRunAt: ago(0.07),
    lastSuccessAt: ago(0.07),
    lastNewItemAt: ago(0.1),
    consecutiveFailures: 0,
    posts: 48_213,
    posts24h: 3620,
    openGaps: [],
    budgets: [],
    credentialsEndAt: null,
    backfill: null,
    pushKeys: [],
    lastRun: runOf(0.07),
    ...more,
  };
}
let sources: SourceView[] = [
  source('政务微博'),
  source('澜川发布微信', {
    kind: 'wechat-official',
    kindName: '微信公众号',
    platform: 'wechat',
    posts: 9120,
    posts24h: 412,
  }),
  source('澜川发布微信评论', {
    kind: 'wechat-official',
    kindName: '微信公众号',
    platform: 'wechat',
    health: 'stopped',
    healthText: '登录已失效，6 小时没有新数据；已采集的内容没有丢失，重新授权后从断点继续。',
    openGaps: [
      {
        id: id(),
        what: '评论缺少',
        size: 214,
        cause: 'login-needed',
        since: ago(6.2),
        closedAt: null,
        closedHow: null,
      },
    ],
    consecutiveFailures: 12,
    posts24h: 180,
    posts: 15_004,
    lastRun: runOf(0.5, {
      outcome: 'failed',
      fetched: 0,
      stored: 0,
      duplicate: 0,
      updated: 0,
      message: '平台答复登录已失效。',
    }),
  }),
  source('市政府网站', {
    kind: 'feed',
    kindName: '网站订阅',
    platform: 'site',
    savedCredentials: [],
    health: 'quiet',
    healthText: '运行正常，网站 9 小时没有发布新内容。',
    posts: 1204,
    posts24h: 6,
    schedule: { everySeconds: 1800 },
  }),
  source('12345 热线工单', {
    kind: 'feed',
    kindName: '网站订阅',
    platform: 'hotline',
    health: 'waiting',
    healthText: '对方要求稍后再来，12 分钟后自动重试。',
    posts: 2204,
    posts24h: 118,
  }),
];
const find = (key: string): SourceView => {
  const one = sources.find((s) => s.id === key);
  if (!one) throw new FakeError(404, 'not-found', '没有找到这个采集源。');
  return one;
};
function put(key: string, part: Partial<SourceView>): SourceView {
  const next = { ...find(key), ...part };
  sources = sources.map((s) => (s.id === key ? next : s));
  return next;
}
fake(routes.sources.overview, () => ({
  sources,
  hours: Array.from({ length: 24 }, (_, i) => toInstant(Math.floor(NOW / HOUR) * HOUR - (23 - i) * HOUR)),
  perHour: sources.map((s, k) =>
    Array.from({ length: 24 }, (_, i) =>
      s.health === 'stopped' && i > 17 ? 0 : Math.round((s.posts24h / 24) * (1 + Math.sin((i + k * 3) / 3.2))),
    ),
  ),
  segmenter: { name: 'nodejieba', note: null },
  searchEngine: { name: 'SQLite FTS5', documents: 75_741, behind: 0, since: null, note: null },
}));
fake(routes.sources.kinds, () => ({
  items: [
    {
      kind: 'weibo-official',
      platform: 'weibo' as const,
      name: '官方微博',
      brings: '政务账号的微博及其评论、转评赞数',
      needs: '需要单位的微博开放平台授权，并用服务账号关注要采集的政务账号。',
      cost: '开放平台按应用限制每小时请求数，系统会自动放慢。',
      cannot: '不采集个人账号。',
      requestsPerItem: { firstRead: 0.072, inSoak: 0.53 },
      defaultIntervalSeconds: 600,
      passive: false,
      backfill: '可补采最近 2,000 条。',
      refreshes: true,
      authorizes: true,
      receives: false,
      settingsSchema: {
        type: 'object',
        properties: {
          screenNames: { type: 'array', items: { type: 'string' }, title: '政务账号', description: '微博昵称' },
          comments: { type: 'boolean', title: '同时采集评论', default: true },
          pages: { type: 'integer', title: '每次最多页数', default: 5 },
        },
        required: ['screenNames'],
      },
      credentialsSchema: {
        type: 'object',
        properties: {
          accessToken: { type: 'string', title: '访问令牌' },
          appSecret: { type: 'string', title: 'App Secret' },
        },
        required: ['accessToken'],
      },
    },
    {
      kind: 'feed',
      platform: 'site' as const,
      name: '网站订阅',
      brings: '网站的新闻、公告（RSS、Atom、JSON Feed）',
      needs: '不需要账号，网站要提供订阅地址。',
      cost: '遵守网站的 robots 规则，间隔不少于 10 分钟。',
      cannot: '没有日期的条目不入库。',
      requestsPerItem: null,
      defaultIntervalSeconds: 1800,
      passive: false,
      backfill: null,
      refreshes: false,
      authorizes: false,
      receives: false,
      settingsSchema: {
        type: 'object',
        properties: { url: { type: 'string', format: 'uri', title: '订阅地址' } },
        required: ['url'],
      },
      credentialsSchema: { type: 'object', properties: {} },
    },
  ],
}));
fake(routes.sources.create, ({ body }) => {
  if (sources.some((s) => s.name === body.name))
    throw new FakeError(409, 'conflict', '已有同名的采集源。', '请换一个名称。');
  const made = source(body.name, {
    kind: body.kind,
    settings: body.settings,
    savedCredentials: Object.keys(body.credentials),
    health: 'new',
    healthText: '等待首次采集。',
    demo: false,
    posts: 0,
    posts24h: 0,
    lastRun: null,
  });
  sources = [...sources, made];
  return made;
});
fake(routes.sources.update, ({ params, body }) =>
  put(params.id, {
    ...(body.name ? { name: body.name } : {}),
    ...(body.paused === undefined
      ? {}
      : body.paused
        ? { health: 'paused', healthText: '已暂停采集。' }
        : { health: 'ok', healthText: '已恢复采集。' }),
  }),
);
fake(routes.sources.clearCredential, ({ params }) =>
  put(params.id, { savedCredentials: find(params.id).savedCredentials.filter((name) => name !== params.name) }),
);
fake(routes.sources.remove, ({ params }) => {
  sources = sources.filter((s) => s.id !== params.id);
  return { ok: true as const };
});
fake(routes.sources.probe, ({ body }) =>
  body.kind === 'feed'
    ? { ok: true, message: '读到 20 条，最新一条发布于今天 07:40。', errorKind: null }
    : { ok: false, message: '平台答复令牌无效，请检查后重填。', errorKind: 'login-needed' },
);
fake(routes.sources.run, ({ params }) => find(params.id));
fake(routes.sources.runs, ({ params, query }) => ({
  items: Array.from({ length: 8 }, (_, i) =>
    runOf(
      i + 0.1 + (query.cursor ? 8 : 0),
      find(params.id).health === 'stopped' && i < 3
        ? {
            outcome: 'failed',
            fetched: 0,
            stored: 0,
            duplicate: 0,
            updated: 0,
            message: '平台答复登录已失效。已采集的内容没有丢失。',
          }
        : {},
    ),
  ),
  nextCursor: query.cursor ? null : 'second',
}));
fake(routes.sources.leaveDemo, () => {
  sources = sources.filter((s) => !s.demo);
  return { ok: true as const };
});

fake(routes.accounts.list, () => ({
  rule: '政务新媒体检查前两周内没有更新的，单项否决（国办秘函〔2019〕19 号）。',
  items: [
    { name: '澜川发布', platform: 'weibo', daysSilent: 0, activity: 'ok' as const, lastPostAt: ago(2), posts7d: 42 },
    { name: '澜川水务', platform: 'weibo', daysSilent: 0, activity: 'ok' as const, lastPostAt: ago(9), posts7d: 18 },
    {
      name: '澜川教育',
      platform: 'wechat',
      daysSilent: 12,
      activity: 'urgent' as const,
      lastPostAt: ago(290),
      posts7d: 0,
    },
    {
      name: '澜川城管',
      platform: 'weibo',
      daysSilent: 16,
      activity: 'veto' as const,
      lastPostAt: ago(390),
      posts7d: 0,
    },
    {
      name: '澜川文旅',
      platform: 'wechat',
      daysSilent: 10,
      activity: 'warn' as const,
      lastPostAt: ago(242),
      posts7d: 0,
    },
    {
      name: '澜川交通',
      platform: 'weibo',
      daysSilent: null,
      activity: 'unknown' as const,
      lastPostAt: null,
      posts7d: 0,
    },
  ].map((a, i) => ({
    ...a,
    id: String(i + 1),
    followers: a.activity === 'unknown' ? null : 128_400 - i * 17_000,
    posts30d: a.posts7d * 4,
    comments7d: a.posts7d * 60,
    replies7d: a.posts7d * 4,
    demo: true,
  })),
}));

let debunks: Debunk[] = [
  {
    id: '31',
    claim: '水库大坝出现裂缝要溃坝',
    verdict: '谣言',
    summary: '网传图片为外地水库检修照片，白石水库大坝监测数据正常，水位低于汛限水位。',
    source: '澜川市水利局',
    url: 'https://slj.lanchuan.example/tz/31.html',
    publishedAt: ago(24 * 141),
    demo: true,
  },
  {
    id: '32',
    claim: '隔夜自来水有毒不能喝',
    verdict: '误区',
    summary: '自来水放置一夜亚硝酸盐含量远低于标准限值，烧开即可饮用。',
    source: '澜川市疾控中心',
    url: null,
    publishedAt: ago(24 * 62),
    demo: true,
  },
];
fake(routes.debunks.list, ({ query }) => ({
  items: debunks.filter((d) => !query.q || d.claim.includes(query.q)),
  nextCursor: null,
}));
fake(routes.debunks.create, ({ body }) => {
  const made = { id: id(), demo: false, ...body, url: body.url ?? null, publishedAt: body.publishedAt ?? null };
  debunks = [made, ...debunks];
  return made;
});
fake(routes.debunks.remove, ({ params }) => {
  debunks = debunks.filter((d) => d.id !== params.id);
  return { ok: true as const };
});

let answers = [
  answerOf(
    '1',
    '停水后高层何时恢复供水',
    '主管修复后，高层住户需待二次供水加压泵启动，一般在主管通水后 2–4 小时恢复。',
  ),
  answerOf(
    '2',
    '老旧小区加装电梯补贴如何申领',
    '由业主代表持施工许可、竣工验收材料到区住建局窗口申领，审核后 20 个工作日内拨付。',
  ),
];
fake(routes.inbox.answers, ({ query }) => ({
  items: answers.filter((a) => !query.q || a.question.includes(query.q)),
  nextCursor: null,
}));
fake(routes.inbox.createAnswer, ({ body }) => {
  const made = { ...answerOf(id(), body.question, body.answer), uses: 0, demo: false };
  answers = [made, ...answers];
  return made;
});
fake(routes.inbox.removeAnswer, ({ params }) => {
  answers = answers.filter((a) => a.id !== params.id);
  return { ok: true as const };
});
fake(routes.inbox.createDepartment, ({ body }) => ({
  id: id(),
  demo: false,
  name: body.name,
  duties: body.duties,
  contact: body.contact ?? null,
}));
fake(routes.inbox.removeDepartment, () => ({ ok: true as const }));

fake(routes.system.status, () => ({
  version: '0.1.0',
  node: '26.10.0',
  startedAt: ago(31),
  demo: true,
  dataDir: './data',
  database: { engine: 'SQLite 3.54', bytes: 214_330_000, posts: 75_741 },
  search: { engine: 'SQLite FTS5', documents: 75_741, behind: 0 },
  segmenter: 'nodejieba',
  segmenterNote: null,
  models: [{ name: '情感', version: '1.0', figure: '见 models/sentiment 说明' }],
  diskFreeBytes: 48_000_000_000,
}));
let words = ['望江路', '白石水库', '加压泵'].map((word, i) => ({
  id: String(i + 1),
  word,
  tag: null,
  kind: i < 2 ? ('place' as const) : ('word' as const),
  createdAt: ago(100 + i),
  createdBy: '周晓岚',
}));
fake(routes.system.dictionary, ({ query }) => ({
  items: words.filter((w) => !query.q || w.word.includes(query.q)),
  nextCursor: null,
}));
fake(routes.system.addWord, ({ body }) => {
  const made = {
    id: id(),
    tag: null,
    createdAt: toInstant(Date.now()),
    createdBy: '系统管理员',
    word: body.word,
    kind: 'word' as const,
  };
  words = [made, ...words];
  return { ...made, kind: body.kind };
});
fake(routes.system.removeWord, ({ params }) => {
  words = words.filter((w) => w.id !== params.id);
  return { ok: true as const };
});
fake(routes.system.cut, () => ({
  tokens: ['望江路', '十八', '楼', '停水', '了', '，', '二次供水', '加压泵', '什么时候', '恢复', '？'],
  keywords: ['停水', '加压泵', '二次供水'],
  places: ['望江路'],
}));

const user = (username: string, displayName: string, roles: User['roles'], more: Partial<User> = {}): User => ({
  id: id(),
  username,
  displayName,
  roles,
  departmentId: null,
  disabled: false,
  lockedUntil: null,
  lastLoginAt: ago(3),
  createdAt: ago(900),
  ...more,
});
let users: User[] = [
  user('officer', '周晓岚', ['officer']),
  user('leader', '陈立群', ['leader']),
  user('staff', '吴敏', ['staff'], { lockedUntil: toInstant(NOW + HOUR) }),
  user('admin', '系统管理员', ['sysadmin', 'officer']),
  user('secadmin', '安全管理员', ['secadmin'], { id: '1' }),
  user('auditor', '审计管理员', ['auditor'], { lastLoginAt: null }),
  user('lin', '林涛', ['staff'], { disabled: true }),
];
fake(routes.system.users, () => ({ items: users }));
fake(routes.system.createUser, ({ body }) => {
  if (users.some((u) => u.username === body.username))
    throw new FakeError(409, 'conflict', '已有这个账号。', '请换一个账号。');
  const made = user(body.username, body.displayName, body.roles, { lastLoginAt: null });
  users = [...users, made];
  return { user: made, oneTimePassword: 'Tq7-Lm2x-9Rw4' };
});
fake(routes.system.updateUser, ({ params, body }) => {
  const { unlock, ...rest } = body;
  users = users.map((u) => (u.id === params.id ? { ...u, ...rest, lockedUntil: unlock ? null : u.lockedUntil } : u));
  const one = users.find((u) => u.id === params.id);
  if (!one) throw new FakeError(404, 'not-found', '没有找到这个用户。');
  return one;
});
fake(routes.system.resetPassword, ({ params }) => {
  const one = users.find((u) => u.id === params.id);
  if (!one) throw new FakeError(404, 'not-found', '没有找到这个用户。');
  return { user: one, oneTimePassword: 'Hv3-Kp8n-2Zd6' };
});
fake(routes.system.audit, ({ query }) => ({
  items: (
    [
      ['inbox.reveal', 'staff', 'message:1', 'ok', '查看了答复所需的联系信息'],
      ['claims.verdict', 'officer', 'claim:6', 'ok', null],
      ['users.create', 'officer', null, 'refused', '角色不允许'],
      ['auth.login', 'lin', null, 'failed', '账号已停用'],
      ['briefings.issue', 'leader', `briefing:${ago(24).slice(0, 10)}`, 'ok', null],
    ] as const
  )
    .map(([action, username, target, outcome, detail], i) => ({
      id: String(i + 1),
      at: ago(i * 1.7 + 0.2),
      userId: '2',
      username,
      action,
      target,
      outcome,
      detail,
      correlationId: `7f3a2${i}`,
    }))
    .filter((e) => (!query.action || e.action === query.action) && (!query.username || e.username === query.username)),
  nextCursor: null,
}));

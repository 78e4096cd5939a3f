import { describe, expect, it } from 'vitest';
import { insideHref, neighbourDay, paperColumns, runsOf, sectionNumber } from './briefings/briefing-words.ts';
import { dueWords, possibleSteps } from './inbox/inbox-words.ts';
import { everyDay, shownFacets } from './search/facets.ts';
import { collect, fieldsOf } from './sources/schema-form.ts';
import {
  adviceText,
  byNeed,
  dayOf,
  expiryText,
  nextStep,
  officeDay,
  overallText,
  readSourceFile,
  refusalText,
  savedText,
  scheduleOf,
  scheduleText,
  shade,
} from './sources/source-words.ts';
import { auditName, bytesText } from './system/system-words.ts';

describe('briefing words', () => {
  const figure = {
    key: 'total',
    value: 3,
    text: '3 条',
    definition: '过去 24 小时',
    from: '2026-11-23T08:00:00+08:00',
    to: '2026-11-24T08:00:00+08:00',
    href: '/search?range=24h',
    postIds: [],
  };
  it('resolves figures, and leaves a figure that is not there as words', () => {
    const item = {
      runs: [{ text: '共 ' }, { text: '3 条', figure: 'total' }, { text: '2 条', figure: 'gone' }],
      href: null,
    };
    expect(runsOf(item, new Map([['total', figure]]))).toEqual([
      { text: '共 ', figure: null, href: null },
      { text: '3 条', figure, href: '/search?range=24h' },
      { text: '2 条', figure: null, href: null },
    ]);
  });
  it.each([
    ['/topics/1', '/topics/1'],
    ['//evil.example', null],
    ['/\\evil.example', null],
    ['https://evil.example', null],
    ['javascript:alert(1)', null],
    [null, null],
  ])('lets only addresses inside the product become links: %s', (given, wanted) => {
    expect(insideHref(given)).toBe(wanted);
  });
  it('numbers sections and steps over the ends of months', () => {
    expect([0, 4, 9, 10].map(sectionNumber)).toEqual(['一', '五', '十', '十一']);
    expect(neighbourDay('2026-03-01', -1)).toBe('2026-02-28');
    expect(neighbourDay('2026-12-31', 1)).toBe('2027-01-01');
  });
  it('draws paper columns against the highest hour, also when all hours are empty', () => {
    const volume = [
      { at: '2026-11-24T00:00:00+08:00', positive: 1, neutral: 1, negative: 2, uncertain: 0, withheld: 0 },
      { at: '2026-11-24T01:00:00+08:00', positive: 0, neutral: 1, negative: 1, uncertain: 0, withheld: 0 },
    ];
    const drawn = paperColumns({ charts: { volume } });
    expect(drawn.map((c) => [c.all, c.negative, c.label])).toEqual([
      [100, 50, '11/24'],
      [50, 25, ''],
    ]);
    const empty = volume.map((v) => ({ ...v, positive: 0, neutral: 0, negative: 0 }));
    expect(paperColumns({ charts: { volume: empty } }).map((c) => c.all)).toEqual([0, 0]);
  });
});

describe('inbox words', () => {
  const base = { due: 'running' as const, workingDaysLeft: 3, state: 'assigned' as const };
  it('keeps a late answer visible and marks the last day by weight, not by red', () => {
    expect(dueWords({ ...base, due: 'missed', state: 'answered' })).toEqual({ text: '超期答复', tone: 'red' });
    expect(dueWords({ ...base, due: 'due-today', workingDaysLeft: 0 }).tone).toBe('soon');
    expect(dueWords({ ...base, due: 'overdue', workingDaysLeft: -2 }).text).toBe('超期 2 个工作日');
    expect(dueWords({ ...base, due: 'overdue', workingDaysLeft: 0 }).text).toBe('已超期');
  });
  it('offers what each state allows', () => {
    const row = {
      id: '1',
      channel: '',
      platform: 'hotline' as const,
      kind: 'message' as const,
      title: '',
      excerpt: '',
      receivedAt: '',
      dueAt: '',
      departmentId: null,
      departmentName: null,
      assigneeId: null,
      assigneeName: null,
      sameQuestion: 1,
      groupId: '1',
    };
    const steps = (part: { state: Parameters<typeof possibleSteps>[0]['row']['state']; due?: 'overdue' }) =>
      possibleSteps({ row: { ...row, ...base, ...part }, replies: [] });
    expect(steps({ state: 'assigned' })).toEqual(['assign', 'draft', 'answered', 'extend', 'dismiss']);
    expect(steps({ state: 'assigned', due: 'overdue' })).not.toContain('extend');
    expect(steps({ state: 'review' })).not.toContain('review');
    expect(steps({ state: 'answered' })).toEqual(['close', 'reopen']);
    expect(steps({ state: 'closed' })).toEqual(['reopen']);
  });
});

describe('schema form', () => {
  const schema = {
    type: 'object',
    properties: {
      names: { type: 'array', items: { type: 'string' }, title: '账号', description: '昵称' },
      pages: { type: 'integer', title: '页数', default: 5 },
      ratio: { anyOf: [{ type: 'number' }, { type: 'null' }], title: '比例' },
      url: { type: 'string', format: 'uri', title: '地址' },
      mode: { enum: ['fast', 'full'], title: '方式', choices: { fast: '快' }, advanced: true },
      deep: { type: 'boolean', title: '含评论', default: true },
      map: { type: 'object', title: '对照' },
    },
    required: ['names', 'pages', 'url'],
  };
  const fields = fieldsOf(schema, { url: 'https://a.example/feed' }, false);
  it('draws one field per setting with what it is now, or its default', () => {
    expect(fields.map((f) => [f.name, f.kind, f.required, f.initial])).toEqual([
      ['names', 'lines', true, ''],
      ['pages', 'integer', false, '5'],
      ['ratio', 'number', false, ''],
      ['url', 'url', true, 'https://a.example/feed'],
      ['mode', 'choice', false, ''],
      ['deep', 'boolean', false, true],
      ['map', 'json', false, ''],
    ]);
  });
  it('names choices in the words of the schema, and folds away what is seldom changed', () => {
    expect(fields.find((f) => f.name === 'mode')).toMatchObject({
      advanced: true,
      choices: [
        { value: 'fast', label: '快' },
        { value: 'full', label: 'full' },
      ],
    });
    const platform = fieldsOf({ properties: { platform: { enum: ['hotline'] } } }, {}, false);
    expect(platform[0]).toMatchObject({ advanced: false, choices: [{ value: 'hotline', label: '12345 热线' }] });
  });
  it('never starts with a credential', () => {
    const secret = fieldsOf(
      { properties: { token: { type: 'string', default: 'x' } }, required: ['token'] },
      { token: 'known' },
      true,
    );
    expect(secret[0]).toMatchObject({ kind: 'secret', initial: '' });
    expect(collect(secret, { token: '' }, ['token'])).toEqual({ values: {}, problems: {} });
  });
  it('turns what was typed back into settings', () => {
    const { values, problems } = collect(fields, {
      names: ' 甲 \n\n乙',
      pages: '7',
      ratio: '0.5',
      url: 'https://a.example',
      mode: 'full',
      deep: false,
      map: '{"a":1}',
    });
    expect(problems).toEqual({});
    expect(values).toEqual({
      names: ['甲', '乙'],
      pages: 7,
      ratio: 0.5,
      url: 'https://a.example',
      mode: 'full',
      deep: false,
      map: { a: 1 },
    });
  });
  it('says where each wrong entry is wrong', () => {
    const { problems } = collect(fields, {
      names: '',
      pages: '1.5',
      ratio: 'x',
      url: 'ftp://a',
      mode: 'slow',
      map: '{',
    });
    expect(Object.keys(problems)).toEqual(['names', 'pages', 'ratio', 'url', 'mode', 'map']);
  });
  it('holds a schema without properties', () => {
    expect(fieldsOf({}, {}, false)).toEqual([]);
  });
});

describe('source words', () => {
  it.each([
    ['10 分钟', { everySeconds: 600 }],
    ['2小时', { everySeconds: 7200 }],
    ['15', { everySeconds: 900 }],
    ['1 天', { everySeconds: 86_400 }],
    ['0 8 * * *', { cron: '0 8 * * *' }],
    ['8 天', null],
    ['0 分钟', null],
    ['常常', null],
    ['', null],
  ])('reads %s', (text, wanted) => {
    expect(scheduleOf(text)).toEqual(wanted);
  });
  it('writes a schedule so that it reads back the same', () => {
    for (const everySeconds of [45, 600, 7200, 86_400, 90_000]) {
      expect(scheduleOf(scheduleText({ everySeconds }))).toEqual({ everySeconds });
    }
  });
  it('shades an hour by its own source, and nothing only when there was nothing', () => {
    expect([0, 1, 50, 100].map((n) => shade(n, 100))).toEqual([0, 1, 2, 4]);
    expect(shade(0, 0)).toBe(0);
  });
  it('puts what needs somebody first', () => {
    const rows = (['ok', 'paused', 'stopped', 'failing'] as const).map((health) => ({
      source: { health, name: health },
    }));
    expect(byNeed(rows).map((r) => r.source.health)).toEqual(['stopped', 'failing', 'ok', 'paused']);
  });
  const source = (more: object) => ({
    kind: 'weibo-official',
    health: 'ok' as const,
    credentialsEndAt: null,
    openGaps: [],
    lastRun: null,
    ...more,
  });
  const failed = (errorKind: string) => ({ errorKind }) as NonNullable<Parameters<typeof nextStep>[0]['lastRun']>;
  const NOW = Date.parse('2026-11-24T08:10:00+08:00');
  it.each([
    ['stopped', 'blocked', 'run', '立即采集'],
    ['stopped', 'login-needed', 'authorize', '重新授权'],
    ['stopped', 'permission', 'run', '立即采集'],
    ['stopped', 'config', 'edit', '改好保存'],
    ['stopped', 'gone', 'edit', '改好保存'],
    ['stopped', 'refused-address', 'edit', '改好保存'],
    ['failing', 'unreachable', 'run', '自动重试'],
    ['failing', 'layout-changed', 'run', '对方改版'],
    ['failing', 'our-bug', 'run', '自动重试'],
    ['waiting', 'retry-after', 'run', '不需要处理'],
  ] as const)('says what to do when a source is %s (%s)', (health, kind, step, words) => {
    const ill = source({ health, lastRun: failed(kind) });
    expect(nextStep(ill, { authorizes: true }, NOW)).toBe(step);
    expect(adviceText(ill, step)).toContain(words);
  });
  it('asks nothing of a source that is well, and its own step of the others', () => {
    for (const health of ['ok', 'quiet', 'new', 'paused'] as const)
      expect(adviceText(source({ health }), 'run')).toBeNull();
    expect(nextStep(source({}), { authorizes: true }, NOW)).toBe('run');
    expect(nextStep(source({ health: 'stopped', lastRun: failed('login-needed') }), { authorizes: false }, NOW)).toBe(
      'edit',
    );
    expect(nextStep(source({ health: 'paused' }), null, NOW)).toBe('resume');
    expect(nextStep(source({ kind: 'file' }), null, NOW)).toBe('import');
    expect(nextStep(source({ kind: 'push' }), null, NOW)).toBe('push-key');
  });
  it('announces the end of credentials seven days ahead', () => {
    const end = (days: number) => new Date(NOW + days * 86_400_000).toISOString();
    expect(expiryText(null, NOW)).toBeNull();
    expect(expiryText(end(7.1), NOW)).toBeNull();
    expect(expiryText(end(7), NOW)).toBe('授权 7 天内到期');
    expect(expiryText(end(0.1), NOW)).toBe('授权 1 天内到期');
    expect(expiryText(end(-0.1), NOW)).toBe('授权已到期');
    expect(nextStep(source({ credentialsEndAt: end(3) }), { authorizes: true }, NOW)).toBe('authorize');
  });
  it('calls sources well only when all of them are', () => {
    expect(overallText([source({}), source({})], NOW)).toBe('2 个采集源全部正常；没有已知缺口。');
    const gap = { id: '1' } as Parameters<typeof overallText>[0][number]['openGaps'][number];
    expect(
      overallText([source({ health: 'stopped' }), source({ health: 'new' }), source({ openGaps: [gap] })], NOW),
    ).toBe('3 个采集源中，1 个没有采到，1 个还没有收到内容；共有 1 处缺口。');
  });
  it('says what comes next after adding, and after a refusal', () => {
    expect(savedText({ kind: 'weibo-official', authorizes: true }, false)).toContain('请点“授权”');
    expect(savedText({ kind: 'weibo-official', authorizes: true }, true)).toContain('首次采集');
    expect(savedText({ kind: 'push', authorizes: false }, false)).toContain('推送密钥');
    expect(savedText({ kind: 'file', authorizes: false }, false)).toContain('导入文件');
    expect(refusalText('access_denied')).toContain('没有同意授权');
    expect(refusalText('redirect_uri_mismatch')).toContain('redirect_uri_mismatch');
    expect(refusalText(null)).not.toContain('（）');
  });
  it('names a back-fill by its first and last office day', () => {
    expect(dayOf(officeDay('2026-11-01'))).toBe('2026-11-01');
    expect(dayOf(officeDay('2026-11-30', 1), -1)).toBe('2026-11-30');
  });
  it('refuses a file in words that say where', () => {
    expect(readSourceFile('{').problem).toContain('不是有效的 JSON');
    expect(readSourceFile('{"sources":[{"kind":"feed","name":"a"},{"kind":"feed"}]}').problem).toContain(
      '第 2 个采集源的 name',
    );
    expect(readSourceFile('{"sources":[{"kind":"feed","name":"a"}]}').file?.sources).toHaveLength(1);
  });
});

describe('system words', () => {
  it('names sizes and audit actions', () => {
    expect([0, 1023, 1536, 48_000_000_000].map(bytesText)).toEqual(['0 B', '1023 B', '1.5 KB', '44.7 GB']);
    expect(auditName('inbox.reveal')).toBe('查看联系所需信息（留痕）');
    expect(auditName('unknown.thing')).toBe('unknown.thing');
  });
});

describe('facets', () => {
  it('puts days without a hit between those with one, also over the end of a month', () => {
    expect(
      everyDay([
        { day: '2026-12-02', count: 3 },
        { day: '2026-11-29', count: 5 },
      ]),
    ).toEqual([
      { day: '2026-11-29', count: 5 },
      { day: '2026-11-30', count: 0 },
      { day: '2026-12-01', count: 0 },
      { day: '2026-12-02', count: 3 },
    ]);
    expect(everyDay([])).toEqual([]);
    const far = [
      { day: '2020-01-01', count: 1 },
      { day: '2026-01-01', count: 1 },
    ];
    expect(everyDay(far)).toEqual(far);
  });
  it('names sentiments as every other page does', () => {
    const none = {
      countedOver: 0,
      sentimentWithheld: false,
      platform: [],
      kind: [],
      source: [],
      account: [],
      days: [],
    };
    const shown = shownFacets({ ...none, sentiment: [{ value: 'uncertain', label: '不确定', count: 2 }] });
    expect(shown.sentiment).toEqual([{ value: 'uncertain', label: '难以判断', count: 2 }]);
  });
});

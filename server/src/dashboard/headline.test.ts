import { describe, expect, it } from 'vitest';
import { DAY } from '../platform/time-window.ts';
import { activityOf, daysSilent } from './activity.ts';
import { headline } from './headline.ts';
import { spanOf } from './span.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const usual = {
  span: '过去 24 小时',
  posts: 1380,
  usual: '上周同日',
  before: 1000,
  since: NOW - 30 * DAY,
  latest: NOW,
  now: NOW,
  top: null,
  failingSources: 0,
};

describe('headline', () => {
  it('names the change, its base and what explains it', () => {
    expect(headline({ ...usual, top: { title: '望江路停水', posts24h: 300 } })).toBe(
      '过去 24 小时 1,380 条，比上周同日多 38%（n=1,000），主要因“望江路停水”（300 条）。',
    );
    expect(headline({ ...usual, top: { title: '望江路停水', posts24h: 20 } })).toContain('说得最多的是“望江路停水”');
    expect(headline({ ...usual, posts: 500 })).toBe('过去 24 小时 500 条，比上周同日少 50%（n=1,000）。');
    expect(headline({ ...usual, posts: 1010 })).toContain('基本持平（n=1,000）');
  });

  it('claims no comparison that it does not have', () => {
    expect(headline({ ...usual, before: null, since: NOW - 2 * DAY })).toBe(
      '过去 24 小时 1,380 条，采集刚满 2 天，尚无上周同日可比。',
    );
    expect(headline({ ...usual, before: 0 })).toContain('无从比较');
    expect(headline({ ...usual, before: 10 })).toBe('过去 24 小时 1,380 条，上周同日 10 条。');
    expect(headline({ ...usual, posts: 0, since: null })).toBe('还没有采集到任何帖文。');
    expect(headline({ ...usual, posts: 0, failingSources: 2 })).toBe(
      '过去 24 小时没有采集到帖文，最近一条在 2026 年 11 月 24 日。另有 2 个采集源异常，数字可能偏低。',
    );
  });
});

describe('spans', () => {
  const at = (text: string) => Date.parse(`${text}+08:00`);
  it.each([
    ['2020-02-01T00:00:00', '2020-02-08T00:00:00', '2020 年 2 月 1 日至 7 日', '上周同期'],
    ['2020-01-01T00:00:00', '2020-04-30T12:00:00', '2020 年 1 月 1 日至 4 月 30 日', '此前同样长的时段'],
    ['2019-12-31T00:00:00', '2020-01-02T00:00:00', '2019 年 12 月 31 日至 2020 年 1 月 1 日', '上周同期'],
    ['2020-02-01T08:00:00', '2020-02-01T10:00:00', '2020 年 2 月 1 日', '上周同期'],
  ])('%s – %s is %s', (from, to, name, before) => {
    const window = { from: at(from), to: at(to) };
    const span = spanOf({ from: `${from}+08:00`, to: `${to}+08:00` }, window, NOW);
    expect([span.name, span.usual?.name, span.today]).toEqual([name, before, false]);
  });

  it('names presets, and compares all time with nothing', () => {
    const day = { from: NOW - DAY, to: NOW };
    expect(spanOf({}, day, NOW)).toMatchObject({ name: '过去 24 小时', today: true, usual: { name: '上周同日' } });
    expect(spanOf({ range: 'all' }, { from: 0, to: NOW }, NOW)).toEqual({
      name: '全部时间',
      today: false,
      usual: null,
    });
    expect(spanOf({ range: '1h' }, { from: NOW - 70 * 60_000, to: NOW }, NOW).name).toBe('07:00 以来');
  });

  it('says so when a past window has no topic count and nothing before it', () => {
    expect(
      headline({
        ...usual,
        span: '2020 年 2 月 1 日至 7 日',
        before: null,
        since: NOW - 900 * DAY,
        top: { title: '停水', posts24h: null },
      }),
    ).toBe('2020 年 2 月 1 日至 7 日 1,380 条，上周同日还没有数据可比，最热的话题是“停水”。');
    expect(headline({ ...usual, usual: null, before: null })).toBe('过去 24 小时 1,380 条。');
  });
});

describe('two-week rule', () => {
  it.each([
    [9, 'ok'],
    [10, 'warn'],
    [11, 'warn'],
    [12, 'urgent'],
    [13, 'critical'],
    [14, 'veto'],
    [40, 'veto'],
  ] as const)('after %i days of silence: %s', (days, activity) => {
    expect(activityOf(daysSilent(NOW - days * DAY - 1000, NOW))).toBe(activity);
    expect(activityOf(daysSilent(NOW - days * DAY + 1000, NOW))).toBe(activityOf(days - 1));
  });

  it('does not guess about an account that never published', () => {
    expect(activityOf(daysSilent(null, NOW))).toBe('unknown');
  });
});

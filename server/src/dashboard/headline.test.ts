import { describe, expect, it } from 'vitest';
import { DAY } from '../platform/time-window.ts';
import { activityOf, daysSilent } from './activity.ts';
import { headline } from './headline.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const usual = { posts: 1380, lastWeek: 1000, since: NOW - 30 * DAY, now: NOW, top: null, failingSources: 0 };

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
    expect(headline({ ...usual, lastWeek: null, since: NOW - 2 * DAY })).toBe(
      '过去 24 小时 1,380 条，采集刚满 2 天，尚无上周同日可比。',
    );
    expect(headline({ ...usual, lastWeek: 0 })).toContain('无从比较');
    expect(headline({ ...usual, lastWeek: 10 })).toBe('过去 24 小时 1,380 条，上周同日 10 条。');
    expect(headline({ ...usual, posts: 0, since: null })).toBe('还没有采集到任何帖文。');
    expect(headline({ ...usual, posts: 0, failingSources: 2 })).toBe(
      '过去 24 小时没有采集到帖文。另有 2 个采集源异常，数字可能偏低。',
    );
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

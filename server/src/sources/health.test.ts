import { describe, expect, it } from 'vitest';
import { RunEntity, SourceEntity } from './source.entity.ts';
import { healthOf } from './sources.controller.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const MINUTE = 60_000;

function source(more: Partial<SourceEntity> = {}): SourceEntity {
  const well = { kind: 'feed', paused: 0, failures: 0, lastRunAt: NOW - 12 * MINUTE, lastNewAt: NOW - 12 * MINUTE };
  return Object.assign(new SourceEntity(), { ...well, holdUntil: 0, expiresAt: null, message: null, ...more });
}
function run(more: Partial<RunEntity> = {}): RunEntity {
  return Object.assign(new RunEntity(), { outcome: 'nothing-new', stored: 0, gaps: null, ...more });
}

describe('the health of a source in one sentence', () => {
  it('says what came, what did not, and what could not be had, each in its own words', () => {
    expect(healthOf(source(), run({ outcome: 'ok', stored: 5340 }), NOW)).toEqual({
      health: 'ok',
      text: '12 分钟前取得 5,340 条新内容。',
    });
    expect(healthOf(source(), run(), NOW).text).toBe('12 分钟前采集正常，没有新内容。');
    const gap = { what: '文章列表接口当日次数已用完', size: null, cause: 'platform-limit', since: NOW };
    const partly = healthOf(source(), run({ gaps: [gap] }), NOW);
    expect(partly.text).toContain('没有取到，见缺口');
    expect(partly.text).not.toContain('采集正常');
    // Size 0 tells that a gap was filled.
    expect(healthOf(source(), run({ gaps: [{ ...gap, size: 0 }] }), NOW).text).toContain('采集正常');
  });

  it.each([
    ['blocked', 'stopped'],
    ['login-needed', 'stopped'],
    ['permission', 'stopped'],
    ['config', 'stopped'],
    ['gone', 'stopped'],
    ['refused-address', 'stopped'],
    ['unreachable', 'failing'],
    ['layout-changed', 'failing'],
    ['too-large', 'failing'],
    ['our-bug', 'failing'],
  ])('never takes %s for a source without news', (errorKind, health) => {
    const ill = healthOf(source({ failures: 1, errorKind, message: '平台的话。' }), run({ outcome: 'failed' }), NOW);
    expect(ill).toEqual({ health, text: '平台的话。' });
  });

  it('tells waiting, silence and the end of credentials apart', () => {
    expect(healthOf(source({ holdUntil: NOW + MINUTE, message: '额度已用完。' }), run(), NOW)).toEqual({
      health: 'waiting',
      text: '额度已用完。',
    });
    expect(healthOf(source(), run(), NOW, { cause: 'silence' })).toMatchObject({ health: 'quiet' });
    const day = 86_400_000;
    const told = (ends: number) => healthOf(source({ expiresAt: NOW + ends }), run(), NOW).text;
    expect(told(7.5 * day)).not.toContain('到期');
    expect(told(6.5 * day)).toContain('授权还有 7 天到期，请提前重新授权');
    expect(told(-day)).toContain('授权已到期，请重新授权');
  });
});

import { describe, expect, it } from 'vitest';
import {
  agoText,
  countText,
  durationText,
  fromLocalInput,
  fullTime,
  percentText,
  shareText,
  quoted,
  signedText,
  timeText,
  toInstant,
  toLocalInput,
} from './format.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');

describe('times are Beijing times in every zone', () => {
  it('names today, yesterday and tomorrow by the calendar day of +08:00', () => {
    expect(timeText('2026-11-23T16:30:00Z', NOW)).toBe('今天 00:30');
    expect(timeText('2026-11-23T15:30:00Z', NOW)).toBe('昨天 23:30');
    expect(timeText('2026-11-25T01:00:00+08:00', NOW)).toBe('明天 01:00');
    expect(timeText('2026-11-20T08:10:00+08:00', NOW)).toBe('11 月 20 日 周五 08:10');
    expect(timeText('2025-12-31T23:59:00+08:00', NOW)).toBe('2025 年 12 月 31 日 周三 23:59');
    expect(fullTime('2026-11-24T00:10:05Z')).toBe('2026 年 11 月 24 日 周二 08:10:05（北京时间）');
  });
  it('goes through a datetime-local control and back', () => {
    expect(toLocalInput('2026-11-24T00:10:00Z')).toBe('2026-11-24T08:10');
    expect(fromLocalInput('2026-11-24T08:10')).toBe('2026-11-24T08:10:00+08:00');
    expect(fromLocalInput('')).toBeNull();
    expect(fromLocalInput('2026-13-40T08:10')).toBeNull();
    expect(toInstant(NOW)).toBe('2026-11-24T08:10:00+08:00');
  });
  it('tells ages and durations', () => {
    expect(agoText(NOW - 30_000, NOW)).toBe('刚刚');
    expect(agoText(NOW - 3 * 3_600_000, NOW)).toBe('3 小时前');
    expect(durationText(59)).toBe('不到 1 分');
    expect(durationText(-12_000)).toBe('3 小时 20 分');
    expect(durationText(100 * 3600)).toBe('4 天 4 小时');
  });
});

describe('numbers', () => {
  it('uses 万 and 亿 and never rounds up across a limit', () => {
    expect(countText(9999)).toBe('9,999');
    expect(countText(10_000)).toBe('1 万');
    expect(countText(12_480)).toBe('1.2 万');
    expect(countText(99_999)).toBe('9.9 万');
    expect(countText(99_999_999)).toBe('9,999.9 万');
    expect(countText(312_000_000)).toBe('3.1 亿');
  });
  it('states shares with their base and changes with their sign', () => {
    expect(shareText(157, 412)).toBe('38%（n=412）');
    expect(shareText(0, 0)).toBe('无数据');
    expect(percentText(0.031)).toBe('3.1%');
    expect(percentText(0)).toBe('0%');
    expect([signedText(12.04), signedText(-5), signedText(0.3)]).toEqual(['+12', '−5', '0']);
  });
  it('quotes within quotes', () => {
    expect(quoted('水库“出现裂缝”传言')).toBe('“水库‘出现裂缝’传言”');
  });
});

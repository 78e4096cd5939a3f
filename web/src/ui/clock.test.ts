import type { ResponseClock } from '@minsheng/contracts';
import { describe, expect, it } from 'vitest';
import { clockWords } from './clock.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const clock = (part: Partial<ResponseClock>): ResponseClock => ({
  state: 'running',
  grade: 'major',
  startedAt: '2026-11-24T06:00:00+08:00',
  dueAt: '2026-11-24T11:00:00+08:00',
  respondedAt: null,
  pausedReason: null,
  secondsLeft: 999,
  rule: '规定',
  ...part,
});

describe('clockWords', () => {
  it('counts from the due time, not from the figure that came with the answer', () => {
    expect(clockWords(clock({}), NOW)).toMatchObject({ text: '剩 2 小时 50 分', tone: 'running' });
    expect(clockWords(clock({ dueAt: '2026-11-24T09:00:00+08:00' }), NOW)).toMatchObject({
      text: '剩 50 分',
      tone: 'soon',
    });
  });
  it('turns overdue by itself while the page stays open', () => {
    expect(clockWords(clock({}), Date.parse('2026-11-24T11:05:00+08:00'))).toMatchObject({
      text: '已超 5 分',
      tone: 'overdue',
    });
  });
  it('keeps a late answer visible as late', () => {
    const late = clock({ state: 'missed-answered', respondedAt: '2026-11-24T07:00:00+08:00' });
    expect(clockWords(late, NOW)).toEqual({ text: '超时回应', detail: '今天 07:00 已回应', tone: 'overdue' });
    expect(clockWords(clock({ state: 'met' }), NOW).tone).toBe('answered');
    expect(clockWords(clock({ state: 'not-graded', dueAt: null }), NOW).text).toBe('未定级');
    expect(clockWords(clock({ state: 'paused', pausedReason: '等待检测结果' }), NOW).detail).toBe('等待检测结果');
  });
});

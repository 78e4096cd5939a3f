import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayOf, startOfDay } from '../platform/clock.ts';
import { dueState, workingDaysLeft } from './due-state.ts';
import { addWorkingDays, dueAfter, isWorkingDay, LAST_PUBLISHED_YEAR, workingDaysBetween } from './working-days.ts';

const aDay = fc.integer({ min: 0, max: 700 }).map((n) => dayOf(startOfDay('2025-01-01') + n * 86_400_000));

describe('working days', () => {
  it('knows National Day 2026 and its make-up days', () => {
    // 国务院办公厅 2026 年放假安排: rest 1–7 October, work on Sunday 20 September and Saturday 10 October.
    for (const day of ['2026-10-01', '2026-10-02', '2026-10-05', '2026-10-07']) expect(isWorkingDay(day)).toBe(false);
    for (const day of ['2026-09-20', '2026-10-10', '2026-10-08', '2026-09-30']) expect(isWorkingDay(day)).toBe(true);
    for (const day of ['2026-10-11', '2026-10-17']) expect(isWorkingDay(day)).toBe(false);
    // Received on Wednesday 30 September: 8, 9, 10 (make-up), 12, 13 October.
    expect(addWorkingDays('2026-09-30', 5)).toBe('2026-10-13');
  });

  it('knows which year its calendar ends with', () => {
    expect(LAST_PUBLISHED_YEAR).toBe(2026);
  });

  it('is monotone in the start and in the number of days, and counts back what it added', () => {
    fc.assert(
      fc.property(aDay, aDay, fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }), (a, b, n, m) => {
        const [early, late] = a < b ? [a, b] : [b, a];
        const [few, many] = n < m ? [n, m] : [m, n];
        expect(addWorkingDays(early, n) <= addWorkingDays(late, n)).toBe(true);
        expect(addWorkingDays(a, few) <= addWorkingDays(a, many)).toBe(true);
        expect(workingDaysBetween(a, addWorkingDays(a, n))).toBe(n);
        if (n > 0) expect(isWorkingDay(addWorkingDays(a, n))).toBe(true);
      }),
    );
  });

  it('tells how a case stands on the hour, in +08:00', () => {
    const dueAt = dueAfter(Date.parse('2026-11-17T23:30:00+08:00'), 5);
    expect(new Date(dueAt).toISOString()).toBe('2026-11-24T15:59:59.000Z');
    const c = { state: 'assigned' as const, dueAt, missed: 0, settledAt: null };
    const at = (s: string) => Date.parse(s);
    expect(dueState(c, at('2026-11-23T23:59:59+08:00'))).toBe('running');
    expect(dueState(c, at('2026-11-24T00:00:00+08:00'))).toBe('due-today');
    expect(dueState(c, at('2026-11-25T00:00:00+08:00'))).toBe('overdue');
    expect(workingDaysLeft(c, at('2026-11-23T12:00:00+08:00'))).toBe(1);
    expect(workingDaysLeft(c, at('2026-11-24T12:00:00+08:00'))).toBe(0);
    expect(workingDaysLeft(c, at('2026-11-25T12:00:00+08:00'))).toBe(-1);
    // A Friday's case on Saturday: no working day has passed, and yet it is overdue.
    expect(
      workingDaysLeft({ ...c, dueAt: dueAfter(at('2026-11-19T10:00:00+08:00'), 1) }, at('2026-11-21T10:00:00+08:00')),
    ).toBe(-1);
    expect(dueState({ ...c, state: 'answered', missed: 1 }, dueAt)).toBe('missed');
    expect(dueState({ ...c, state: 'dismissed' }, dueAt + 1)).toBe('met');
  });
});

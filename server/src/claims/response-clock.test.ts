import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMIT_HOURS, responseClock, type ClockInput } from './response-clock.ts';

const HOUR = 3_600_000;
const EVENT = Date.parse('2026-11-24T08:00:00+08:00');
const graded = (over: Partial<ClockInput> = {}): ClockInput => ({
  grade: 'major',
  eventAt: EVENT,
  respondedAt: null,
  pausedAt: null,
  pausedMs: 0,
  pausedReason: null,
  ...over,
});

describe('the response clock', () => {
  it('does not run before a person has graded', () => {
    expect(responseClock(graded({ grade: null }), EVENT).state).toBe('not-graded');
  });

  it('runs five hours for a major event and forty-eight for others', () => {
    expect(responseClock(graded(), EVENT).dueAt).toBe('2026-11-24T13:00:00+08:00');
    expect(responseClock(graded({ grade: 'ordinary' }), EVENT).dueAt).toBe('2026-11-26T08:00:00+08:00');
  });

  it('keeps a late answer visible as late', () => {
    expect(responseClock(graded({ respondedAt: EVENT + 4 * HOUR }), EVENT + 9 * HOUR).state).toBe('met');
    expect(responseClock(graded({ respondedAt: EVENT + 6 * HOUR }), EVENT + 9 * HOUR).state).toBe('missed-answered');
    expect(responseClock(graded(), EVENT + 6 * HOUR)).toMatchObject({ state: 'missed', secondsLeft: -3600 });
  });

  it('moves the due time by exactly the time it was paused', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('major' as const, 'ordinary' as const),
        fc.integer({ min: 0, max: 100 * HOUR }),
        fc.integer({ min: 0, max: 100 * HOUR }),
        (grade, paused, after) => {
          const now = EVENT + after;
          const clock = responseClock(graded({ grade, pausedMs: paused }), now);
          const left = LIMIT_HOURS[grade] * HOUR + paused - after;
          expect(clock.secondsLeft).toBe(Math.round(left / 1000));
          expect(clock.state).toBe(left >= 0 ? 'running' : 'missed');
        },
      ),
    );
  });
});

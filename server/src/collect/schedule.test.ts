import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRunAt, scheduleProblem } from './schedule.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');

describe('the schedule of a source', () => {
  it('keeps its interval within a tenth', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 604_800 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (everySeconds, random) => {
          const wait = nextRunAt({ everySeconds }, NOW, 0, random) - NOW;
          expect(wait).toBeGreaterThanOrEqual(everySeconds * 900 - 1);
          expect(wait).toBeLessThanOrEqual(everySeconds * 1100 + 1);
        },
      ),
    );
  });

  it('waits longer after each failure, never more than six hours and a bit', () => {
    let last = 0;
    for (let failures = 1; failures < 20; failures++) {
      const wait = nextRunAt({ everySeconds: 60 }, NOW, failures, 1) - NOW;
      expect(wait).toBeGreaterThanOrEqual(last);
      expect(wait).toBeLessThanOrEqual(6 * 3_600_000);
      last = wait;
    }
  });

  it('reads cron in office time', () => {
    expect(nextRunAt({ cron: '0 7 * * *' }, NOW, 0, 0)).toBe(Date.parse('2026-11-25T07:00:00+08:00'));
    expect(scheduleProblem({ cron: '0 7 * * *' })).toBeNull();
    expect(scheduleProblem({ cron: 'every monday' })).toMatch(/无法识别/u);
  });
});

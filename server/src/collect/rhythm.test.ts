import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUnusual, silenceOf } from './rhythm.ts';
import { nextRefresh } from './refresh.ts';

const HOUR = 3_600_000;
/** A Tuesday. */
const NOW = Date.parse('2026-11-24T08:00:00+08:00');

/** An office that speaks three times an hour from nine to five on working days. */
function office(from: number, to: number): Map<number, number> {
  const hours = new Map<number, number>();
  for (let h = from; h < to; h += HOUR) {
    const local = new Date(h + 8 * HOUR);
    const day = local.getUTCDay();
    if (day > 0 && day < 6 && local.getUTCHours() >= 9 && local.getUTCHours() < 17) hours.set(h, 3);
  }
  return hours;
}

describe('a source’s own rhythm', () => {
  const since = NOW - 28 * 24 * HOUR;
  const at = (text: string) => Date.parse(`${text}+08:00`);

  it('finds nights and weekends normal, and a silent working morning unusual', () => {
    const friday = at('2026-11-20T17:00:00');
    const history = office(since, friday);
    const weekend = silenceOf(history, since, friday, at('2026-11-23T08:30:00'));
    expect(weekend !== null && isUnusual(weekend)).toBe(false);
    const monday = silenceOf(history, since, friday, at('2026-11-23T13:00:00'));
    expect(monday !== null && isUnusual(monday)).toBe(true);
    expect(Math.round(monday?.expected ?? 0)).toBe(12);
  });

  it('learns nothing from less than a week', () => {
    expect(silenceOf(office(NOW - 5 * 24 * HOUR, NOW), NOW - 5 * 24 * HOUR, NOW, NOW + 48 * HOUR)).toBeNull();
  });

  it('finds a longer silence never less unusual', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 10 * 24, maxLength: 28 * 24 }),
        fc.integer({ min: 1, max: 200 }),
        (counts, hours) => {
          const history = new Map(counts.map((n, i) => [NOW - (counts.length - i) * HOUR, n]));
          const from = NOW - counts.length * HOUR;
          const short = silenceOf(history, from, NOW, NOW + hours * HOUR);
          const long = silenceOf(history, from, NOW, NOW + (hours + 1) * HOUR);
          expect(short).not.toBeNull();
          expect(long?.chance ?? 2).toBeLessThanOrEqual((short?.chance ?? 0) + 1e-12);
          expect(long?.expected ?? -1).toBeGreaterThanOrEqual((short?.expected ?? 0) - 1e-9);
        },
      ),
    );
  });
});

describe('the refresh schedule', () => {
  it('asks four times in the first hour, ten in the first day, sixteen in the first week, then never', () => {
    const asked = (ms: number) => {
      let n = 0;
      for (let t: number | null = NOW; (t = nextRefresh(NOW, t)) !== null && t <= NOW + ms;) n++;
      return n;
    };
    expect([asked(HOUR), asked(24 * HOUR), asked(7 * 24 * HOUR), asked(30 * 24 * HOUR)]).toEqual([4, 10, 16, 16]);
  });
});

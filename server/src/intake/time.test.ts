import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTime } from './time.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');

describe('readTime', () => {
  it('reads a time without a zone as +08:00', () => {
    expect(readTime('2020-01-22 20:32', NOW)).toEqual({ ms: Date.parse('2020-01-22T20:32:00+08:00') });
    expect(readTime('2019/2/14 20:00:01', NOW)).toEqual({ ms: Date.parse('2019-02-14T20:00:01+08:00') });
    expect(readTime('2020-01-22T12:32:00Z', NOW)).toEqual({ ms: Date.parse('2020-01-22T20:32:00+08:00') });
  });

  it('refuses clocks that were never set, and the future', () => {
    expect(readTime('1970-01-01T00:00:00+08:00', NOW)).toMatchObject({ reason: 'time-out-of-range' });
    expect(readTime('2099-01-01T00:00:00+08:00', NOW)).toMatchObject({ reason: 'time-out-of-range' });
    expect(readTime('2026-02-30 10:00', NOW)).toMatchObject({ reason: 'invalid-time' });
    expect(readTime('昨天', NOW)).toMatchObject({ reason: 'invalid-time' });
  });

  it('agrees with ISO parsing for every zoned instant', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2001-01-01'), max: new Date('2026-11-01'), noInvalidDate: true }),
        (date) => {
          const ms = Math.floor(date.getTime() / 1000) * 1000;
          expect(readTime(new Date(ms).toISOString().replace('.000', ''), NOW)).toEqual({ ms });
        },
      ),
    );
  });
});

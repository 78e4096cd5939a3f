import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dayOf, dayStart, startOfDay } from './clock.ts';

it('begins a day where its date begins in the office', () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) }), (ms) => {
      expect(dayStart(ms)).toBe(startOfDay(dayOf(ms)));
    }),
  );
});

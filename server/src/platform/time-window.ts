/**
 * In: the window of a request: both ends, or a preset relative to now. Out: its two moments. Used by: search, dashboard, topics.
 */
import type { TimeWindow } from '@minsheng/contracts';
import { UserError } from './errors.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** `from` inclusive, `to` exclusive, in ms. */
export interface Window {
  from: number;
  to: number;
}

const LENGTH = { '1h': HOUR, '24h': DAY, '3d': 3 * DAY, '7d': 7 * DAY, '30d': 30 * DAY } as const;

/** One missing end is open: `from` alone runs until now, `to` alone from the beginning. `all` begins at 0. */
export function windowOf(given: TimeWindow, now: number, preset: NonNullable<TimeWindow['range']> = '24h'): Window {
  // Post ids are ordered to the second: the end includes the second at hand.
  const end = (Math.floor(now / 1000) + 1) * 1000;
  if (given.from !== undefined || given.to !== undefined) {
    const from = given.from === undefined ? 0 : Date.parse(given.from);
    const to = given.to === undefined ? Math.max(end, from) : Date.parse(given.to);
    if (from > to) {
      throw new UserError('invalid-input', '起始时间晚于结束时间，没有查询。', {
        todo: '请调整时间范围。',
        fields: { 'query.from': '起始时间晚于结束时间' },
      });
    }
    return { from, to };
  }
  const range = given.range ?? preset;
  return range === 'all' ? { from: 0, to: end } : { from: end - LENGTH[range], to: end };
}

/**
 * In: the window of a request. Out: its name on the page, and the stretch it is compared with. Used by: overview.
 */
import type { TimeWindow } from '@minsheng/contracts';
import { toInstant } from '../platform/clock.ts';
import { DAY, type Window } from '../platform/time-window.ts';

export interface Span {
  /** `过去 24 小时`, `2020 年 2 月 1 日至 7 日`. */
  name: string;
  /** The stretch to compare with and what it is called; null when there is none. */
  usual: { window: Window; name: string } | null;
  /** Whether this is the day at hand, whose topics carry a count of their own. */
  today: boolean;
}

const PRESET: Partial<Record<NonNullable<TimeWindow['range']>, string>> = {
  '24h': '过去 24 小时',
  '3d': '过去 3 天',
  '7d': '过去 7 天',
  '30d': '过去 30 天',
};

/** Weeks are alike, so up to a week is compared with the same days one week before; longer windows with the stretch just before. */
export function spanOf(given: TimeWindow, window: Window, now: number): Span {
  const { from, to } = window;
  const today = given.from === undefined && given.to === undefined && (given.range ?? '24h') === '24h';
  const named = given.from === undefined && given.to === undefined ? PRESET[given.range ?? '24h'] : undefined;
  const name =
    named ?? (from === 0 ? '全部时间' : given.range === '1h' ? `${hour(from)} 以来` : dates(from, Math.min(to, now)));
  const length = to - from;
  const usual =
    from === 0
      ? null
      : length <= 7 * DAY + 1000
        ? { window: { from: from - 7 * DAY, to: to - 7 * DAY }, name: today ? '上周同日' : '上周同期' }
        : { window: { from: from - length, to: from }, name: '此前同样长的时段' };
  return { name, usual, today };
}

function hour(at: number): string {
  return toInstant(at).slice(11, 16);
}

/** The days of a window; a window that ends at midnight does not reach into the next day. */
function dates(from: number, to: number): string {
  const [y1, m1, d1] = parts(from);
  const [y2, m2, d2] = parts(Math.max(from, to - 1));
  const first = `${y1} 年 ${m1} 月 ${d1} 日`;
  if (y1 !== y2) return `${first}至 ${y2} 年 ${m2} 月 ${d2} 日`;
  if (m1 !== m2) return `${first}至 ${m2} 月 ${d2} 日`;
  return d1 === d2 ? first : `${first}至 ${d2} 日`;
}

function parts(at: number): [string, string, string] {
  const [y = '', m = '', d = ''] = toInstant(at).slice(0, 10).split('-');
  return [y, String(Number(m)), String(Number(d))];
}

/**
 * In: office days. Out: working days by the State Council's calendar, make-up days (调休) included. Called by: due dates, case views.
 */
import chineseDays from 'chinese-days';
import { dayOf, startOfDay } from '../platform/clock.ts';

const DAY_MS = 86_400_000;

/** The last year whose holiday arrangement was published when this calendar was packaged; later years know weekends only. */
export const LAST_PUBLISHED_YEAR = lastPublishedYear();

const known = new Map<string, boolean>();

/** @param day `2026-10-10` */
export function isWorkingDay(day: string): boolean {
  let answer = known.get(day);
  if (answer === undefined) {
    if (known.size > 5000) known.clear();
    known.set(day, (answer = chineseDays.isWorkday(day)));
  }
  return answer;
}

/** The day `n` working days after `day`; the day itself does not count (period rule of administrative law: 开始之日不计). n ≥ 0. */
export function addWorkingDays(day: string, n: number): string {
  let at = day;
  for (let left = n; left > 0;) {
    at = nextDay(at);
    if (isWorkingDay(at)) left--;
  }
  return at;
}

/** Working days in (from, to]; negative when `to` lies before `from`. */
export function workingDaysBetween(from: string, to: string): number {
  if (to < from) return -workingDaysBetween(to, from);
  let n = 0;
  for (let at = from; at < to;) {
    at = nextDay(at);
    if (isWorkingDay(at)) n++;
  }
  return n;
}

/** The last second of an office day: a period ends when its last day ends. */
export function endOfDay(day: string): number {
  return startOfDay(day) + DAY_MS - 1000;
}

/** When a period of `workingDays` that starts with the receipt at `ms` ends. */
export function dueAfter(ms: number, workingDays: number): number {
  return endOfDay(addWorkingDays(dayOf(ms), workingDays));
}

export function nextDay(day: string): string {
  return dayOf(startOfDay(day) + DAY_MS);
}

function lastPublishedYear(): number {
  // National Day is a holiday of every published year; an unpublished one knows weekends only.
  let year = 2024;
  while (year < 2100 && !chineseDays.isWorkday(`${year + 1}-10-01`)) {
    const weekend = [0, 6].includes(new Date(`${year + 1}-10-01T00:00:00Z`).getUTCDay());
    if (weekend && chineseDays.isWorkday(`${year + 1}-10-04`)) break;
    year++;
  }
  return year;
}

/**
 * In: a source's schedule and how its last runs went. Out: when it runs next. Called by: collect.
 */
import type { Schedule } from '@minsheng/contracts';
import { Cron } from 'croner';

/** Twice as long after each failure in a row, up to this. */
const LONGEST_BACKOFF_MS = 6 * 3_600_000;
/** Runs are spread by up to a tenth of their interval, so that sources do not march in step. */
const JITTER = 0.1;

/** @returns a zh-CN reason why the schedule cannot be used, or null. */
export function scheduleProblem(schedule: Schedule): string | null {
  if (!('cron' in schedule)) return null;
  try {
    return new Cron(schedule.cron, { timezone: 'Asia/Shanghai' }).nextRun() === null
      ? '这个定时表达式没有下一次运行时间。'
      : null;
  } catch {
    return '定时表达式无法识别，应为五段 cron，例如“*/15 * * * *”。';
  }
}

/**
 * @param failures failures in a row, this one included; 0 after a success
 * @param random 0–1
 */
export function nextRunAt(
  schedule: Schedule,
  now: number,
  failures: number,
  random: number,
  shortestBackoffMs = 30_000,
): number {
  const regular =
    'cron' in schedule
      ? (new Cron(schedule.cron, { timezone: 'Asia/Shanghai' }).nextRun(new Date(now))?.getTime() ??
        now + LONGEST_BACKOFF_MS)
      : now + schedule.everySeconds * 1000 * (1 + (random - 0.5) * 2 * JITTER);
  if (failures === 0) return Math.round(regular);
  const base =
    'everySeconds' in schedule ? Math.max(schedule.everySeconds * 1000, shortestBackoffMs) : 2 * shortestBackoffMs;
  const backoff = Math.min(LONGEST_BACKOFF_MS, base * 2 ** Math.min(failures - 1, 12));
  return Math.round(Math.max(regular, now + backoff * (0.5 + random / 2)));
}

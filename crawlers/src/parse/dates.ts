/**
 * In: times as platforms write them. Out: milliseconds, or ISO 8601 with +08:00. Called by: connectors.
 */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Platforms' wall clocks are Asia/Shanghai, which has no summer time. */
const OFFICE_OFFSET = 8 * HOUR;

const WEIBO = /^\w{3} (\w{3}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2}) (\d{4})$/u;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * `Tue May 31 17:46:55 +0800 2011`, as Weibo's Open Platform writes it; undefined for another shape.
 * `Date.parse` is not asked: its answer is the engine's affair.
 */
export function weiboDateMs(text: string): number | undefined {
  const m = WEIBO.exec(text.trim());
  const month = MONTHS.indexOf(m?.[1] ?? '');
  if (m === null || month < 0) return undefined;
  const offset = (m[6] === '-' ? -1 : 1) * (Number(m[7]) * 60 + Number(m[8]));
  return Date.UTC(Number(m[9]), month, Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5])) - offset * MINUTE;
}

const AGO = /^(\d{1,4}) ?(秒|分钟|小时)前$/u;
const DAY_WORD = /^(今天|昨天|前天) ?(\d{1,2}):(\d{2})(?::(\d{2}))?$/u;
const MONTH_DAY = /^(\d{1,2})(?:-|月)(\d{1,2})日?(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?$/u;
const FULL = /^(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?(?:[ T]?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/u;
const UNITS: Record<string, number> = { 秒: 1000, 分钟: MINUTE, 小时: HOUR };
const DAYS_BACK: Record<string, number> = { 今天: 0, 昨天: 1, 前天: 2 };

/**
 * Times as people read them, against the moment of fetching: 刚刚 · N秒前 · N分钟前 · N小时前 · 今天/昨天/前天 HH:mm · MM-DD · M月D日 HH:mm ·
 * YYYY-MM-DD [HH:mm[:ss]]. A day and month still to come belong to last year. Undefined for any other shape, and for 31 February.
 */
export function relativeDateMs(text: string, nowMs: number): number | undefined {
  const given = text.trim();
  if (given === '刚刚') return nowMs;
  const ago = AGO.exec(given);
  if (ago !== null) return nowMs - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0);
  const today = new Date(nowMs + OFFICE_OFFSET);
  const dayWord = DAY_WORD.exec(given);
  if (dayWord !== null) {
    const day = new Date(nowMs + OFFICE_OFFSET - (DAYS_BACK[dayWord[1] ?? ''] ?? 0) * DAY);
    return wallClock(day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate(), dayWord.slice(2));
  }
  const monthDay = MONTH_DAY.exec(given);
  if (monthDay !== null) {
    const [month, day] = [Number(monthDay[1]), Number(monthDay[2])];
    const year = today.getUTCFullYear();
    const thisYear = wallClock(year, month, day, monthDay.slice(3));
    return thisYear !== undefined && thisYear <= nowMs ? thisYear : wallClock(year - 1, month, day, monthDay.slice(3));
  }
  const full = FULL.exec(given);
  return full === null ? undefined : wallClock(Number(full[1]), Number(full[2]), Number(full[3]), full.slice(4));
}

function wallClock(
  year: number,
  month: number,
  day: number,
  [hour = '0', minute = '0', second = '0']: readonly (string | undefined)[],
): number | undefined {
  const at = Date.UTC(year, month - 1, day, Number(hour), Number(minute), Number(second));
  const back = new Date(at);
  const real =
    back.getUTCMonth() === month - 1 && back.getUTCDate() === day && Number(hour) < 24 && Number(minute) < 60;
  return real ? at - OFFICE_OFFSET : undefined;
}

/** `2026-11-24T08:10:00+08:00` */
export function officeTime(ms: number): string {
  return `${new Date(ms + OFFICE_OFFSET).toISOString().slice(0, 19)}+08:00`;
}

/** `2026-11-24` */
export function officeDay(ms: number): string {
  return officeTime(ms).slice(0, 10);
}

/** Hours and minutes of the office's day, as hours: 8.5 is 08:30. */
export function officeHour(ms: number): number {
  return ((ms + OFFICE_OFFSET) % DAY) / HOUR;
}

export function secondsToOfficeMidnight(now: Date): number {
  return Math.ceil((DAY - ((now.getTime() + OFFICE_OFFSET) % DAY)) / 1000);
}

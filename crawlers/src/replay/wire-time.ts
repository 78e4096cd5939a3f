/**
 * In: epoch milliseconds. Out: the same moment as each protocol writes it, always +08:00.
 * Called by: the protocol faces and the demo city.
 */
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const OFFSET_MS = 8 * 3_600_000;

const two = (n: number): string => String(n).padStart(2, '0');

/** Calendar parts in Beijing time. `weekday` 0 is Sunday. */
export function beijing(ms: number): {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: number;
} {
  const d = new Date(ms + OFFSET_MS);
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
    weekday: d.getUTCDay(),
  };
}

/** `Tue May 31 17:46:55 +0800 2011` */
export function weiboTime(ms: number): string {
  const t = beijing(ms);
  return `${DAYS[t.weekday]} ${MONTHS[t.month - 1]} ${two(t.day)} ${two(t.hour)}:${two(t.minute)}:${two(t.second)} +0800 ${t.year}`;
}

/** `Tue, 31 May 2011 17:46:55 +0800` */
export function rfc822(ms: number): string {
  const t = beijing(ms);
  return `${DAYS[t.weekday]}, ${two(t.day)} ${MONTHS[t.month - 1]} ${t.year} ${two(t.hour)}:${two(t.minute)}:${two(t.second)} +0800`;
}

/** `2011-05-31T17:46:55+08:00` */
export function isoBeijing(ms: number): string {
  return `${new Date(ms + OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
}

/** `2011-05-31 17:46:55` */
export function plainBeijing(ms: number): string {
  return isoBeijing(ms).slice(0, 19).replace('T', ' ');
}

/**
 * In: a time as Weibo's Open Platform writes it, `Tue May 31 17:46:55 +0800 2011`. Out: ISO 8601 with +08:00. Called by: weibo connectors.
 */
const SHAPE = /^\w{3} (\w{3}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2}) (\d{4})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Milliseconds, or undefined when the text has another shape. `Date.parse` is not asked: its answer is the engine's affair. */
export function weiboDateMs(text: string): number | undefined {
  const m = SHAPE.exec(text.trim());
  const month = MONTHS.indexOf(m?.[1] ?? '');
  if (m === null || month < 0) return undefined;
  const offset = (m[6] === '-' ? -1 : 1) * (Number(m[7]) * 60 + Number(m[8]));
  return Date.UTC(Number(m[9]), month, Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5])) - offset * 60_000;
}

/** `2026-11-24T08:10:00+08:00` */
export function officeTime(ms: number): string {
  return `${new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

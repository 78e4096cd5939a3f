/**
 * In: a time as a file or connector wrote it. Out: milliseconds, or why not. Called by: intake.
 */

const SHAPE =
  /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/** Platforms of this kind did not exist before; anything earlier is a clock that was never set. */
const EARLIEST = Date.parse('2000-01-01T00:00:00+08:00');
/** Clocks differ; more than this ahead of ours is wrong. */
const AHEAD_MS = 24 * 3_600_000;

export type TimeReading = { ms: number } | { reason: 'invalid-time' | 'time-out-of-range'; detail: string };

/** ISO 8601 or the common `2026/2/14 20:00:01`; without a zone it is read as +08:00, as all these platforms mean it. */
export function readTime(text: string, now: number): TimeReading {
  const m = SHAPE.exec(text.trim());
  if (m === null) return { reason: 'invalid-time', detail: `无法识别的时间“${text.slice(0, 40)}”` };
  const [year, month, day, hour, minute, second] = m.slice(1, 7).map((v) => (v === undefined ? 0 : Number(v))) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const zone = m[8];
  const offset =
    zone === undefined
      ? 480
      : zone === 'Z'
        ? 0
        : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
  const local = Date.UTC(year, month - 1, day, hour, minute, second);
  const back = new Date(local);
  if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    return { reason: 'invalid-time', detail: `不存在的时间“${text.slice(0, 40)}”` };
  }
  const ms = local - offset * 60_000;
  if (ms < EARLIEST || ms > now + AHEAD_MS)
    return { reason: 'time-out-of-range', detail: `时间“${text.slice(0, 40)}”不在 2000 年至明天之间` };
  return { ms };
}

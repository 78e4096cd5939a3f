/**
 * In: numbers and instants of the contract. Out: the Chinese texts the pages show, always in +08:00. Called by: ui, charts, features.
 */
const SHANGHAI_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;
const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'];

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: string;
  /** Days since 1970-01-01 in +08:00, to compare calendar days. */
  dayNumber: number;
}

/** China has had one zone and no summer time since 1991, so a fixed shift is exact and needs no zone data. */
export function partsAt(instant: string | number): Parts {
  const ms = (typeof instant === 'number' ? instant : Date.parse(instant)) + SHANGHAI_MS;
  const d = new Date(ms);
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
    weekday: WEEKDAYS[d.getUTCDay()] ?? '',
    dayNumber: Math.floor(ms / DAY_MS),
  };
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `08:10` */
export function clockTime(instant: string | number): string {
  const p = partsAt(instant);
  return `${two(p.hour)}:${two(p.minute)}`;
}

/** `11 月 24 日 周二` */
export function dayText(instant: string | number): string {
  const p = partsAt(instant);
  return `${p.month} 月 ${p.day} 日 ${p.weekday}`;
}

/** `2026 年 11 月 24 日 周二 08:10:05（北京时间）` */
export function fullTime(instant: string | number): string {
  const p = partsAt(instant);
  return `${p.year} 年 ${p.month} 月 ${p.day} 日 ${p.weekday} ${two(p.hour)}:${two(p.minute)}:${two(p.second)}（北京时间）`;
}

/** `今天 08:10`, `昨天 23:04`, `11 月 20 日 周五 08:10`, with the year only when it differs. */
export function timeText(instant: string | number, now: number): string {
  const p = partsAt(instant);
  const today = partsAt(now);
  const time = `${two(p.hour)}:${two(p.minute)}`;
  const age = today.dayNumber - p.dayNumber;
  if (age === 0) return `今天 ${time}`;
  if (age === 1) return `昨天 ${time}`;
  if (age === -1) return `明天 ${time}`;
  const year = p.year === today.year ? '' : `${p.year} 年 `;
  return `${year}${p.month} 月 ${p.day} 日 ${p.weekday} ${time}`;
}

/** `3 小时 20 分`, `45 分`, `2 天 4 小时`; under a minute `不到 1 分`. Always positive. */
export function durationText(seconds: number): string {
  const total = Math.abs(Math.round(seconds));
  if (total < 60) return '不到 1 分';
  const days = Math.floor(total / 86_400);
  const hours = Math.floor((total % 86_400) / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  if (days > 0) return hours > 0 ? `${days} 天 ${hours} 小时` : `${days} 天`;
  if (hours > 0) return minutes > 0 ? `${hours} 小时 ${minutes} 分` : `${hours} 小时`;
  return `${minutes} 分`;
}

/** `2026 年 11 月 24 日`. */
export function dateText(instant: string | number): string {
  const p = partsAt(instant);
  return `${p.year} 年 ${p.month} 月 ${p.day} 日`;
}

/** A stretch of time in as few words as are needed; whole days are written without hours, and the year only when it differs. */
export function spanText(from: string | number, to: string | number, now: number): string {
  const [a, b] = [partsAt(from), partsAt(to)];
  const year = (p: Parts): string => (p.year === partsAt(now).year ? '' : `${p.year} 年 `);
  if (a.hour + a.minute + b.hour + b.minute === 0) {
    const last = partsAt((typeof to === 'number' ? to : Date.parse(to)) - 1);
    const first = `${year(a)}${a.month} 月 ${a.day} 日`;
    if (a.dayNumber === last.dayNumber) return first;
    if (a.year !== last.year) return `${dateText(from)} – ${last.year} 年 ${last.month} 月 ${last.day} 日`;
    return `${first} – ${a.month === last.month ? '' : `${last.month} 月 `}${last.day} 日`;
  }
  const end =
    a.dayNumber === b.dayNumber ? '' : `${a.year === b.year ? '' : `${b.year} 年 `}${b.month} 月 ${b.day} 日 `;
  const start = a.year === b.year ? year(a) : `${a.year} 年 `;
  return `${start}${a.month} 月 ${a.day} 日 ${clockTime(from)} – ${end}${clockTime(to)}`;
}

/** `12 分钟前`, `3 小时前`, `2 天前`; after a month the date. */
export function agoText(instant: string | number, now: number): string {
  const ms = typeof instant === 'number' ? instant : Date.parse(instant);
  const seconds = Math.max(0, (now - ms) / 1000);
  if (seconds < 60) return '刚刚';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分钟前`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} 小时前`;
  if (seconds < 31 * 86_400) return `${Math.floor(seconds / 86_400)} 天前`;
  return dateText(instant);
}

/** 盘古 spacing for text that is drawn rather than laid out: the browser spaces only what it lays out itself. */
export function spaced(text: string): string {
  return text.replace(/(\p{Script=Han})(?=[A-Za-z0-9])/gu, '$1 ').replace(/([A-Za-z0-9%])(?=\p{Script=Han})/gu, '$1 ');
}

/** `12,480` */
export function exactCount(n: number): string {
  return n.toLocaleString('en-US');
}

/** Up to 9,999 exact; above in 万 and 亿 with at most one decimal: `1.2 万`, `3 亿`. Cut, not rounded up, so that 99,999 is not 10 万. */
export function countText(n: number): string {
  const size = Math.abs(n);
  if (size < 10_000) return exactCount(n);
  const [unit, name] = size < 100_000_000 ? [10_000, '万'] : [100_000_000, '亿'];
  const value = Math.trunc((n / unit) * 10) / 10;
  return `${value.toLocaleString('en-US')} ${name}`;
}

/** `38%`; one decimal below 10%. */
export function percentText(share: number): string {
  const value = share * 100;
  const digits = value !== 0 && Math.abs(value) < 10 ? 1 : 0;
  return `${Number(value.toFixed(digits))}%`;
}

/** A share with its base: `38%（n=412）`. */
export function shareText(part: number, whole: number): string {
  return whole === 0 ? '无数据' : `${percentText(part / whole)}（n=${exactCount(whole)}）`;
}

/** “望江路停水”; quotation marks within are single ones, as GB/T 15834 has it. */
export function quoted(text: string): string {
  return `“${text.replaceAll('“', '‘').replaceAll('”', '’')}”`;
}

/** `+12`, `−5`, `0`: a change always carries its sign, and is as exact as the whole number beside it. */
export function signedText(n: number): string {
  const rounded = Math.round(n);
  return rounded > 0 ? `+${rounded}` : rounded < 0 ? `−${-rounded}` : '0';
}

/** What a `datetime-local` control shows for an instant, in +08:00: `2026-11-24T08:10`. */
export function toLocalInput(instant: string | number): string {
  const p = partsAt(instant);
  return `${p.year}-${two(p.month)}-${two(p.day)}T${two(p.hour)}:${two(p.minute)}`;
}

/** The other way round; null when the control is empty or half filled. */
export function fromLocalInput(value: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(value)) return null;
  const text = `${value.length === 16 ? `${value}:00` : value}+08:00`;
  return Number.isNaN(Date.parse(text)) ? null : text;
}

/** A Date or epoch as the contract's Instant in +08:00. */
export function toInstant(ms: number): string {
  const p = partsAt(ms);
  return `${p.year}-${two(p.month)}-${two(p.day)}T${two(p.hour)}:${two(p.minute)}:${two(p.second)}+08:00`;
}

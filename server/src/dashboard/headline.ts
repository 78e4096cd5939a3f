/**
 * In: counted figures. Out: one sentence that says what is different from usual, every number of it from those figures. Used by: overview.
 */
import { dayText } from '../platform/clock.ts';
import { DAY } from '../platform/time-window.ts';

export interface HeadlineFigures {
  /** What the window is called: `过去 24 小时`. */
  span: string;
  /** Posts of the window. */
  posts: number;
  /** What it is compared with: `上周同日`; null = nothing to compare with. */
  usual: string | null;
  /** Posts of that stretch; null when nothing was collected then. */
  before: number | null;
  /** When collecting began; null = never. In ms. */
  since: number | null;
  /** The newest counted hour. In ms. */
  latest: number | null;
  now: number;
  /** `posts24h` is null when the window is not the day at hand. */
  top: { title: string; posts24h: number | null } | null;
  failingSources: number;
}

/** A change below this share is said to be no change. */
const NOTABLE = 0.05;
/** Below this many posts a percentage says little, so the numbers are given instead. */
const SMALL = 30;

const count = new Intl.NumberFormat('zh-CN');

export function headline(f: HeadlineFigures): string {
  const gaps = f.failingSources > 0 ? `另有 ${count.format(f.failingSources)} 个采集源异常，数字可能偏低。` : '';
  if (f.posts === 0) return empty(f) + gaps;
  return `${f.span} ${count.format(f.posts)} 条${comparison(f)}${topic(f)}。${gaps}`;
}

function empty(f: HeadlineFigures): string {
  if (f.since === null || f.latest === null) return '还没有采集到任何帖文。';
  return `${f.span}没有采集到帖文，最近一条在 ${dayText(f.latest)}。`;
}

function change(f: HeadlineFigures): number | null {
  return f.before === null || f.before === 0 ? null : (f.posts - f.before) / f.before;
}

function comparison(f: HeadlineFigures): string {
  if (f.usual === null) return '';
  if (f.before === null) {
    const days = f.since === null ? 0 : Math.floor((f.now - f.since) / DAY);
    // Where collecting began long ago the window itself is old, and its age says nothing.
    return days > 60 ? `，${f.usual}还没有数据可比` : `，采集刚满 ${count.format(days)} 天，尚无${f.usual}可比`;
  }
  if (f.before === 0) return `，${f.usual}没有采集到帖文，无从比较`;
  const base = `（n=${count.format(f.before)}）`;
  if (f.before < SMALL) return `，${f.usual} ${count.format(f.before)} 条`;
  const share = change(f) ?? 0;
  if (Math.abs(share) < NOTABLE) return `，与${f.usual}基本持平${base}`;
  return `，比${f.usual}${share > 0 ? '多' : '少'} ${count.format(Math.max(1, Math.round(Math.abs(share) * 100)))}%${base}`;
}

/** "Mainly because" is only said when the topic alone is at least half of the growth. */
function topic(f: HeadlineFigures): string {
  if (f.top === null || f.top.posts24h === 0) return '';
  if (f.top.posts24h === null) return `，最热的话题是“${f.top.title}”`;
  const named = `“${f.top.title}”（${count.format(f.top.posts24h)} 条）`;
  const growth = f.before === null || f.before < SMALL ? 0 : f.posts - f.before;
  const mainly = (change(f) ?? 0) >= NOTABLE && f.top.posts24h >= growth / 2;
  return mainly ? `，主要因${named}` : `，说得最多的是${named}`;
}

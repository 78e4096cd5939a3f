/**
 * In: counted figures. Out: one sentence that says what is different from usual, every number of it from those figures. Used by: overview.
 */
import { DAY } from '../platform/time-window.ts';

export interface HeadlineFigures {
  /** Posts of the last 24 hours. */
  posts: number;
  /** Posts of the same hours one week before; null when nothing was collected then. */
  lastWeek: number | null;
  /** When collecting began; null = never. In ms. */
  since: number | null;
  now: number;
  top: { title: string; posts24h: number } | null;
  failingSources: number;
}

/** A change below this share is said to be no change. */
const NOTABLE = 0.05;
/** Below this many posts a percentage says little, so the numbers are given instead. */
const SMALL = 30;

const count = new Intl.NumberFormat('zh-CN');

export function headline(f: HeadlineFigures): string {
  const gaps = f.failingSources > 0 ? `另有 ${count.format(f.failingSources)} 个采集源异常，数字可能偏低。` : '';
  if (f.posts === 0) {
    const why = f.since === null ? '还没有采集到任何帖文。' : '过去 24 小时没有采集到帖文。';
    return why + gaps;
  }
  return `过去 24 小时 ${count.format(f.posts)} 条，${comparison(f)}${topic(f)}。${gaps}`;
}

function change(f: HeadlineFigures): number | null {
  return f.lastWeek === null || f.lastWeek === 0 ? null : (f.posts - f.lastWeek) / f.lastWeek;
}

function comparison(f: HeadlineFigures): string {
  if (f.lastWeek === null) {
    const days = f.since === null ? 0 : Math.floor((f.now - f.since) / DAY);
    return `采集刚满 ${count.format(days)} 天，尚无上周同日可比`;
  }
  if (f.lastWeek === 0) return '上周同日没有采集到帖文，无从比较';
  const base = `（n=${count.format(f.lastWeek)}）`;
  if (f.lastWeek < SMALL) return `上周同日 ${count.format(f.lastWeek)} 条`;
  const share = change(f) ?? 0;
  if (Math.abs(share) < NOTABLE) return `与上周同日基本持平${base}`;
  return `比上周同日${share > 0 ? '多' : '少'} ${count.format(Math.max(1, Math.round(Math.abs(share) * 100)))}%${base}`;
}

/** "Mainly because" is only said when the topic alone is at least half of the growth. */
function topic(f: HeadlineFigures): string {
  if (f.top === null || f.top.posts24h === 0) return '';
  const named = `“${f.top.title}”（${count.format(f.top.posts24h)} 条）`;
  const growth = f.lastWeek === null || f.lastWeek < SMALL ? 0 : f.posts - f.lastWeek;
  const mainly = (change(f) ?? 0) >= NOTABLE && f.top.posts24h >= growth / 2;
  return mainly ? `，主要因${named}` : `，说得最多的是${named}`;
}

/**
 * In: a topic's posts per hour and what is known of it. Out: heat 0–100 with its parts, and the life stage. Called by: detect, the topic page.
 */
import type { TopicStage } from '@minsheng/contracts';

export interface HourCount {
  hour: number;
  posts: number;
  negative: number;
  /** Public posts whose sentiment is known. */
  decided: number;
}

export interface HeatInput {
  hours: readonly HourCount[];
  opinions: number;
  posts: number;
  engagement: number;
  /** Citizens' messages, each halved every fortnight, as of `slowAt`. */
  slow?: number;
  slowAt?: number;
}

export interface HeatPart {
  name: string;
  /** Points of 100 that this part gives. */
  value: number;
  text: string;
}

const HOUR = 3_600_000;
const HALF_LIFE_HOURS = 6;
/** A grievance gathers messages over weeks; each counts this much of a comment of the hour, and is halved every fortnight. */
const SLOW_WEIGHT = 1 / 3;
const SLOW_HALF_LIFE_HOURS = 14 * 24;
/** Decayed posts at which volume counts in full: a topic of the whole country. A city's hottest reach about half. */
const FULL_VOLUME = 5000;
const FULL_ENGAGEMENT = 500_000;
/** Posts in three hours below which a rise is told from chance only in part. */
const FULL_RISE = 300;

/** What is left of a count after some time. */
export function slowed(value: number, since: number, now: number): number {
  return value * 2 ** (-Math.max(0, now - since) / (SLOW_HALF_LIFE_HOURS * HOUR));
}

/**
 * heat = 55·volume + 15·support·presence + (12·growth + 9·breadth + 9·negativity)·volume, each 0–1, where with
 * D = Σ posts·2^(−age/6h) + ⅓ Σ messages·2^(−age/14d):
 * volume = ln(1 + D) / ln(1 + 5000): size decides, so that the larger of two topics stands first;
 * support = ln(1 + likes, comments, reposts) / ln(1 + 500,000), presence = D / (1 + D): votes count while people still speak of it;
 * growth = (last 3 h against the 21 h before, full at five times) · min(1, ln(1 + last 3 h) / ln(1 + 300)): ten posts out of nothing are no wave;
 * breadth = distinct opinions per post; negativity = negative share of decided.
 */
export function heatAt(input: HeatInput, now: number): { heat: number; parts: HeatPart[] } {
  let decayed = 0;
  let last3 = 0;
  let before = 0;
  let negative = 0;
  let decided = 0;
  for (const h of input.hours) {
    const age = (now - h.hour) / HOUR;
    if (age < 0 || age > 72) continue;
    decayed += h.posts * 2 ** (-Math.max(0, age - 0.5) / HALF_LIFE_HOURS);
    if (age < 3) last3 += h.posts;
    else if (age < 24) before += h.posts;
    negative += h.negative;
    decided += h.decided;
  }
  const slow = slowed(input.slow ?? 0, input.slowAt ?? now, now);
  const size = decayed + SLOW_WEIGHT * slow;
  const volume = Math.min(1, Math.log1p(size) / Math.log1p(FULL_VOLUME));
  const growthRate = last3 / 3 / (before / 21 + 0.5);
  const growth =
    Math.min(1, Math.max(0, (growthRate - 1) / 4)) * Math.min(1, Math.log1p(last3) / Math.log1p(FULL_RISE));
  const breadth = input.posts === 0 ? 0 : Math.min(1, input.opinions / input.posts);
  const negativity = decided < 5 ? 0 : negative / decided;
  const support = Math.min(1, Math.log1p(input.engagement) / Math.log1p(FULL_ENGAGEMENT));
  const parts: HeatPart[] = [
    {
      name: '声量',
      value: 55 * volume,
      text: `按 6 小时半衰期折算，相当于 ${Math.round(decayed)} 条${slow >= 1 ? `；另有近期来信折算 ${Math.round(slow)} 件（每 14 天减半）` : ''}`,
    },
    { name: '互动', value: 15 * support * (size / (1 + size)), text: `转评赞合计 ${input.engagement}` },
    {
      name: '增速',
      value: 12 * growth * volume,
      text: `最近 3 小时每小时 ${(last3 / 3).toFixed(1)} 条，此前 21 小时每小时 ${(before / 21).toFixed(1)} 条`,
    },
    { name: '意见多样', value: 9 * breadth * volume, text: `${input.opinions} 种说法 / ${input.posts} 条` },
    {
      name: '负面',
      value: 9 * negativity * volume,
      text: decided < 5 ? '可判断情感的不足 5 条，不计' : `${Math.round(negativity * 100)}%（n=${decided}）`,
    },
  ].map((p) => ({ ...p, value: Math.round(p.value * 10) / 10 }));
  const heat = Math.min(
    100,
    parts.reduce((sum, p) => sum + p.value, 0),
  );
  return { heat: Math.round(heat * 10) / 10, parts };
}

/** Share of the busiest three hours below which three hours are quiet. */
const QUIET = 0.1;
/** A second wave, however small beside the first: so many posts in three hours, and so many times what three hours of the day before brought. */
const SECOND_WAVE = 10;
const SECOND_WAVE_RISE = 3;

/** Posts of the busiest three hours in a row. */
export function busiestOf(hours: readonly Pick<HourCount, 'hour' | 'posts'>[]): number {
  const byHour = new Map(hours.map((h) => [h.hour, h.posts]));
  return Math.max(
    0,
    ...hours.map((h) => h.posts + (byHour.get(h.hour - HOUR) ?? 0) + (byHour.get(h.hour - 2 * HOUR) ?? 0)),
  );
}

/** 萌芽 → 上升 → 高位 → 回落 → 平息, from the last three hours against the topic's own busiest three (`known`: of hours no longer at hand). */
export function stageAt(hours: readonly HourCount[], firstSeen: number, now: number, known = 0): TopicStage {
  const byHour = new Map(hours.map((h) => [h.hour, h.posts]));
  // The hour at hand is not over: judged by the last three whole ones.
  const current = Math.floor(now / HOUR) * HOUR - HOUR;
  const sum3 = (end: number) => [0, 1, 2].reduce((s, i) => s + (byHour.get(end - i * HOUR) ?? 0), 0);
  const last = sum3(current);
  const previous = sum3(current - 3 * HOUR);
  const busiest = Math.max(1, known, busiestOf(hours));
  const dayBefore = [3, 6, 9, 12, 15, 18, 21].reduce((s, h) => s + sum3(current - h * HOUR), 0) / 7;
  if (last < QUIET * busiest && last >= SECOND_WAVE && last >= SECOND_WAVE_RISE * dayBefore) return 'rising';
  // A night's silence ends nothing: over is what has been quiet for half a day.
  const quiet = [0, 3, 6, 9].every((h) => sum3(current - h * HOUR) < QUIET * busiest);
  if (quiet) return 'calm';
  if (now - firstSeen < 3 * HOUR && last < 30) return 'sprouting';
  if (last < QUIET * busiest) return 'falling';
  if (last > 1.3 * previous && last >= 5) return last >= 0.9 * busiest && previous >= 0.7 * busiest ? 'peak' : 'rising';
  return last >= 0.7 * busiest ? 'peak' : 'falling';
}

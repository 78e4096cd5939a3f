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
}

export interface HeatPart {
  name: string;
  /** Points of 100 that this part gives. */
  value: number;
  text: string;
}

const HOUR = 3_600_000;
const HALF_LIFE_HOURS = 6;
/** Decayed posts at which volume counts in full: about what a city's hottest topics reach. */
const FULL_VOLUME = 400;
const FULL_ENGAGEMENT = 200_000;

/**
 * heat = 45·volume + 25·growth + 10·breadth + 10·negativity + 10·engagement, each 0–1 and all but volume scaled by volume's presence:
 * volume = ln(1 + Σ posts·2^(−age/6h)) / ln(1 + 400); growth = last 3 h against the 21 h before, full at five times;
 * breadth = distinct opinions per post; negativity = negative share of decided; engagement = ln(1 + likes, comments, reposts) / ln(1 + 200,000).
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
  const volume = Math.min(1, Math.log1p(decayed) / Math.log1p(FULL_VOLUME));
  const growthRate = last3 / 3 / (before / 21 + 0.5);
  const growth = Math.min(1, Math.max(0, (growthRate - 1) / 4));
  const breadth = input.posts === 0 ? 0 : Math.min(1, input.opinions / input.posts);
  const negativity = decided < 5 ? 0 : negative / decided;
  const engagement = Math.min(1, Math.log1p(input.engagement) / Math.log1p(FULL_ENGAGEMENT));
  const parts: HeatPart[] = [
    { name: '声量', value: 45 * volume, text: `按 6 小时半衰期折算，相当于 ${Math.round(decayed)} 条` },
    {
      name: '增速',
      value: 25 * growth * volume,
      text: `最近 3 小时每小时 ${(last3 / 3).toFixed(1)} 条，此前 21 小时每小时 ${(before / 21).toFixed(1)} 条`,
    },
    { name: '意见多样', value: 10 * breadth * volume, text: `${input.opinions} 种说法 / ${input.posts} 条` },
    {
      name: '负面',
      value: 10 * negativity * volume,
      text: decided < 5 ? '可判断情感的不足 5 条，不计' : `${Math.round(negativity * 100)}%（n=${decided}）`,
    },
    { name: '互动', value: 10 * engagement * volume, text: `转评赞合计 ${input.engagement}` },
  ].map((p) => ({ ...p, value: Math.round(p.value * 10) / 10 }));
  const heat = Math.min(
    100,
    parts.reduce((sum, p) => sum + p.value, 0),
  );
  return { heat: Math.round(heat * 10) / 10, parts };
}

/** 萌芽 → 上升 → 高位 → 回落 → 平息, from the last three hours against the topic's own busiest three. */
export function stageAt(hours: readonly HourCount[], firstSeen: number, now: number): TopicStage {
  const byHour = new Map(hours.map((h) => [h.hour, h.posts]));
  // The hour at hand is not over: judged by the last three whole ones.
  const current = Math.floor(now / HOUR) * HOUR - HOUR;
  const sum3 = (end: number) => [0, 1, 2].reduce((s, i) => s + (byHour.get(end - i * HOUR) ?? 0), 0);
  const last = sum3(current);
  const previous = sum3(current - 3 * HOUR);
  const busiest = Math.max(1, ...hours.map((h) => sum3(h.hour)));
  if (last === 0 && previous === 0 && sum3(current - 6 * HOUR) === 0) return 'calm';
  if (now - firstSeen < 3 * HOUR && last < 30) return 'sprouting';
  if (last < 0.1 * busiest) return previous < 0.1 * busiest ? 'calm' : 'falling';
  if (last > 1.3 * previous && last >= 5) return last >= 0.9 * busiest && previous >= 0.7 * busiest ? 'peak' : 'rising';
  return last >= 0.7 * busiest ? 'peak' : 'falling';
}

/**
 * In: the hours in which a source brought something, over the last weeks. Out: how unlikely a silence is, and how much it may have cost.
 * Called by: the source watch. Pure.
 */
import { hourOf, OFFICE_OFFSET_MS } from '../platform/clock.ts';

const HOUR = 3_600_000;
/** A silence is called unusual when fewer than one in a thousand such stretches pass without news. */
const UNUSUAL = 0.001;
/** Less history than this teaches no rhythm. */
const LEARNS_FROM_DAYS = 7;
export const RHYTHM_DAYS = 28;

export interface Silence {
  /** The chance that this source says nothing for so long at these hours. */
  chance: number;
  /** What it would usually have brought meanwhile. */
  expected: number;
}

/** Working days and weekends have rhythms of their own. */
function slotOf(hour: number): number {
  const local = new Date(hour + OFFICE_OFFSET_MS);
  const weekend = local.getUTCDay() === 0 || local.getUTCDay() === 6;
  return (weekend ? 24 : 0) + local.getUTCHours();
}

/**
 * @param history hour → items; hours without items may be left out
 * @param learnedFrom when the source began to be collected
 * @param silentFrom its last new item
 * @returns null while there is too little history
 */
export function silenceOf(
  history: ReadonlyMap<number, number>,
  learnedFrom: number,
  silentFrom: number,
  now: number,
): Silence | null {
  const from = Math.max(hourOf(learnedFrom), hourOf(silentFrom) - RHYTHM_DAYS * 24 * HOUR);
  if (silentFrom - from < LEARNS_FROM_DAYS * 24 * HOUR) return null;
  const observed = new Array<number>(48).fill(0);
  const spoke = new Array<number>(48).fill(0);
  const items = new Array<number>(48).fill(0);
  for (let hour = from; hour < hourOf(silentFrom); hour += HOUR) {
    const slot = slotOf(hour);
    const n = history.get(hour) ?? 0;
    observed[slot] = (observed[slot] ?? 0) + 1;
    items[slot] = (items[slot] ?? 0) + n;
    if (n > 0) spoke[slot] = (spoke[slot] ?? 0) + 1;
  }
  let logChance = 0;
  let expected = 0;
  for (let hour = hourOf(silentFrom); hour < now; hour += HOUR) {
    const part = (Math.min(hour + HOUR, now) - Math.max(hour, silentFrom)) / HOUR;
    const slot = slotOf(hour);
    const days = observed[slot] ?? 0;
    if (days === 0) continue;
    // Half a day is added on either side, so that "never silent so far" does not mean "impossible".
    const speaks = ((spoke[slot] ?? 0) + 0.5) / (days + 1);
    logChance += part * Math.log(1 - speaks);
    expected += (part * (items[slot] ?? 0)) / days;
  }
  return { chance: Math.exp(logChance), expected };
}

/** Long enough to be worth a person's look: improbable, and at least one item is missing by the source's own measure. */
export function isUnusual(silence: Silence): boolean {
  return silence.chance < UNUSUAL && silence.expected >= 1;
}

/**
 * In: a moment. Out: time-ordered post ids, and id ranges of time windows. Used by: posts (new ids), every query over a time window.
 */

/** Ids of one second: n runs from 0 to 999,999. Seconds up to the year 2255 keep ids below 2^53. */
export const IDS_PER_SECOND = 1_000_000;

/** The lowest id a post published at `ms` or later can have. */
export function firstIdAt(ms: number): number {
  return Math.floor(ms / 1000) * IDS_PER_SECOND;
}

/** The id range of the window [from, to): `id >= min AND id < end`. */
export function idRange(fromMs: number, toMs: number): { min: number; end: number } {
  return { min: firstIdAt(fromMs), end: firstIdAt(toMs) };
}

/** When the post with this id was published, to the second, in ms. */
export function publishedAtOf(id: number): number {
  return Math.floor(id / IDS_PER_SECOND) * 1000;
}

/**
 * The id a post would like to have. The same post always gets the same wish (FNV-1a of its origin within its second);
 * the writer takes the next free id when two posts of one second wish for the same.
 */
export function wishedId(publishedAtMs: number, origin: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < origin.length; i++) h = Math.imul(h ^ origin.charCodeAt(i), 0x01000193);
  return firstIdAt(publishedAtMs) + ((h >>> 0) % IDS_PER_SECOND);
}

/** One item of a platform, whatever run it came with. */
export function originOf(item: { platform: string; kind: string; nativeId: string }): string {
  return `${item.platform} ${item.kind} ${item.nativeId}`;
}

/**
 * In: bucket starts. Out: a category axis in +08:00 with weekdays, the same in every browser's zone. Called by: charts over time.
 */
import { partsAt, spaced, toLocalInput } from '../ui/format.ts';
import type { ChartTheme } from './theme.ts';

const two = (n: number): string => String(n).padStart(2, '0');

/** `11/24 周二 08:00 – 09:00`, the head of a tooltip. */
export function bucketTitle(at: string, bucketSeconds: number): string {
  const p = partsAt(at);
  const head = `${p.month}/${p.day} ${p.weekday}`;
  if (bucketSeconds >= 86_400) return head;
  const end = partsAt(Date.parse(at) + bucketSeconds * 1000);
  return `${head} ${two(p.hour)}:${two(p.minute)} – ${two(end.hour)}:${two(end.minute)}`;
}

/** A moment in tables and CSV, as spreadsheets read it, in Beijing time: `2026-11-24 08:00`. */
export function tableTime(at: string): string {
  return toLocalInput(at).replace('T', ' ');
}

const STEPS = [1, 2, 3, 6, 12, 24, 48, 72, 168].map((hours) => hours * 3600);

/**
 * Which buckets carry a label, and which: round hours as `08:00`; the first label of each further calendar day as `11/24 周二`,
 * wherever the server's buckets begin. About `most` labels, evenly spaced.
 */
export function axisLabels(instants: readonly string[], bucketSeconds: number, most = 9): Map<number, string> {
  const labels = new Map<number, string>();
  const span = instants.length * bucketSeconds;
  const step =
    span < 7200
      ? 0
      : (STEPS.find((s) => s >= bucketSeconds && span / s <= most) ??
        bucketSeconds * Math.ceil(instants.length / most));
  const every = Math.max(1, Math.ceil(instants.length / most));
  let lastDay: number | null = null;
  for (const [i, at] of instants.entries()) {
    const local = Math.floor(Date.parse(at) / 1000) + 8 * 3600;
    if (step === 0 ? i % every !== 0 : local % step >= bucketSeconds) continue;
    const p = partsAt(at);
    const asDay = step >= 86_400 || (lastDay !== null && p.dayNumber !== lastDay) || (p.hour === 0 && p.minute === 0);
    labels.set(i, asDay ? `${p.month}/${p.day} ${p.weekday}` : `${two(p.hour)}:${two(p.minute)}`);
    lastDay = p.dayNumber;
  }
  return labels;
}

/** The bucket in which a moment falls; the nearest end when it is outside. */
export function bucketOf(at: string, instants: readonly string[]): number {
  const ms = Date.parse(at);
  let found = 0;
  for (const [i, start] of instants.entries()) if (Date.parse(start) <= ms) found = i;
  return found;
}

export function timeAxis(instants: readonly string[], bucketSeconds: number, theme: ChartTheme) {
  const labels = axisLabels(instants, bucketSeconds);
  return {
    type: 'category' as const,
    data: [...instants],
    axisTick: { show: false },
    axisLine: { lineStyle: { color: theme.line } },
    axisLabel: {
      color: theme.ink3,
      fontSize: 12,
      hideOverlap: true,
      interval: (index: number) => labels.has(index),
      formatter: (_value: string, index: number) => labels.get(index) ?? '',
    },
    axisPointer: { label: { show: false } },
  };
}

export function countAxis(theme: ChartTheme) {
  return {
    type: 'value' as const,
    minInterval: 1,
    splitNumber: 3,
    axisLabel: { color: theme.ink3, fontSize: 12 },
    splitLine: { lineStyle: { color: theme.line } },
  };
}

/** The frame's look that all charts over time share. */
export function sharedTooltip(theme: ChartTheme) {
  return {
    trigger: 'axis' as const,
    confine: true,
    backgroundColor: theme.paper,
    borderColor: theme.line,
    textStyle: { color: theme.ink, fontSize: 14 },
    axisPointer: { type: 'line' as const, lineStyle: { color: theme.ink3, type: 'solid' as const } },
  };
}

/** Titles and names come from outside; they reach a tooltip only through here. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

const MARK_SIZE = 12;
const LEVEL_HEIGHT = 15;
const LEVELS = 3;
/** The narrowest plot of a desktop page, in pixels; on a wider one labels only stand further apart. */
export const PLOT_WIDTH = 680;
/** The plot of a phone page. */
export const PHONE_PLOT_WIDTH = 270;
const LONGEST = 18;

/** What an official post is about: the head between 【】 where it has one, without the # of its topic. */
export function headOf(text: string): string {
  const head = /【([^】]{2,})】?/u.exec(text)?.[1] ?? text;
  const plain = head.replaceAll('#', '').trim();
  return plain === '' ? text : plain;
}

/**
 * Vertical marks with their text at the top. Labels that would touch move up a level; `top` is the room they need. More than three
 * neighbours keep their line and give their text to the tooltip only.
 */
export function eventMarks(
  marks: readonly { at: string; text: string }[],
  instants: readonly string[],
  theme: ChartTheme,
  width = PLOT_WIDTH,
) {
  const sorted = marks.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const taken: number[] = Array.from({ length: LEVELS }, () => -Infinity);
  let levels = 0;
  const data = sorted.map((mark) => {
    const index = bucketOf(mark.at, instants);
    const words = headOf(mark.text);
    const text = spaced(words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words);
    // Near the right edge the text hangs to the left of its line, near the left edge to the right, so that it stays in the chart.
    const share = (index + 0.5) / Math.max(1, instants.length);
    const align = share > 0.8 ? ('right' as const) : share < 0.2 ? ('left' as const) : ('center' as const);
    const needed = [...text].reduce((n, c) => n + (c.charCodeAt(0) > 0x2e7f ? MARK_SIZE : MARK_SIZE * 0.58), 0);
    const x = share * width;
    const start = align === 'right' ? x - needed : align === 'left' ? x : x - needed / 2;
    const level = taken.findIndex((end) => end + 8 <= start);
    if (level >= 0) {
      taken[level] = start + needed;
      levels = Math.max(levels, level + 1);
    }
    return {
      xAxis: index,
      label: { show: level >= 0, formatter: text, align, offset: [0, -LEVEL_HEIGHT * Math.max(0, level)] },
    };
  });
  return {
    top: 10 + levels * LEVEL_HEIGHT,
    line: {
      symbol: ['none', 'none'],
      silent: true,
      animation: false,
      lineStyle: { color: theme.accent, type: 'dashed' as const, width: 1 },
      label: { color: theme.accent, fontSize: MARK_SIZE, position: 'end' as const, distance: 2 },
      data,
    },
  };
}

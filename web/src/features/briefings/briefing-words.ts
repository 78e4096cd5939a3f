/**
 * In: a briefing of the contract. Out: runs with their figures resolved, numbered headings, the volume as a chart's series, the day's
 * name. Called by: briefing pages.
 */
import type { Briefing, Figure, VolumeSeries } from '@minsheng/contracts';
import { dayText, fullTime, partsAt } from '../../ui/format.ts';
import { total } from '../../charts/volume.ts';

export interface ResolvedRun {
  text: string;
  figure: Figure | null;
  /** Only addresses inside the product become links. */
  href: string | null;
}

export const figureMap = (briefing: Pick<Briefing, 'figures'>): Map<string, Figure> =>
  new Map(briefing.figures.map((f) => [f.key, f]));

/** `//host` and `/\host` leave the product just as `https:` does. */
export const insideHref = (href: string | null | undefined): string | null =>
  href && /^\/(?![/\\])/.test(href) ? href : null;

export function runsOf(item: Briefing['lead'], figures: ReadonlyMap<string, Figure>): ResolvedRun[] {
  return item.runs.map((run) => {
    const figure = run.figure === undefined ? null : (figures.get(run.figure) ?? null);
    return { text: run.text, figure, href: insideHref(figure?.href ?? run.href) };
  });
}

export function figureNote(figure: Figure): string {
  return `${figure.definition}\n${fullTime(figure.from)} 至 ${fullTime(figure.to)}`;
}

const CHINESE = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];
/** `一、` for the nth section, counted from 0; up to 十九. */
export function sectionNumber(index: number): string {
  const n = index + 1;
  return n <= 10 ? (CHINESE[n] ?? '') : `十${CHINESE[n - 10] ?? ''}`;
}

/** `2026 年 11 月 24 日 周二` of a `2026-11-24`. */
export function dayName(day: string): string {
  const at = `${day}T12:00:00+08:00`;
  return `${partsAt(at).year} 年 ${dayText(at)}`;
}

/** The day before (−1) or after (+1). */
export function neighbourDay(day: string, step: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + step * 86_400_000).toISOString().slice(0, 10);
}

/** The address of a shared briefing as it is sent to a phone. */
export function shareAddress(path: string, origin: string): string {
  return new URL(path, origin).href;
}

export function volumeOf(briefing: Briefing): VolumeSeries {
  const [a, b] = briefing.charts.volume;
  const bucketSeconds = a && b ? Math.round((Date.parse(b.at) - Date.parse(a.at)) / 1000) : 3600;
  return {
    bucketSeconds,
    buckets: briefing.charts.volume.map((v) => ({ ...v, official: 0 })),
    marks: [],
    coverage: briefing.coverage,
  };
}

/** Columns for paper: heights 0–100 with the negative part at the bottom, drawn in ink and hatching instead of colour. */
export function paperColumns(
  briefing: Pick<Briefing, 'charts'>,
): { at: string; label: string; total: number; all: number; negative: number }[] {
  const volume = briefing.charts.volume;
  const most = Math.max(1, ...volume.map(total));
  return volume.map((v) => {
    const p = partsAt(v.at);
    return {
      at: v.at,
      label: p.hour === 0 ? `${p.month}/${p.day}` : p.hour % 6 === 0 ? `${p.hour} 时` : '',
      total: total(v),
      all: (total(v) / most) * 100,
      negative: (v.negative / most) * 100,
    };
  });
}

/**
 * In: a topic's hourly curve and marks. Out: stacked columns with marks, its finding, its table. Called by: topic page.
 */
import type { TopicDetail, VolumeSeries } from '@minsheng/contracts';
import type { EChartsOption } from 'echarts';
import { exactCount, percentText, timeText } from '../ui/format.ts';
import type { Table } from './csv.ts';
import type { ChartTheme } from './theme.ts';
import { volumeKeys, volumeOption, volumeTable } from './volume.ts';

function asSeries(detail: TopicDetail): VolumeSeries {
  const [first, second] = detail.curve;
  const bucketSeconds = first && second ? (Date.parse(second.at) - Date.parse(first.at)) / 1000 : 3600;
  return {
    bucketSeconds,
    buckets: detail.curve.map((p) => ({ at: p.at, ...p.sentiment, official: p.official })),
    marks: detail.marks.map((m) => ({ at: m.at, text: m.text, href: '' })),
    coverage: detail.coverage,
  };
}

/** Below this many posts an hour no percentage is given. */
const SMALL = 10;

/** Says whether it calmed down after the first official answer: mean of the 3 buckets before against the 3 from 1 bucket after. */
export function topicFinding(detail: TopicDetail, now: number): string {
  const curve = detail.curve;
  const answered = detail.marks.find((m) => m.kind === 'official');
  const at = answered ? curve.findLastIndex((p) => Date.parse(p.at) <= Date.parse(answered.at)) : -1;
  const mean = (from: number, to: number): number | null => {
    const part = curve.slice(Math.max(0, from), Math.max(0, to));
    return part.length === 3 ? part.reduce((n, p) => n + p.total, 0) / 3 : null;
  };
  const before = mean(at - 3, at);
  const after = mean(at + 1, at + 4);
  if (answered && at >= 0 && before !== null && after !== null && before > 0) {
    const change = after / before - 1;
    const [from, to] = [exactCount(Math.round(before)), exactCount(Math.round(after))];
    // A share of a handful says nothing; the counts do.
    if (before < SMALL) return `官方首次发声后 3 小时，每小时约 ${to} 条（此前约 ${from} 条）`;
    const words =
      Math.abs(change) < 0.1 ? '变化不大' : `${change < 0 ? '下降' : '上升'} ${percentText(Math.abs(change))}`;
    return `官方首次发声后 3 小时，每小时新增${words}（${from} → ${to} 条）`;
  }
  const peak = curve.reduce<(typeof curve)[number] | null>(
    (best, p) => (best === null || p.total > best.total ? p : best),
    null,
  );
  if (!peak) return '还没有足够的数据画出走势';
  return `${timeText(peak.at, now)} 最多，每小时 ${exactCount(peak.total)} 条${detail.topic.officialAnswer ? '' : '，尚无官方回应'}`;
}

export function topicCurveOption(detail: TopicDetail, theme: ChartTheme, width?: number): EChartsOption {
  return volumeOption(asSeries(detail), theme, width) satisfies EChartsOption;
}

export function topicCurveKeys(detail: TopicDetail, theme: ChartTheme) {
  return volumeKeys(asSeries(detail), theme);
}

export function topicCurveTable(detail: TopicDetail): Table {
  return volumeTable(asSeries(detail));
}

/**
 * In: the volume series of the contract. Out: stacked columns by sentiment with official statements as marks; its finding; its table.
 * Called by: overview.
 */
import type { VolumeSeries } from '@minsheng/contracts';
import type { EChartsOption } from 'echarts';
import { exactCount, percentText, timeText } from '../ui/format.ts';
import type { Table } from './csv.ts';
import { CHART_FONT, type ChartTheme } from './theme.ts';
import { bucketTitle, countAxis, escapeHtml, eventMarks, sharedTooltip, tableTime, timeAxis } from './time-axis.ts';

type Bucket = VolumeSeries['buckets'][number];
type Split = Pick<Bucket, 'positive' | 'neutral' | 'negative' | 'uncertain' | 'withheld'>;
export const total = (b: Split): number => b.positive + b.neutral + b.negative + b.uncertain + b.withheld;

export function bucketName(seconds: number): string {
  if (seconds % 86_400 === 0) return seconds === 86_400 ? '天' : `${seconds / 86_400} 天`;
  if (seconds % 3600 === 0) return seconds === 3600 ? '小时' : `${seconds / 3600} 小时`;
  return `${Math.round(seconds / 60)} 分钟`;
}

/** The sentence above the chart: when it was most, and how much of that was negative. */
export function volumeFinding(series: VolumeSeries, now: number): string {
  const peak = series.buckets.reduce<Bucket | null>(
    (best, b) => (best === null || total(b) > total(best) ? b : best),
    null,
  );
  if (!peak || total(peak) === 0) return '这段时间没有采集到公众声音';
  const when =
    series.bucketSeconds >= 86_400
      ? timeText(peak.at, now).slice(0, -6)
      : `${timeText(peak.at, now)} 起的${series.bucketSeconds === 3600 ? '一小时' : ` ${bucketName(series.bucketSeconds)}`}`;
  const most = `${when}最多，${exactCount(total(peak))} 条`;
  return peak.withheld > 0 ? most : `${most}，其中负面 ${percentText(peak.negative / total(peak))}`;
}

const LAYERS = [
  { key: 'negative', name: '负面', color: 'orange' },
  { key: 'uncertain', name: '难以判断', color: 'unsure' },
  { key: 'neutral', name: '中性', color: 'grey' },
  { key: 'positive', name: '正面', color: 'teal' },
  { key: 'withheld', name: '不足 10 人，不分情感', color: 'withheld' },
] as const;

/** The layers that have something in them; the four sentiments always. */
const layersOf = (buckets: readonly Bucket[]) =>
  LAYERS.filter((l) => l.key !== 'withheld' || buckets.some((b) => b.withheld > 0));

export const volumeKeys = (series: VolumeSeries, theme: ChartTheme) =>
  layersOf(series.buckets).map((l) => ({ name: l.name, color: theme[l.color] }));

/** @param width of the plot in pixels, to place the marks' labels. */
export function volumeOption(series: VolumeSeries, theme: ChartTheme, width?: number): EChartsOption {
  const instants = series.buckets.map((b) => b.at);
  const marks = eventMarks(series.marks, instants, theme, width);
  return {
    textStyle: { fontFamily: CHART_FONT },
    animation: false,
    grid: { left: 8, right: 12, top: marks.top, bottom: 4, outerBoundsMode: 'same' },
    tooltip: {
      ...sharedTooltip(theme),
      formatter: (params) => {
        const index = (Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0;
        const b = series.buckets[index];
        if (!b) return '';
        const lines =
          b.withheld > 0
            ? ['发言者不足 10 人，不分情感']
            : LAYERS.filter((l) => l.key !== 'withheld').map((l) => `${l.name} ${exactCount(b[l.key])}`);
        const said = series.marks
          .filter(
            (m) =>
              Date.parse(m.at) >= Date.parse(b.at) && Date.parse(m.at) < Date.parse(b.at) + series.bucketSeconds * 1000,
          )
          .map((m) => escapeHtml(m.text));
        return [
          `<b>${bucketTitle(b.at, series.bucketSeconds)}</b>`,
          `共 ${exactCount(total(b))} 条`,
          ...lines,
          `官方发布 ${b.official}`,
          ...said,
        ].join('<br>');
      },
    },
    xAxis: timeAxis(instants, series.bucketSeconds, theme),
    yAxis: countAxis(theme),
    series: layersOf(series.buckets).map((layer, i) => ({
      name: layer.name,
      type: 'bar' as const,
      stack: 'volume',
      barCategoryGap: '18%',
      itemStyle: { color: theme[layer.color] },
      emphasis: { disabled: true },
      data: series.buckets.map((b) => b[layer.key]),
      ...(i === 0 && series.marks.length > 0 ? { markLine: marks.line } : {}),
    })),
  } satisfies EChartsOption;
}

export function volumeTable(series: VolumeSeries): Table {
  return {
    columns: ['时间（北京时间）', '正面', '中性', '负面', '难以判断', '不分情感（不足 10 人）', '合计', '官方发布'],
    rows: series.buckets.map((b) => [
      tableTime(b.at),
      b.positive,
      b.neutral,
      b.negative,
      b.uncertain,
      b.withheld,
      total(b),
      b.official,
    ]),
  };
}

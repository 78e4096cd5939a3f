/**
 * In: a claim's spread curve. Out: columns of spreading and doubting posts with the running total, its finding, its table.
 * Called by: claim page.
 */
import type { ClaimDetail } from '@minsheng/contracts';
import type { EChartsOption } from 'echarts';
import { exactCount, percentText } from '../ui/format.ts';
import type { Table } from './csv.ts';
import { CHART_FONT, type ChartTheme } from './theme.ts';
import { bucketTitle, countAxis, eventMarks, sharedTooltip, tableTime, timeAxis } from './time-axis.ts';

function secondsOf(detail: ClaimDetail): number {
  const [first, second] = detail.curve;
  return first && second ? (Date.parse(second.at) - Date.parse(first.at)) / 1000 : 3600;
}

/** The direction, and who contradicts: both matter more than the height. */
export function spreadFinding(detail: ClaimDetail): string {
  const { claim } = detail;
  const speed =
    claim.growth === null
      ? `最近 1 小时 ${exactCount(claim.postsLastHour)} 条`
      : claim.growth > 1.1
        ? `仍在加快：最近 1 小时 ${exactCount(claim.postsLastHour)} 条，是前一小时的 ${claim.growth.toFixed(1)} 倍`
        : claim.growth < 0.9
          ? `正在放缓：最近 1 小时 ${exactCount(claim.postsLastHour)} 条，是前一小时的 ${percentText(claim.growth)}`
          : `基本持平：最近 1 小时 ${exactCount(claim.postsLastHour)} 条`;
  const doubt =
    claim.posts > 0 ? `，${percentText(claim.doubts / claim.posts)} 在质疑（n=${exactCount(claim.posts)}）` : '';
  return speed + doubt;
}

export const spreadKeys = (theme: ChartTheme) => [
  { name: '转述', color: theme.orange },
  { name: '质疑', color: theme.teal },
  { name: '累计（右轴）', color: theme.ink3 },
];

export function spreadOption(detail: ClaimDetail, theme: ChartTheme, width?: number): EChartsOption {
  const instants = detail.curve.map((p) => p.at);
  const seconds = secondsOf(detail);
  const marks = eventMarks(detail.marks, instants, theme, width);
  return {
    textStyle: { fontFamily: CHART_FONT },
    animation: false,
    grid: { left: 8, right: 8, top: marks.top, bottom: 4, outerBoundsMode: 'same' },
    tooltip: {
      ...sharedTooltip(theme),
      formatter: (params) => {
        const p = detail.curve[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
        if (!p) return '';
        return [
          `<b>${bucketTitle(p.at, seconds)}</b>`,
          `转述 ${exactCount(p.spreading)}`,
          `质疑 ${exactCount(p.doubting)}`,
          `官方 ${exactCount(p.official)}`,
          `累计 ${exactCount(p.cumulative)}`,
        ].join('<br>');
      },
    },
    xAxis: timeAxis(instants, seconds, theme),
    yAxis: [countAxis(theme), { ...countAxis(theme), splitLine: { show: false } }],
    series: [
      {
        name: '转述',
        type: 'bar',
        stack: 'spread',
        itemStyle: { color: theme.orange },
        emphasis: { disabled: true },
        data: detail.curve.map((p) => p.spreading),
        markLine: marks.line,
      },
      {
        name: '质疑',
        type: 'bar',
        stack: 'spread',
        itemStyle: { color: theme.teal },
        emphasis: { disabled: true },
        data: detail.curve.map((p) => p.doubting),
      },
      {
        name: '累计',
        type: 'line',
        yAxisIndex: 1,
        showSymbol: false,
        lineStyle: { color: theme.ink3, width: 1.5 },
        itemStyle: { color: theme.ink3 },
        data: detail.curve.map((p) => p.cumulative),
      },
    ],
  } satisfies EChartsOption;
}

export function spreadTable(detail: ClaimDetail): Table {
  return {
    columns: ['时间（北京时间）', '转述', '质疑', '官方', '累计'],
    rows: detail.curve.map((p) => [tableTime(p.at), p.spreading, p.doubting, p.official, p.cumulative]),
  };
}

/**
 * In: topics by heat, or channels by volume. Out: horizontal bars with their values written beside them. Called by: topics, overview.
 */
import type { RouteAnswer, routes, TopicRow } from '@minsheng/contracts';
import type { EChartsOption } from 'echarts';
import { exactCount, percentText, quoted, signedText, spaced } from '../ui/format.ts';
import { platformName, STAGE } from '../ui/labels.ts';
import type { Table } from './csv.ts';
import { CHART_FONT, type ChartTheme } from './theme.ts';
import { escapeHtml, tableTime } from './time-axis.ts';

type Channels = RouteAnswer<typeof routes.dashboard.channels>;
const cut = (text: string, length: number): string => spaced(text.length > length ? `${text.slice(0, length)}…` : text);

function frame(theme: ChartTheme) {
  return {
    textStyle: { fontFamily: CHART_FONT },
    animation: false,
    grid: { left: 8, right: 8, top: 4, bottom: 4, outerBoundsMode: 'same' as const, outerBoundsClampWidth: '10%' },
    xAxis: { type: 'value' as const, show: false },
    tooltip: {
      confine: true,
      backgroundColor: theme.paper,
      borderColor: theme.line,
      textStyle: { color: theme.ink, fontSize: 14 },
    },
  };
}

function nameAxis(names: readonly string[], theme: ChartTheme) {
  return {
    type: 'category' as const,
    inverse: true,
    data: [...names],
    axisTick: { show: false },
    axisLine: { show: false },
    axisLabel: { color: theme.ink, fontSize: 13 },
  };
}

/** Values stand in a column of their own at the right, like in a table. */
function valueAxis(values: readonly string[], theme: ChartTheme) {
  return { ...nameAxis(values, theme), position: 'right' as const, axisLabel: { color: theme.ink2, fontSize: 13 } };
}

export const HEAT_ROWS = 10;

export function heatFinding(topics: readonly TopicRow[]): string {
  const first = topics.toSorted((a, b) => b.heat - a.heat)[0];
  if (!first) return '没有热点话题';
  const riser = topics.toSorted((a, b) => b.heatDelta - a.heatDelta)[0];
  const rise =
    riser && riser.heatDelta >= 5 && riser.id !== first.id
      ? `，${quoted(riser.title)}升得最快（${signedText(riser.heatDelta)}）`
      : '';
  return `${quoted(first.title)}最热（${Math.round(first.heat)}）${rise}`;
}

/** Heat today as a bar, heat of 24 hours ago as a tick on it: the gap between the two is the trend. */
export function heatOption(topics: readonly TopicRow[], theme: ChartTheme): EChartsOption {
  const rows = topics.toSorted((a, b) => b.heat - a.heat).slice(0, HEAT_ROWS);
  return {
    ...frame(theme),
    yAxis: [
      nameAxis(
        rows.map((t) => cut(t.title, 9)),
        theme,
      ),
      valueAxis(
        rows.map((t) => `${Math.round(t.heat)}（${signedText(Math.round(t.heatDelta))}）`),
        theme,
      ),
    ],
    xAxis: { type: 'value', show: false, max: 100 },
    tooltip: {
      ...frame(theme).tooltip,
      formatter: (params) => {
        const t = rows[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
        return t
          ? [
              `<b>${escapeHtml(t.title)}</b>`,
              `热度 ${t.heat.toFixed(1)}，24 小时前 ${Math.max(0, t.heat - t.heatDelta).toFixed(1)}`,
              STAGE[t.stage],
            ].join('<br>')
          : '';
      },
    },
    series: [
      {
        name: '热度',
        type: 'bar',
        barWidth: '52%',
        itemStyle: { color: theme.bar },
        data: rows.map((t) => t.heat),
      },
      {
        name: '24 小时前',
        type: 'line',
        lineStyle: { width: 0 },
        symbol: 'rect',
        symbolSize: [2, 20],
        silent: true,
        itemStyle: { color: theme.ink3 },
        data: rows.map((t) => Math.max(0, t.heat - t.heatDelta)),
      },
    ],
  } satisfies EChartsOption;
}

export function heatTable(topics: readonly TopicRow[]): Table {
  return {
    columns: ['话题', '热度', '24 小时变化', '阶段', '帖文', '最近 24 小时', '首次出现'],
    rows: topics.map((t) => [
      t.title,
      t.heat,
      t.heatDelta,
      STAGE[t.stage],
      t.posts,
      t.posts24h,
      tableTime(t.firstSeenAt),
    ]),
  };
}

/** The public's voices by platform; what official accounts published themselves is in the table only. */
const channelRows = (channels: Channels) =>
  channels.items
    .filter((c) => c.public > 0)
    .toSorted((a, b) => b.public - a.public)
    .slice(0, HEAT_ROWS);

export function channelsFinding(channels: Channels): string {
  const all = channels.items.reduce((n, c) => n + c.public, 0);
  const first = channelRows(channels)[0];
  if (!first) return '这段时间没有采集到公众声音';
  if (first.public === all) return `公众声音都在${platformName(first.platform)}（n=${exactCount(all)}）`;
  return `${percentText(first.public / all)} 的公众声音在${platformName(first.platform)}（n=${exactCount(all)}）`;
}

export function channelsOption(channels: Channels, theme: ChartTheme): EChartsOption {
  const rows = channelRows(channels);
  const all = channels.items.reduce((n, c) => n + c.public, 0);
  return {
    ...frame(theme),
    yAxis: [
      nameAxis(
        rows.map((c) => platformName(c.platform)),
        theme,
      ),
      valueAxis(
        rows.map((c) => `${exactCount(c.public)}（${percentText(c.public / all)}）`),
        theme,
      ),
    ],
    tooltip: {
      ...frame(theme).tooltip,
      formatter: (params) => {
        const c = rows[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
        return c ? `<b>${escapeHtml(platformName(c.platform))}</b><br>公众 ${exactCount(c.public)}` : '';
      },
    },
    series: [
      {
        name: '公众',
        type: 'bar',
        barWidth: '52%',
        barMaxWidth: 28,
        itemStyle: { color: theme.bar },
        data: rows.map((c) => c.public),
      },
    ],
  } satisfies EChartsOption;
}

export function channelsTable(channels: Channels): Table {
  return {
    columns: ['渠道', '账号', '公众', '官方'],
    rows: channels.items.map((c) => [platformName(c.platform), c.name, c.public, c.official]),
  };
}

/**
 * In: nothing. Out: line series registered with ECharts. Called by: ChartCanvas, only for charts that draw a line, so that the
 * overview does not pay for it.
 */
import { LineChart } from 'echarts/charts';
import { use } from 'echarts/core';

use([LineChart]);

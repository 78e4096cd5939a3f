/**
 * In: the parts of ECharts that every chart uses; lines come from echarts-line.ts when one is drawn. Out: the chart component. Called by: ChartFrame, lazily.
 */
import { BarChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { connect, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import VChart from 'vue-echarts';

use([BarChart, GridComponent, TooltipComponent, MarkLineComponent, CanvasRenderer]);

export { connect, VChart };

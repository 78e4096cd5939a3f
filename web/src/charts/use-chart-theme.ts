/**
 * In: the page's theme and width. Out: the chart colours and the plot width that go with them. Called by: pages that draw.
 */
import { computed, ref } from 'vue';
import { isDark } from '../app/theme.ts';
import { darkTheme, lightTheme } from './theme.ts';
import { PHONE_PLOT_WIDTH, PLOT_WIDTH } from './time-axis.ts';

export const chartTheme = computed(() => (isDark.value ? darkTheme : lightTheme));

const phone = typeof matchMedia === 'function' ? matchMedia('(max-width: 47.5em)') : null;
const isPhone = ref(phone?.matches ?? false);
phone?.addEventListener('change', (event) => (isPhone.value = event.matches));
export const plotWidth = computed(() => (isPhone.value ? PHONE_PLOT_WIDTH : PLOT_WIDTH));

/**
 * In: the page's theme. Out: the chart colours that go with it. Called by: pages that draw.
 */
import { computed } from 'vue';
import { isDark } from '../app/theme.ts';
import { darkTheme, lightTheme } from './theme.ts';

export const chartTheme = computed(() => (isDark.value ? darkTheme : lightTheme));

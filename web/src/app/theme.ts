/**
 * In: the reader's choice. Out: `data-theme` on the page. Called by: main, the user menu, charts.
 */
import { computed, ref } from 'vue';

export type ThemeChoice = 'light' | 'dark' | 'auto';
const KEY = 'minsheng.theme';
const dark = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null;

function stored(): ThemeChoice {
  const value = localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'auto';
}

export const themeChoice = ref<ThemeChoice>(stored());
const systemDark = ref(dark?.matches ?? false);
export const isDark = computed(
  () => themeChoice.value === 'dark' || (themeChoice.value === 'auto' && systemDark.value),
);

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = isDark.value ? 'dark' : 'light';
}

export function setTheme(choice: ThemeChoice): void {
  themeChoice.value = choice;
  localStorage.setItem(KEY, choice);
  applyTheme();
}

dark?.addEventListener('change', (event) => {
  systemDark.value = event.matches;
  applyTheme();
});

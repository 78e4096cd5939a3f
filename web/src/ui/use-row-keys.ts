/**
 * In: the number of rows on the page. Out: the selected row, moved with j and k, opened with Enter. Called by: list pages.
 */
import { nextTick, ref, type Ref } from 'vue';
import { useKeys } from './use-keys.ts';

/** Mark rows with `data-row` and bind `:data-selected="index === selected"`; the selected row is scrolled into view and focused. */
export function useRowKeys(count: () => number, open: (index: number) => unknown): { selected: Ref<number> } {
  const selected = ref(-1);
  async function move(step: number): Promise<void> {
    if (count() === 0) return;
    selected.value = Math.max(0, Math.min(count() - 1, selected.value + step));
    await nextTick();
    const row = document.querySelectorAll<HTMLElement>('[data-row]')[selected.value];
    row?.scrollIntoView({ block: 'nearest' });
    row?.querySelector<HTMLElement>('a')?.focus({ preventScroll: true });
  }
  useKeys([
    { key: 'j', help: '下一行', run: () => move(1) },
    { key: 'k', help: '上一行', run: () => move(-1) },
    { key: 'Enter', help: '打开选中的一行', run: () => selected.value >= 0 && open(selected.value) },
  ]);
  return { selected };
}

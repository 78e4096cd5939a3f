/**
 * In: a loading function of one page. Out: all pages so far as one list that only grows. Called by: list pages with 加载更多.
 */
import type { ErrorBody } from '@minsheng/contracts';
import { onScopeDispose, ref, type Ref, shallowRef, type ShallowRef, watch, type WatchSource } from 'vue';
import { errorBody } from './client.ts';

export interface Pages<T, P> {
  items: ShallowRef<T[]>;
  /** The first page's whole answer (counts, coverage); null until it is there. */
  first: ShallowRef<P | null>;
  /** The cursor of the next page; null when everything is shown. */
  next: Ref<string | null>;
  error: ShallowRef<ErrorBody | null>;
  loading: Ref<boolean>;
  more: () => Promise<void>;
  reload: () => Promise<void>;
}

/**
 * What is read stays where it is: a next page is added below, and an item that moved between two pages is shown once.
 * @param key what makes an item the same item.
 */
export function usePages<P extends { items: unknown[]; nextCursor: string | null }>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<P>,
  key: (item: P['items'][number]) => string,
  when?: WatchSource | WatchSource[],
): Pages<P['items'][number], P> {
  const items: ShallowRef<P['items'][number][]> = shallowRef([]);
  const first: ShallowRef<P | null> = shallowRef(null);
  const next = ref<string | null>(null);
  const error = shallowRef<ErrorBody | null>(null);
  const loading = ref(false);
  let running: AbortController | null = null;

  async function read(cursor: string | undefined): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    loading.value = true;
    try {
      const page = await load(cursor, mine.signal);
      if (mine.signal.aborted) return;
      if (cursor === undefined) {
        first.value = page;
        items.value = page.items;
      } else {
        const known = new Set(items.value.map(key));
        items.value = [...items.value, ...page.items.filter((item) => !known.has(key(item)))];
      }
      next.value = page.nextCursor;
      error.value = null;
    } catch (problem) {
      if (!mine.signal.aborted) error.value = errorBody(problem);
    } finally {
      if (running === mine) loading.value = false;
    }
  }
  if (when) watch(when, () => void read(undefined));
  onScopeDispose(() => running?.abort());
  void read(undefined);
  return {
    items,
    first,
    next,
    error,
    loading,
    more: () => (next.value === null ? Promise.resolve() : read(next.value)),
    reload: () => read(undefined),
  };
}

/**
 * In: a loading function. Out: data, error and loading as refs; a newer load aborts the older one. Called by: pages.
 */
import type { ErrorBody } from '@minsheng/contracts';
import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from 'vue';
import { errorBody } from './client.ts';

export interface Loaded<T> {
  data: ShallowRef<T | null>;
  error: ShallowRef<ErrorBody | null>;
  loading: ShallowRef<boolean>;
  /** Loads again; what is shown stays until the answer is there. */
  reload: () => Promise<void>;
}

/**
 * Loads at once, and again whenever `when` changes. Data of the previous load stay visible while the next one runs,
 * unless `clearOnChange` says that they belong to something else (another id in the address).
 */
export function useLoad<T>(
  load: (signal: AbortSignal) => Promise<T>,
  when?: WatchSource | WatchSource[],
  options: { clearOnChange?: boolean } = {},
): Loaded<T> {
  const data: ShallowRef<T | null> = shallowRef(null);
  const error = shallowRef<ErrorBody | null>(null);
  const loading = shallowRef(false);
  let running: AbortController | null = null;

  async function reload(): Promise<void> {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    loading.value = true;
    try {
      const answer = await load(mine.signal);
      if (mine.signal.aborted) return;
      data.value = answer;
      error.value = null;
    } catch (problem) {
      if (mine.signal.aborted) return;
      error.value = errorBody(problem);
    } finally {
      if (running === mine) loading.value = false;
    }
  }

  if (when) {
    watch(when, () => {
      if (options.clearOnChange) data.value = null;
      void reload();
    });
  }
  onScopeDispose(() => running?.abort());
  void reload();
  return { data, error, loading, reload };
}

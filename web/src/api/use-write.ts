/**
 * In: a writing call. Out: whether it runs, what went wrong, and a notice when it is done. Called by: pages and forms.
 */
import type { ErrorBody } from '@minsheng/contracts';
import { ref, shallowRef } from 'vue';
import { toast } from '../ui/toast.ts';
import { errorBody } from './client.ts';

export function useWrite() {
  const busy = ref(false);
  const error = shallowRef<ErrorBody | null>(null);
  /** One write at a time: a second click while the first is under way does nothing. @returns null when it failed; `error` says why. */
  async function run<T>(work: () => Promise<T>, done?: string): Promise<T | null> {
    if (busy.value) return null;
    busy.value = true;
    error.value = null;
    try {
      const answer = await work();
      if (done) toast(done);
      return answer;
    } catch (thrown) {
      error.value = errorBody(thrown);
      return null;
    } finally {
      busy.value = false;
    }
  }
  return { busy, error, run, clear: () => (error.value = null) };
}

/**
 * In: nothing. Out: one ticking moment shared by everything that counts down. Called by: ClockBadge, TimeText, pages.
 */
import { getCurrentScope, onScopeDispose, readonly, ref, type Ref } from 'vue';

const TICK_MS = 15_000;
const now = ref(Date.now());
let users = 0;
let timer: ReturnType<typeof setInterval> | null = null;

/** The present moment in epoch milliseconds, refreshed every 15 s while somebody looks. */
export function useNow(): Readonly<Ref<number>> {
  now.value = Date.now();
  if (getCurrentScope()) {
    users += 1;
    timer ??= setInterval(() => (now.value = Date.now()), TICK_MS);
    onScopeDispose(() => {
      users -= 1;
      if (users === 0 && timer) {
        clearInterval(timer);
        timer = null;
      }
    });
  }
  return readonly(now);
}

/**
 * In: the address bar. Out: time range and filters as refs that write back to it, so that a page can be sent to a colleague.
 * Called by: top bar and pages.
 */
import type { TimeWindow } from '@minsheng/contracts';
import { computed, type ComputedRef, type WritableComputedRef } from 'vue';
import { useRoute, useRouter, type LocationQuery } from 'vue-router';

export type Range = NonNullable<TimeWindow['range']>;
export const RANGES: readonly { value: Range; text: string }[] = [
  { value: '1h', text: '1 小时' },
  { value: '24h', text: '24 小时' },
  { value: '3d', text: '3 天' },
  { value: '7d', text: '7 天' },
  { value: '30d', text: '30 天' },
  { value: 'all', text: '全部' },
];
export const DEFAULT_RANGE: Range = '24h';

function single(query: LocationQuery, key: string): string | undefined {
  const value = query[key];
  return (Array.isArray(value) ? value[0] : value) ?? undefined;
}

/** What an address says about time; a half or wrong one counts as the default. */
export function windowOf(query: LocationQuery): TimeWindow {
  const from = single(query, 'from');
  const to = single(query, 'to');
  if (from && to && Date.parse(from) < Date.parse(to)) return { from, to };
  const range = single(query, 'range');
  return { range: RANGES.find((r) => r.value === range)?.value ?? DEFAULT_RANGE };
}

/** The words for a window: `过去 24 小时`. */
export function windowText(window: TimeWindow): string {
  if (window.from && window.to) return '所选时段';
  if (window.range === 'all') return '全部时间';
  return `过去 ${RANGES.find((r) => r.value === window.range)?.text ?? '24 小时'}`;
}

export function useTimeWindow(): {
  window: ComputedRef<TimeWindow>;
  key: ComputedRef<string>;
  text: ComputedRef<string>;
  set: (next: TimeWindow) => void;
} {
  const route = useRoute();
  const router = useRouter();
  const window = computed(() => windowOf(route.query));
  return {
    window,
    key: computed(() => JSON.stringify(window.value)),
    text: computed(() => windowText(window.value)),
    set(next) {
      const rest = { ...route.query };
      delete rest['range'];
      delete rest['from'];
      delete rest['to'];
      const own = next.from && next.to ? { from: next.from, to: next.to } : { range: next.range ?? DEFAULT_RANGE };
      void router.push({ query: { ...rest, ...own } });
    },
  };
}

/** One filter in the address; the default is not written. `allowed` guards against addresses typed by hand. */
export function useQueryParam<T extends string>(
  key: string,
  fallback: T,
  allowed?: readonly T[],
): WritableComputedRef<T> {
  const route = useRoute();
  const router = useRouter();
  return computed({
    get() {
      const value = single(route.query, key);
      if (value === undefined) return fallback;
      if (!allowed) return value as T;
      return allowed.find((a) => a === value) ?? fallback;
    },
    set(value) {
      const rest = { ...route.query };
      delete rest[key];
      void router.replace({ query: value === fallback ? rest : { ...rest, [key]: value } });
    },
  });
}

/** The time range follows the reader from page to page; other filters stay where they belong. */
export function carriedQuery(query: LocationQuery): LocationQuery {
  const carried: LocationQuery = {};
  for (const key of ['range', 'from', 'to']) if (query[key] !== undefined) carried[key] = query[key];
  return carried;
}

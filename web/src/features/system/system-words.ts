/**
 * In: sizes and audit actions. Out: the words that the system pages show. Called by: system pages.
 */
import { type Route, routes } from '@minsheng/contracts';

/** `1.2 GB`; binary steps, one decimal. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toFixed(1))} ${units[unit] ?? ''}`;
}

const NAMES = new Map(
  Object.values(routes)
    .flatMap((group) => Object.values(group) as Route[])
    .flatMap((route) => (route.audit ? [[route.audit, route.summary] as const] : [])),
);
/** Audit actions are named by the routes that record them; an unknown one is shown as it is. */
export const auditName = (action: string): string => NAMES.get(action) ?? action;
export const auditActions: readonly (readonly [string, string])[] = [...NAMES];

/**
 * In: a case and now. Out: how it stands against its due date. Called by: case views, counts, briefings.
 */
import type { DueState, InboxState } from '@minsheng/contracts';
import { dayOf } from '../platform/clock.ts';
import { workingDaysBetween } from './working-days.ts';

export const OPEN_STATES = ['received', 'assigned', 'review'] as const satisfies readonly InboxState[];

export function isOpen(state: InboxState): boolean {
  return OPEN_STATES.some((s) => s === state);
}

/** A late first answer stays visible: `missed` does not go away when the case is answered again. */
export function dueState(c: { state: InboxState; dueAt: number; missed: number }, now: number): DueState {
  if (!isOpen(c.state)) return c.missed === 1 ? 'missed' : 'met';
  if (now > c.dueAt) return 'overdue';
  return dayOf(now) === dayOf(c.dueAt) ? 'due-today' : 'running';
}

/**
 * Working days left of an open case: 0 on the last day, negative when overdue (at least −1, even when only a weekend has
 * passed). For a settled case: what was left when it was settled.
 */
export function workingDaysLeft(
  c: { state: InboxState; dueAt: number; settledAt: number | null },
  now: number,
): number {
  const at = isOpen(c.state) ? now : (c.settledAt ?? now);
  const left = workingDaysBetween(dayOf(at), dayOf(c.dueAt));
  return at > c.dueAt ? Math.min(left, -1) : left;
}

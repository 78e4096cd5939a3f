/**
 * In: when an official account last published. Out: where it stands against the two-week rule. Used by: accounts list, overview, alerts.
 *
 * 国办秘函〔2019〕19号 and inspection notices 2020–2023: no update within the two weeks before a check is 单项否决.
 */
import { DAY } from '../platform/time-window.ts';

export type Activity = 'ok' | 'warn' | 'urgent' | 'critical' | 'veto' | 'unknown';

/** Full days of silence from which each state holds. */
export const TWO_WEEK_RULE = { warn: 10, urgent: 12, critical: 13, veto: 14 } as const;

export const RULE_TEXT =
  '政务新媒体监测前两周内无更新的，单项否决（国办秘函〔2019〕19号及历次检查通报）。自最近一次发布起满 10 天提醒、12 天催办、13 天告急，满 14 天否决；以平台发布时间（东八区）计。';

/** Full days since the account last published; null when it was never seen publishing. */
export function daysSilent(lastPostAt: number | null, now: number): number | null {
  return lastPostAt === null ? null : Math.max(0, Math.floor((now - lastPostAt) / DAY));
}

export function activityOf(days: number | null): Activity {
  if (days === null) return 'unknown';
  if (days >= TWO_WEEK_RULE.veto) return 'veto';
  if (days >= TWO_WEEK_RULE.critical) return 'critical';
  if (days >= TWO_WEEK_RULE.urgent) return 'urgent';
  return days >= TWO_WEEK_RULE.warn ? 'warn' : 'ok';
}

/**
 * In: figures and choices of a claim. Out: the words for them. Called by: claim pages.
 */
import type { ClaimDetail, ClaimRow, DebunkMatch } from '@minsheng/contracts';
import { percentText, quoted } from '../../ui/format.ts';

export type Match = ClaimDetail['matches'][number];

/** `是前一小时的 2.6 倍`, `比前一小时少 30%`; null when the hour before had none. */
export function growthText(growth: number | null): string {
  if (growth === null) return '前一小时没有';
  if (growth >= 1.95) return `前一小时的 ${growth.toFixed(1)} 倍`;
  if (growth > 1.1) return `比前一小时多 ${percentText(growth - 1)}`;
  if (growth < 0.9) return `比前一小时少 ${percentText(1 - growth)}`;
  return '与前一小时持平';
}

const RELATION: Record<(typeof DebunkMatch)['_zod']['output']['relation'], string> = {
  suggested: '可能相关',
  related: '很可能相关',
  confirmed: '已确认相关',
  rejected: '已排除',
};
export const relationText = (match: Match): string => RELATION[match.relation];

/** The machine suggests, so the words say so. */
export function matchText(match: NonNullable<ClaimRow['bestMatch']>): string {
  return `${RELATION[match.relation]}（相似度 ${percentText(match.score)}）：${match.debunk.source}${quoted(match.debunk.claim)}`;
}

const ACTION: Record<string, string> = {
  opened: '列入',
  grade: '定级',
  assign: '转请核实',
  match: '辟谣比对',
  verdict: '核查结论',
  respond: '登记回应',
  pause: '时限',
  note: '进展',
  dismiss: '不予核查',
  close: '结束',
};
/** The history's action names arrive as `grade` or `claims.grade`; an unknown one is shown as it is. */
export function actionText(action: string): string {
  return ACTION[action.replace(/^claims\./, '')] ?? action;
}

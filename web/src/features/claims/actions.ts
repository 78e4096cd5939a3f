/**
 * In: nothing. Out: the steps that can be taken on a claim, with their names and who may take them. Called by: ClaimPage, ActionDialog.
 */
import { type Access, type ClaimDetail, type ClaimRow, routes } from '@minsheng/contracts';

export type ClaimAction = 'grade' | 'assign' | 'verdict' | 'respond' | 'pause' | 'note' | 'dismiss';

export const ACTION_TITLE: Record<ClaimAction, string> = {
  grade: '定级并起算时限',
  assign: '转请核实',
  verdict: '给出核查结论',
  respond: '登记回应',
  pause: '暂停计时',
  note: '记录进展',
  dismiss: '不予核查',
};

export const ACTION_ACCESS: Record<ClaimAction, Access> = {
  grade: routes.claims.grade.access,
  assign: routes.claims.assign.access,
  verdict: routes.claims.verdict.access,
  respond: routes.claims.respond.access,
  pause: routes.claims.pause.access,
  note: routes.claims.note.access,
  dismiss: routes.claims.dismiss.access,
};

/** Which dialog a next step opens; matching happens on the page itself, closing is a note that ends the case. */
export function dialogFor(action: ClaimDetail['nextSteps'][number]['action']): ClaimAction | null {
  switch (action) {
    case 'grade':
    case 'assign':
    case 'verdict':
    case 'respond':
      return action;
    case 'close':
      return 'note';
    case 'match':
    case 'none':
      return null;
  }
}

/** Steps that make sense now: nothing is paused before it runs, nothing is graded after it was answered. */
export function possibleActions(claim: ClaimRow): ClaimAction[] {
  const clock = claim.clock.state;
  const answered = clock === 'met' || clock === 'missed-answered';
  const list: ClaimAction[] = [];
  if (!answered) list.push('grade');
  list.push('assign', 'verdict');
  if (!answered) list.push('respond');
  if (clock === 'running' || clock === 'missed' || clock === 'paused') list.push('pause');
  list.push('note');
  if (claim.verdict === 'pending' && claim.step !== 'closed') list.push('dismiss');
  return list;
}

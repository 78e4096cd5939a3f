/**
 * In: a case as the contract gives it. Out: what its badge says, which steps are possible now. Called by: inbox pages.
 */
import { type Access, type InboxDetail, type InboxRow, routes } from '@minsheng/contracts';

export interface DueWords {
  text: string;
  tone: 'plain' | 'soon' | 'red' | 'green';
}

export function dueWords(row: Pick<InboxRow, 'due' | 'workingDaysLeft' | 'state'>): DueWords {
  if (row.state === 'dismissed') return { text: '无需答复', tone: 'plain' };
  const days = row.workingDaysLeft;
  switch (row.due) {
    case 'met':
      return { text: '按期答复', tone: 'green' };
    case 'missed':
      return { text: '超期答复', tone: 'red' };
    case 'overdue':
      return { text: days < 0 ? `超期 ${-days} 个工作日` : '已超期', tone: 'red' };
    case 'due-today':
      return { text: '今日到期', tone: 'soon' };
    case 'running':
      return { text: `剩 ${days} 个工作日`, tone: days <= 1 ? 'soon' : 'plain' };
  }
}

export const INBOX_ACTIONS = ['assign', 'draft', 'review', 'answered', 'extend', 'dismiss', 'close', 'reopen'] as const;
export type InboxAction = (typeof INBOX_ACTIONS)[number];

export const INBOX_ACTION: Record<InboxAction, string> = {
  assign: '转办',
  draft: '拟写答复',
  review: '审核答复',
  answered: '登记已答复',
  extend: '延长期限',
  dismiss: '无需答复',
  close: '办结',
  reopen: '重新办理',
};
export const INBOX_ACCESS: Record<InboxAction, Access> = {
  assign: routes.inbox.assign.access,
  draft: routes.inbox.draft.access,
  review: routes.inbox.review.access,
  answered: routes.inbox.answered.access,
  extend: routes.inbox.extend.access,
  dismiss: routes.inbox.dismiss.access,
  close: routes.inbox.close.access,
  reopen: routes.inbox.reopen.access,
};

/** The reply that waits for a reviewer. */
export const submittedReply = (detail: Pick<InboxDetail, 'replies'>) =>
  detail.replies.findLast((r) => r.state === 'submitted') ?? null;
/** The reply that may be sent now: approved, and not yet registered as sent. */
export const approvedReply = (detail: Pick<InboxDetail, 'replies'>) =>
  detail.replies.findLast((r) => r.state === 'approved') ?? null;

/** What the case's state allows; who may do it is decided by roles. The server has the last word. */
export function possibleSteps(detail: Pick<InboxDetail, 'row' | 'replies'>): InboxAction[] {
  const { row } = detail;
  switch (row.state) {
    case 'received':
    case 'assigned':
    case 'review': {
      const steps: InboxAction[] = ['assign', 'draft'];
      if (row.state === 'review' && submittedReply(detail)) steps.unshift('review');
      if (row.state !== 'review') steps.push('answered');
      // A period that has run out cannot be made longer afterwards.
      if (row.due !== 'overdue') steps.push('extend');
      return [...steps, 'dismiss'];
    }
    case 'answered':
      return ['close', 'reopen'];
    case 'closed':
    case 'dismissed':
      return ['reopen'];
  }
}

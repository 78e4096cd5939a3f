/**
 * In: a case as the contract gives it. Out: what its badge says, which steps are possible now. Called by: inbox pages.
 */
import { type Access, type InboxDetail, type InboxRow, type ReplyState, routes } from '@minsheng/contracts';

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
/** The reply that may be sent now: approved, and neither sent nor under way. */
export const approvedReply = (detail: Pick<InboxDetail, 'replies'>) =>
  detail.replies.findLast((r) => r.state === 'approved' || r.state === 'failed') ?? null;
/** While the platform may be publishing a reply, nothing else is decided about the case. */
const underWay = (detail: Pick<InboxDetail, 'replies'>) =>
  detail.replies.some((r) => r.state === 'sending' || r.state === 'unsure');

export const REPLY_STATE: Record<ReplyState, string> = {
  draft: '旧稿',
  submitted: '待审核',
  rejected: '已退回',
  approved: '已通过，待发出',
  sending: '正在发送',
  sent: '已发出',
  delayed: '平台已收下，稍后显示',
  failed: '没有发出',
  unsure: '不能确定是否已发出',
};

/** What became of a reply that was just sent. */
export function deliveredWords(detail: Pick<InboxDetail, 'replies'>, replyId: string): string {
  const reply = detail.replies.find((r) => r.id === replyId);
  switch (reply?.state) {
    case 'sent':
      return '已通过官方账号发出。';
    case 'delayed':
      return '平台已收下，将延迟显示，请不要重发。';
    case 'failed':
      return `没有发出：${reply.problem ?? ''}`;
    default:
      return '不能确定是否已发出，请到平台核对后登记。';
  }
}

/** zh-CN: by how much a text is too long for the platform; null when it fits. */
export function tooLong(text: string, most: number | null): string | null {
  const length = [...text].length;
  return most === null || length <= most
    ? null
    : `这条答复 ${length} 字，平台最多 ${most} 字，不能代发。请缩短后重新送审，或在平台上分条发出后登记。`;
}

export function batchWords(batch: NonNullable<NonNullable<InboxDetail['delivery']>['batch']>): string {
  const parts = [
    `已发出 ${batch.sent} 件`,
    batch.waiting > 0 ? `待发出 ${batch.waiting} 件` : '',
    batch.failed > 0 ? `没有发出 ${batch.failed} 件` : '',
    batch.unsure > 0 ? `待核对 ${batch.unsure} 件` : '',
  ];
  return parts.filter(Boolean).join('，');
}

/** What the case's state allows; who may do it is decided by roles. The server has the last word. */
export function possibleSteps(detail: Pick<InboxDetail, 'row' | 'replies'>): InboxAction[] {
  const { row } = detail;
  switch (row.state) {
    case 'received':
    case 'assigned':
    case 'review': {
      if (underWay(detail)) return ['assign'];
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

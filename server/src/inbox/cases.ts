/**
 * In: what reply staff decide about a case. Out: the new state, its replies and one more line of history, in one transaction each.
 * Called by: inbox.controller.ts. The states and what leads from one to the next:
 *
 *   received ─assign→ assigned ─draft→ review ─approve→ assigned (with an approved reply) ─answered→ answered ─close→ closed
 *   any open state ─answered / dismiss→ answered / dismissed;  answered, closed, dismissed ─reopen→ assigned or received
 */
import type { Caller } from '../platform/auth/caller.ts';
import { Injectable } from '@nestjs/common';
import type { RouteInput, routes } from '@minsheng/contracts';
import { ReplyHandleEntity } from '../posts/post.entity.ts';
import { Clock, dayText } from '../platform/clock.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { conflict, notFound, UserError } from '../platform/errors.ts';
import { Live } from '../platform/live/live.ts';
import { Office } from '../platform/office.ts';
import { isOpen } from './due-state.ts';
import { dueOf } from './due-rules.ts';
import { CaseEntity, DepartmentEntity, ReplyEntity, RuleEntity } from './inbox.entity.ts';
import { addHistory } from './intake.ts';
import { Staff, Vault } from './ports.ts';

type Body<K extends keyof typeof routes.inbox> = RouteInput<(typeof routes.inbox)[K]>['body'];
type By = Pick<Caller, 'userId' | 'displayName'>;

/** Extensions of one case, all together, in working days. */
export const MOST_EXTENSION = 15;

const STATE_NAME: Record<CaseEntity['state'], string> = {
  received: '待受理',
  assigned: '已转办',
  review: '待审核',
  answered: '已答复',
  closed: '已办结',
  dismissed: '无需答复',
};

const HANDLE_LABEL: Record<string, string> = {
  commentId: '平台评论编号',
  openid: '用户 OpenID',
  contact: '联系方式',
  phone: '电话',
  email: '电子邮箱',
};

@Injectable()
export class Cases {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly live: Live,
    private readonly office: Office,
    private readonly staff: Staff,
    private readonly vault: Vault,
  ) {}

  /** 转办. A reply under review stays under review: only who is responsible changes. */
  async assign(id: number, body: Body<'assign'>, by: By): Promise<void> {
    const assigneeId = body.assigneeId === null || body.assigneeId === undefined ? null : Number(body.assigneeId);
    const assignee = assigneeId === null ? null : (await this.staff.staff()).find((s) => s.id === assigneeId);
    if (assignee === undefined) throw invalid('assigneeId', '所选人员不存在或已停用，请重新选择。');
    await this.change(id, by, async (tx, c) => {
      requireOpen(c);
      const department = await tx.repo(DepartmentEntity).findOneBy({ id: Number(body.departmentId) });
      if (department === null) throw invalid('departmentId', '所选承办单位不存在，请重新选择。');
      c.departmentId = department.id;
      c.assigneeId = assigneeId;
      if (c.state === 'received') c.state = 'assigned';
      const to = `转${department.name}${assignee === null ? '' : `（${assignee.displayName}）`}办理`;
      return { action: '转办', text: body.note === undefined || body.note === '' ? to : `${to}：${body.note}` };
    });
  }

  /** 拟复并送审: for this case, or for every open case that asks the same and has no reply under review. */
  async draft(id: number, body: Body<'draft'>, by: By): Promise<void> {
    const needsApproval = (await this.office.office()).replyNeedsApproval;
    const now = this.clock.now();
    await this.db.write(async (tx) => {
      const first = await this.find(tx, id);
      requireOpen(first);
      await requireNotSending(tx, id);
      const cases = [first];
      if (body.applyToGroup) {
        const others = await tx.repo(CaseEntity).findBy({ groupId: first.groupId });
        const busy = await tx.all<{ case_id: number }>(
          `SELECT case_id FROM inbox_replies WHERE state IN ('sending', 'unsure')`,
        );
        const sending = new Set(busy.map((r) => Number(r.case_id)));
        cases.push(
          ...others.filter(
            (c) => c.id !== id && !sending.has(c.id) && (c.state === 'received' || c.state === 'assigned'),
          ),
        );
      }
      let batchId: number | null = null;
      for (const c of cases) {
        await tx.run(
          `UPDATE inbox_replies SET state = 'draft' WHERE case_id = ? AND state IN ('submitted', 'approved', 'failed')`,
          [c.id],
        );
        const reply: ReplyEntity = await tx.repo(ReplyEntity).save({
          caseId: c.id,
          batchId,
          text: body.text,
          authorId: by.userId,
          authorName: by.displayName,
          createdAt: now,
          state: (needsApproval ? 'submitted' : 'approved') as ReplyEntity['state'],
          reviewerName: null,
          reviewNote: needsApproval ? null : '本单位设置为无需审核',
          sentAt: null,
          attempt: null,
          sendingAt: null,
          problem: null,
          platformReplyId: null,
          seenPostId: null,
        });
        if (cases.length > 1 && batchId === null) {
          batchId = reply.id;
          await tx.run('UPDATE inbox_replies SET batch_id = ? WHERE id = ?', [reply.id, reply.id]);
        }
        c.state = needsApproval ? 'review' : 'assigned';
        c.assigneeId ??= by.userId;
        await tx.repo(CaseEntity).save(c);
        const many = cases.length > 1 ? `，用于 ${cases.length} 件同类留言` : '';
        await this.record(tx, c.id, by, needsApproval ? '拟复送审' : '拟复', `拟写答复${many}`);
      }
      if (body.answerId !== null && body.answerId !== undefined) {
        await tx.run('UPDATE answers SET uses = uses + ? WHERE id = ?', [cases.length, Number(body.answerId)]);
      }
    });
    this.live.tell({ type: 'inbox', id: String(id) });
  }

  /** 审核: by somebody else than the author, unless the office decided that replies need no approval. */
  async review(id: number, body: Body<'review'>, by: By): Promise<void> {
    const needsApproval = (await this.office.office()).replyNeedsApproval;
    await this.db.write(async (tx) => {
      const c = await this.find(tx, id);
      const reply = await tx.repo(ReplyEntity).findOneBy({ id: Number(body.replyId), caseId: id });
      if (reply === null) throw notFound('条答复');
      if (c.state !== 'review' || reply.state !== 'submitted') {
        throw conflict('这条答复已不在待审核状态，可能有人已经审核或改写。');
      }
      if (needsApproval && reply.authorId === by.userId) {
        throw new UserError('forbidden', '不能审核自己拟写的答复。', {
          kept: '答复仍在待审核中。',
          todo: '请由另一位有审核权限的同事审核。',
        });
      }
      if (body.decision === 'rejected' && (body.note ?? '') === '') {
        throw invalid('note', '退回时请写明修改意见。');
      }
      const batch = reply.batchId === null ? [reply] : await tx.repo(ReplyEntity).findBy({ batchId: reply.batchId });
      for (const r of batch) {
        if (r.state !== 'submitted') continue;
        const of = r.caseId === id ? c : await this.find(tx, r.caseId);
        if (of.state !== 'review') continue;
        r.state = body.decision;
        r.reviewerName = by.displayName;
        r.reviewNote = body.note ?? null;
        of.state = 'assigned';
        await tx.repo(ReplyEntity).save(r);
        await tx.repo(CaseEntity).save(of);
        const note = body.note === undefined || body.note === '' ? '' : `：${body.note}`;
        if (body.decision === 'approved') await this.record(tx, of.id, by, '审核通过', `答复通过审核，待发出${note}`);
        else await this.record(tx, of.id, by, '退回修改', `答复退回修改${note}`);
      }
    });
    this.live.tell({ type: 'inbox', id: String(id) });
  }

  /** 登记已答复: an approved reply was sent, or an answer was given elsewhere and the evidence says where. */
  async answered(id: number, body: Body<'answered'>, by: By): Promise<void> {
    const now = this.clock.now();
    const at = body.answeredAt === undefined ? now : Date.parse(body.answeredAt);
    await this.change(id, by, async (tx, c) => {
      requireOpen(c);
      await requireNotSending(tx, id);
      if (at > now + 60_000) throw invalid('answeredAt', '答复时间不能晚于现在。');
      // Pages send whole minutes.
      if (at + 60_000 < c.startedAt) throw invalid('answeredAt', '答复时间不能早于收到（或重新办理）的时间。');
      const evidence = body.evidence ?? '';
      if (body.replyId === null || body.replyId === undefined) {
        if (evidence === '') throw invalid('evidence', '请选择已审核的答复，或写明在哪里答复的（链接、文号）。');
      } else {
        const reply = await tx.repo(ReplyEntity).findOneBy({ id: Number(body.replyId), caseId: id });
        if (reply === null) throw notFound('条答复');
        if (reply.state !== 'approved' && reply.state !== 'failed')
          throw conflict('这条答复还没有通过审核，不能登记为已发出。', '请先审核。');
        reply.state = 'sent';
        reply.sentAt = at;
        reply.problem = null;
        await tx.repo(ReplyEntity).save(reply);
      }
      await tx.run(`UPDATE inbox_replies SET state = 'draft' WHERE case_id = ? AND state = 'submitted'`, [id]);
      answer(c, at);
      const where = evidence === '' ? '按已审核的答复发出' : evidence;
      return { action: '已答复', text: `${where}${at > c.dueAt ? '（已超过办理期限）' : ''}` };
    });
  }

  async close(id: number, by: By): Promise<void> {
    await this.change(id, by, (_tx, c) => {
      if (c.state !== 'answered') throw wrongState(c, '只有已答复的留言可以办结。');
      c.state = 'closed';
      return Promise.resolve({ action: '办结', text: '办理完毕' });
    });
  }

  async dismiss(id: number, body: Body<'dismiss'>, by: By): Promise<void> {
    await this.change(id, by, async (tx, c) => {
      requireOpen(c);
      await requireNotSending(tx, id);
      await tx.run(
        `UPDATE inbox_replies SET state = 'draft' WHERE case_id = ? AND state IN ('submitted', 'approved', 'failed')`,
        [id],
      );
      settle(c, 'dismissed', this.clock.now());
      return { action: '无需答复', text: body.reason };
    });
  }

  /** 重新办理: a new period begins; what was late before stays late. */
  async reopen(id: number, by: By): Promise<void> {
    await this.change(id, by, (_tx, c) => {
      if (isOpen(c.state)) throw wrongState(c, '这件留言正在办理，不用重新打开。');
      const before = STATE_NAME[c.state];
      c.state = c.departmentId === null ? 'received' : 'assigned';
      c.startedAt = this.clock.now();
      c.extendedDays = 0;
      c.settledAt = null;
      c.dueAt = dueOf(c.startedAt, c.workingDays, 0);
      return Promise.resolve({ action: '重新办理', text: `由“${before}”重新打开，办理期限 ${dayText(c.dueAt)}` });
    });
  }

  async extend(id: number, body: Body<'extend'>, by: By): Promise<void> {
    await this.change(id, by, async (tx, c) => {
      requireOpen(c);
      if (this.clock.now() > c.dueAt) {
        throw conflict('这件留言已经超期，不能再延长期限。', '请尽快答复；超期会如实保留在记录里。');
      }
      const rule = await tx.repo(RuleEntity).findOneBy({ key: c.ruleKey });
      const most = Math.min(MOST_EXTENSION, rule?.extension ?? MOST_EXTENSION);
      if (c.extendedDays + body.workingDays > most) {
        throw invalid(
          'workingDays',
          `${rule?.name ?? '这类留言'}累计最多延长 ${most} 个工作日，已延长 ${c.extendedDays} 个。`,
        );
      }
      c.extendedDays += body.workingDays;
      c.dueAt = dueOf(c.startedAt, c.workingDays, c.extendedDays);
      return {
        action: '延长期限',
        text: `延长 ${body.workingDays} 个工作日，至 ${dayText(c.dueAt)}。原因：${body.reason}`,
      };
    });
  }

  /** Opens what is needed to answer this citizen. Kept in the case's history, and in the audit record by the route. */
  async reveal(id: number, by: By): Promise<{ fields: { label: string; value: string }[] }> {
    let sealed: string | null = null;
    await this.change(id, by, async (tx, c) => {
      const handle = await tx.repo(ReplyHandleEntity).findOneBy({ postId: c.postId });
      if (handle === null) throw notFound('件留言的联系信息');
      sealed = handle.sealed;
      return { action: '查看联系信息', text: '查看了答复所需的联系信息' };
    });
    const plain: unknown = JSON.parse(this.vault.open(sealed ?? ''));
    const fields = Object.entries(plain !== null && typeof plain === 'object' ? plain : {});
    return { fields: fields.map(([key, value]) => ({ label: HANDLE_LABEL[key] ?? key, value: String(value) })) };
  }

  /** Loads, lets `work` change the case, saves it with one line of history; then tells open dashboards. */
  private async change(
    id: number,
    by: By,
    work: (tx: Tx, c: CaseEntity) => Promise<{ action: string; text: string }>,
  ): Promise<void> {
    await this.db.write(async (tx) => {
      const c = await this.find(tx, id);
      const { action, text } = await work(tx, c);
      await tx.repo(CaseEntity).save(c);
      await this.record(tx, id, by, action, text);
    });
    this.live.tell({ type: 'inbox', id: String(id) });
  }

  private async find(tx: Tx, id: number): Promise<CaseEntity> {
    const c = await tx.repo(CaseEntity).findOneBy({ id });
    if (c === null) throw notFound('件留言');
    return c;
  }

  private record(tx: Tx, caseId: number, by: By, action: string, text: string): Promise<void> {
    return addHistory(tx, { caseId, at: this.clock.now(), username: by.displayName, action, text });
  }
}

/** While the platform may be publishing a reply, nothing else is decided about its case. */
async function requireNotSending(tx: Tx, caseId: number): Promise<void> {
  const [row] = await tx.all<{ state: string }>(
    `SELECT state FROM inbox_replies WHERE case_id = ? AND state IN ('sending', 'unsure') LIMIT 1`,
    [caseId],
  );
  if (row?.state === 'sending') throw conflict('答复正在通过官方账号发送，请等发送结果出来再办理。');
  if (row !== undefined)
    throw conflict('有一条答复不能确定是否已发出，暂不能这样办理。', '请先到平台核对，并登记这条答复的发送结果。');
}

/** The case is answered; the first answer's time is never overwritten. */
export function answer(c: CaseEntity, at: number): void {
  settle(c, 'answered', at);
  c.answeredAt ??= at;
}

function settle(c: CaseEntity, state: 'answered' | 'dismissed', at: number): void {
  c.state = state;
  c.settledAt = at;
  if (at > c.dueAt) c.missed = 1;
}

export function requireOpen(c: CaseEntity): void {
  if (!isOpen(c.state)) throw wrongState(c, `这件留言的状态是“${STATE_NAME[c.state]}”，不能这样办理。`);
}

function wrongState(c: CaseEntity, message: string): UserError {
  return conflict(message, isOpen(c.state) ? '请刷新页面查看最新状态。' : '如需继续办理，请先“重新办理”。');
}

function invalid(field: string, message: string): UserError {
  return new UserError('invalid-input', message, { todo: message, fields: { [`body.${field}`]: message } });
}

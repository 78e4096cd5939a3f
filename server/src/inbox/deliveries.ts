/**
 * In: an approved reply, and the person who sends it. Out: the reply sent once through the office's own account, or words that say what
 * became of it. Called by: inbox.controller.ts, case views, and the upkeep of detection.
 *
 *   approved / failed ─deliver→ sending ─answer→ sent · delayed · failed · unsure;   sending ─no answer ever→ unsure
 *   unsure ─a person looked→ sent · approved.   `sending` is committed before the request, so nothing is ever sent twice.
 */
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { InboxDetail, RouteInput, routes } from '@minsheng/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Audit } from '../platform/audit/audit.service.ts';
import type { Caller } from '../platform/auth/caller.ts';
import { Clock } from '../platform/clock.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { conflict, notFound, UserError } from '../platform/errors.ts';
import { Live } from '../platform/live/live.ts';
import { Log } from '../platform/logging.ts';
import { ReplyHandleEntity } from '../posts/post.entity.ts';
import { answer, requireOpen } from './cases.ts';
import { isOpen } from './due-state.ts';
import { CaseEntity, ReplyEntity } from './inbox.entity.ts';
import { addHistory } from './intake.ts';
import { ReplySender, Vault, type ReplyChannel, type ReplyOutcome } from './ports.ts';

type Body<K extends 'deliver' | 'decide'> = RouteInput<(typeof routes.inbox)[K]>['body'];
type By = Pick<Caller, 'userId' | 'username' | 'displayName'>;

/** An attempt ends within a minute; one that is older was lost with its process. */
const LOST_AFTER_MS = 120_000;
const LOST = '发送过程中断，不能确定是否已发出，请到平台核对后登记。';

interface Attempt {
  id: string;
  caseId: number;
  replyId: number;
  postId: number;
  text: string;
  sealed: string;
  account: string;
}

@Injectable()
export class Deliveries implements OnModuleDestroy {
  /** Between two replies of a batch: a person would not answer faster either. */
  paceMs = 3000;
  private readonly stopping = new AbortController();
  private readonly batches = new Set<Promise<void>>();

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly live: Live,
    private readonly vault: Vault,
    private readonly sender: ReplySender,
    private readonly audit: Audit,
    private readonly log: Log,
  ) {}

  /** What is under way gets its answer; what has not begun stays approved. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.idle();
  }

  async idle(): Promise<void> {
    await Promise.all(this.batches);
  }

  /** Sends this case's reply and waits for the answer; the others of its batch follow one after another, seen by their state. */
  async deliver(caseId: number, body: Body<'deliver'>, by: By): Promise<void> {
    const replyId = Number(body.replyId);
    const outcome = await this.one(caseId, replyId, by);
    if (!body.batch || goesNoFurther(outcome)) return;
    const rest = this.sendRest(replyId, by).finally(() => this.batches.delete(rest));
    this.batches.add(rest);
  }

  /** Somebody looked at the platform: the reply is there, or it is not and may be sent again. */
  async decide(caseId: number, body: Body<'decide'>, by: By): Promise<void> {
    const now = this.clock.now();
    const at = body.answeredAt === undefined ? null : Date.parse(body.answeredAt);
    if (at !== null && at > now + 60_000)
      throw new UserError('invalid-input', '答复时间不能晚于现在。', {
        fields: { 'body.answeredAt': '答复时间不能晚于现在' },
      });
    await this.db.write(async (tx) => {
      const c = await tx.repo(CaseEntity).findOneBy({ id: caseId });
      const reply = await tx.repo(ReplyEntity).findOneBy({ id: Number(body.replyId), caseId });
      if (c === null || reply === null) throw notFound('条答复');
      const [mine] = await tx.all(
        `UPDATE inbox_replies SET state = ?, sent_at = ?, problem = NULL WHERE id = ? AND state = 'unsure' RETURNING id`,
        [body.sent ? 'sent' : 'approved', body.sent ? (at ?? reply.sendingAt ?? now) : null, reply.id],
      );
      if (mine === undefined) throw conflict('这条答复不在待核对状态，可能有人已经登记。');
      if (body.sent && isOpen(c.state)) {
        answer(c, at ?? reply.sendingAt ?? now);
        await tx.repo(CaseEntity).save(c);
      }
      const text = body.sent ? '已到平台核对：这条答复已经发出' : '已到平台核对：这条答复没有发出，可以重新发送';
      await this.record(tx, caseId, by.displayName, '核对发送结果', text);
    });
    this.live.tell({ type: 'inbox', id: String(caseId) });
  }

  /** Attempts whose process died: nobody knows what the platform did with them. @returns how many. */
  async settleLost(): Promise<number> {
    const before = this.clock.now() - LOST_AFTER_MS;
    const some = await this.db.one(`SELECT id FROM inbox_replies WHERE state = 'sending' AND sending_at < ? LIMIT 1`, [
      before,
    ]);
    if (some === null) return 0;
    const lost = await this.db.write(async (tx) => {
      const rows = await tx.all<{ case_id: number }>(
        `UPDATE inbox_replies SET state = 'unsure', problem = ? WHERE state = 'sending' AND sending_at < ? RETURNING case_id`,
        [LOST, before],
      );
      for (const { case_id: id } of rows) await this.record(tx, Number(id), null, '发送结果不明', LOST);
      return rows;
    });
    for (const { case_id: id } of lost) this.live.tell({ type: 'inbox', id: String(id) });
    return lost.length;
  }

  /** For a case's page: through which account its reply can go out, and how far its batch has come. */
  async of(c: CaseEntity, replies: readonly ReplyEntity[]): Promise<InboxDetail['delivery']> {
    if (!isOpen(c.state) && !replies.some((r) => r.state === 'delayed' || r.batchId !== null)) return null;
    const handle = await this.db.repo(ReplyHandleEntity).countBy({ postId: c.postId });
    const channel = handle === 0 ? null : await this.sender.channelOf(c.postId);
    if (channel === null) return null;
    const batchId = replies.find((r) => r.batchId !== null && r.state !== 'draft')?.batchId ?? null;
    return { ...channel, batch: batchId === null ? null : await this.progress(batchId) };
  }

  private async progress(batchId: number) {
    const rows = await this.db.all<{ state: string; n: number }>(
      'SELECT state, count(*) AS n FROM inbox_replies WHERE batch_id = ? GROUP BY state',
      [batchId],
    );
    const of = (...states: string[]) =>
      rows.filter((r) => states.includes(r.state)).reduce((sum, r) => sum + Number(r.n), 0);
    return {
      sent: of('sent', 'delayed'),
      waiting: of('approved', 'sending'),
      failed: of('failed'),
      unsure: of('unsure'),
    };
  }

  private async sendRest(replyId: number, by: By): Promise<void> {
    const rest = await this.db.all<{ id: number; case_id: number }>(
      `SELECT id, case_id FROM inbox_replies WHERE state = 'approved' AND batch_id = (SELECT batch_id FROM inbox_replies WHERE id = ?) ORDER BY id`,
      [replyId],
    );
    for (const { id, case_id: caseId } of rest) {
      try {
        await sleep(this.paceMs, undefined, { signal: this.stopping.signal });
        if (goesNoFurther(await this.one(Number(caseId), Number(id), by))) return;
      } catch (error) {
        // A case that was settled meanwhile, or has no way to be answered, is passed over; its reply stays as it is.
        if (error instanceof UserError) continue;
        if (!this.stopping.signal.aborted)
          this.log.error({ err: error, reply: Number(id) }, 'a batch of replies ended');
        return;
      }
    }
  }

  private async one(caseId: number, replyId: number, by: By): Promise<ReplyOutcome> {
    const attempt = await this.begin(caseId, replyId, by);
    const outcome = await this.send(attempt, by);
    await this.finish(attempt, outcome, by);
    return outcome;
  }

  private async send(attempt: Attempt, by: By): Promise<ReplyOutcome> {
    let handle: Record<string, string>;
    try {
      await this.note(by, attempt, 'inbox.reveal', 'ok', '为通过官方账号发送答复');
      handle = JSON.parse(this.vault.open(attempt.sealed)) as Record<string, string>;
    } catch (error) {
      this.log.error({ err: error, reply: attempt.replyId }, 'what is needed to reply was not opened');
      return { state: 'failed', message: '没有打开答复所需的信息，没有发出。', stop: true };
    }
    try {
      return await this.sender.send(attempt.postId, handle, attempt.text);
    } catch (error) {
      this.log.error({ err: error, reply: attempt.replyId }, 'a reply ended for a reason of our own');
      return { state: 'unsure', message: LOST, stop: true };
    }
  }

  /** Commits that this attempt begins, so that no other can; @throws when it is not ours to begin. */
  private async begin(caseId: number, replyId: number, by: By): Promise<Attempt> {
    const [known] = await this.db.all<{ post_id: number }>('SELECT post_id FROM inbox_cases WHERE id = ?', [caseId]);
    if (known === undefined) throw notFound('件留言');
    const channel = await this.sender.channelOf(Number(known.post_id));
    const id = randomUUID();
    const attempt = await this.db.write(async (tx) => {
      const c = await tx.repo(CaseEntity).findOneBy({ id: caseId });
      const reply = await tx.repo(ReplyEntity).findOneBy({ id: replyId, caseId });
      if (c === null || reply === null) throw notFound('条答复');
      requireSendable(reply);
      requireOpen(c);
      const handle = await tx.repo(ReplyHandleEntity).findOneBy({ postId: c.postId });
      const { account } = requireChannel(handle === null ? null : channel, reply.text);
      const [mine] = await tx.all(
        `UPDATE inbox_replies SET state = 'sending', attempt = ?, sending_at = ?, problem = NULL
         WHERE id = ? AND state IN ('approved', 'failed') RETURNING id`,
        [id, this.clock.now(), replyId],
      );
      if (mine === undefined) throw conflict('这条答复正在发送，没有重复发送。');
      await this.record(tx, caseId, by.displayName, '发送答复', `通过官方账号“${account}”发送`);
      const { postId } = c;
      return { id, caseId, replyId, postId, text: reply.text, sealed: handle?.sealed ?? '', account };
    });
    this.live.tell({ type: 'inbox', id: String(caseId) });
    return attempt;
  }

  private async finish(attempt: Attempt, outcome: ReplyOutcome, by: By): Promise<void> {
    const { caseId, account } = attempt;
    const now = this.clock.now();
    const accepted = outcome.state === 'sent' || outcome.state === 'delayed';
    await this.db.write(async (tx) => {
      const [mine] = await tx.all(
        `UPDATE inbox_replies SET state = ?, sent_at = ?, platform_reply_id = ?, problem = ?
         WHERE id = ? AND attempt = ? AND state IN ('sending', 'unsure') RETURNING id`,
        [
          outcome.state,
          accepted ? now : null,
          'id' in outcome ? outcome.id : null,
          'message' in outcome ? outcome.message : null,
          attempt.replyId,
          attempt.id,
        ],
      );
      const c = await tx.repo(CaseEntity).findOneBy({ id: caseId });
      if (accepted && mine !== undefined && c !== null && isOpen(c.state)) {
        await tx.run(`UPDATE inbox_replies SET state = 'draft' WHERE case_id = ? AND state = 'submitted'`, [caseId]);
        answer(c, now);
        await tx.repo(CaseEntity).save(c);
      }
      const { action, text } = words(outcome, account);
      await this.record(tx, caseId, by.displayName, action, text);
    });
    await this.note(by, attempt, 'inbox.delivered', accepted ? 'ok' : 'failed', words(outcome, account).text);
    this.live.tell({ type: 'inbox', id: String(caseId) });
  }

  private note(by: By, attempt: Attempt, action: string, outcome: 'ok' | 'failed', detail: string): Promise<void> {
    const { userId, username } = by;
    return this.audit.record({
      ...{ userId, username, action, outcome, detail },
      target: String(attempt.caseId),
      correlationId: attempt.id,
    });
  }

  private record(tx: Tx, caseId: number, username: string | null, action: string, text: string): Promise<void> {
    return addHistory(tx, { caseId, at: this.clock.now(), username, action, text });
  }
}

function goesNoFurther(outcome: ReplyOutcome): boolean {
  return 'stop' in outcome && outcome.stop;
}

function requireSendable(reply: ReplyEntity): void {
  switch (reply.state) {
    case 'approved':
    case 'failed':
      return;
    case 'sending':
      throw conflict('这条答复正在发送，没有重复发送。', '请稍候，结果会显示在本页。');
    case 'sent':
    case 'delayed':
      throw conflict('这条答复已经发出，没有重复发送。');
    case 'unsure':
      throw conflict('不能确定这条答复是否已发出，没有再发。', '请到平台核对后登记结果。');
    default:
      throw conflict('这条答复还没有通过审核，没有发出。', '请先审核。');
  }
}

function requireChannel(channel: ReplyChannel | null, text: string): ReplyChannel {
  if (channel === null)
    throw conflict('这件留言不能由本系统代发，没有发出。', '请在平台上发出后，用“登记已答复”登记。');
  if (channel.hindrance !== null) throw conflict(channel.hindrance);
  const { characters } = channel;
  if (characters !== null && [...text].length > characters)
    throw conflict(`答复 ${[...text].length} 字，超过平台允许的 ${characters} 字，没有发出。`, '请缩短后重新送审。');
  return channel;
}

function words(outcome: ReplyOutcome, account: string): { action: string; text: string } {
  switch (outcome.state) {
    case 'sent':
      return {
        action: '已答复',
        text: `已通过官方账号“${account}”发出${outcome.id === null ? '' : `（平台编号 ${outcome.id}）`}`,
      };
    case 'delayed':
      return { action: '已答复', text: `平台已收下官方账号“${account}”的答复，将延迟显示，不再重发` };
    case 'failed':
      return { action: '没有发出', text: outcome.message };
    case 'unsure':
      return { action: '发送结果不明', text: outcome.message };
  }
}

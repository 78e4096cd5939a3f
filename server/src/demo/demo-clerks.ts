/**
 * In: the open cases of the demo city's past. Out: most of them handled as an office would have, in the names of invented colleagues marked 演示;
 * some under review, a few due or late. What arrives after the demo began is left to the visitor. Called by: detection-steps.ts.
 */
import { Injectable } from '@nestjs/common';
import { AnswerBank } from '../inbox/answer-bank.ts';
import { CaseEntity, ReplyEntity } from '../inbox/inbox.entity.ts';
import { addHistory } from '../inbox/intake.ts';
import { endOfDay, isWorkingDay, nextDay } from '../inbox/working-days.ts';
import { dayOf } from '../platform/clock.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { Settings } from '../platform/settings/settings.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BATCH = 100;
/** Entries of the bank that share less than this with the question are no answer to it. */
const FITS = 0.35;
const CLERKS = ['演示·沈岚', '演示·程一鸣', '演示·顾小满'] as const;
const REVIEWER = '演示·陆川';
const THANKS = /^感谢|特此表扬|送锦旗/u;
const GENERAL = '您好。您反映的情况已转承办单位核实，办理结果将由承办单位向您反馈。感谢您的关心和监督。';

type Outcome = 'closed' | 'answered' | 'review' | 'assigned' | 'dismissed' | 'waiting';

@Injectable()
export class DemoClerks {
  /** Cases up to here have been looked at; what was left stays left, also after a restart: the choice depends on the case alone. */
  private seen = 0;

  constructor(
    private readonly db: Database,
    private readonly settings: Settings,
    private readonly bank: AnswerBank,
  ) {}

  async work(): Promise<void> {
    if (!(await this.settings.demo())) {
      this.seen = 0;
      return;
    }
    const start = Number(await this.settings.get('demoStart'));
    const replies = new Map<number, Reply>();
    for (;;) {
      const cases = await this.db
        .repo(CaseEntity)
        .createQueryBuilder('c')
        .where(`c.id > :seen AND c.state = 'received' AND c.receivedAt < :start`, { seen: this.seen, start })
        .orderBy('c.id')
        .take(BATCH)
        .getMany();
      const last = cases.at(-1);
      if (last === undefined) return;
      for (const c of cases) {
        if (!replies.has(c.groupId)) replies.set(c.groupId, await this.reply(c));
      }
      await this.db.write(async (tx) => {
        for (const c of cases) await handle(tx, c, replies.get(c.groupId) ?? NO_REPLY, start);
      });
      this.seen = last.id;
    }
  }

  /** The best of the answers that colleagues wrote by hand. */
  private async reply(c: CaseEntity): Promise<Reply> {
    const [best] = await this.bank.suggest(`${c.title} ${c.excerpt}`);
    if (best === undefined || best.score < FITS) return NO_REPLY;
    return { text: best.answer, answerId: Number(best.id), departmentId: Number(best.departmentId ?? 0) || null };
  }
}

interface Reply {
  text: string;
  answerId: number | null;
  departmentId: number | null;
}
const NO_REPLY: Reply = { text: GENERAL, answerId: null, departmentId: null };

/** Shares of 100: the older a case, the more of its kind are done. */
function outcomeOf(c: CaseEntity, start: number): Outcome {
  const age = start - c.receivedAt;
  const draw = drawOf(c.postId);
  if (THANKS.test(`${c.title} ${c.excerpt}`)) return age > DAY ? 'dismissed' : 'waiting';
  const pick = (shares: readonly (readonly [Outcome, number])[]): Outcome => {
    let left = draw % 100;
    for (const [outcome, share] of shares) if ((left -= share) < 0) return outcome;
    return 'waiting';
  };
  if (c.dueAt < start) return pick([['closed', 60], ['answered', 26], ['assigned', 10], ['review', 4]]); // prettier-ignore
  if (c.dueAt <= endOfDay(dayOf(start))) return pick([['closed', 20], ['answered', 20], ['review', 25], ['assigned', 35]]); // prettier-ignore
  if (age > 3 * DAY) return pick([['closed', 66], ['answered', 30], ['review', 1], ['assigned', 3]]); // prettier-ignore
  if (age > DAY) return pick([['closed', 15], ['answered', 57], ['review', 8], ['assigned', 12]]); // prettier-ignore
  return pick([
    ['answered', 22],
    ['review', 5],
    ['assigned', 18],
  ]);
}

async function handle(tx: Tx, c: CaseEntity, reply: Reply, start: number): Promise<void> {
  const draw = drawOf(c.postId);
  const clerk = CLERKS[draw % CLERKS.length] ?? CLERKS[0];
  const assignedAt = atDesk(c.receivedAt + HOUR, draw);
  const draftedAt = atDesk(assignedAt + (2 + (draw % 20)) * HOUR, draw >> 3);
  const answeredAt = atDesk(draftedAt + (1 + (draw % 5)) * HOUR, draw >> 5);
  const due = outcomeOf(c, start);
  // A comment that no answer fits was met by what the office had published; a letter is owed an answer of its own.
  const met = reply.answerId === null && c.kind === 'comment' && due !== 'waiting';
  const planned = met ? 'dismissed' : due;
  if (planned === 'waiting' || assignedAt >= start) return;
  const record = (at: number, username: string, action: string, text: string) =>
    addHistory(tx, { caseId: c.id, at, username, action, text });
  if (planned === 'dismissed') {
    c.state = 'dismissed';
    c.settledAt = assignedAt;
    await tx.repo(CaseEntity).save(c);
    return record(assignedAt, clerk, '无需答复', met ? '所问情况已在公开发布的信息中说明' : '表扬来信，已转告有关单位');
  }
  const suggested = c.suggested[0];
  c.departmentId = suggested?.departmentId ?? reply.departmentId;
  c.state = 'assigned';
  await record(assignedAt, clerk, '转办', suggested === undefined ? '转承办单位办理' : `转${suggested.name}办理`);
  const draft: Partial<ReplyEntity> = {
    caseId: c.id,
    batchId: null,
    text: reply.text,
    authorId: 0,
    authorName: clerk,
    createdAt: draftedAt,
    state: 'submitted',
    reviewerName: null,
    reviewNote: null,
    sentAt: null,
  };
  if (planned !== 'assigned' && draftedAt < start) {
    c.state = 'review';
    await record(draftedAt, clerk, '拟复送审', '拟写答复');
    if (planned !== 'review' && answeredAt < start) {
      c.state = planned;
      c.answeredAt = answeredAt;
      c.settledAt = answeredAt;
      if (answeredAt > c.dueAt) c.missed = 1;
      Object.assign(draft, { state: 'sent', reviewerName: REVIEWER, sentAt: answeredAt });
      await record(answeredAt - HOUR / 2, REVIEWER, '审核通过', '答复通过审核，待发出');
      await record(answeredAt, clerk, '已答复', '按已审核的答复发出');
      if (planned === 'closed') await record(answeredAt + HOUR / 4, clerk, '办结', '办理完毕');
      if (reply.answerId !== null) await tx.run('UPDATE answers SET uses = uses + 1 WHERE id = ?', [reply.answerId]);
    }
    await tx.repo(ReplyEntity).save(draft);
  }
  await tx.repo(CaseEntity).save(c);
}

/** The first moment at or after `ms` when somebody sits at a desk: working days, 9 to 17. */
function atDesk(ms: number, draw: number): number {
  let day = dayOf(ms);
  const opens = (of: string) => Date.parse(`${of}T09:00:00+08:00`);
  if (isWorkingDay(day) && ms >= opens(day) && ms < opens(day) + 8 * HOUR) return ms;
  if (ms >= opens(day)) day = nextDay(day);
  while (!isWorkingDay(day)) day = nextDay(day);
  return opens(day) + (draw % 120) * 60_000;
}

/** Scattered, and the same for the same case whenever it is asked. */
function drawOf(postId: number): number {
  return (Math.imul(postId ^ (postId >>> 7), 2_654_435_761) >>> 7) % 100_000;
}

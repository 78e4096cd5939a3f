/**
 * In: the inbox. Out: what a briefing says about it: received, answered, due, and what many ask and nobody answered.
 * Called by: briefing-desk.ts.
 */
import { Injectable } from '@nestjs/common';
import { dayOf, startOfDay } from '../platform/clock.ts';
import { Database, type Param } from '../platform/database/database.ts';
import type { DayFacts } from './compose.ts';

const OPEN = `state IN ('received', 'assigned', 'review')`;
const DAY_MS = 86_400_000;
const EVIDENCE = 20;
const GROUPS = 5;

@Injectable()
export class InboxFigures {
  constructor(private readonly db: Database) {}

  /** Window [from, to) for what arrived and was answered; `now` for what is open. */
  async of(from: number, to: number, now: number): Promise<DayFacts['inbox']> {
    const tomorrow = startOfDay(dayOf(now)) + DAY_MS;
    const received = await this.counted('received_at >= ? AND received_at < ?', [from, to]);
    const answered = await this.counted('answered_at >= ? AND answered_at < ?', [from, to]);
    const overdue = await this.counted(`${OPEN} AND due_at < ?`, [now]);
    const dueToday = await this.counted(`${OPEN} AND due_at >= ? AND due_at < ?`, [now, tomorrow]);
    const open = await this.counted(OPEN, []);
    const groups = await this.db.all<{ group_id: number; n: number; oldest: number }>(
      `SELECT group_id, count(*) AS n, min(received_at) AS oldest FROM inbox_cases WHERE ${OPEN}
       GROUP BY group_id ORDER BY count(*) DESC, min(received_at), group_id LIMIT ${GROUPS}`,
    );
    const unanswered: DayFacts['inbox']['unanswered'] = [];
    for (const g of groups) {
      const cases = await this.db.all<{ post_id: number; title: string }>(
        `SELECT post_id, title FROM inbox_cases WHERE group_id = ? AND ${OPEN} ORDER BY id LIMIT ${EVIDENCE}`,
        [Number(g.group_id)],
      );
      unanswered.push({
        groupId: Number(g.group_id),
        title: cases[0]?.title ?? '',
        cases: Number(g.n),
        oldestAt: Number(g.oldest),
        postIds: cases.map((c) => Number(c.post_id)),
      });
    }
    return {
      received: received.n,
      receivedPostIds: received.postIds,
      answered: answered.n,
      answeredPostIds: answered.postIds,
      overdue: overdue.n,
      overduePostIds: overdue.postIds,
      dueToday: dueToday.n,
      dueTodayPostIds: dueToday.postIds,
      open: open.n,
      unanswered,
    };
  }

  private async counted(where: string, params: readonly Param[]): Promise<{ n: number; postIds: number[] }> {
    const row = await this.db.one<{ n: number }>(`SELECT count(*) AS n FROM inbox_cases WHERE ${where}`, params);
    const ids = await this.db.all<{ post_id: number }>(
      `SELECT post_id FROM inbox_cases WHERE ${where} ORDER BY due_at, id LIMIT ${EVIDENCE}`,
      params,
    );
    return { n: Number(row?.n ?? 0), postIds: ids.map((r) => Number(r.post_id)) };
  }
}

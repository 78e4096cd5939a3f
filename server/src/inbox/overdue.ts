/**
 * In: cases and now. Out: one alert while cases are overdue, updated as their number changes, closed when none is left.
 * Called by: the schedule, once a minute or after each intake.
 */
import { Injectable } from '@nestjs/common';
import { Clock, dayText } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { AlertsPort } from './ports.ts';

export const OVERDUE_SUBJECT = 'inbox:overdue';

@Injectable()
export class OverdueWatch {
  /** What was last said, so that an unchanged state is not told again. */
  private said: string | null = null;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly alerts: AlertsPort,
  ) {}

  /** @returns how many open cases are overdue. */
  async check(): Promise<number> {
    const [row] = await this.db.all<{ n: number; oldest: number | null }>(
      `SELECT count(*) AS n, min(due_at) AS oldest FROM inbox_cases WHERE state IN ('received', 'assigned', 'review') AND due_at < ?`,
      [this.clock.now()],
    );
    const n = Number(row?.n ?? 0);
    const text =
      n === 0 ? '' : `${n} 件留言已过办理期限仍未答复，最早的一件应于 ${dayText(Number(row?.oldest))} 前答复。`;
    if (text === this.said) return n;
    if (n === 0) await this.alerts.close(OVERDUE_SUBJECT);
    else {
      await this.alerts.raise({
        subject: OVERDUE_SUBJECT,
        kind: 'overdue',
        level: n >= 10 ? 'high' : 'medium',
        title: `${n} 件留言超期未答复`,
        text,
        href: '/inbox?view=overdue',
      });
    }
    this.said = text;
    return n;
  }
}

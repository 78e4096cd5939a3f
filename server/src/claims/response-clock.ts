/**
 * In: a person's grading with the event's time. Out: the response clock 回应时限. Called by: claim-rows.ts.
 * Rules: 国办发〔2016〕80号 (特别重大/重大: authoritative information within 5 hours), 国办发〔2016〕61号 (other: within 48 hours).
 */
import type { EventGrade, ResponseClock } from '@minsheng/contracts';
import { toInstant, toInstantOrNull } from '../platform/clock.ts';

const HOUR = 3_600_000;
export const LIMIT_HOURS: Record<EventGrade, number> = { major: 5, ordinary: 48 };
const RULE: Record<EventGrade, string> = {
  major: '特别重大、重大突发事件：5 小时内发布权威信息，24 小时内举行新闻发布会（国办发〔2016〕80号、61号）',
  ordinary: '其他政务舆情：48 小时内回应（国办发〔2016〕61号）',
};

export interface ClockInput {
  grade: EventGrade | null;
  eventAt: number | null;
  respondedAt: number | null;
  /** Set while paused. */
  pausedAt: number | null;
  /** Pauses that are over, together. */
  pausedMs: number;
  pausedReason: string | null;
}

/** A late answer stays visible as late after it was given. */
export function responseClock(input: ClockInput, now: number): ResponseClock {
  const { grade, eventAt, respondedAt, pausedAt, pausedMs, pausedReason } = input;
  if (grade === null || eventAt === null) {
    return {
      state: 'not-graded',
      grade: null,
      startedAt: null,
      dueAt: null,
      respondedAt: toInstantOrNull(respondedAt),
      pausedReason: null,
      secondsLeft: null,
      rule: null,
    };
  }
  const pausedNow = pausedAt === null ? 0 : Math.max(0, (respondedAt ?? now) - pausedAt);
  const due = eventAt + LIMIT_HOURS[grade] * HOUR + pausedMs + pausedNow;
  const state =
    respondedAt !== null
      ? respondedAt <= due
        ? 'met'
        : 'missed-answered'
      : pausedAt !== null
        ? 'paused'
        : now <= due
          ? 'running'
          : 'missed';
  return {
    state,
    grade,
    startedAt: toInstant(eventAt),
    dueAt: toInstant(due),
    respondedAt: toInstantOrNull(respondedAt),
    pausedReason: pausedAt === null ? null : pausedReason,
    secondsLeft: respondedAt === null ? Math.round((due - now) / 1000) : null,
    rule: RULE[grade],
  };
}

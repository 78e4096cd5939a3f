/**
 * In: a response clock and the present. Out: what its badge says and in which tone. Called by: ClockBadge, claim pages.
 */
import type { ResponseClock } from '@minsheng/contracts';
import { durationText, timeText } from './format.ts';

export interface ClockWords {
  text: string;
  detail: string;
  tone: 'plain' | 'running' | 'soon' | 'overdue' | 'answered';
}

const SOON_SECONDS = 3600;

/** The running clock is counted from `dueAt`, not from the server's `secondsLeft`, so that it keeps moving between two answers. */
export function clockWords(clock: ResponseClock, now: number): ClockWords {
  const rule = clock.rule ?? '';
  const due = clock.dueAt ? `应于 ${timeText(clock.dueAt, now)} 前回应` : '';
  const answered = clock.respondedAt ? `${timeText(clock.respondedAt, now)} 已回应` : '已回应';
  switch (clock.state) {
    case 'not-graded':
      return { text: '未定级', detail: '定级后开始计时', tone: 'plain' };
    case 'paused':
      return { text: '已暂停计时', detail: clock.pausedReason ?? '', tone: 'plain' };
    case 'met':
      return { text: '按时回应', detail: answered, tone: 'answered' };
    case 'missed-answered':
      return { text: '超时回应', detail: answered, tone: 'overdue' };
    case 'running':
    case 'missed': {
      const left = clock.dueAt ? (Date.parse(clock.dueAt) - now) / 1000 : (clock.secondsLeft ?? 0);
      if (left <= 0)
        return { text: `已超 ${durationText(left)}`, detail: [due, rule].filter(Boolean).join('；'), tone: 'overdue' };
      return {
        text: `剩 ${durationText(left)}`,
        detail: [due, rule].filter(Boolean).join('；'),
        tone: left <= SOON_SECONDS ? 'soon' : 'running',
      };
    }
  }
}

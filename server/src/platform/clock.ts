/**
 * In: nothing. Out: now, and times as the contract writes them (+08:00). Used by: everything that tells the time; tests give their own.
 */
import { Injectable } from '@nestjs/common';

/** All office time is UTC+8, without daylight saving. */
export const OFFICE_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 24 * 3_600_000;

@Injectable()
export class Clock {
  now(): number {
    return Date.now();
  }
}

/** `2026-11-24T08:10:00+08:00` from milliseconds. */
export function toInstant(ms: number): string {
  return `${new Date(ms + OFFICE_OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
}

export function toInstantOrNull(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : toInstant(ms);
}

/** The office day of a moment: `2026-11-24`. */
export function dayOf(ms: number): string {
  return new Date(ms + OFFICE_OFFSET_MS).toISOString().slice(0, 10);
}

/** The office day of a moment in words: `2026 年 11 月 24 日`. */
export function dayText(ms: number): string {
  const [year = '', month = '', day = ''] = dayOf(ms).split('-');
  return `${year} 年 ${String(Number(month))} 月 ${String(Number(day))} 日`;
}

/** The first moment of an office day. */
export function startOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00+08:00`);
}

/** The first moment of the office day a moment lies in. */
export function dayStart(ms: number): number {
  return Math.floor((ms + OFFICE_OFFSET_MS) / DAY_MS) * DAY_MS - OFFICE_OFFSET_MS;
}

/** The start of the hour a moment lies in (office hours and UTC hours coincide). */
export function hourOf(ms: number): number {
  return Math.floor(ms / 3_600_000) * 3_600_000;
}

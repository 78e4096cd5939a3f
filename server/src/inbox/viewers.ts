/**
 * In: who asked for a case's page. Out: who else has it open, so that two people do not answer the same citizen.
 * Called by: case views. In memory: it is true for a minute and worth nothing afterwards.
 */
import { Injectable } from '@nestjs/common';
import { Clock } from '../platform/clock.ts';

export const VIEWING_MS = 60_000;

@Injectable()
export class Viewers {
  private readonly open = new Map<number, Map<number, { name: string; at: number }>>();

  constructor(private readonly clock: Clock) {}

  /** Notes that this person sees the case, and names the others who saw it within the last minute. */
  see(caseId: number, by: { userId: number; displayName: string }): string[] {
    const now = this.clock.now();
    for (const [id, people] of this.open) {
      for (const [userId, seen] of people) if (now - seen.at > VIEWING_MS) people.delete(userId);
      if (people.size === 0) this.open.delete(id);
    }
    let people = this.open.get(caseId);
    if (people === undefined) this.open.set(caseId, (people = new Map()));
    people.set(by.userId, { name: by.displayName, at: now });
    return [...people].filter(([id]) => id !== by.userId).map(([, { name }]) => name);
  }
}

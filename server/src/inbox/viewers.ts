/**
 * In: who asked for a case's page. Out: who else has it open, so that two people do not answer the same citizen.
 * Called by: case views. In memory: it is true for a minute and worth nothing afterwards.
 */
import { Injectable } from '@nestjs/common';
import { Clock } from '../platform/clock.ts';
import { Live } from '../platform/live/live.ts';

export const VIEWING_MS = 60_000;
const TOPIC = 'viewing';

@Injectable()
export class Viewers {
  private readonly open = new Map<number, Map<number, { name: string; at: number }>>();

  constructor(
    private readonly clock: Clock,
    private readonly live: Live,
  ) {
    live.bus?.on(TOPIC, (seen) => {
      const { caseId, userId, name } = seen as { caseId: number; userId: number; name: string };
      this.note(caseId, userId, name);
    });
  }

  /** Notes that this person sees the case, and names the others who saw it within the last minute. */
  see(caseId: number, by: { userId: number; displayName: string }): string[] {
    const now = this.clock.now();
    for (const [id, people] of this.open) {
      for (const [userId, seen] of people) if (now - seen.at > VIEWING_MS) people.delete(userId);
      if (people.size === 0) this.open.delete(id);
    }
    const people = this.note(caseId, by.userId, by.displayName);
    this.live.bus?.tell(TOPIC, { caseId, userId: by.userId, name: by.displayName });
    return [...people].filter(([id]) => id !== by.userId).map(([, { name }]) => name);
  }

  private note(caseId: number, userId: number, name: string) {
    let people = this.open.get(caseId);
    if (people === undefined) this.open.set(caseId, (people = new Map()));
    return people.set(userId, { name, at: this.clock.now() });
  }
}

/**
 * In: small hints that something changed. Out: the same hints to every open dashboard. Called by: pipeline, detect, desks.
 */
import type { LiveEvent } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';

type WithoutTime<T> = T extends LiveEvent ? Omit<T, 'at'> : never;

@Injectable()
export class Live {
  private readonly subject = new Subject<LiveEvent>();

  get events(): Observable<LiveEvent> {
    return this.subject.asObservable();
  }

  tell(event: WithoutTime<LiveEvent>): void {
    this.subject.next({ ...event, at: new Date().toISOString() } as LiveEvent);
  }
}

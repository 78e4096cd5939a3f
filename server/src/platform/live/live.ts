/**
 * In: small hints that something changed. Out: the same hints to every open dashboard. Called by: pipeline, detect, desks.
 */
import type { LiveEvent } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { toInstant } from '../clock.ts';
import { Subject, type Observable } from 'rxjs';

type WithoutTime<T> = T extends LiveEvent ? Omit<T, 'at'> : never;

@Injectable()
export class Live {
  private readonly subject = new Subject<LiveEvent>();

  get events(): Observable<LiveEvent> {
    return this.subject.asObservable();
  }

  private readonly closing = new Set<() => void>();

  /** Runs when the server stops, so that open streams do not hold it. */
  onClose(stop: () => void): () => void {
    this.closing.add(stop);
    return () => this.closing.delete(stop);
  }

  beforeApplicationShutdown(): void {
    for (const stop of this.closing) stop();
  }

  tell(event: WithoutTime<LiveEvent>): void {
    this.subject.next({ ...event, at: toInstant(Date.now()) } as LiveEvent);
  }
}

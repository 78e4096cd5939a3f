/**
 * In: small hints that something changed. Out: the same hints to every open dashboard. Called by: pipeline, detect, desks.
 */
import type { LiveEvent } from '@minsheng/contracts';
import { Injectable, Optional } from '@nestjs/common';
import { toInstant } from '../clock.ts';
import { Subject, type Observable } from 'rxjs';
import type { Bus } from './bus.ts';

type WithoutTime<T> = T extends LiveEvent ? Omit<T, 'at'> : never;

@Injectable()
export class Live {
  private readonly subject = new Subject<LiveEvent>();

  /** @param bus to the other replicas, whose browsers hear it too; null when there is only this process. */
  constructor(@Optional() readonly bus: Bus | null = null) {
    bus?.on('event', (event) => this.subject.next(event as LiveEvent));
  }

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
    const told = { ...event, at: toInstant(Date.now()) } as LiveEvent;
    this.subject.next(told);
    this.bus?.tell('event', told);
  }
}

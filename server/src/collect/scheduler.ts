/**
 * In: the clock. Out: one tick a second for due sources, one step after another for detection, slow tidying at night.
 * Called by: Nest (@nestjs/schedule) while the server runs.
 */
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { randomUUID } from 'node:crypto';
import { Leases } from '../platform/leases/leases.ts';
import { correlated, Log } from '../platform/logging.ts';
import { Collector } from './collector.ts';
import { SourceWatch } from './watch.ts';

/** A consumer of `post_changes`: does a bounded piece of work and tells how much there was. */
export interface Step {
  name: string;
  /** @returns changes processed; 0 when there was nothing to do. */
  step(): Promise<number>;
  /** Cheap upkeep that depends on the time rather than on new posts. */
  refresh?(): Promise<void>;
}

/** Detection and desks, in the order they read the log. */
export abstract class Steps {
  abstract readonly list: readonly Step[];
}

const TICK_MS = 1000;
const REFRESH_EVERY_MS = 15_000;
/** One turn of detection stops after this long, so that a large import does not starve the rest. */
const TURN_MS = 800;

@Injectable()
export class Scheduler {
  private ticking = false;
  private detecting = false;
  private refreshedAt = 0;
  private stopped = false;

  constructor(
    private readonly collector: Collector,
    private readonly steps: Steps,
    private readonly watch: SourceWatch,
    private readonly log: Log,
    private readonly leases: Leases,
  ) {}

  @Interval(TICK_MS)
  async tick(): Promise<void> {
    if (this.ticking || this.stopped) return;
    this.ticking = true;
    try {
      await correlated(`tick-${randomUUID()}`, async () => {
        await this.collector.tick();
        if (await this.leases.hold('watch')) await this.watch.tick();
      });
    } catch (error) {
      this.log.error({ err: error }, 'tick failed');
    } finally {
      this.ticking = false;
    }
  }

  @Interval(TICK_MS)
  async detect(): Promise<void> {
    if (this.detecting || this.stopped) return;
    this.detecting = true;
    try {
      await correlated(`detect-${randomUUID()}`, () => this.turn());
    } catch (error) {
      this.log.error({ err: error }, 'detection failed');
    } finally {
      this.detecting = false;
    }
  }

  private async turn(): Promise<void> {
    // One replica at a time reads the log, all its readers in their order: claims refer to topics.
    if (!(await this.leases.hold('detection'))) return;
    const until = performance.now() + TURN_MS;
    for (let worked = true; worked && performance.now() < until;) {
      worked = false;
      for (const step of this.steps.list) worked = (await step.step()) > 0 || worked;
    }
    if (Date.now() - this.refreshedAt >= REFRESH_EVERY_MS) {
      this.refreshedAt = Date.now();
      for (const step of this.steps.list) await step.refresh?.();
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.collector.stop();
    while (this.detecting) await new Promise((resolve) => setTimeout(resolve, 20));
    await this.leases.release();
  }
}

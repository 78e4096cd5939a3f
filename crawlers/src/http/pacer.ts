/**
 * In: hosts and credentials about to be asked. Out: waits, or RetryAfter when a budget is used up. Shared by all clients of a process.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryAfter } from '../errors.ts';

export interface PaceOptions {
  /** Least time between two requests to one host, in ms. */
  minIntervalMs: number;
  /** Up to this much more, at random, so that runs do not march in step. */
  jitterMs: number;
  /** The platform does not count this request: a pacer that keeps budgets leaves it out of them. */
  uncounted?: boolean;
}

const HOSTS_KEPT = 1000;

/** One queue per host: a request starts at least `minIntervalMs` after the one before. */
export class Pacer {
  private readonly nextAt = new Map<string, number>();

  constructor(
    private readonly now: () => number = Date.now,
    private readonly random: () => number = Math.random,
    private readonly pause: (ms: number, signal?: AbortSignal) => Promise<void> = async (ms, signal) => {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    },
  ) {}

  async wait(host: string, pace: PaceOptions, signal?: AbortSignal): Promise<void> {
    const now = this.now();
    const at = Math.max(now, this.nextAt.get(host) ?? 0);
    this.nextAt.set(host, at + pace.minIntervalMs + this.random() * pace.jitterMs);
    if (this.nextAt.size > HOSTS_KEPT) {
      for (const [name, free] of this.nextAt) if (free < now) this.nextAt.delete(name);
    }
    if (at > now) await this.pause(at - now, signal);
  }
}

/** Counts requests against what a platform grants a credential. The server supplies one that outlives restarts. */
export interface Budget {
  /** @throws RetryAfter when nothing is left. */
  take(cost: number): Promise<void>;
}

/** A budget of `limit` requests per window, kept in memory. */
export class WindowBudget implements Budget {
  private startedAt = 0;
  private used = 0;

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  async take(cost: number): Promise<void> {
    const now = this.now();
    if (now - this.startedAt >= this.windowMs) {
      this.startedAt = now;
      this.used = 0;
    }
    if (this.used + cost > this.limit) {
      const seconds = Math.ceil((this.startedAt + this.windowMs - now) / 1000);
      throw new RetryAfter(
        `本时段的请求额度（${this.limit} 次）已用完，${Math.ceil(seconds / 60)} 分钟后继续。`,
        seconds,
      );
    }
    this.used += cost;
  }
}

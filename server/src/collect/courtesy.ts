/**
 * In: requests about to be made, and how they went. Out: waits, or refusals while a host rests or a budget is used up.
 * Called by: the collector, for every client it makes. Kept in the database, so that restarts and replicas share it.
 */
import {
  ConnectorError,
  Pacer,
  RetryAfter,
  type BudgetRule,
  type HttpOutcome,
  type PaceOptions,
} from '@minsheng/crawlers';
import { setTimeout as sleep } from 'node:timers/promises';
import { OFFICE_OFFSET_MS, type Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';
import type { Secrets } from '../platform/secrets.ts';

/** Failures in a row, over all sources of a host, after which it is left alone. */
const BREAKS_AT = 5;
const FIRST_REST_MS = 30_000;
const LONGEST_REST_MS = 30 * 60_000;
/** While a host is being tried again after a rest, the others wait this long for the verdict. */
const TRIAL_MS = 30_000;
/** A host that asks for time is asked at least this much slower, and slower still each time; success takes it back slowly. */
const SLOWER_BY_MS = 250;
const SLOWEST_MS = 60_000;
const RECOVERY = 0.9;
/** What other processes wrote is read anew after this long. */
const FRESH_MS = 10_000;
const LONGEST_SLEEP_MS = 20_000;

interface HostState {
  paceMs: number;
  failures: number;
  holdUntil: number;
  reason: string | null;
  loadedAt: number;
}

export interface BudgetLeft {
  name: string;
  allowed: number;
  used: number;
  resetsAt: number;
}

/** The start of the window a moment lies in; windows begin on the office clock, as platforms count them. */
export function windowStart(now: number, windowSeconds: number): number {
  const size = windowSeconds * 1000;
  return Math.floor((now + OFFICE_OFFSET_MS) / size) * size - OFFICE_OFFSET_MS;
}

export class Courtesy {
  private readonly hosts = new Map<string, HostState>();
  readonly pacer = new Pacer();

  constructor(
    private readonly db: Database,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /** Names a credential without holding it; null when there is nothing secret in it. */
  credentialName(kind: string, credentials: Record<string, unknown>): string | null {
    const entries = Object.entries(credentials).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.length === 0 ? null : this.secrets.digest('budget', `${kind}\n${JSON.stringify(entries)}`);
  }

  /** What one run's client needs: a pacer that knows holds and budgets, and an ear for how requests went. */
  forRun(kind: string, credentials: Record<string, unknown>, rules: readonly BudgetRule[]) {
    const credential = this.credentialName(kind, credentials);
    const drawn = new Set<string>();
    const enter = async (host: string, signal?: AbortSignal) => {
      await this.enter(host, signal);
      await this.spend(
        rules.flatMap((rule) => {
          const name = rule.scope === 'host' ? `host:${host}` : credential === null ? null : `${kind}:${credential}`;
          if (name === null) return [];
          drawn.add(name);
          return [{ ...rule, name }];
        }),
      );
      return this.hosts.get(host)?.paceMs ?? 0;
    };
    return {
      pacer: new CourteousPacer(this.pacer, enter),
      onOutcome: (host: string, outcome: HttpOutcome) => this.note(host, outcome),
      drawn: () => [...drawn],
    };
  }

  private async state(host: string): Promise<HostState> {
    const known = this.hosts.get(host);
    const now = this.clock.now();
    if (known !== undefined && now - known.loadedAt < FRESH_MS) return known;
    const row = await this.db.one<{ pace_ms: number; failures: number; hold_until: number; reason: string | null }>(
      'SELECT pace_ms, failures, hold_until, reason FROM collect_holds WHERE host = ?',
      [host],
    );
    // Somebody may have written while we read; what this process saw last is never older than that.
    const current = this.hosts.get(host);
    const state: HostState = {
      paceMs: current?.paceMs ?? Number(row?.pace_ms ?? 0),
      failures: Math.max(current?.failures ?? 0, Number(row?.failures ?? 0)),
      holdUntil: Math.max(current?.holdUntil ?? 0, Number(row?.hold_until ?? 0)),
      reason: row?.reason ?? current?.reason ?? null,
      loadedAt: now,
    };
    if (
      current !== undefined &&
      row !== undefined &&
      Number(row.failures) < current.failures &&
      current.holdUntil <= now
    )
      state.failures = Number(row.failures);
    this.hosts.set(host, state);
    return state;
  }

  /** Waits out a short hold; @throws RetryAfter when the host asked for more, ConnectorError when it does not answer at all. */
  private async enter(host: string, signal?: AbortSignal): Promise<void> {
    const state = await this.state(host);
    const now = this.clock.now();
    const wait = state.holdUntil - now;
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1000);
      const reason = state.reason ?? `${host} 要求放慢访问`;
      if (state.failures >= BREAKS_AT)
        throw new ConnectorError('unreachable', `${reason}，${words(seconds)}后再试，期间不打扰对方。`, {
          retryAfterSeconds: seconds,
        });
      if (wait > LONGEST_SLEEP_MS) throw new RetryAfter(`${reason}，${words(seconds)}后继续。`, seconds);
      await sleep(wait, undefined, signal === undefined ? {} : { signal });
    } else if (state.failures >= BREAKS_AT) {
      // Rested: this request tries, the others wait for what it finds.
      state.holdUntil = now + TRIAL_MS;
    }
  }

  private note(host: string, outcome: HttpOutcome): void {
    const now = this.clock.now();
    const state = this.hosts.get(host) ?? { paceMs: 0, failures: 0, holdUntil: 0, reason: null, loadedAt: now };
    this.hosts.set(host, state);
    if (outcome === 'ok') {
      const broken = state.failures > 0;
      const wasSlow = state.paceMs > 0;
      state.failures = 0;
      state.paceMs = state.paceMs < 20 ? 0 : state.paceMs * RECOVERY;
      if (broken) state.holdUntil = 0;
      if (broken || (wasSlow && state.paceMs === 0)) this.persist(host, state, now);
      return;
    }
    if (outcome === 'fault') {
      state.failures++;
      if (state.failures >= BREAKS_AT) {
        const rest = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (state.failures - BREAKS_AT));
        state.holdUntil = Math.max(state.holdUntil, now + rest);
        state.reason = `${host} 连续 ${state.failures} 次没有正常应答`;
      }
    } else {
      state.paceMs = Math.min(SLOWEST_MS, Math.max(SLOWER_BY_MS, state.paceMs * 2));
      state.holdUntil = Math.max(state.holdUntil, now + outcome.slowDownSeconds * 1000);
      state.reason = `${host} 要求放慢访问`;
    }
    this.persist(host, state, now);
  }

  private persist(host: string, state: HostState, now: number): void {
    const { failures, holdUntil, reason } = state;
    const paceMs = Math.round(state.paceMs);
    this.db
      .write((tx) =>
        tx.run(
          `INSERT INTO collect_holds (host, pace_ms, failures, hold_until, reason, updated_at) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (host) DO UPDATE SET pace_ms = excluded.pace_ms, failures = excluded.failures, hold_until = excluded.hold_until,
             reason = excluded.reason, updated_at = excluded.updated_at`,
          [host, paceMs, failures, holdUntil, reason, now],
        ),
      )
      // Lost only to other processes; this one remembers, and the next change is written again.
      .catch(() => undefined);
  }

  /** Takes one request from every budget, or none from any. @throws RetryAfter until the first used-up window ends. */
  private async spend(rules: readonly (BudgetRule & { name: string })[]): Promise<void> {
    if (rules.length === 0) return;
    const now = this.clock.now();
    await this.db.write(async (tx) => {
      for (const { name, requests, windowSeconds } of rules) {
        const start = windowStart(now, windowSeconds);
        const [row] = await tx.all<{ window_start: number; used: number }>(
          'SELECT window_start, used FROM collect_budgets WHERE name = ? AND window_seconds = ?',
          [name, windowSeconds],
        );
        const used = row !== undefined && Number(row.window_start) === start ? Number(row.used) : 0;
        if (used >= requests) {
          const seconds = Math.max(1, Math.ceil((start + windowSeconds * 1000 - now) / 1000));
          throw new RetryAfter(`本时段的请求额度（${requests} 次）已用完，${words(seconds)}后继续。`, seconds);
        }
        await tx.run(
          `INSERT INTO collect_budgets (name, window_seconds, window_start, allowed, used) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (name, window_seconds) DO UPDATE SET window_start = excluded.window_start, allowed = excluded.allowed, used = excluded.used`,
          [name, windowSeconds, start, requests, used + 1],
        );
      }
    });
  }

  /** What is left of these budgets now. */
  async left(names: readonly string[]): Promise<BudgetLeft[]> {
    if (names.length === 0) return [];
    const now = this.clock.now();
    const rows = await this.db.all<{
      name: string;
      window_seconds: number;
      window_start: number;
      allowed: number;
      used: number;
    }>(
      `SELECT * FROM collect_budgets WHERE name IN (${names.map(() => '?').join(', ')}) ORDER BY name, window_seconds`,
      [...names],
    );
    return rows.map((r) => {
      const seconds = Number(r.window_seconds);
      const start = windowStart(now, seconds);
      return {
        name: r.name.startsWith('host:') ? r.name.slice(5) : '本凭据',
        allowed: Number(r.allowed),
        used: Number(r.window_start) === start ? Number(r.used) : 0,
        resetsAt: start + seconds * 1000,
      };
    });
  }
}

/** Asks the rules first, then queues with everybody else who asks this host. */
class CourteousPacer extends Pacer {
  constructor(
    private readonly shared: Pacer,
    private readonly enter: (host: string, signal?: AbortSignal) => Promise<number>,
  ) {
    super();
  }

  override async wait(host: string, pace: PaceOptions, signal?: AbortSignal): Promise<void> {
    const slower = await this.enter(host, signal);
    await this.shared.wait(host, { ...pace, minIntervalMs: Math.max(pace.minIntervalMs, slower) }, signal);
  }
}

function words(seconds: number): string {
  return seconds < 90
    ? `${seconds} 秒`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} 分钟`
      : `${Math.round(seconds / 3600)} 小时`;
}

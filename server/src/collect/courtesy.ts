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
import type { Database, Tx } from '../platform/database/database.ts';
import type { Secrets } from '../platform/secrets.ts';

/** Failures in a row, over all sources of a host, after which it is left alone. */
const BREAKS_AT = 5;
const FIRST_REST_MS = 30_000;
const LONGEST_REST_MS = 30 * 60_000;
/** While a host is being tried again after a rest, the others wait this long for the verdict. */
const TRIAL_MS = 30_000;
/** A host that asks for time is asked at least this much slower, and slower still each time; success takes a tenth of it back. */
const SLOWER_BY_MS = 250;
const SLOWEST_MS = 60_000;
const FAST_AGAIN_BELOW_MS = 20;
const LONGEST_SLEEP_MS = 20_000;

interface HostState {
  paceMs: number;
  failures: number;
  holdUntil: number;
  reason: string | null;
}

/** Whether a row counts the window that is asked for; one far in the future is a clock that was wrong once. Takes the window's length. */
const SAME_WINDOW =
  'collect_budgets.window_start >= excluded.window_start AND collect_budgets.window_start <= excluded.window_start + ?';

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
  /** Hosts that were well when this process last looked: a request that goes well there has nothing to tell. */
  private readonly well = new Set<string>();
  /** What this process has yet to write of a host: read before it is asked again. */
  private readonly notes = new Map<string, Promise<void>>();

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
  forRun(
    kind: string,
    credentials: Record<string, unknown>,
    rules: readonly BudgetRule[],
    work?: { look(): Promise<void> },
  ) {
    const credential = this.credentialName(kind, credentials);
    const drawn = new Set<string>();
    const trials = new Set<string>();
    const enter = async (host: string, pace: PaceOptions, signal?: AbortSignal) => {
      await this.turn(host, pace, trials, signal);
      await work?.look();
      signal?.throwIfAborted();
      await this.spend(
        (pace.uncounted === true ? [] : rules).flatMap((rule) => {
          const name = rule.scope === 'host' ? `host:${host}` : credential === null ? null : `${kind}:${credential}`;
          if (name === null) return [];
          drawn.add(name);
          return [{ ...rule, name }];
        }),
      );
    };
    return {
      pacer: new CourteousPacer(enter),
      onOutcome: (host: string, outcome: HttpOutcome) => this.note(host, outcome, trials.delete(host)),
      drawn: () => [...drawn],
    };
  }

  private async state(host: string): Promise<HostState> {
    await this.notes.get(host);
    const row = await this.db.one<{ pace_ms: number; failures: number; hold_until: number; reason: string | null }>(
      'SELECT pace_ms, failures, hold_until, reason FROM collect_holds WHERE host = ?',
      [host],
    );
    const state: HostState = {
      paceMs: Number(row?.pace_ms ?? 0),
      failures: Number(row?.failures ?? 0),
      holdUntil: Number(row?.hold_until ?? 0),
      reason: row?.reason ?? null,
    };
    if (state.failures === 0 && state.paceMs === 0) this.well.add(host);
    else this.well.delete(host);
    return state;
  }

  /**
   * Waits until this request's turn has come: behind a short hold, and behind everybody else who asks this host, in whichever process.
   * @throws RetryAfter when the host asked for more time, ConnectorError when it does not answer at all.
   */
  private async turn(host: string, pace: PaceOptions, trials: Set<string>, signal?: AbortSignal): Promise<void> {
    const pause = (ms: number) => sleep(ms, undefined, signal === undefined ? {} : { signal });
    let waitedOut = 0;
    let mine = false;
    for (;;) {
      const state = await this.state(host);
      const now = this.clock.now();
      const wait = state.holdUntil > waitedOut ? state.holdUntil - now : 0;
      if (wait > 0) {
        refuseLong(host, state, wait);
        await pause(wait);
        waitedOut = state.holdUntil;
        mine = false;
        continue;
      }
      if (mine) return;
      // Rested: of all who wait, one tries, and the others wait for what it finds.
      if (state.failures >= BREAKS_AT) {
        if (!(await this.tries(host, now))) continue;
        trials.add(host);
        return;
      }
      const gap = Math.max(pace.minIntervalMs, state.paceMs);
      const interval = Math.round(gap + Math.random() * pace.jitterMs);
      const ahead = interval === 0 ? 0 : await this.place(host, interval);
      if (ahead <= 0) return;
      await pause(ahead);
      // The host may have asked for time while we queued.
      mine = true;
    }
  }

  /** Takes the next place in the queue of a host. @returns the ms until it comes. By one clock for all: the database server's, or this machine's. */
  private place(host: string, intervalMs: number): Promise<number> {
    const postgres = this.db.dialect === 'postgres';
    const now = postgres ? 'CAST(extract(epoch FROM statement_timestamp()) * 1000 AS bigint)' : '?';
    return this.db.write(async (tx) => {
      const at = postgres ? [] : [Date.now()];
      const [row] = await tx.all<{ ahead: number }>(
        `INSERT INTO collect_holds (host, updated_at, next_at) VALUES (?, ?, ${now} + ?)
         ON CONFLICT (host) DO UPDATE SET next_at =
           CASE WHEN collect_holds.next_at > ${now} THEN collect_holds.next_at ELSE ${now} END + ?
         RETURNING next_at - ? - ${now} AS ahead`,
        [host, this.clock.now(), ...at, intervalMs, ...at, ...at, intervalMs, intervalMs, ...at],
      );
      return Number(row?.ahead ?? 0);
    }, 'once');
  }

  private tries(host: string, now: number): Promise<boolean> {
    return this.db.write(async (tx) => {
      const [row] = await tx.all(
        `UPDATE collect_holds SET hold_until = ?, updated_at = ? WHERE host = ? AND failures >= ? AND hold_until <= ? RETURNING host`,
        [now + TRIAL_MS, now, host, BREAKS_AT, now],
      );
      return row !== undefined;
    }, 'once');
  }

  private note(host: string, outcome: HttpOutcome, trial: boolean): void {
    if (outcome === 'ok' && this.well.has(host)) return;
    this.well.delete(host);
    const now = this.clock.now();
    const noted: Promise<void> = (this.notes.get(host) ?? Promise.resolve())
      .then(() => this.db.write((tx) => told(tx, host, outcome, trial, now), 'once'))
      // The request after this one asks the database and hears what is wrong with it.
      .catch(() => undefined)
      .then(() => {
        if (this.notes.get(host) === noted) this.notes.delete(host);
      });
    this.notes.set(host, noted);
  }

  /** Takes one request from every budget, or none from any. @throws RetryAfter until the first used-up window ends. */
  private async spend(rules: readonly (BudgetRule & { name: string })[]): Promise<void> {
    if (rules.length === 0) return;
    const now = this.clock.now();
    // In one order everywhere, so that two processes never wait for each other.
    const ordered = [...rules].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    await this.db.write(async (tx) => {
      for (const { name, requests, windowSeconds } of ordered) {
        const start = windowStart(now, windowSeconds);
        const size = windowSeconds * 1000;
        // A process whose clock is a little behind counts into the window that the others have begun.
        const [row] = await tx.all(
          `INSERT INTO collect_budgets (name, window_seconds, window_start, allowed, used) VALUES (?, ?, ?, ?, 1)
           ON CONFLICT (name, window_seconds) DO UPDATE SET
             used = CASE WHEN ${SAME_WINDOW} THEN collect_budgets.used + 1 ELSE 1 END,
             window_start = CASE WHEN ${SAME_WINDOW} THEN collect_budgets.window_start ELSE excluded.window_start END,
             allowed = excluded.allowed
           WHERE NOT (${SAME_WINDOW}) OR collect_budgets.used < excluded.allowed RETURNING used`,
          [name, windowSeconds, start, requests, size, size, size],
        );
        if (row === undefined) {
          const seconds = Math.max(1, Math.ceil((start + size - now) / 1000));
          throw new RetryAfter(`本时段的请求额度（${requests} 次）已用完，${words(seconds)}后继续。`, seconds);
        }
      }
    }, 'once');
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

/** Asks the rules that all processes share; nothing of this is known to the client alone. */
class CourteousPacer extends Pacer {
  constructor(private readonly enter: (host: string, pace: PaceOptions, signal?: AbortSignal) => Promise<void>) {
    super();
  }

  override wait(host: string, pace: PaceOptions, signal?: AbortSignal): Promise<void> {
    return this.enter(host, pace, signal);
  }
}

function refuseLong(host: string, state: HostState, wait: number): void {
  const seconds = Math.ceil(wait / 1000);
  const reason = state.reason ?? `${host} 要求放慢访问`;
  if (state.failures >= BREAKS_AT)
    throw new ConnectorError('unreachable', `${reason}，${words(seconds)}后再试，期间不打扰对方。`, {
      retryAfterSeconds: seconds,
    });
  if (wait > LONGEST_SLEEP_MS) throw new RetryAfter(`${reason}，${words(seconds)}后继续。`, seconds);
}

/** Writes down how a request went, counting with what all processes have seen. */
async function told(tx: Tx, host: string, outcome: HttpOutcome, trial: boolean, now: number): Promise<void> {
  if (outcome === 'ok') {
    // An answer ends the rest of a host that did not answer; what a host asked for itself stays.
    await tx.run(
      `UPDATE collect_holds SET hold_until = CASE WHEN failures >= ? THEN 0 ELSE hold_until END, failures = 0,
         pace_ms = CASE WHEN pace_ms < ? THEN 0 ELSE pace_ms * 9 / 10 END, updated_at = ? WHERE host = ?`,
      [BREAKS_AT, FAST_AGAIN_BELOW_MS, now, host],
    );
    return;
  }
  await tx.run(`INSERT INTO collect_holds (host, updated_at) VALUES (?, ?) ON CONFLICT (host) DO NOTHING`, [host, now]);
  if (outcome !== 'fault') {
    // Requests that were under way when it asked for time tell of the same wish: they do not make it slower again.
    const until = now + outcome.slowDownSeconds * 1000;
    await tx.run(
      `UPDATE collect_holds SET failures = 0, reason = ?, updated_at = ?,
         pace_ms = CASE WHEN hold_until > ? AND failures < ? THEN pace_ms WHEN pace_ms * 2 < ? THEN ? WHEN pace_ms * 2 > ? THEN ? ELSE pace_ms * 2 END,
         hold_until = CASE WHEN failures < ? AND hold_until > ? THEN hold_until ELSE ? END WHERE host = ?`,
      [
        ...[`${host} 要求放慢访问`, now],
        ...[now, BREAKS_AT, SLOWER_BY_MS, SLOWER_BY_MS, SLOWEST_MS, SLOWEST_MS],
        ...[BREAKS_AT, until, until, host],
      ],
    );
    return;
  }
  // Requests that were under way when it broke are no news; the one that tries again is.
  const [row] = await tx.all<{ failures: number }>(
    `UPDATE collect_holds SET failures = failures + 1, updated_at = ? WHERE host = ? AND (? = 1 OR failures < ? OR hold_until <= ?) RETURNING failures`,
    [now, host, Number(trial), BREAKS_AT, now],
  );
  const failures = Number(row?.failures ?? 0);
  if (failures < BREAKS_AT) return;
  const until = now + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (failures - BREAKS_AT));
  await tx.run(
    'UPDATE collect_holds SET hold_until = CASE WHEN hold_until > ? THEN hold_until ELSE ? END, reason = ? WHERE host = ?',
    [until, until, `${host} 连续 ${failures} 次没有正常应答`, host],
  );
}

function words(seconds: number): string {
  return seconds < 90
    ? `${seconds} 秒`
    : seconds < 5400
      ? `${Math.round(seconds / 60)} 分钟`
      : `${Math.round(seconds / 3600)} 小时`;
}

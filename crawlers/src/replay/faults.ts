/**
 * In: a seed, rates and scripted places. Out: for each request, which fault (if any) to inject; the same plan gives the same faults again.
 * Called by: `startReplay`. Used by connector tests (scripted) and by soaks (rates).
 */
import type { RawItem } from '@minsheng/contracts';
import { Random } from './seeded.ts';

export const FAULT_KINDS = [
  /** The connection is cut before an answer. */
  'connection-reset',
  /** The body trickles. */
  'slow-body',
  /** The body ends before its declared length. */
  'half-body',
  /** `Content-Encoding: gzip`, the stream cut in the middle. */
  'truncated-gzip',
  /** HTTP 200 with the platform's error body, or an HTML error page for a feed. */
  'error-body-200',
  /** HTTP 200 with an HTML login page. */
  'login-page',
  /** HTTP 200 with nothing in it. */
  'empty-body',
  /** HTTP 429 with Retry-After. */
  'too-many',
  /** HTTP 502 with a proxy's HTML. */
  'bad-gateway',
  /** Weibo 21327; WeChat 42001 with every token invalid from then on. */
  'token-expired',
  /** The list repeats its first half. */
  'duplicated-page',
  /** The list comes in another order. */
  'reordered-page',
  /** The server's clock is ahead: `Date`, and items from the near future. */
  'clock-skew',
  /** The platform keeps robots out: 432 for an interface, 521 with a script for a website. */
  'blocked',
  /** 302 to a page that asks for a human. */
  'captcha',
  /** 302 to a passport host. */
  'login-redirect',
  /** The platform's body for a used-up quota; 429 where it has none. */
  'quota-used',
  /** The platform's body for a missing permission; 403 where it has none. */
  'no-permission',
  /** The platform's body for something removed; 410 where it has none. */
  'gone',
  /** HTTP 200 and a body that ends in mid-sentence although its length is right. */
  'garbled-body',
  /** The platform counts some comments and never shows them again: the one fault that no retry heals. */
  'withheld-items',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault at a known place: the `nth` request (from 1) whose path is or starts with `path`, and the `times - 1` after it. */
export interface ScriptedFault {
  fault: FaultKind;
  path?: string;
  nth?: number;
  times?: number;
}

/** One fault that was made. */
export interface MadeFault {
  /** When, by the server's clock (ISO 8601). */
  at: string;
  platform: RawItem['platform'];
  /** Which source met it: the token or appid of an interface, the address of a feed or site. */
  source: string;
  path: string;
  /** The number of the request, from 1. */
  request: number;
  fault: FaultKind;
  /** Items in the answer that was spoiled, or withheld from it for good; null when another answer took its place. */
  items: number | null;
  /** No retry brings these items: only a reported gap can tell of them. */
  lasting: boolean;
}

export interface FaultOptions {
  seed?: number;
  /** Probability per request and kind; their sum must stay at or below 1. */
  rates?: Partial<Record<FaultKind, number>>;
  script?: ScriptedFault[];
  /** Random faults only after this many requests, so that a crawl can begin. Default 0. */
  after?: number;
  /** Total time of a slow body. Default 2000 ms. */
  slowBodyMs?: number;
  /** Seconds in Retry-After. Default 1. */
  retryAfterSeconds?: number;
  /** How far the clock is ahead. Default 600 s. */
  skewSeconds?: number;
}

export class FaultPlan {
  readonly slowBodyMs: number;
  readonly retryAfterSeconds: number;
  readonly skewSeconds: number;
  /** What was made, in order: the soak's ledger. */
  readonly made: MadeFault[] = [];
  readonly #withheld = new Set<string>();
  readonly #shown = new Set<string>();
  readonly #withholds: boolean;
  readonly #options: FaultOptions;
  readonly #random: Random;
  readonly #seen: number[];
  #requests = 0;

  constructor(options: FaultOptions = {}) {
    const total = Object.values(options.rates ?? {}).reduce((sum, rate) => sum + rate, 0);
    if (total > 1) throw new RangeError(`fault rates sum to ${total}, at most 1 is possible`);
    this.#options = options;
    this.#withholds =
      (options.rates?.['withheld-items'] ?? 0) > 0 ||
      (options.script ?? []).some((step) => step.fault === 'withheld-items');
    this.#random = new Random(options.seed ?? 1);
    this.#seen = (options.script ?? []).map(() => 0);
    this.slowBodyMs = options.slowBodyMs ?? 2000;
    this.retryAfterSeconds = options.retryAfterSeconds ?? 1;
    this.skewSeconds = options.skewSeconds ?? 600;
  }

  /** The number of the next request (from 1) and its fault, in request order. */
  next(path: string): { request: number; fault: FaultKind | undefined } {
    this.#requests++;
    // The draw happens on every request, so that a scripted fault does not shift the random ones.
    const draw = this.#random.next();
    return { request: this.#requests, fault: this.#scripted(path) ?? this.#drawn(draw) };
  }

  /** Enters a fault into the ledger. */
  record(fault: Omit<MadeFault, 'lasting'>): void {
    this.made.push({ ...fault, lasting: fault.fault === 'withheld-items' });
  }

  /** Keeps back from now on the first of these keys that nobody has seen yet. @returns how many that were. */
  withhold(keys: readonly string[]): number {
    const first = keys.find((key) => !this.#withheld.has(key) && !this.#shown.has(key));
    if (first === undefined) return 0;
    this.#withheld.add(first);
    return 1;
  }

  /** What is kept back for good, as platforms name it. */
  get withheld(): ReadonlySet<string> {
    return this.#withheld;
  }

  /** Whether this key may be shown; what was shown once is never withheld. */
  show(key: string): boolean {
    if (this.#withheld.has(key)) return false;
    if (this.#withholds) this.#shown.add(key);
    return true;
  }

  #scripted(path: string): FaultKind | undefined {
    let hit: FaultKind | undefined;
    for (const [i, step] of (this.#options.script ?? []).entries()) {
      if (step.path !== undefined && !path.startsWith(step.path)) continue;
      const seen = (this.#seen[i] ?? 0) + 1;
      this.#seen[i] = seen;
      const first = step.nth ?? 1;
      if (seen >= first && seen < first + (step.times ?? 1)) hit ??= step.fault;
    }
    return hit;
  }

  #drawn(draw: number): FaultKind | undefined {
    if (this.#requests <= (this.#options.after ?? 0)) return undefined;
    let edge = 0;
    for (const kind of FAULT_KINDS) {
      edge += this.#options.rates?.[kind] ?? 0;
      if (draw < edge) return kind;
    }
    return undefined;
  }

  /** A deterministic other order of a list. */
  reorder<T>(list: readonly T[]): T[] {
    return new Random(this.#requests + (this.#options.seed ?? 1)).shuffle(list);
  }
}

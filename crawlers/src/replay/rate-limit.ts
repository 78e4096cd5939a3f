/**
 * In: who asks, and when. Out: how long to wait, when the limit of the window is used up. Called by: `startReplay`.
 */

export interface RateLimitOptions {
  /** Requests per window and asker; beyond that the platform's own refusal, or 429. */
  requests: number;
  windowSeconds: number;
}

export class RateLimit {
  readonly #windows = new Map<string, { from: number; used: number }>();

  constructor(private readonly options: RateLimitOptions) {}

  /** Counts one request. @returns 0 when it may pass, otherwise the seconds until the window ends. */
  take(asker: string, now: number): number {
    const { requests, windowSeconds } = this.options;
    const from = Math.floor(now / (windowSeconds * 1000)) * windowSeconds * 1000;
    let window = this.#windows.get(asker);
    if (window?.from !== from) {
      window = { from, used: 0 };
      this.#windows.set(asker, window);
    }
    if (window.used >= requests) return Math.max(1, Math.ceil((from + windowSeconds * 1000 - now) / 1000));
    window.used++;
    return 0;
  }
}

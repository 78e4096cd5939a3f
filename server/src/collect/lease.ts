/**
 * In: a source that is to be worked on. Out: the sole right to it, renewed while the work lasts, and a signal when it must stop.
 * Called by: the collector. The lease lies in the database, so that of several processes exactly one works on a source.
 */
import type { Database } from '../platform/database/database.ts';

/** Why work stops between two pages. */
export type StopReason = 'shutdown' | 'lost' | 'changed' | 'paused' | 'cancelled';

export class Lease {
  private readonly abort = new AbortController();
  private readonly timer: NodeJS.Timeout;
  reason: StopReason | null = null;

  constructor(
    private readonly db: Database,
    private readonly now: () => number,
    readonly sourceId: number,
    readonly owner: string,
    private readonly revision: number,
    private readonly leaseMs: number,
  ) {
    // A page may take minutes (slow bodies, waits the host asked for); the lease must not run out meanwhile.
    this.timer = setInterval(() => void this.beat(), leaseMs / 4);
    this.timer.unref();
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** The first reason stands. */
  stop(reason: StopReason): void {
    this.reason ??= reason;
    this.abort.abort();
  }

  /** Renews, and looks whether the source is still ours and unchanged. A database that is busy just now is no reason to stop. */
  async beat(): Promise<void> {
    try {
      await this.db.write((tx) =>
        tx.run('UPDATE sources SET lease_until = ? WHERE id = ? AND lease_owner = ?', [
          this.now() + this.leaseMs,
          this.sourceId,
          this.owner,
        ]),
      );
      await this.look();
    } catch {
      // The next beat tries again; a page that is stored renews as well.
    }
  }

  /** Before every request: what another process changed, paused or took over ends the work here, and no request goes out with old credentials. */
  async look(): Promise<void> {
    const state = await this.db.one<{ revision: number; paused: number }>(
      'SELECT revision, paused FROM sources WHERE id = ? AND lease_owner = ?',
      [this.sourceId, this.owner],
    );
    if (state === undefined) this.stop('lost');
    else if (Number(state.paused) === 1) this.stop('paused');
    else if (Number(state.revision) !== this.revision) this.stop('changed');
  }

  end(): void {
    clearInterval(this.timer);
  }
}

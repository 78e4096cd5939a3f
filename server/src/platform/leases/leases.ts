/**
 * In: the name of work that one replica does at a time. Out: whether this process may do it now. Used by: scheduler (detection), demo.
 * Time is the database's, so that clocks of different machines do not matter. With SQLite there is one process, which may do everything.
 */
import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Database } from '../database/database.ts';

const LEASE_MS = 30_000;
/** Renewed when this share of it has passed. */
const RENEW = 1 / 3;

const NOW = 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)';

@Injectable()
export class Leases {
  /** With the process number, so that an operator can tell whose lease it is. */
  private readonly owner = `${String(process.pid)}/${randomUUID()}`;
  /** By name: when ours was last renewed, by this process's own steady clock. */
  private readonly held = new Map<string, number>();

  /** @param leaseMs a process that dies loses its leases after this long */
  constructor(
    private readonly db: Database,
    private readonly leaseMs: number = LEASE_MS,
  ) {}

  /** Takes the lease, or keeps it; cheap enough for every tick. */
  async hold(name: string): Promise<boolean> {
    if (this.db.dialect === 'sqlite') return true;
    const now = performance.now();
    const renewed = this.held.get(name);
    if (renewed !== undefined && now - renewed < this.leaseMs * RENEW) return true;
    const [mine] = await this.db.write(
      (tx) =>
        tx.all(
          `INSERT INTO leases (name, owner, until) VALUES (?, ?, ${NOW} + ${String(this.leaseMs)})
           ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
           WHERE leases.owner = excluded.owner OR leases.until < ${NOW} RETURNING owner`,
          [name, this.owner],
        ),
      'once',
    );
    if (mine === undefined) this.held.delete(name);
    else this.held.set(name, now);
    return mine !== undefined;
  }

  /** Hands everything back, so that another replica goes on at once. */
  async release(): Promise<void> {
    if (this.db.dialect === 'sqlite' || this.held.size === 0) return;
    this.held.clear();
    await this.db.write((tx) => tx.run('DELETE FROM leases WHERE owner = ?', [this.owner]));
  }
}

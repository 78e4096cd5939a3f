/**
 * In: official accounts named by items or seen by connectors. Out: their ids, and when each last published. Called by: pipeline.ts.
 */
import type { AcceptedItem } from '../intake/intake.ts';
import type { Tx } from '../platform/database/database.ts';

export interface SeenAccount {
  platform: string;
  nativeId: string;
  name: string;
  followers?: number;
}

export class AccountBook {
  private readonly known = new Map<string, number>();

  /** Ids by `platform name`. Accounts that are new are made; the last publication is brought up to date. */
  async ids(
    tx: Tx,
    items: readonly AcceptedItem[],
    seen: readonly SeenAccount[],
    now: number,
    demo: boolean,
  ): Promise<ReadonlyMap<string, number>> {
    for (const account of seen) await this.ensure(tx, account, now, demo);
    const latest = new Map<string, number>();
    for (const { account: name, platform, kind, publishedAt } of items) {
      if (name === null) continue;
      const key = `${platform} ${name}`;
      if (!this.known.has(key)) await this.ensure(tx, { platform, nativeId: name, name }, now, demo);
      if (kind === 'post') latest.set(key, Math.max(latest.get(key) ?? 0, publishedAt));
    }
    for (const [key, at] of latest) {
      await tx.run('UPDATE accounts SET last_post_at = ? WHERE id = ? AND (last_post_at IS NULL OR last_post_at < ?)', [
        at,
        this.known.get(key) ?? 0,
        at,
      ]);
    }
    return this.known;
  }

  private async ensure(tx: Tx, account: SeenAccount, now: number, demo: boolean): Promise<void> {
    const { platform, nativeId, name, followers } = account;
    const [byName] = await tx.all<{ id: number }>(
      'SELECT id FROM accounts WHERE platform = ? AND (native_id = ? OR name = ?)',
      [platform, nativeId, name],
    );
    if (byName === undefined) {
      await tx.run(
        'INSERT INTO accounts (platform, native_id, name, followers, first_seen_at, demo) VALUES (?, ?, ?, ?, ?, ?)',
        [platform, nativeId, name, followers ?? null, now, demo ? 1 : 0],
      );
    } else {
      await tx.run('UPDATE accounts SET native_id = ?, name = ?, followers = COALESCE(?, followers) WHERE id = ?', [
        nativeId,
        name,
        followers ?? null,
        byName.id,
      ]);
    }
    const [row] = await tx.all<{ id: number }>('SELECT id FROM accounts WHERE platform = ? AND native_id = ?', [
      platform,
      nativeId,
    ]);
    if (row !== undefined) this.known.set(`${platform} ${name}`, row.id);
  }

  forget(): void {
    this.known.clear();
  }
}

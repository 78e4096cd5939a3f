/**
 * In: counts as they were answered. Out: the same again while no post was indexed since: the next page, a second officer, a page that refreshes
 * itself. Used by: sqlite-fts.ts. (A search server keeps such answers in its request cache.)
 *
 * A write may be under way in a transaction that readers do not see yet. SQLite tells: a reader's `data_version` changes with the first commit
 * after, and as writers queue, that commit is the one that was under way. Until then nothing is remembered.
 */
import type { Database } from '../../platform/database/database.ts';

const KEPT = 200;

export class CountMemory<T> {
  private readonly kept = new Map<string, T>();
  private changes = 0;
  /** The reader's version when the last change began; null while it is being asked for. */
  private changedAt: number | null = -1;

  constructor(private readonly db: Database) {}

  /** Called in the transaction of a change, before it is committed. */
  async change(): Promise<void> {
    this.kept.clear();
    const change = ++this.changes;
    this.changedAt = null;
    const version = await this.version();
    if (change === this.changes) this.changedAt = version;
  }

  async of(key: string, count: () => Promise<T>): Promise<T> {
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const changes = this.changes;
    const settled = this.changedAt !== null && (await this.version()) !== this.changedAt;
    const counted = await count();
    if (!settled || changes !== this.changes) return counted;
    if (this.kept.size >= KEPT) this.kept.delete(this.kept.keys().next().value ?? '');
    this.kept.set(key, counted);
    return counted;
  }

  private async version(): Promise<number> {
    const row = await this.db.one<{ data_version: number }>('PRAGMA data_version');
    return row?.data_version ?? 0;
  }
}

/**
 * In: which engine is about to answer. Out: whether its index has followed the records all along, and how far it has been filled since.
 * Used by: the engines, when they open and while they fill themselves.
 *
 * Posts go to the index of the engine that is configured, and to no other: whoever comes back to an engine finds its index where it was left.
 */
import type { Database, Tx } from '../platform/database/database.ts';

export type EngineKind = 'sqlite' | 'postgres' | 'elasticsearch';

export class IndexOwner {
  constructor(private readonly db: Database) {}

  /** From now on this engine's index follows the records. @returns false when another engine's did before, so that this one's has gaps. */
  take(engine: EngineKind): Promise<boolean> {
    return this.db.write(async (tx) => {
      const [state] = await tx.all<{ engine: EngineKind | null; live: string | null }>(
        'SELECT engine, live FROM search_state WHERE id = 1',
      );
      // Before engines were noted down, a cluster left the name of its index.
      const before = state?.engine ?? (state?.live == null ? engine : 'elasticsearch');
      if (state?.engine !== engine)
        await tx.run(
          'INSERT INTO search_state (id, engine) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET engine = excluded.engine',
          [engine],
        );
      if (before === engine) return true;
      await tx.run('DELETE FROM search_outbox');
      await tx.run(
        'UPDATE search_state SET live = NULL, building = NULL, built_to = 0, problem = NULL, filled_to = ? WHERE id = 1',
        [engine === 'elasticsearch' ? null : 0],
      );
      return false;
    });
  }

  /** The last post up to which an embedded index is complete; null when it is complete. */
  async filledTo(): Promise<number | null> {
    const row = await this.db.one<{ to: number | null }>('SELECT filled_to AS "to" FROM search_state WHERE id = 1');
    return row?.to == null ? null : Number(row.to);
  }

  async setFilledTo(tx: Tx, to: number | null): Promise<void> {
    await tx.run(
      'INSERT INTO search_state (id, filled_to) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET filled_to = excluded.filled_to',
      [to],
    );
  }
}

/**
 * In: which engine is about to answer. Out: whether its index has followed the records all along, and how far it has been filled since.
 * Used by: the engines, when they open and while they fill themselves.
 *
 * Posts go to the index of the engine that is configured, and to no other: whoever comes back to an engine finds its index where it was left.
 */
import type { Database, Tx } from '../platform/database/database.ts';
import { UserError } from '../platform/errors.ts';

export type EngineKind = 'sqlite' | 'postgres' | 'elasticsearch';

const NAMES: Record<EngineKind, string> = { sqlite: '内置检索', postgres: '内置检索', elasticsearch: 'Elasticsearch' };

/** Held, shared, by whoever writes posts, until its commit; alone by whoever changes the engine. */
const ENGINE = 7_315_003;

export class IndexOwner {
  constructor(private readonly db: Database) {}

  /** From now on this engine's index follows the records. @returns false when another engine's did before, so that this one's has gaps. */
  take(engine: EngineKind): Promise<boolean> {
    return this.db.write(async (tx) => {
      // What a replica with another configuration is writing is either in the records before this commit, and then filled in from them, or refused.
      await tx.postgres?.query('SELECT pg_advisory_xact_lock($1)', [ENGINE]);
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

  /** The records have come from elsewhere, and changes are numbered anew: whatever an index holds, it is filled in again from the beginning. */
  async forget(): Promise<void> {
    await this.db.write(async (tx) => {
      await tx.run('DELETE FROM search_outbox');
      await tx.run('DELETE FROM search_state');
      await tx.run('INSERT INTO search_state (id, filled_to) VALUES (1, 0)');
    });
  }

  /**
   * In a transaction that writes posts, while several processes share the records: whether this engine is still the one. Posts that a process with
   * another configuration gave to its own engine would be missing from the index that is searched, and nobody would know.
   * @throws UserError `conflict` when another process has been started with another engine since
   */
  async require(tx: Tx, engine: EngineKind): Promise<void> {
    if (tx.postgres === null) return;
    await tx.postgres.query('SELECT pg_advisory_xact_lock_shared($1)', [ENGINE]);
    const [state] = await tx.postgres.query<{ engine: EngineKind | null }>(
      'SELECT engine FROM search_state WHERE id = 1',
    );
    if (state?.engine == null || state.engine === engine) return;
    throw new UserError('conflict', `检索已改用${NAMES[state.engine]}，这台服务仍在用${NAMES[engine]}，没有写入。`, {
      kept: '已入库的数据完整保留；采集位置没有前进，之后会接着采。',
      todo: '请让各台服务使用相同的 ELASTICSEARCH_URL，再重新启动这一台。',
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

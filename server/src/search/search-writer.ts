/**
 * In: posts as they are written. Out: their search documents and counters, in the same transaction. Called by: pipeline.ts.
 */
import type { PostWriter } from '../pipeline.ts';
import type { Tx } from '../platform/database/database.ts';
import { asCorrected } from '../posts/corrected.ts';
import type { WrittenPost } from '../posts/post-store.ts';
import type { Rollups } from '../rollups/rollups.ts';
import type { SearchEngine } from './search-engine.ts';

export class SearchWriter implements PostWriter {
  constructor(
    private readonly engine: SearchEngine,
    private readonly rollups: Rollups,
  ) {}

  async write(tx: Tx, posts: readonly WrittenPost[]): Promise<void> {
    if (posts.length === 0) return;
    await this.engine.write(tx, posts);
    await this.rollups.add(tx, await asCorrected(tx, posts));
  }

  async retract(tx: Tx, posts: readonly WrittenPost[]): Promise<void> {
    await this.rollups.subtract(tx, await asCorrected(tx, posts));
    await this.remove(
      tx,
      posts.map((post) => post.id),
    );
  }

  async remove(tx: Tx, ids: readonly number[]): Promise<void> {
    await this.engine.remove(tx, ids);
  }
}

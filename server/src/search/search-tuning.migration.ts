/**
 * In: the embedded full-text index. Out: the same, told to gather more before it writes and to merge less often, which halves the cost of
 * committing a large batch. A query then reads up to 16 segments of each size instead of 4; they stay small next to the postings themselves.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf } from '../platform/database/sql.ts';

export class SearchTuning1764000000001 implements MigrationInterface {
  name = 'SearchTuning1764000000001';

  up(runner: QueryRunner): Promise<void> {
    return tune(runner, { automerge: 16, hashsize: 16 * 1024 * 1024 });
  }

  /** SQLite's own defaults. */
  down(runner: QueryRunner): Promise<void> {
    return tune(runner, { automerge: 4, hashsize: 1024 * 1024 });
  }
}

async function tune(runner: QueryRunner, options: Record<string, number>): Promise<void> {
  if (!dialectOf(runner).sqlite) return;
  for (const [name, value] of Object.entries(options)) {
    await runner.query(`INSERT INTO search_index (search_index, rank) VALUES ('${name}', ${String(value)})`);
  }
}

/**
 * In: the state of the search index. Out: the same, with the engine whose index follows the records, and how far an embedded index has been filled
 * after another engine's turn (null = complete). The embedded index has learnt words for several filters together, so the posts of an earlier version
 * are filled in anew.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class IndexOwner1764000012001 implements MigrationInterface {
  name = 'IndexOwner1764000012001';

  async up(runner: QueryRunner): Promise<void> {
    const { whole } = dialectOf(runner);
    await runAll(
      runner,
      `
ALTER TABLE search_state ADD COLUMN engine TEXT

ALTER TABLE search_state ADD COLUMN filled_to ${whole}
`,
    );
    if (!dialectOf(runner).sqlite) return;
    await runner.query(
      `INSERT INTO search_state (id, filled_to) SELECT 1, 0 WHERE EXISTS (SELECT 1 FROM search_marks) ON CONFLICT (id) DO UPDATE SET filled_to = 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runAll(
      runner,
      `
ALTER TABLE search_state DROP COLUMN filled_to

ALTER TABLE search_state DROP COLUMN engine
`,
    );
  }
}

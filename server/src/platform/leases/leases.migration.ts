/**
 * In: readers of the change log. Out: leases, so that one replica at a time does a piece of work; and a mark by which a reader notices that what
 * it remembers of the database was changed by somebody else.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../database/sql.ts';

export class Leases1764000004003 implements MigrationInterface {
  name = 'Leases1764000004003';

  async up(runner: QueryRunner): Promise<void> {
    const { whole } = dialectOf(runner);
    await runAll(
      runner,
      `
CREATE TABLE leases (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until ${whole} NOT NULL)

ALTER TABLE post_consumers ADD COLUMN changed ${whole} NOT NULL DEFAULT 0
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runAll(
      runner,
      `
ALTER TABLE post_consumers DROP COLUMN changed

DROP TABLE leases
`,
    );
  }
}

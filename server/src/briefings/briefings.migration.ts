/**
 * In: a database with an inbox. Out: briefings.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class Briefings1763900000031 implements MigrationInterface {
  name = 'Briefings1763900000031';

  async up(runner: QueryRunner): Promise<void> {
    const { whole } = dialectOf(runner);
    await runAll(
      runner,
      `
CREATE TABLE briefings (
  day TEXT PRIMARY KEY, state TEXT NOT NULL, generated_at ${whole} NOT NULL, title TEXT NOT NULL, lead TEXT NOT NULL, body TEXT NOT NULL,
  remark TEXT, issued_by TEXT, issued_at ${whole})
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE briefings');
  }
}

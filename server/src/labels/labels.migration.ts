/**
 * In: posts. Out: a table of sentiments that staff corrected. Labels of the other tasks are decisions that stand elsewhere.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class Labels1764000002001 implements MigrationInterface {
  name = 'Labels1764000002001';

  async up(runner: QueryRunner): Promise<void> {
    const { whole, real } = dialectOf(runner);
    await runAll(
      runner,
      `
CREATE TABLE sentiment_labels (
  post_id ${whole} PRIMARY KEY, label SMALLINT NOT NULL, was SMALLINT NOT NULL, confidence ${real} NOT NULL,
  at ${whole} NOT NULL, user_id ${whole} NOT NULL)
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE sentiment_labels');
  }
}

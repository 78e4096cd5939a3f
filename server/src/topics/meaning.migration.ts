/** In: topics. Out: what a topic needs to be continued after a restart exactly where it was. */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf } from '../platform/database/sql.ts';

export class TopicMemory1764000003001 implements MigrationInterface {
  name = 'TopicMemory1764000003001';

  async up(runner: QueryRunner): Promise<void> {
    const { whole, real } = dialectOf(runner);
    const columns = [
      `own ${whole} NOT NULL DEFAULT 1`,
      `messages ${whole} NOT NULL DEFAULT 0`,
      `slow ${real} NOT NULL DEFAULT 0`,
      `slow_at ${whole} NOT NULL DEFAULT 0`,
      `busiest ${whole} NOT NULL DEFAULT 0`,
      `places TEXT NOT NULL DEFAULT '{}'`,
    ];
    for (const column of columns) await runner.query(`ALTER TABLE topics ADD COLUMN ${column}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of ['own', 'messages', 'slow', 'slow_at', 'busiest', 'places'])
      await runner.query(`ALTER TABLE topics DROP COLUMN ${column}`);
  }
}

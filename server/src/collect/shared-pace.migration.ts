/**
 * In: hosts that are held. Out: when each host's next request may go out, in the queue that all processes share.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf } from '../platform/database/sql.ts';

export class SharedPace1764000011001 implements MigrationInterface {
  name = 'SharedPace1764000011001';

  async up(runner: QueryRunner): Promise<void> {
    const { whole } = dialectOf(runner);
    await runner.query(`ALTER TABLE collect_holds ADD COLUMN next_at ${whole} NOT NULL DEFAULT 0`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE collect_holds DROP COLUMN next_at');
  }
}

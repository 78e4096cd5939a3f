/**
 * In: replies. Out: what is known of sending one through the office's own account: the attempt, the answer, where it was seen.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class ReplyDelivery1764000006001 implements MigrationInterface {
  name = 'ReplyDelivery1764000006001';

  async up(runner: QueryRunner): Promise<void> {
    const { whole } = dialectOf(runner);
    await runAll(
      runner,
      `
ALTER TABLE inbox_replies ADD COLUMN attempt TEXT

ALTER TABLE inbox_replies ADD COLUMN sending_at ${whole}

ALTER TABLE inbox_replies ADD COLUMN problem TEXT

ALTER TABLE inbox_replies ADD COLUMN platform_reply_id TEXT

ALTER TABLE inbox_replies ADD COLUMN seen_post_id ${whole}

CREATE INDEX inbox_replies_sending ON inbox_replies (sending_at) WHERE state = 'sending'

CREATE INDEX inbox_replies_platform ON inbox_replies (platform_reply_id) WHERE platform_reply_id IS NOT NULL
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX inbox_replies_platform');
    await runner.query('DROP INDEX inbox_replies_sending');
    for (const column of ['seen_post_id', 'platform_reply_id', 'problem', 'sending_at', 'attempt']) {
      await runner.query(`ALTER TABLE inbox_replies DROP COLUMN ${column}`);
    }
  }
}

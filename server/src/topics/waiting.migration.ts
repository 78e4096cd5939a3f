/** In: topics. Out: comments that wait for the post they answer to be in a topic. */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf } from '../platform/database/sql.ts';

export class TopicWaiting1764000016001 implements MigrationInterface {
  name = 'TopicWaiting1764000016001';

  async up(runner: QueryRunner): Promise<void> {
    const { whole } = dialectOf(runner);
    await runner.query(`CREATE TABLE topic_waiting (post_id ${whole} PRIMARY KEY, waits_for TEXT NOT NULL)`);
    await runner.query('CREATE INDEX topic_waiting_for ON topic_waiting (waits_for)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE topic_waiting');
  }
}

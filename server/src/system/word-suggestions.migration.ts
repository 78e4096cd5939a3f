/** In: nothing. Out: words found in posts that the dictionary does not know, and what was decided of them. */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf } from '../platform/database/sql.ts';

export class WordSuggestions1764000003002 implements MigrationInterface {
  name = 'WordSuggestions1764000003002';

  async up(runner: QueryRunner): Promise<void> {
    const { whole } = dialectOf(runner);
    await runner.query(
      `CREATE TABLE word_suggestions (word TEXT PRIMARY KEY, kind TEXT NOT NULL, posts ${whole} NOT NULL, found_at ${whole} NOT NULL, decision TEXT NOT NULL)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE word_suggestions');
  }
}

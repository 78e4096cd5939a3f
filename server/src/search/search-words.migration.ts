/**
 * In: posts. Out: on PostgreSQL, the disposable full-text index of its own engine, used when no other one is configured (engines/postgres-text.ts).
 * `words` holds the cut text with positions and the filter values as prefixed lexemes, `marks` the same values packed for facets.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class SearchWords1764000004002 implements MigrationInterface {
  name = 'SearchWords1764000004002';

  async up(runner: QueryRunner): Promise<void> {
    if (dialectOf(runner).sqlite) return;
    await runAll(
      runner,
      `
CREATE TABLE search_words (id BIGINT PRIMARY KEY, marks BIGINT NOT NULL, words TSVECTOR NOT NULL)

CREATE INDEX search_words_words ON search_words USING GIN (words)
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    if (!dialectOf(runner).sqlite) await runner.query('DROP TABLE search_words');
  }
}

/**
 * In: posts. Out: the disposable full-text index of the embedded engine. Nothing is made on PostgreSQL, where the index lives elsewhere.
 *
 * `words` holds the cut text, `marks` the filter values as prefixed tokens, so that a filter is one more posting list to intersect.
 * `search_marks` packs the same values into one integer per post (engines/marks.ts), for counting facets without reading posts.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class Search1763900000010 implements MigrationInterface {
  name = 'Search1763900000010';

  async up(runner: QueryRunner): Promise<void> {
    if (!dialectOf(runner).sqlite) return;
    await runAll(
      runner,
      `
CREATE VIRTUAL TABLE search_index USING fts5(words, marks, content='', contentless_delete=1,
  tokenize="unicode61 remove_diacritics 0 tokenchars '_'")

CREATE TABLE search_marks (id INTEGER PRIMARY KEY, marks INTEGER NOT NULL)
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    if (!dialectOf(runner).sqlite) return;
    await runner.query('DROP TABLE search_marks');
    await runner.query('DROP TABLE search_index');
  }
}

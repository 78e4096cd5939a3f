/**
 * In: posts. Out: what a search engine outside the database has yet to be told, and how far it has come. Empty and unused with the embedded engine.
 *
 * `search_outbox.op`: `put` the document as JSON · `drop` the post is gone · `look` read the post again (its topic changed) · `clear` begin with
 * an empty index · `rebuild` fill a new index beside the live one.
 * `refused` holds the engine's reason for a document that it will never take; such rows wait for a rebuild and hold up nobody.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class SearchOutbox1764000005001 implements MigrationInterface {
  name = 'SearchOutbox1764000005001';

  async up(runner: QueryRunner): Promise<void> {
    const { serial, whole } = dialectOf(runner);
    await runAll(
      runner,
      `
CREATE TABLE search_outbox (seq ${serial}, post_id ${whole} NOT NULL, at ${whole} NOT NULL, op TEXT NOT NULL, document TEXT, refused TEXT)

CREATE INDEX search_outbox_refused ON search_outbox (seq) WHERE refused IS NOT NULL

CREATE TABLE search_state (id SMALLINT PRIMARY KEY, live TEXT, building TEXT, built_to ${whole} NOT NULL DEFAULT 0,
  problem TEXT)
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE search_state');
    await runner.query('DROP TABLE search_outbox');
  }
}

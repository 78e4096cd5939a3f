/**
 * In: nothing. Out: the counters that dashboard figures are read from. They follow from posts and can be rebuilt (rollups.ts).
 *
 * `at` is the first ms of an hour or of an office day (+08:00). Zero stands for "no source" and "no account".
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class Rollups1763900000011 implements MigrationInterface {
  name = 'Rollups1763900000011';

  async up(runner: QueryRunner): Promise<void> {
    const { whole, sqlite } = dialectOf(runner);
    const clustered = sqlite ? ' WITHOUT ROWID' : '';
    const counters = (table: string) => `
CREATE TABLE ${table} (
  at ${whole} NOT NULL, platform TEXT NOT NULL, kind TEXT NOT NULL, source_id ${whole} NOT NULL, account_id ${whole} NOT NULL,
  sentiment SMALLINT NOT NULL, posts ${whole} NOT NULL,
  PRIMARY KEY (at, platform, kind, source_id, account_id, sentiment))${clustered}
`;
    await runAll(
      runner,
      `${counters('rollup_hours')}
${counters('rollup_days')}
CREATE TABLE rollup_words (
  grain TEXT NOT NULL, at ${whole} NOT NULL, word TEXT NOT NULL,
  positive ${whole} NOT NULL, neutral ${whole} NOT NULL, negative ${whole} NOT NULL, uncertain ${whole} NOT NULL,
  PRIMARY KEY (grain, at, word))${clustered}

CREATE TABLE rollup_words_open (grain TEXT NOT NULL, at ${whole} NOT NULL, PRIMARY KEY (grain, at))${clustered}
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const t of ['rollup_words_open', 'rollup_words', 'rollup_days', 'rollup_hours']) {
      await runner.query(`DROP TABLE ${t}`);
    }
  }
}

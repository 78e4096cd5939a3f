/**
 * In: sources and their runs. Out: holds and budgets shared by all processes, gaps, back-fills, the refresh list, push keys and receipts, imports.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class Collect1764000001000 implements MigrationInterface {
  name = 'Collect1764000001000';

  async up(runner: QueryRunner): Promise<void> {
    const { serial, whole } = dialectOf(runner);
    await runAll(
      runner,
      `
ALTER TABLE sources ADD COLUMN revision ${whole} NOT NULL DEFAULT 0

ALTER TABLE sources ADD COLUMN hold_until ${whole} NOT NULL DEFAULT 0

ALTER TABLE sources ADD COLUMN expires_at ${whole}

ALTER TABLE sources ADD COLUMN budget_names TEXT

ALTER TABLE source_runs ADD COLUMN purpose TEXT NOT NULL DEFAULT 'regular'

CREATE TABLE collect_holds (
  host TEXT PRIMARY KEY, pace_ms ${whole} NOT NULL DEFAULT 0, failures ${whole} NOT NULL DEFAULT 0, hold_until ${whole} NOT NULL DEFAULT 0,
  reason TEXT, updated_at ${whole} NOT NULL)

CREATE TABLE collect_budgets (
  name TEXT NOT NULL, window_seconds ${whole} NOT NULL, window_start ${whole} NOT NULL, allowed ${whole} NOT NULL, used ${whole} NOT NULL,
  PRIMARY KEY (name, window_seconds))

CREATE TABLE collect_refresh (post_id ${whole} PRIMARY KEY, source_id ${whole} NOT NULL, due_at ${whole} NOT NULL)

CREATE INDEX collect_refresh_due ON collect_refresh (source_id, due_at)

CREATE TABLE source_gaps (
  id ${serial}, source_id ${whole} NOT NULL, name TEXT NOT NULL, what TEXT NOT NULL, size ${whole}, cause TEXT NOT NULL,
  since ${whole} NOT NULL, seen_at ${whole} NOT NULL, closed_at ${whole}, closed_how TEXT)

CREATE UNIQUE INDEX source_gaps_open ON source_gaps (source_id, name) WHERE closed_at IS NULL

CREATE TABLE source_backfills (
  id ${serial}, source_id ${whole} NOT NULL, from_at ${whole} NOT NULL, to_at ${whole} NOT NULL, state TEXT NOT NULL, position TEXT,
  pages ${whole} NOT NULL DEFAULT 0, fetched ${whole} NOT NULL DEFAULT 0, stored ${whole} NOT NULL DEFAULT 0, duplicate ${whole} NOT NULL DEFAULT 0,
  requests ${whole} NOT NULL DEFAULT 0, first_at ${whole}, last_at ${whole}, failures ${whole} NOT NULL DEFAULT 0, next_at ${whole} NOT NULL DEFAULT 0,
  asked_by TEXT NOT NULL, asked_at ${whole} NOT NULL, ended_at ${whole}, message TEXT)

CREATE INDEX source_backfills_source ON source_backfills (source_id, id)

CREATE TABLE push_keys (
  id ${serial}, source_id ${whole} NOT NULL, hash TEXT NOT NULL UNIQUE, hint TEXT NOT NULL, made_at ${whole} NOT NULL, ends_at ${whole})

CREATE INDEX push_keys_source ON push_keys (source_id)

CREATE TABLE push_receipts (
  source_id ${whole} NOT NULL, name TEXT NOT NULL, body_hash TEXT NOT NULL, answer TEXT NOT NULL, at ${whole} NOT NULL,
  PRIMARY KEY (source_id, name))

CREATE INDEX push_receipts_at ON push_receipts (at)

CREATE TABLE source_authorizations (
  nonce TEXT PRIMARY KEY, source_id ${whole} NOT NULL, session_id ${whole} NOT NULL, redirect TEXT NOT NULL, ends_at ${whole} NOT NULL)

CREATE TABLE source_imports (
  id ${serial}, source_id ${whole} NOT NULL, file TEXT NOT NULL, bytes ${whole} NOT NULL, sheet TEXT, mapping TEXT, state TEXT NOT NULL,
  total ${whole} NOT NULL DEFAULT 0, done ${whole} NOT NULL DEFAULT 0, report TEXT, asked_by TEXT NOT NULL, asked_at ${whole} NOT NULL, ended_at ${whole},
  message TEXT)

CREATE INDEX source_imports_source ON source_imports (source_id, id)
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const t of [
      'source_imports',
      'source_authorizations',
      'push_receipts',
      'push_keys',
      'source_backfills',
      'source_gaps',
      'collect_refresh',
      'collect_budgets',
      'collect_holds',
    ]) {
      await runner.query(`DROP TABLE ${t}`);
    }
    await runner.query('ALTER TABLE source_runs DROP COLUMN purpose');
    for (const c of ['budget_names', 'expires_at', 'hold_until', 'revision'])
      await runner.query(`ALTER TABLE sources DROP COLUMN ${c}`);
  }
}

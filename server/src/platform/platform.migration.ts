/**
 * In: posts. Out: people, sessions, the audit record, settings, author keys, sources, their runs, and the dictionary.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from './database/sql.ts';

export class Platform1763900000040 implements MigrationInterface {
  name = 'Platform1763900000040';

  async up(runner: QueryRunner): Promise<void> {
    const { serial, whole } = dialectOf(runner);
    await runAll(
      runner,
      `
CREATE TABLE users (
  id ${serial}, username TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, password_hash TEXT NOT NULL, must_change SMALLINT NOT NULL DEFAULT 1,
  roles TEXT NOT NULL, department_id ${whole}, disabled SMALLINT NOT NULL DEFAULT 0, failures SMALLINT NOT NULL DEFAULT 0,
  locked_until ${whole}, last_login_at ${whole}, created_at ${whole} NOT NULL)

CREATE TABLE sessions (
  id ${serial}, token_hash TEXT NOT NULL UNIQUE, csrf_token TEXT NOT NULL, user_id ${whole} NOT NULL,
  created_at ${whole} NOT NULL, seen_at ${whole} NOT NULL, expires_at ${whole} NOT NULL)

CREATE TABLE audit_log (
  id ${serial}, at ${whole} NOT NULL, user_id ${whole}, username TEXT NOT NULL, action TEXT NOT NULL, target TEXT,
  outcome TEXT NOT NULL, detail TEXT, correlation_id TEXT NOT NULL)

CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL)

CREATE TABLE author_keys (month TEXT PRIMARY KEY, sealed TEXT NOT NULL, expires_at ${whole} NOT NULL)

CREATE TABLE sources (
  id ${serial}, kind TEXT NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL, credentials TEXT, schedule TEXT NOT NULL,
  demo SMALLINT NOT NULL DEFAULT 0, paused SMALLINT NOT NULL DEFAULT 0, position TEXT, state TEXT,
  lease_owner TEXT, lease_until ${whole} NOT NULL DEFAULT 0, next_run_at ${whole} NOT NULL DEFAULT 0,
  last_run_at ${whole}, last_success_at ${whole}, last_new_at ${whole}, failures ${whole} NOT NULL DEFAULT 0,
  error_kind TEXT, message TEXT, posts ${whole} NOT NULL DEFAULT 0, gaps TEXT, created_at ${whole} NOT NULL)

CREATE TABLE source_runs (
  id ${serial}, source_id ${whole} NOT NULL, started_at ${whole} NOT NULL, ended_at ${whole}, outcome TEXT NOT NULL,
  requests ${whole} NOT NULL DEFAULT 0, pages ${whole} NOT NULL DEFAULT 0, expected ${whole}, fetched ${whole} NOT NULL DEFAULT 0,
  stored ${whole} NOT NULL DEFAULT 0, duplicate ${whole} NOT NULL DEFAULT 0, updated ${whole} NOT NULL DEFAULT 0,
  rejected ${whole} NOT NULL DEFAULT 0, gaps TEXT, error_kind TEXT, message TEXT)

CREATE INDEX source_runs_source ON source_runs (source_id, id)

CREATE TABLE dictionary (
  id ${serial}, word TEXT NOT NULL, kind TEXT NOT NULL, tag TEXT, created_at ${whole} NOT NULL, created_by TEXT NOT NULL, UNIQUE (word, kind))
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const t of [
      'dictionary',
      'source_runs',
      'sources',
      'author_keys',
      'settings',
      'audit_log',
      'sessions',
      'users',
    ]) {
      await runner.query(`DROP TABLE ${t}`);
    }
  }
}

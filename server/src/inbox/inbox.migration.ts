/**
 * In: a database with posts. Out: departments, cases with replies and history, the answer bank, due rules with their defaults.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class Inbox1763900000030 implements MigrationInterface {
  name = 'Inbox1763900000030';

  async up(runner: QueryRunner): Promise<void> {
    const { serial, whole } = dialectOf(runner);
    await runAll(
      runner,
      `
CREATE TABLE departments (
  id ${serial}, name TEXT NOT NULL, duties TEXT NOT NULL, contact TEXT, demo SMALLINT NOT NULL DEFAULT 0)

CREATE UNIQUE INDEX departments_name ON departments (name)

CREATE TABLE inbox_cases (
  id ${serial}, post_id ${whole} NOT NULL, parent_post_id ${whole}, platform TEXT NOT NULL, kind TEXT NOT NULL,
  title TEXT NOT NULL, excerpt TEXT NOT NULL, received_at ${whole} NOT NULL, state TEXT NOT NULL, rule_key TEXT NOT NULL,
  working_days SMALLINT NOT NULL, extended_days SMALLINT NOT NULL DEFAULT 0, started_at ${whole} NOT NULL, due_at ${whole} NOT NULL,
  missed SMALLINT NOT NULL DEFAULT 0, answered_at ${whole}, settled_at ${whole}, department_id ${whole}, assignee_id ${whole},
  group_id ${whole} NOT NULL, suggested TEXT NOT NULL, copy_key TEXT, fingerprint TEXT, terms TEXT NOT NULL, places TEXT NOT NULL)

CREATE UNIQUE INDEX inbox_cases_post ON inbox_cases (post_id)

CREATE INDEX inbox_cases_state ON inbox_cases (state, due_at, id)

CREATE INDEX inbox_cases_group ON inbox_cases (group_id, state)

CREATE INDEX inbox_cases_assignee ON inbox_cases (assignee_id, state) WHERE assignee_id IS NOT NULL

CREATE INDEX inbox_cases_open ON inbox_cases (due_at, id) WHERE state IN ('received', 'assigned', 'review')

CREATE INDEX inbox_cases_received ON inbox_cases (received_at)

CREATE TABLE inbox_replies (
  id ${serial}, case_id ${whole} NOT NULL, batch_id ${whole}, text TEXT NOT NULL, author_id ${whole} NOT NULL, author_name TEXT NOT NULL,
  created_at ${whole} NOT NULL, state TEXT NOT NULL, reviewer_name TEXT, review_note TEXT, sent_at ${whole})

CREATE INDEX inbox_replies_case ON inbox_replies (case_id, id)

CREATE INDEX inbox_replies_batch ON inbox_replies (batch_id) WHERE batch_id IS NOT NULL

CREATE TABLE inbox_history (
  id ${serial}, case_id ${whole} NOT NULL, at ${whole} NOT NULL, username TEXT, action TEXT NOT NULL, text TEXT NOT NULL)

CREATE INDEX inbox_history_case ON inbox_history (case_id, id)

CREATE TABLE answers (
  id ${serial}, question TEXT NOT NULL, answer TEXT NOT NULL, department_id ${whole}, review_by ${whole}, uses ${whole} NOT NULL DEFAULT 0,
  created_at ${whole} NOT NULL, demo SMALLINT NOT NULL DEFAULT 0)

CREATE TABLE inbox_rules (
  key TEXT PRIMARY KEY, name TEXT NOT NULL, working_days SMALLINT NOT NULL, extension SMALLINT NOT NULL,
  source TEXT NOT NULL, verified SMALLINT NOT NULL, enabled SMALLINT NOT NULL)

INSERT INTO inbox_rules (key, name, working_days, extension, source, verified, enabled) VALUES
  ('hotline', '12345 工单', 5, 10, '山东政务服务热线办法：5 个工作日，复杂的可再延 10 个', 1, 1),
  ('consultation', '网络问政咨询', 5, 10, '地方网络问政规定：咨询 5 个工作日，最长 15 个', 1, 1),
  ('complaint', '网络问政投诉', 7, 8, '地方网络问政规定：投诉 7 个工作日，最长 15 个', 1, 1),
  ('comment', '新媒体留言评论', 15, 15, '新媒体留言一般 15 个工作日', 0, 1),
  ('comment-simple', '新媒体简单咨询', 1, 5, '新媒体简单咨询 1 个工作日', 0, 0)
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const t of ['inbox_rules', 'answers', 'inbox_history', 'inbox_replies', 'inbox_cases', 'departments']) {
      await runner.query(`DROP TABLE ${t}`);
    }
  }
}

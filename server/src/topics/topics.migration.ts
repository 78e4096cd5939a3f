/** In: posts. Out: topics with their hours, heats and history; copy groups; claims, debunks, alerts. */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

const TABLES = [
  'topics',
  'topic_hours',
  'topic_events',
  'copy_groups',
  'debunks',
  'claims',
  'claim_posts',
  'claim_matches',
  'claim_history',
  'alerts',
];

export class Topics1763900000020 implements MigrationInterface {
  name = 'Topics1763900000020';

  async up(runner: QueryRunner): Promise<void> {
    const { serial, whole, real } = dialectOf(runner);
    await runAll(
      runner,
      `
CREATE TABLE topics (
  id ${serial}, title TEXT NOT NULL, title_by TEXT NOT NULL, features TEXT NOT NULL, posts ${whole} NOT NULL DEFAULT 0, opinions ${whole} NOT NULL DEFAULT 0,
  first_seen ${whole} NOT NULL, last_seen ${whole} NOT NULL, heat ${real} NOT NULL DEFAULT 0, heat_day_ago ${real} NOT NULL DEFAULT 0,
  peak_heat ${real} NOT NULL DEFAULT 0, peak_at ${whole} NOT NULL DEFAULT 0, stage TEXT NOT NULL, engagement ${whole} NOT NULL DEFAULT 0,
  official_at ${whole}, muted SMALLINT NOT NULL DEFAULT 0, merged_into ${whole})

CREATE INDEX topics_heat ON topics (heat DESC, peak_heat DESC) WHERE merged_into IS NULL

CREATE INDEX topics_seen ON topics (last_seen)

CREATE TABLE topic_hours (
  topic_id ${whole} NOT NULL, hour ${whole} NOT NULL, posts ${whole} NOT NULL DEFAULT 0, positive ${whole} NOT NULL DEFAULT 0, neutral ${whole} NOT NULL DEFAULT 0,
  negative ${whole} NOT NULL DEFAULT 0, uncertain ${whole} NOT NULL DEFAULT 0, official ${whole} NOT NULL DEFAULT 0, PRIMARY KEY (topic_id, hour))

CREATE TABLE topic_events (id ${serial}, topic_id ${whole} NOT NULL, at ${whole} NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, post_id ${whole})

CREATE INDEX topic_events_topic ON topic_events (topic_id, at)

CREATE TABLE copy_groups (copy_key TEXT PRIMARY KEY, first_id ${whole} NOT NULL)

CREATE TABLE debunks (
  id ${serial}, claim TEXT NOT NULL, verdict TEXT NOT NULL, summary TEXT NOT NULL, source TEXT NOT NULL, url TEXT, published_at ${whole}, demo SMALLINT NOT NULL DEFAULT 0)

CREATE TABLE claims (
  id ${serial}, statement TEXT NOT NULL, features TEXT NOT NULL, listed SMALLINT NOT NULL DEFAULT 0, verdict TEXT NOT NULL DEFAULT 'pending',
  step TEXT NOT NULL DEFAULT 'collecting', risk TEXT NOT NULL DEFAULT 'low', risk_order SMALLINT NOT NULL DEFAULT 0, reasons TEXT NOT NULL DEFAULT '[]',
  posts ${whole} NOT NULL DEFAULT 0, doubts ${whole} NOT NULL DEFAULT 0, first_seen ${whole} NOT NULL, last_seen ${whole} NOT NULL, places TEXT NOT NULL DEFAULT '[]',
  topic_id ${whole}, grade TEXT, event_at ${whole}, responded_at ${whole}, evidence TEXT, paused_at ${whole}, paused_ms ${whole} NOT NULL DEFAULT 0, paused_reason TEXT,
  assignee_id ${whole}, department_id ${whole}, basis TEXT, debunk_id ${whole}, dismissed TEXT)

CREATE INDEX claims_open ON claims (listed, last_seen)

CREATE TABLE claim_posts (claim_id ${whole} NOT NULL, post_id ${whole} NOT NULL, stance TEXT NOT NULL, author TEXT, PRIMARY KEY (claim_id, post_id))

CREATE TABLE claim_matches (claim_id ${whole} NOT NULL, debunk_id ${whole} NOT NULL, score ${real} NOT NULL, relation TEXT NOT NULL, sentence TEXT NOT NULL, PRIMARY KEY (claim_id, debunk_id))

CREATE TABLE claim_history (id ${serial}, claim_id ${whole} NOT NULL, at ${whole} NOT NULL, username TEXT, action TEXT NOT NULL, text TEXT NOT NULL)

CREATE INDEX claim_history_claim ON claim_history (claim_id, at)

CREATE TABLE alerts (
  id ${serial}, kind TEXT NOT NULL, level TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, subject TEXT NOT NULL, href TEXT NOT NULL,
  opened_at ${whole} NOT NULL, updated_at ${whole} NOT NULL, updates ${whole} NOT NULL DEFAULT 0, state TEXT NOT NULL, acknowledged_by TEXT)

CREATE UNIQUE INDEX alerts_open ON alerts (subject) WHERE state <> 'closed'
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`DROP TABLE ${table}`);
  }
}

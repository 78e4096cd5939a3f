/**
 * In: an empty database. Out: accounts, posts and their change log.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';

export class Posts1763900000001 implements MigrationInterface {
  name = 'Posts1763900000001';

  async up(runner: QueryRunner): Promise<void> {
    const { serial, whole, real } = dialectOf(runner);
    await runAll(
      runner,
      `
CREATE TABLE accounts (
  id ${serial}, platform TEXT NOT NULL, native_id TEXT NOT NULL, name TEXT NOT NULL, followers ${whole},
  first_seen_at ${whole} NOT NULL, last_post_at ${whole}, demo SMALLINT NOT NULL DEFAULT 0)

CREATE UNIQUE INDEX accounts_native ON accounts (platform, native_id)

CREATE TABLE posts (
  id ${whole} PRIMARY KEY, source_id ${whole}, platform TEXT NOT NULL, kind TEXT NOT NULL, native_id TEXT NOT NULL,
  parent_native_id TEXT, parent_id ${whole}, account_id ${whole}, author_key TEXT,
  published_at ${whole} NOT NULL, fetched_at ${whole} NOT NULL, title TEXT, text TEXT NOT NULL, url TEXT,
  likes ${whole} NOT NULL DEFAULT 0, comments ${whole} NOT NULL DEFAULT 0, reposts ${whole} NOT NULL DEFAULT 0, reads ${whole} NOT NULL DEFAULT 0,
  sentiment SMALLINT NOT NULL DEFAULT 9, sentiment_confidence ${real} NOT NULL DEFAULT 0, claim_score ${real} NOT NULL DEFAULT 0,
  question SMALLINT NOT NULL DEFAULT 0, places TEXT, keywords TEXT, hashtags TEXT,
  fingerprint TEXT, copy_key TEXT, copy_of ${whole}, copies ${whole} NOT NULL DEFAULT 1,
  state TEXT NOT NULL DEFAULT 'live', topic_id ${whole})

CREATE UNIQUE INDEX posts_native ON posts (platform, kind, native_id)

CREATE INDEX posts_parent ON posts (parent_id, id) WHERE parent_id IS NOT NULL

CREATE INDEX posts_orphan ON posts (platform, parent_native_id) WHERE parent_id IS NULL AND parent_native_id IS NOT NULL

CREATE INDEX posts_account ON posts (account_id, id) WHERE account_id IS NOT NULL

CREATE INDEX posts_topic ON posts (topic_id, id) WHERE topic_id IS NOT NULL

CREATE TABLE post_edits (id ${serial}, post_id ${whole} NOT NULL, at ${whole} NOT NULL, text TEXT NOT NULL)

CREATE INDEX post_edits_post ON post_edits (post_id)

CREATE TABLE post_changes (seq ${serial}, post_id ${whole} NOT NULL, change TEXT NOT NULL)

CREATE TABLE post_consumers (name TEXT PRIMARY KEY, seq ${whole} NOT NULL DEFAULT 0)

CREATE TABLE reply_handles (post_id ${whole} PRIMARY KEY, sealed TEXT NOT NULL)
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const t of ['reply_handles', 'post_consumers', 'post_changes', 'post_edits', 'posts', 'accounts']) {
      await runner.query(`DROP TABLE ${t}`);
    }
  }
}

/**
 * In: posts in one table. Out: on PostgreSQL, posts in one partition per month of their id, and `post_natives`, which keeps one post per item of
 * a platform across all of them (a unique index of a partitioned table can only do so within a partition). On SQLite `post_natives` is a view,
 * so that queries read the same.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dialectOf, runAll } from '../platform/database/sql.ts';
import { addMonth, monthOfPost } from './months.ts';
import { publishedAtOf } from './post-id.ts';

const INDEXES = `
CREATE INDEX posts_parent ON posts (parent_id, id) WHERE parent_id IS NOT NULL

CREATE INDEX posts_orphan ON posts (platform, parent_native_id) WHERE parent_id IS NULL AND parent_native_id IS NOT NULL

CREATE INDEX posts_account ON posts (account_id, id) WHERE account_id IS NOT NULL

CREATE INDEX posts_topic ON posts (topic_id, id) WHERE topic_id IS NOT NULL
`;

export class PostMonths1764000004001 implements MigrationInterface {
  name = 'PostMonths1764000004001';

  async up(runner: QueryRunner): Promise<void> {
    if (dialectOf(runner).sqlite) {
      await runner.query('CREATE VIEW post_natives AS SELECT platform, kind, native_id, id AS post_id FROM posts');
      return;
    }
    await runAll(
      runner,
      `
ALTER TABLE posts RENAME TO posts_whole

ALTER TABLE posts_whole RENAME CONSTRAINT posts_pkey TO posts_whole_pkey

DROP INDEX posts_native, posts_parent, posts_orphan, posts_account, posts_topic

CREATE TABLE posts (LIKE posts_whole INCLUDING DEFAULTS, PRIMARY KEY (id)) PARTITION BY RANGE (id)

CREATE TABLE posts_default PARTITION OF posts DEFAULT

${INDEXES}

CREATE TABLE post_natives (
  platform TEXT NOT NULL, kind TEXT NOT NULL, native_id TEXT NOT NULL, post_id BIGINT NOT NULL, PRIMARY KEY (platform, kind, native_id))

CREATE FUNCTION post_natives_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO post_natives (platform, kind, native_id, post_id) SELECT platform, kind, native_id, id FROM added ORDER BY 1, 2, 3;
  RETURN NULL;
END $$

CREATE FUNCTION post_natives_drop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM post_natives n USING dropped d WHERE n.platform = d.platform AND n.kind = d.kind AND n.native_id = d.native_id;
  RETURN NULL;
END $$

CREATE TRIGGER posts_added AFTER INSERT ON posts REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION post_natives_add()

CREATE TRIGGER posts_dropped AFTER DELETE ON posts REFERENCING OLD TABLE AS dropped FOR EACH STATEMENT EXECUTE FUNCTION post_natives_drop()
`,
    );
    const months = (await runner.query('SELECT DISTINCT id / 1000000 / 86400 AS day FROM posts_whole')) as {
      day: number | string;
    }[];
    const tables = new Map(
      months.map(({ day }) => {
        const month = monthOfPost(publishedAtOf(Number(day) * 86_400_000_000));
        return [month.table, month];
      }),
    );
    for (const month of tables.values()) await addMonth((sql, params) => runner.query(sql, params as never[]), month);
    await runAll(
      runner,
      `
INSERT INTO posts SELECT * FROM posts_whole

DROP TABLE posts_whole
`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    if (dialectOf(runner).sqlite) {
      await runner.query('DROP VIEW post_natives');
      return;
    }
    await runAll(
      runner,
      `
CREATE TABLE posts_whole (LIKE posts INCLUDING DEFAULTS)

INSERT INTO posts_whole SELECT * FROM posts

DROP TABLE posts

DROP TABLE post_natives

DROP FUNCTION post_natives_add, post_natives_drop

ALTER TABLE posts_whole RENAME TO posts

ALTER TABLE posts ADD CONSTRAINT posts_pkey PRIMARY KEY (id)

CREATE UNIQUE INDEX posts_native ON posts (platform, kind, native_id)

${INDEXES}
`,
    );
  }
}

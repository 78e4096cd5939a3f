import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testDatabaseUrl } from './database.ts';
import { open } from '../src/open.ts';
import { Retention } from '../src/posts/retention.ts';
import { Settings } from '../src/platform/settings/settings.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');

async function start() {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-pipeline-'));
  const opened = await open({
    port: 0,
    host: '127.0.0.1',
    dataDir,
    databaseUrl: await testDatabaseUrl(),
    elasticsearchUrl: undefined,
    demo: false,
    logLevel: 'silent',
  });
  onTestFinished(async () => {
    await opened.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const { core } = opened;
  let now = NOW;
  core.clock.now = () => now;
  const accept = (items: object[], more: object = {}) =>
    core.pipeline.accept({ arrivals: items.map((item, i) => ({ at: String(i), item })), sourceId: 7, ...more });
  const found = async (word: string) =>
    (
      await core.engine.search({
        query: { type: 'words', tokens: core.enricher().queryTokens(word), text: word, quoted: false },
        filters: {},
        sort: 'time',
        cursor: null,
        limit: 10,
      })
    ).ids.length;
  const counted = () =>
    core.db.all(
      'SELECT sum(posts) AS posts, sum(CASE WHEN sentiment = -1 THEN posts ELSE 0 END) AS negative FROM rollup_hours',
    );
  return { core, opened, accept, found, counted, advance: (ms: number) => (now += ms) };
}

const comment = (id: string, text: string, over: object = {}) => ({
  platform: 'weibo',
  kind: 'comment',
  id,
  author: 'uid-42',
  publishedAt: '2026-11-24T07:00:00+08:00',
  text,
  replyHandle: { commentId: id },
  ...over,
});

describe('the pipeline', () => {
  it('follows an edit: the new text is found, the old one is kept apart, figures count it once', async () => {
    const { core, accept, found, counted } = await start();
    await accept([comment('1', '望江路又停水了，太气人了，垃圾自来水公司')]);
    expect(await counted()).toEqual([{ posts: 1, negative: 1 }]);
    expect(
      await accept([comment('1', '谢谢抢修师傅，辛苦了，点赞', { publishedAt: '2026-11-24T07:30:00+08:00' })]),
    ).toMatchObject({ stored: 0, duplicate: 1, updated: 1 });
    expect(await counted()).toEqual([{ posts: 1, negative: 0 }]);
    expect([await found('停水'), await found('抢修')]).toEqual([0, 1]);
    expect(await core.db.all('SELECT text FROM post_edits')).toEqual([
      { text: '望江路又停水了，太气人了，垃圾自来水公司' },
    ]);
    await accept([comment('1', '望江路再次停水，太气人了，垃圾自来水公司')]);
    expect(await counted()).toEqual([{ posts: 1, negative: 1 }]);
  });

  it('purges what its author deleted, and still counts that it was said', async () => {
    const { core, accept, found, counted } = await start();
    await accept([comment('1', '望江路停水了')]);
    await accept([], { gone: [{ platform: 'weibo', kind: 'comment', id: '1', state: 'deleted' }] });
    expect(await found('停水')).toBe(0);
    expect(await core.db.all('SELECT text, state FROM posts')).toEqual([
      { text: '［原文已被删除］', state: 'deleted' },
    ]);
    expect(await core.db.all('SELECT count(*) AS n FROM reply_handles')).toEqual([{ n: 0 }]);
    expect((await counted())[0]).toMatchObject({ posts: 1 });
  });

  it('stores nothing that names an author, and tells two months and two sources apart', async () => {
    const { core, accept } = await start();
    await accept([
      comment('1', '一号意见内容'),
      comment('2', '二号意见内容'),
      comment('3', '三号意见内容', { publishedAt: '2026-10-24T07:00:00+08:00' }),
    ]);
    await core.pipeline.accept({ arrivals: [{ at: '0', item: comment('4', '四号意见内容') }], sourceId: 8 });
    const keys = await core.db.all<{ author_key: string }>('SELECT author_key FROM posts ORDER BY native_id');
    const [a, b, c, d] = keys.map((k) => k.author_key);
    expect(a).toBe(b);
    expect(new Set([a, c, d]).size).toBe(3);
    for (const name of await core.db.tables())
      expect(JSON.stringify(await core.db.all(`SELECT * FROM "${name}"`))).not.toContain('uid-42');
  });

  it('no longer recognises a post by a wording that its author has edited', async () => {
    const { core, accept } = await start();
    await accept([comment('1', '望江路停水两天了'), comment('2', '澜江大桥今天封路')]);
    await core.db.write(async (tx) => {
      const posts = await tx.all<{ id: number; copy_key: string }>('SELECT id, copy_key FROM posts');
      for (const { id, copy_key } of posts)
        await tx.run('INSERT INTO copy_groups (copy_key, first_id) VALUES (?, ?)', [copy_key, id]);
    });
    await accept([comment('1', '望江路已经来水了')]);
    expect(await core.db.all('SELECT text, state FROM posts ORDER BY native_id')).toMatchObject([
      { text: '望江路已经来水了', state: 'edited' },
      { state: 'live' },
    ]);
    expect(await core.db.all('SELECT p.native_id FROM copy_groups g JOIN posts p ON p.id = g.first_id')).toEqual([
      { native_id: '2' },
    ]);
  });

  it('adopts comments that arrived before the post they answer', async () => {
    const { core, accept } = await start();
    await accept([comment('2', '这是真的吗', { parentId: '1' })]);
    await accept([
      {
        platform: 'weibo',
        kind: 'post',
        id: '1',
        account: '澜江发布',
        publishedAt: '2026-11-24T06:00:00+08:00',
        text: '情况通报',
      },
    ]);
    const [row] = await core.db.all<{ same: number }>(
      `SELECT c.parent_id = p.id AS same FROM posts c, posts p WHERE c.native_id = '2' AND p.native_id = '1'`,
    );
    expect(row?.same).toBe(1);
  });

  it('rolls back whole: a failing page leaves no post, no cursor, no count', async () => {
    const { core, accept, counted, found } = await start();
    const failing = accept([comment('1', '望江路停水了')], { alongside: () => Promise.reject(new Error('killed')) });
    await expect(failing).rejects.toThrow('killed');
    expect(await core.db.all('SELECT count(*) AS n FROM posts')).toEqual([{ n: 0 }]);
    expect((await counted())[0]).toMatchObject({ posts: null });
    expect(await accept([comment('1', '望江路停水了')])).toMatchObject({ stored: 1 });
    expect(await found('停水')).toBe(1);
  });

  it('purges texts and destroys keys at the end of their time', async () => {
    const { core, opened, accept, found, advance } = await start();
    await accept([
      comment('1', '望江路停水了'),
      {
        platform: 'weibo',
        kind: 'post',
        id: '9',
        account: '澜江发布',
        publishedAt: '2026-11-24T06:00:00+08:00',
        text: '停水通知',
      },
    ]);
    const retention = new Retention(
      core.db,
      opened.settings satisfies Settings,
      core.engine,
      core.pseudonyms,
      core.clock,
    );
    // Found by detection: the groups of two wordings, one of them only of the post that will go.
    await core.db.write(async (tx) => {
      const posts = await tx.all<{ id: number; copy_key: string }>('SELECT id, copy_key FROM posts');
      for (const { id, copy_key } of posts)
        await tx.run('INSERT INTO copy_groups (copy_key, first_id) VALUES (?, ?)', [copy_key, id]);
    });
    expect(await retention.run()).toBe(0);
    expect(await core.db.all('SELECT count(*) AS n FROM copy_groups')).toMatchObject([{ n: 2 }]);
    advance(181 * 86_400_000);
    expect(await retention.run()).toBe(1);
    expect(await core.db.all('SELECT text, author_key, state FROM posts ORDER BY id')).toEqual([
      { text: '停水通知', author_key: null, state: 'live' },
      { text: '［已按保存期限清除］', author_key: null, state: 'expired' },
    ]);
    expect(await found('停水')).toBe(1);
    expect(await core.db.all('SELECT count(*) AS n FROM author_keys')).toEqual([{ n: 0 }]);
    expect(await core.db.all('SELECT p.text FROM copy_groups g JOIN posts p ON p.id = g.first_id')).toEqual([
      { text: '停水通知' },
    ]);
  });
});

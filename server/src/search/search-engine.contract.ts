/**
 * In: a way to open an engine. Out: the promises of the port, as tests. Called by: the test file of every engine.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../test/database.ts';
import { storePosts, type PostGiven } from '../../test/posts.ts';
import type { Database } from '../platform/database/database.ts';
import type { PostEntity } from '../posts/post.entity.ts';
import { parseQuery } from './query-language.ts';
import {
  COUNT_CAP,
  type SearchDocument,
  type SearchEngine,
  type SearchFilters,
  type StoredDocuments,
} from './search-engine.ts';
import { PostDocuments } from './stored-documents.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const MINUTE = 60_000;

/** One character is one word: what matches then depends on the engine alone, not on a dictionary. */
const cut = (text: string) => Array.from(text);

export function documentOf(post: PostEntity): SearchDocument {
  return {
    id: post.id,
    searchTokens: cut(`${post.title ?? ''} ${post.text}`).join(' '),
    platform: post.platform,
    kind: post.kind,
    sourceId: post.sourceId,
    accountId: post.accountId,
    sentiment: post.sentiment,
    official: post.accountId !== null,
    topicId: post.topicId,
  };
}

/** What the engine reads posts from when it is told to look again. */
export function documentsOf(db: Database): StoredDocuments {
  return new PostDocuments(db, (text) => cut(text).join(' '));
}

export function searchEngineContract(name: string, open: (db: Database) => Promise<SearchEngine>): void {
  describe(`${name} keeps the search port's promises`, () => {
    let db: Database;
    let engine: SearchEngine;
    const settle = () => engine.settle();

    beforeEach(async () => {
      db = await openTestDatabase();
      engine = await open(db);
    });

    afterEach(() => engine.close());

    async function store(...given: (Partial<PostGiven> & { text: string })[]): Promise<PostEntity[]> {
      const rows = await db.write(async (tx) => {
        const stored = await storePosts(
          tx,
          given.map((g, i) => ({ publishedAt: NOW - i * MINUTE, ...g })),
        );
        await engine.write(tx, stored.map(documentOf));
        return stored;
      });
      await settle();
      return rows;
    }

    async function textsOf(ids: readonly number[]): Promise<string[]> {
      const rows = await db.all<{ id: number; text: string }>('SELECT id, text FROM posts');
      const texts = new Map(rows.map((r) => [Number(r.id), r.text]));
      return ids.map((id) => texts.get(id) ?? '');
    }

    const ask = (q: string, filters: SearchFilters = {}, sort: 'time' | 'relevance' = 'time', limit = 20) => ({
      query: parseQuery(q, cut).node,
      filters,
      sort,
      cursor: null as string | null,
      limit,
    });

    async function find(
      q: string,
      filters: SearchFilters = {},
      sort: 'time' | 'relevance' = 'time',
    ): Promise<string[]> {
      return textsOf((await engine.search(ask(q, filters, sort))).ids);
    }

    it('finds words together, alternatives, exclusions and brackets', async () => {
      await store({ text: '望江路停水了' }, { text: '滨河路停水' }, { text: '望江路修路' }, { text: '停水广告' });
      expect(await find('停水')).toEqual(['望江路停水了', '滨河路停水', '停水广告']);
      expect(await find('停水 望江路')).toEqual(['望江路停水了']);
      expect(await find('望江路 OR 滨河路')).toEqual(['望江路停水了', '滨河路停水', '望江路修路']);
      expect(await find('停水 -广告')).toEqual(['望江路停水了', '滨河路停水']);
      expect(await find('停水 (望江路 或 滨河路) 不含 修')).toEqual(['望江路停水了', '滨河路停水']);
      expect(await find('-停水')).toEqual(['望江路修路']);
      expect(await find('修 或 -停水')).toEqual(['望江路修路']);
      expect(await find('')).toHaveLength(4);
    });

    it('finds a phrase only in its order, across punctuation', async () => {
      await store({ text: '今天停水，通知已发' }, { text: '通知停水' });
      expect(await find('"停水通知"')).toEqual(['今天停水，通知已发']);
      expect(await find('停水通知')).toEqual(['今天停水，通知已发']);
      expect(await find('停水 通知')).toHaveLength(2);
    });

    it('takes syntax of its own language as plain text', async () => {
      await store({ text: 'NEAR marks words' }, { text: '正常' });
      for (const q of [
        'words:正',
        '"',
        '*',
        '^正',
        'NEAR(正 常)',
        "'; DROP TABLE posts; --",
        '{marks}',
        '正 "',
        '\0',
        '\ud800',
      ]) {
        await expect(engine.search(ask(q))).resolves.toBeDefined();
        await expect(engine.count(ask(q), true)).resolves.toBeDefined();
      }
      expect(await find('all_')).toEqual([]);
    });

    it('filters by every value, and by several at once', async () => {
      await store(
        { text: '停水 1', platform: 'weibo', kind: 'comment', sourceId: 1, sentiment: -1, topicId: 7 },
        { text: '停水 2', platform: 'wechat', kind: 'post', sourceId: 2, accountId: 3, sentiment: 0 },
        { text: '停水 3', platform: 'site', kind: 'message', sourceId: 12, sentiment: 9, topicId: 7 },
        { text: '晴天 4', platform: 'weibo', kind: 'comment', sourceId: 1, sentiment: 1, topicId: 7 },
      );
      expect(await find('停水', { platforms: ['weibo', 'site'] })).toEqual(['停水 1', '停水 3']);
      expect(await find('停水', { kinds: ['post'] })).toEqual(['停水 2']);
      expect(await find('', { sourceIds: [1] })).toEqual(['停水 1', '晴天 4']);
      expect(await find('', { accountIds: [3] })).toEqual(['停水 2']);
      expect(await find('', { sentiments: [-1, 9] })).toEqual(['停水 1', '停水 3']);
      expect(await find('', { official: true })).toEqual(['停水 2']);
      expect(await find('停水', { official: false })).toEqual(['停水 1', '停水 3']);
      expect(await find('', { topicId: 7 })).toEqual(['停水 1', '停水 3', '晴天 4']);
      expect(await find('停水', { topicId: 7, platforms: ['site'] })).toEqual(['停水 3']);
      expect(await find('weibo')).toEqual([]);
    });

    it('keeps to the window: from inclusive, to exclusive', async () => {
      await store({ text: '甲' }, { text: '乙' }, { text: '丙' });
      expect(await find('', { from: NOW - MINUTE })).toEqual(['甲', '乙']);
      expect(await find('乙', { from: NOW - MINUTE, to: NOW })).toEqual(['乙']);
      expect(await find('', { to: NOW - MINUTE })).toEqual(['丙']);
    });

    it('gives every hit once, newest first, page by page, while newer posts arrive', async () => {
      await store(...Array.from({ length: 25 }, (_, i) => ({ text: `停水 ${String(i)}` })));
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await engine.search({ ...ask('停水', {}, 'time', 7), cursor });
        seen.push(...(await textsOf(page.ids)));
        cursor = page.nextCursor;
        await store({ text: `停水 新 ${String(seen.length)}`, publishedAt: NOW + seen.length * MINUTE });
      } while (cursor !== null);
      expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => `停水 ${String(i)}`));
    });

    it('ranks by relevance, page by page, while newer posts arrive', async () => {
      await store(
        { text: `停水${'，其他的事情说了很多'.repeat(6)}` },
        { text: '停水停水停水' },
        { text: '停水了' },
        { text: '无关' },
      );
      const ranked = await find('停水', {}, 'relevance');
      expect(ranked.slice(0, 2)).toEqual(['停水停水停水', '停水了']);
      expect(ranked).toHaveLength(3);
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await engine.search({ ...ask('停水', {}, 'relevance', 1), cursor });
        seen.push(...(await textsOf(page.ids)));
        cursor = page.nextCursor;
        await store({ text: '停水停水停水停水', publishedAt: NOW + (1 + seen.length) * MINUTE });
      } while (cursor !== null);
      expect(seen).toEqual(ranked);
    });

    it('counts facets over the hits', async () => {
      await store(
        { text: '停水', sourceId: 1, sentiment: -1 },
        { text: '停水', sourceId: 1, sentiment: 0, nativeId: 'x' },
        {
          text: '停水',
          platform: 'wechat',
          kind: 'post',
          sourceId: 2,
          accountId: 5,
          publishedAt: NOW - 9 * 60 * MINUTE,
        },
        { text: '别的', sourceId: 2 },
      );
      const { total, totalIsLowerBound, facets } = await engine.count(ask('停水'), true);
      expect({ total, totalIsLowerBound }).toEqual({ total: 3, totalIsLowerBound: false });
      expect(Object.fromEntries(facets?.platform ?? [])).toEqual({ weibo: 2, wechat: 1 });
      expect(Object.fromEntries(facets?.kind ?? [])).toEqual({ comment: 2, post: 1 });
      expect(Object.fromEntries(facets?.sentiment ?? [])).toEqual({ '-1': 1, '0': 2 });
      expect(Object.fromEntries(facets?.source ?? [])).toEqual({ '1': 2, '2': 1 });
      expect(Object.fromEntries(facets?.account ?? [])).toEqual({ '5': 1 });
      expect(Object.fromEntries(facets?.day ?? [])).toEqual({ '2026-11-23': 1, '2026-11-24': 2 });
      expect(await engine.count(ask('停水'), false)).toEqual({ total: 3, totalIsLowerBound: false, facets: null });
      expect((await engine.count(ask(''), true)).total).toBe(4);
    });

    it('says so when there are more hits than it counts', async () => {
      const many: SearchDocument[] = Array.from({ length: COUNT_CAP + 2 }, (_, i) => ({
        id: (NOW / 1000) * 1_000_000 + i,
        searchTokens: '停 水',
        platform: i === 0 ? 'site' : 'weibo',
        kind: 'comment',
        sourceId: 1,
        accountId: null,
        sentiment: 0,
        official: false,
        topicId: null,
      }));
      await db.write((tx) => engine.write(tx, many));
      await settle();
      const answer = await engine.count(ask('停水'), true);
      expect(answer).toMatchObject({ total: COUNT_CAP, totalIsLowerBound: true });
      expect(Object.fromEntries(answer.facets?.platform ?? [])).toEqual({ weibo: COUNT_CAP });
    });

    it('forgets what was removed and what was replaced', async () => {
      const [first, second] = await store({ text: '停水' }, { text: '停电' });
      await db.write((tx) => engine.remove(tx, [first?.id ?? 0, 404]));
      await settle();
      expect(await find('停水')).toEqual([]);
      expect(await find('停电')).toEqual(['停电']);
      await store({ ...second, text: '来电了', sentiment: 1, publishedAt: second?.publishedAt ?? 0 });
      expect(await find('停电')).toEqual([]);
      expect(await find('来电', { sentiments: [1] })).toEqual(['来电了']);
      expect((await engine.count(ask(''), true)).total).toBe(1);
    });

    it('keeps the last of several writes of one post, within and across calls of a transaction', async () => {
      const [post] = await store({ text: '甲乙丙丁' });
      if (post === undefined) throw new Error('not stored');
      const doc = documentOf(post);
      await db.write(async (tx) => {
        await engine.write(tx, [
          { ...doc, searchTokens: '甲' },
          { ...doc, searchTokens: '乙' },
        ]);
        await engine.write(tx, [{ ...doc, searchTokens: '丙' }]);
        await engine.remove(tx, [doc.id]);
        await engine.write(tx, [{ ...doc, searchTokens: '丁' }]);
      });
      await settle();
      expect(await find('甲 或 乙 或 丙')).toEqual([]);
      expect(await find('丁')).toHaveLength(1);
    });

    it('follows posts to another topic', async () => {
      const [post] = await store({ text: '停水' });
      const id = post?.id ?? 0;
      await db.write(async (tx) => {
        await tx.run('UPDATE posts SET topic_id = 9 WHERE id = ?', [id]);
        await engine.retopic(tx, [id]);
      });
      await settle();
      expect(await find('停水', { topicId: 9 })).toEqual(['停水']);
      expect(await find('', { topicId: 8 })).toEqual([]);
    });

    it('finds nothing of a transaction that failed', async () => {
      const failing = db.write(async (tx) => {
        const stored = await storePosts(tx, [{ text: '停水', publishedAt: NOW }]);
        await engine.write(tx, stored.map(documentOf));
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      await settle();
      expect((await engine.search(ask('停水'))).ids).toEqual([]);
    });

    it('is empty after clear, and can be written again', async () => {
      const posts = await store({ text: '停水' }, { text: '停电' });
      await db.write((tx) => engine.clear(tx));
      await settle();
      expect(await find('')).toEqual([]);
      expect(await find('停水')).toEqual([]);
      await db.write(async (tx) => {
        await engine.write(tx, posts.map(documentOf));
        await engine.optimize(tx);
      });
      await settle();
      expect(await find('停水')).toEqual(['停水']);
    });

    it('is rebuilt from the records: all of them, and nothing that must not be found', async () => {
      const posts = await store({ text: '停水' }, { text: '停电', state: 'deleted' }, { text: '停气', topicId: 4 });
      await db.write((tx) => engine.clear(tx));
      await engine.rebuild(() => undefined);
      await settle();
      expect(await find('停')).toEqual(['停水', '停气']);
      expect(await find('停', { topicId: 4 })).toEqual(['停气']);
      await db.write((tx) => engine.remove(tx, [posts[0]?.id ?? 0]));
      await settle();
      expect(await find('停')).toEqual(['停气']);
    });

    it('says how many documents it has, and that it follows', async () => {
      await store({ text: '停水' }, { text: '停电' });
      expect(await engine.status()).toMatchObject({ documents: 2, behind: 0, since: null, problem: null });
      expect(await engine.lag()).toEqual({ behind: 0, since: null });
    });

    it('refuses a cursor it did not write', async () => {
      await expect(engine.search({ ...ask('停水'), cursor: 'bm9wZQ' })).rejects.toThrow('翻页位置无效');
    });
  });
}

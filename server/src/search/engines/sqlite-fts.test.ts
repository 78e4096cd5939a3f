import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../../test/database.ts';
import { storePosts } from '../../../test/posts.ts';
import { parseQuery } from '../query-language.ts';
import { documentOf } from '../search-engine.contract.ts';
import { packMarks, unpackMarks } from './marks.ts';
import { SqliteFtsEngine } from './sqlite-fts.ts';

describe('SQLite FTS5 engine', () => {
  it('never remembers a count from before a write, nor from while it is under way', async () => {
    const db = await openTestDatabase();
    const engine = new SqliteFtsEngine(db);
    const total = async () =>
      (await engine.count({ query: { type: 'words', text: '停', tokens: ['停'], quoted: false }, filters: {} }, true))
        .total;
    for (let n = 1; n <= 3; n++) {
      await db.write(async (tx) => {
        await engine.write(
          tx,
          (await storePosts(tx, [{ text: '停水', publishedAt: n * 1_000_000_000 }])).map(documentOf),
        );
        expect(await total()).toBe(n - 1);
      });
      expect(await total()).toBe(n);
      expect(await total()).toBe(n);
    }
    await expect(
      db.write(async (tx) => {
        await engine.clear(tx);
        throw new Error('taken back');
      }),
    ).rejects.toThrow('taken back');
    expect(await total()).toBe(3);
    await db.write((tx) => engine.clear(tx));
    expect(await total()).toBe(0);
  });

  it('never meets a syntax error, whatever is typed', async () => {
    const engine = new SqliteFtsEngine(await openTestDatabase());
    const piece = fc.constantFrom(
      '(',
      ')',
      '"',
      '“',
      '”',
      ' ',
      '-',
      'OR',
      '或',
      'NOT',
      '不含',
      'AND',
      '*',
      '^',
      ':',
      '停水',
      'a',
      '+',
      '{',
      "'",
      '\0',
    );
    const typed = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(piece, { maxLength: 160 }).map((p) => p.join('')),
    );
    await fc.assert(
      fc.asyncProperty(typed, async (q) => {
        const query = parseQuery(q, (text) => Array.from(text)).node;
        await engine.search({ query, filters: { platforms: ['weibo'] }, sort: 'time', cursor: null, limit: 5 });
      }),
      { numRuns: 300 },
    );
  });

  it('packs and unpacks filter values without loss', () => {
    const marks = fc.record({
      platform: fc.constantFrom('weibo', 'wechat', 'site', 'other'),
      kind: fc.constantFrom('post', 'comment', 'message'),
      sentiment: fc.constantFrom(-1, 0, 1, 9),
      sourceId: fc.option(fc.integer({ min: 0, max: 2 ** 20 - 3 })),
      accountId: fc.option(fc.integer({ min: 0, max: 2 ** 22 - 3 })),
    });
    fc.assert(
      fc.property(marks, (m) => {
        const packed = packMarks(m);
        expect(Number.isSafeInteger(packed)).toBe(true);
        expect(unpackMarks(packed)).toEqual(m);
      }),
    );
  });
});

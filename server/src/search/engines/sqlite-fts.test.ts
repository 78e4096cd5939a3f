import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../../test/database.ts';
import { parseQuery } from '../query-language.ts';
import { packMarks, unpackMarks } from './marks.ts';
import { SqliteFtsEngine } from './sqlite-fts.ts';

describe('SQLite FTS5 engine', () => {
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

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { emptyColumns, putRow, rowAt, type Kept } from './columns.ts';
import { createEnricher } from './enricher.ts';

const word = fc.string({ minLength: 1, maxLength: 6 }).filter((s) => !s.includes('\u0001'));
const kept: fc.Arbitrary<Kept> = fc.record({
  searchTokens: fc.string(),
  keywords: fc.array(word),
  hashtags: fc.array(word),
  places: fc.array(word),
  sentiment: fc.constantFrom('positive', 'neutral', 'negative', 'uncertain'),
  sentimentConfidence: fc.double({ min: 0, max: 1, noNaN: true }),
  claimScore: fc.double({ min: 0, max: 1, noNaN: true }),
  question: fc.boolean(),
  fingerprint: fc.string(),
  copyKey: fc.string(),
});

it('gives back every row as it was put', () => {
  fc.assert(
    fc.property(fc.array(kept, { maxLength: 20 }), (rows) => {
      const columns = emptyColumns(rows.length);
      rows.forEach((row, i) => putRow(columns, i, row));
      const crossed = structuredClone(columns);
      expect(rows.map((_, i) => rowAt(crossed, i))).toEqual(rows);
      expect(() => rowAt(crossed, rows.length)).toThrow(RangeError);
    }),
  );
});

it('no word that enrich finds has the mark that stands between words', () => {
  const enricher = createEnricher();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const found = enricher.enrich(`#话题\u0001一#${text}青龙区\u0001人民路`, { official: false, kind: 'post' });
      for (const list of [found.keywords, found.hashtags, found.places])
        expect(list.filter((item) => item.includes('\u0001') || item === '')).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

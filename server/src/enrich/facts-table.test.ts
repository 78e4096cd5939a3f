import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FactsTable } from './facts-table.ts';

// Few characters and many lengths, so that words share slots, keys and beginnings.
const word = fc.oneof(
  fc.string({
    unit: fc.constantFrom('水', '务', '局', 'a', '\u0001', '\ud800', '\uffff'),
    minLength: 1,
    maxLength: 40,
  }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
);

describe('remembered words', () => {
  it('are found again by their letters alone, and nothing else is', () => {
    const table = new FactsTable<{ text: string }>();
    const known = new Map<string, { text: string }>();
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        for (const text of words) {
          const short = text.length <= 32;
          expect(table.get(text)).toBe(short ? known.get(text) : undefined);
          if (!known.has(text) || !short) known.set(text, table.put({ text }));
        }
        for (const [text, facts] of known) if (text.length <= 32) expect(table.get(text)).toBe(facts);
      }),
      { numRuns: 50 },
    );
    table.clear();
    for (const text of known.keys()) expect(table.get(text)).toBeUndefined();
  });

  it('are forgotten between texts when there are too many, never without end', () => {
    const table = new FactsTable<{ text: string }>();
    for (let i = 0; i < 450_000; i++) table.put({ text: `词${String(i)}` });
    expect(table.get('词449999')?.text).toBe('词449999');
    expect(table.get('词1')).toBeUndefined();
    for (let i = 450_000; i < 520_001; i++) table.put({ text: `词${String(i)}` });
    table.trim();
    expect(table.get('词520000')).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterFigures, foundAmong, rankCorrelation } from './cluster-figures.ts';

const division = fc.array(fc.record({ truth: fc.constantFrom('a', 'b', 'c'), found: fc.constantFrom('1', '2', '3') }), {
  minLength: 1,
});

describe('cluster figures', () => {
  it('are one for equal divisions and lower when a group is divided or two are thrown together', () => {
    const pairs = [...'aabbbc'].map((truth) => ({ truth, found: truth.toUpperCase() }));
    expect(clusterFigures(pairs)).toEqual({ bcubed: { precision: 1, recall: 1, f1: 1 }, nmi: 1, clusters: 3 });
    expect(clusterFigures(pairs.map((p, i) => ({ ...p, found: String(i) }))).bcubed).toMatchObject({
      precision: 1,
      recall: 0.5,
    });
    expect(clusterFigures(pairs.map((p) => ({ ...p, found: 'all' }))).bcubed).toMatchObject({
      recall: 1,
      precision: 0.3889,
    });
  });

  it('stay between nought and one, and swap when the divisions swap', () => {
    fc.assert(
      fc.property(division, (pairs) => {
        const figures = clusterFigures(pairs);
        const swapped = clusterFigures(pairs.map(({ truth, found }) => ({ truth: found, found: truth })));
        expect(figures.bcubed.precision).toBeCloseTo(swapped.bcubed.recall, 3);
        for (const value of [figures.bcubed.f1, figures.bcubed.precision]) {
          expect(value).toBeGreaterThan(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('rank correlation is 1 for equal order, −1 for the contrary', () => {
    expect(
      rankCorrelation([
        [1, 10],
        [2, 20],
        [3, 99],
      ]),
    ).toBe(1);
    expect(
      rankCorrelation([
        [1, 3],
        [2, 2],
        [3, 1],
      ]),
    ).toBe(-1);
    expect(
      rankCorrelation([
        [1, 1],
        [2, 1],
      ]),
    ).toBe(0);
  });

  it('an event is found by the topic that is mostly its own', () => {
    const within = new Map([
      ['plant', new Map([['1', 5]])],
      ['parking', new Map([['1', 3]])],
      [
        'bus',
        new Map([
          ['2', 2],
          ['3', 1],
        ]),
      ],
    ]);
    expect(foundAmong(['plant', 'parking', 'bus'], within, ['1', '2'])).toBe(0.6667);
    expect(foundAmong(['bus'], within, ['3'])).toBe(0);
    expect(foundAmong([], within, ['3'])).toBe(0);
  });
});

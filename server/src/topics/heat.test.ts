import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heatAt, stageAt, type HourCount } from './heat.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-24T12:30:00+08:00');
const hoursAgo = (posts: readonly number[]): HourCount[] =>
  posts.map((n, i) => ({
    hour: Math.floor(NOW / HOUR) * HOUR - (posts.length - i) * HOUR,
    posts: n,
    negative: 0,
    decided: n,
  }));

describe('heat', () => {
  it('stays within 0 and 100 and equals the sum of its parts', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { minLength: 1, maxLength: 60 }), fc.nat(10_000_000), (posts, engagement) => {
        const total = posts.reduce((a, b) => a + b, 0);
        const { heat, parts } = heatAt({ hours: hoursAgo(posts), posts: total, opinions: total, engagement }, NOW);
        expect(heat).toBeGreaterThanOrEqual(0);
        expect(heat).toBeLessThanOrEqual(100);
        expect(heat).toBeCloseTo(
          Math.min(
            100,
            parts.reduce((a, p) => a + p.value, 0),
          ),
          1,
        );
      }),
    );
  });

  it('cools when nothing more is said', () => {
    const input = { hours: hoursAgo([5, 50, 80]), posts: 135, opinions: 100, engagement: 0 };
    expect(heatAt(input, NOW + 24 * HOUR).heat).toBeLessThan(heatAt(input, NOW).heat / 2);
  });
});

describe('heat’s order', () => {
  it('puts the larger of two topics first, however suddenly the smaller came', () => {
    const sudden = { hours: hoursAgo([30, 40, 50]), posts: 120, opinions: 120, engagement: 0 };
    const large = { hours: hoursAgo(new Array<number>(24).fill(60)), posts: 1440, opinions: 1000, engagement: 0 };
    expect(heatAt(large, NOW).heat).toBeGreaterThan(heatAt(sudden, NOW).heat);
  });

  it('keeps a grievance warm that gathers letters over weeks', () => {
    const input = { hours: hoursAgo([1]), posts: 40, opinions: 40, engagement: 20 };
    const many = heatAt({ ...input, slow: 30, slowAt: NOW }, NOW).heat;
    expect(many).toBeGreaterThan(heatAt({ ...input, slow: 1, slowAt: NOW }, NOW).heat * 1.5);
    expect(heatAt({ ...input, slow: 30, slowAt: NOW - 60 * 24 * HOUR }, NOW).heat).toBeLessThan(many);
  });
});

describe('the stage', () => {
  it.each([
    [[1, 2, 3, 10, 20, 30], 'rising'],
    [[20, 60, 60, 60, 60, 60], 'peak'],
    [[60, 80, 90, 40, 20, 10], 'falling'],
    [[60, 80, 90, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'falling'],
    [[60, 80, 90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'calm'],
    [[60, 80, 90, 2, 3, 2, 2, 1, 1, 2], 'falling'],
    [[60, 80, 90, 2, 3, 2, 2, 1, 1, 2, 1, 1, 2, 2, 1], 'calm'],
    [[300, 400, 300, ...new Array<number>(24).fill(0), 2, 9, 20], 'rising'],
    [[300, 400, 300, ...new Array<number>(24).fill(7), 7, 6, 8], 'calm'],
  ])('%j is %s', (posts, stage) => {
    expect(stageAt(hoursAgo(posts), NOW - 30 * HOUR, NOW)).toBe(stage);
  });

  it('calls a young, small topic sprouting', () => {
    expect(stageAt(hoursAgo([2, 3]), NOW - 2 * HOUR, NOW)).toBe('sprouting');
  });
});

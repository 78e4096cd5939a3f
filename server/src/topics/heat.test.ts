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
    expect(heatAt(input, NOW + 12 * HOUR).heat).toBeLessThan(heatAt(input, NOW).heat / 2);
  });
});

describe('the stage', () => {
  it.each([
    [[1, 2, 3, 10, 20, 30], 'rising'],
    [[20, 60, 60, 60, 60, 60], 'peak'],
    [[60, 80, 90, 40, 20, 10], 'falling'],
    [[60, 80, 90, 0, 0, 0, 0, 0, 0, 0, 0, 0], 'calm'],
  ])('%j is %s', (posts, stage) => {
    expect(stageAt(hoursAgo(posts), NOW - 30 * HOUR, NOW)).toBe(stage);
  });

  it('calls a young, small topic sprouting', () => {
    expect(stageAt(hoursAgo([2, 3]), NOW - 2 * HOUR, NOW)).toBe('sprouting');
  });
});

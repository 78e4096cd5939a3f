import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LayoutChanged } from '../errors.ts';
import { officeTime, relativeDateMs, weiboDateMs } from './dates.ts';
import { clientName, jsonpBody, listOf, parseCount, regionName, shaped, sift, WireId } from './wire.ts';

const NOW = Date.parse('2026-01-02T08:10:00+08:00');

describe('times', () => {
  it('of Weibo go there and back', () => {
    const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }),
        fc.integer({ min: -12, max: 14 }),
        (s, zone) => {
          const d = new Date((s + zone * 3600) * 1000);
          const two = (n: number) => String(Math.abs(n)).padStart(2, '0');
          const time = [d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds()].map(two).join(':');
          const text = `Tue ${months[d.getUTCMonth()]} ${two(d.getUTCDate())} ${time} ${zone < 0 ? '-' : '+'}${two(zone)}00 ${d.getUTCFullYear()}`;
          expect(weiboDateMs(text)).toBe(s * 1000);
          expect(Date.parse(officeTime(s * 1000))).toBe(s * 1000);
        },
      ),
    );
    expect(weiboDateMs('Tue Foo 31 17:46:55 +0800 2011')).toBeUndefined();
  });

  it.each([
    ['刚刚', '2026-01-02T08:10:00+08:00'],
    ['30秒前', '2026-01-02T08:09:30+08:00'],
    ['5分钟前', '2026-01-02T08:05:00+08:00'],
    ['9小时前', '2026-01-01T23:10:00+08:00'],
    ['今天 07:30', '2026-01-02T07:30:00+08:00'],
    ['昨天 23:59', '2026-01-01T23:59:00+08:00'],
    ['前天 00:01', '2025-12-31T00:01:00+08:00'],
    ['01-01', '2026-01-01T00:00:00+08:00'],
    ['12-31', '2025-12-31T00:00:00+08:00'],
    ['6月23日 10:00', '2025-06-23T10:00:00+08:00'],
    ['2024-09-02', '2024-09-02T00:00:00+08:00'],
    ['2024年9月2日 10:05', '2024-09-02T10:05:00+08:00'],
    ['2024/09/02 10:05:06', '2024-09-02T10:05:06+08:00'],
  ])('%s is %s', (text, expected) => {
    expect(officeTime(relativeDateMs(text, NOW) ?? 0)).toBe(expected);
  });

  it.each(['', '很久以前', '02-31', '2024-13-01', '昨天', '25:00', '2024-01-01 24:00'])('%s is no time', (text) => {
    expect(relativeDateMs(text, NOW)).toBeUndefined();
  });

  it('said without a year are never later than now', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }), (month, day) => {
        const at = relativeDateMs(`${month}-${day}`, NOW) ?? Infinity;
        expect(at).toBeLessThanOrEqual(NOW);
        expect(at).toBeGreaterThan(NOW - 367 * 86_400_000);
      }),
    );
  });
});

describe('counts', () => {
  it.each([
    ['32.6万', 326_000],
    ['1.2亿', 120_000_000],
    ['100万+', 1_000_000],
    ['1,234', 1234],
    ['7', 7],
    ['', undefined],
    ['-1', undefined],
    ['转发', undefined],
    [null, undefined],
    [-3, undefined],
    [3.9, 3],
    [Infinity, undefined],
  ])('%s is %s', (value, expected) => {
    expect(parseCount(value)).toBe(expected);
  });

  it('are whole, safe and not negative, whatever is sent', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.stringMatching(/^\d{0,20}\.?\d{0,8}[万亿]?\+?$/)), (value) => {
        const count = parseCount(value);
        if (count !== undefined) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.nat(), (n) => {
        expect(parseCount(n.toLocaleString('en-US'))).toBe(n);
      }),
    );
  });
});

describe('wire shapes', () => {
  it('take lists in every form', () => {
    for (const list of [[1, 2], { 0: 1, 1: 2 }]) expect(listOf(list)).toEqual([1, 2]);
    for (const none of [false, null, undefined, '']) expect(listOf(none)).toEqual([]);
  });

  it('lose one broken entry, not the page', () => {
    expect(sift(z.object({ id: WireId }), [{ id: 5200000000000001 }, null, { id: 'x' }, { id: '7' }])).toEqual({
      good: [{ id: '5200000000000001' }, { id: '7' }],
      broken: 2,
    });
  });

  it('name the field that changed and never its value', () => {
    const read = () => shaped(z.object({ a: z.object({ b: z.number() }) }), { a: { b: 'SECRET' } }, '微博接口');
    expect(read).toThrow(LayoutChanged);
    expect(read).toThrow(/a\.b/u);
    expect(read).not.toThrow(/SECRET/u);
  });

  it('give up their small texts', () => {
    expect(clientName('<a href="http://x" rel="nofollow">微博网页版</a>')).toBe('微博网页版');
    expect(clientName('iPhone客户端')).toBe('iPhone客户端');
    expect(['发布于 北京', '来自上海', '来自 北京', 'IP属地：广东', ''].map(regionName)).toEqual([
      '北京',
      '上海',
      '北京',
      '广东',
      '',
    ]);
    expect(jsonpBody('window.cb && cb({"a":"(1)"});')).toBe('{"a":"(1)"}');
    expect(jsonpBody('no')).toBeUndefined();
  });
});

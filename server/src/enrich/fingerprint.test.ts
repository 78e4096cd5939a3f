import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COPY_DISTANCE, fingerprint, hamming } from './fingerprint.ts';
import { fold } from './normalise.ts';

const of = (text: string) => fingerprint(fold(text));
const TEXT = '青龙水库今天上午例行开闸，下游水位略有上涨，请沿河居民不要下河游泳、捕鱼，注意安全。';

describe('fingerprint', () => {
  it.each([
    ['emoji and emoticons', `😱${TEXT}[泪][泪]🙏`],
    ['marks and white space', TEXT.replaceAll('，', ' ! ').replace('。', '！！')],
    ['full width and traditional characters', TEXT.replace('青龙水库', '青龍水庫').replace('注意', '　注意')],
    ['links and handles', `@某某 ${TEXT} http://t.cn/a1B2`],
    ['zero-width characters', [...TEXT].join('\u200b')],
  ])('is the same with %s added', (_, copy) => {
    expect(of(copy)).toEqual(of(TEXT));
  });

  it('is near after a small edit and far for another text', () => {
    expect(hamming(of(TEXT).fingerprint, of(TEXT + '转发').fingerprint)).toBeLessThanOrEqual(COPY_DISTANCE);
    const other = '公交票价从下月起调整，老年卡仍可免费乘车，具体方案以公告为准，欢迎提出意见。';
    expect(hamming(of(TEXT).fingerprint, of(other).fingerprint)).toBeGreaterThan(COPY_DISTANCE);
  });

  it('is empty for a short text, which is near to nothing', () => {
    const short = of('加油！！！').fingerprint;
    expect(short).toBe('');
    expect(hamming(short, short)).toBe(64);
  });

  it('depends on nothing but the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 400 }), (a, b) => {
        const first = of(a);
        of(b);
        expect(of(a)).toEqual(first);
        expect(first.fingerprint).toMatch(/^(?:[0-9a-f]{16})?$/);
      }),
    );
  });

  it('counts differing bits', () => {
    expect(hamming('0000000000000000', 'ffffffffffffffff')).toBe(64);
    expect(hamming('8000000000000001', '0000000000000000')).toBe(2);
  });
});

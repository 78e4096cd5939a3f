import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, ownWords, withoutLinks } from './normalise.ts';

describe('fold', () => {
  it('folds width, case and script, and drops what is invisible', () => {
    expect(fold('ＡＢＣ１２３，停\u200b水！請問')).toBe('abc123,停水!请问');
  });

  it('turns lone surrogates into spaces and keeps pairs', () => {
    expect(fold('a\ud800b\udc00c😀')).toBe('a b c😀');
  });

  it('is idempotent, well-formed and never longer', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }), (units) => {
        const text = String.fromCharCode(...units);
        const once = fold(text);
        expect(fold(once)).toBe(once);
        expect(once.isWellFormed()).toBe(true);
        expect(once.length).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});

describe('own words', () => {
  it.each([
    ['说得对//@甲:停水了//@乙:真的', '说得对', false],
    ['//@甲:停水了//@乙:真的', '停水了', true],
    ['回复@甲:什么时候来水', '什么时候来水', false],
    ['没有引用', '没有引用', false],
  ])('%s', (text, own, quoted) => {
    expect(ownWords(text)).toEqual({ own, quoted });
  });

  it('are cut without links and handles', () => {
    expect(withoutLinks('@某人 看 http://t.cn/x1 这里').replace(/\s+/g, ' ').trim()).toBe('看 这里');
  });
});

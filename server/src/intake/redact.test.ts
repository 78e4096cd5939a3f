import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact } from './redact.ts';

const digit = fc.integer({ min: 0, max: 9 }).map(String);
const digits = (n: number) => fc.array(digit, { minLength: n, maxLength: n }).map((d) => d.join(''));
const around = fc.constantFrom('', '请联系', '我的电话：', '，谢谢', ' ', '（', '）', '号码是');

describe('redact', () => {
  it.each([
    ['电话13800138000，尽快', '电话［手机号］，尽快'],
    ['138-0013-8000', '［手机号］'],
    ['１３８００１３８０００', '［手机号］'],
    ['+86 13800138000', '［手机号］'],
    ['身份证11010119900307123X', '身份证［身份证号］'],
    ['卡号6222 0212 3456 7890 123。', '卡号［银行卡号］。'],
    ['发到 a.b@example.com 吧', '发到 ［邮箱］ 吧'],
    ['澜A12345 占道', '澜A12345 占道'],
    ['苏A·12345占道', '［车牌号］占道'],
    ['@小明 你看', '@［用户］ 你看'],
    ['0571-87654321', '［电话］'],
  ])('%s', (text, expected) => {
    expect(redact(text, false).text).toBe(expected);
  });

  it('leaves figures, dates and service numbers alone', () => {
    for (const text of [
      '2026年11月24日停水12小时',
      '拨打12345',
      '共投入12345678元',
      '降水量100.5毫米',
      'K123路公交',
      '2026-11-24 08:10',
    ]) {
      expect(redact(text, false)).toEqual({ text, found: 0 });
    }
  });

  it('keeps the handles and service lines of offices', () => {
    const text = '请关注@澜江水务，咨询电话0571-87654321';
    expect(redact(text, true).text).toBe(text);
  });

  it('never lets a mobile number through, whatever stands around it', () => {
    fc.assert(
      fc.property(
        around,
        fc.constantFrom('3', '5', '7', '8', '9'),
        digits(9),
        around,
        fc.boolean(),
        (before, second, rest, after, official) => {
          const number = `1${second}${rest}`;
          expect(redact(`${before}${number}${after}`, official).text).not.toContain(number);
        },
      ),
    );
  });

  it('never lets an ID card through', () => {
    fc.assert(
      fc.property(
        around,
        digits(5),
        fc.integer({ min: 1940, max: 2025 }),
        digits(3),
        around,
        (before, area, year, tail, after) => {
          const card = `1${area}${year}0315${tail}X`;
          expect(redact(`${before}${card}${after}`, false).text).not.toContain(card);
        },
      ),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const once = redact(text, false).text;
        expect(redact(once, false).text).toBe(once);
      }),
    );
  });
});

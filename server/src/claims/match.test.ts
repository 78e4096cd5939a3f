import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { polarityDiffers } from '../enrich/negation.ts';
import {
  claimOfRuling,
  DebunkMatcher,
  matchDebunks,
  numbersContradict,
  RELATE_AT,
  sameClaim,
  SUGGEST_AT,
} from './match.ts';

const LIBRARY = [
  { id: 'dam', claim: '青龙水库大坝出现裂缝即将溃坝', summary: '经现场核查，坝体安全，水位正常。' },
  { id: 'bus', claim: '公交票价将从2元涨到3元', summary: '调价方案已公告。' },
  { id: 'garlic', claim: '吃大蒜可以预防流感', summary: '没有证据。' },
  { id: 'salt', claim: '碘盐可以防辐射' },
];

describe('match', () => {
  it('finds the debunk behind a retelling and shows the sentence', () => {
    const [best] = matchDebunks('刚在群里看到的。说是青龙水库大坝出现裂缝，马上就要溃坝！大家快跑', LIBRARY);
    expect(best?.id).toBe('dam');
    expect(best?.score).toBeGreaterThan(SUGGEST_AT);
    expect(best?.sentence).toContain('青龙水库');
  });

  it('scores a negated retelling lower than a plain one', () => {
    const matcher = new DebunkMatcher(LIBRARY);
    const [plain] = matcher.match('听说吃大蒜可以预防流感');
    const [negated] = matcher.match('医生说吃大蒜不可以预防流感');
    expect(negated?.negationDiffers).toBe(true);
    expect(negated?.score ?? 1).toBeLessThan((plain?.score ?? 0) * 0.7);
  });

  it('notices another number', () => {
    const [best] = matchDebunks('公交票价要从2元涨到3元了', [{ id: 'x', claim: '公交票价将涨到15元' }]);
    expect(best?.numbersDiffer).toBe(true);
  });

  it('relates nothing to a text about something else', () => {
    const [best] = matchDebunks('今天天气很好，人民公园的花都开了', LIBRARY);
    expect(best?.score ?? 0).toBeLessThan(SUGGEST_AT);
  });

  it('gives nothing for an empty library or an empty text', () => {
    expect(matchDebunks('青龙水库', [])).toEqual([]);
    expect(matchDebunks('', LIBRARY)).toEqual([]);
  });
});

describe('what may never be related', () => {
  const place = fc.constantFrom('青龙水库', '泉塘街道', '人民医院', '桐荫小学', '澜江大桥');
  const event = fc.constantFrom('出现裂缝', '停止供水', '发生泄漏', '收取费用', '关闭大门');

  it('a claim and its denial, wherever it stands', () => {
    fc.assert(
      fc.property(
        place,
        event,
        fc.constantFrom('没有', '不会', '并未'),
        fc.constantFrom('', '刚才', '听说'),
        (p, e, no, before) => {
          const library = [{ id: 'x', claim: `${p}${e}` }];
          const [plain] = matchDebunks(`${before}${p}${e}，大家注意`, library);
          const [denied] = matchDebunks(`${before}${p}${no}${e}，大家放心`, library);
          expect(plain?.score).toBeGreaterThanOrEqual(SUGGEST_AT);
          expect(denied?.negationDiffers).toBe(true);
          expect(denied?.score ?? 0).toBeLessThan(SUGGEST_AT);
        },
      ),
    );
  });

  it('another number of the same thing is offered at most', () => {
    fc.assert(
      fc.property(place, fc.integer({ min: 2, max: 999 }), fc.integer({ min: 2, max: 999 }), (p, a, b) => {
        const [match] = matchDebunks(`${p}门票从明天起涨到${b}元`, [{ id: 'x', claim: `${p}门票从明天起涨到${a}元` }]);
        expect(match?.numbersDiffer).toBe(a !== b);
        expect((match?.score ?? 0) >= RELATE_AT).toBe(a === b);
      }),
    );
  });

  it('numbers contradict only where both count the same thing, whichever text is read first', () => {
    const count = fc.tuple(fc.integer({ min: 1, max: 99 }), fc.constantFrom('人', '元', '例'));
    fc.assert(
      fc.property(count, count, ([a, unitA], [b, unitB]) => {
        const [x, y] = [`共有${a}${unitA}`, `共有${b}${unitB}`];
        expect(numbersContradict(x, y)).toBe(unitA === unitB && a !== b);
        expect(numbersContradict(y, x)).toBe(numbersContradict(x, y));
      }),
    );
  });

  it('nothing differs from itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(polarityDiffers(text, text)).toBe(false);
        expect(numbersContradict(text, text)).toBe(false);
      }),
    );
  });
});

describe('claims', () => {
  it('reads the claim out of a ruling', () => {
    expect(claimOfRuling('经查，此微博称“青龙水库大坝已经溃坝”不实。被投诉人言论构成“发布不实信息”。')).toBe(
      '青龙水库大坝已经溃坝',
    );
  });

  it.each([
    ['吃大蒜会预防流感', '吃大蒜不会预防流感', true],
    ['明天停课', '明天停课的通知已发', false],
    ['青龙水库没有溃坝', '青龙水库溃坝了', true],
    ['是不是停课', '明天停课', false],
  ])('%s / %s differ in polarity: %s', (a, b, differ) => {
    expect(polarityDiffers(a, b)).toBe(differ);
  });

  it('knows one claim in two wordings from two claims', () => {
    expect(sameClaim('网传青龙水库大坝出现裂缝即将溃坝', '青龙水库大坝出现裂缝，即将溃坝？')).toBe(true);
    expect(sameClaim('青龙水库大坝出现裂缝', '白石水库大坝例行检修')).toBe(false);
  });
});

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEnricher, type Enricher } from './enricher.ts';

const POST = { official: false, kind: 'post' } as const;
let enricher: Enricher;

beforeAll(() => {
  enricher = createEnricher();
});

/** True when `part` stands in `whole` as neighbours in order: what a phrase query asks. */
function hasPhrase(whole: string[], part: string[]): boolean {
  return whole.some((_, i) => part.every((token, k) => whole[i + k] === token));
}

describe('keywords', () => {
  it('are no names of emoticons', () => {
    const { keywords } = enricher.enrich('水管爆了[裂开][怒骂]，小区停水[并不简单]', POST);
    expect(keywords).toContain('停水');
    expect(keywords.filter((word) => /裂开|怒骂|简单/u.test(word))).toEqual([]);
    expect(enricher.enrich('[关于小区停水的通知]今晚停水', POST).keywords).toContain('停水');
  });
});

describe('search tokens', () => {
  it.each([
    ['市气象台发布暴雨预警信号', '暴雨'],
    ['市气象台发布暴雨预警信号', '暴雨预警'],
    ['泉塘街道的自来水又停了', '泉塘'],
    ['西江市教育局通知明天停课', '教育局'],
    ['ＷＥＣＨＡＴ群里都在传', 'wechat'],
    ['請問自來水什麼時候恢復', '自来水'],
    ['转移群众326人', '326'],
  ])('%s is found by %s', (text, query) => {
    const tokens = enricher.searchTokens(text).split(' ');
    const asked = enricher.queryTokens(query);
    expect(asked.length).toBeGreaterThan(0);
    expect(hasPhrase(tokens, asked)).toBe(true);
  });

  it('are not found by what the text does not say', () => {
    const tokens = enricher.searchTokens('市气象台发布暴雨预警信号').split(' ');
    expect(hasPhrase(tokens, enricher.queryTokens('预警暴雨'))).toBe(false);
  });

  it('leave out links, handles and marks', () => {
    expect(enricher.searchTokens('@某某某 看这里 http://t.cn/abcd ！？【】')).toBe('看 这里');
  });

  it('hold nothing but letters, digits and single spaces, whatever comes in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { searchTokens } = enricher.enrich(text, POST);
        expect(searchTokens).toMatch(/^(?:[^\s\p{P}\p{C}]+(?: [^\s\p{P}\p{C}]+)*)?$/u);
        expect(enricher.queryTokens(text).join(' ')).toBe(searchTokens);
      }),
      { numRuns: 300 },
    );
  });
});

describe('dictionary', () => {
  it('keeps an added word whole and forgets a removed one', () => {
    const text = '昨晚青石巷坝头片区又断水';
    expect(enricher.enrich(text, POST).tokens).not.toContain('青石巷坝头');
    enricher.setDictionary([{ word: '青石巷坝头', kind: 'place' }]);
    const added = enricher.enrich(text, POST);
    expect(added.tokens).toContain('青石巷坝头');
    expect(added.places).toContain('青石巷坝头');
    enricher.setDictionary([]);
    expect(enricher.enrich(text, POST).tokens).not.toContain('青石巷坝头');
  });
});

describe('both bindings', () => {
  it('cut alike', () => {
    const other = createEnricher({ segmenter: '@node-rs/jieba' });
    expect(other.segmenterName()).toBe('@node-rs/jieba');
    for (const text of [
      '市教育局发布停课通知，请家长注意接送时间。',
      '公交票价要涨到三元，老百姓怎么办',
      '防汛指挥部启动四级响应',
    ]) {
      expect(other.searchTokens(text)).toBe(enricher.searchTokens(text));
    }
  });
});

describe('places, keywords, hashtags', () => {
  it.each([
    ['A7县泉塘街道停水', ['A7县', '泉塘街道']],
    ['西江市教育局今早发布通知', ['西江市教育局']],
    ['听说青龙水库大坝漏水', ['青龙水库大坝']],
    ['武汉市的朋友还好吗', ['武汉']],
    ['搅拌站夜间施工太吵', []],
    ['这里治安很差，部分小区供水中断', []],
    ['大家平平安安，欢度国庆，乌鲁木齐不再故步自封', ['乌鲁木齐']],
  ])('%s', (text, places) => {
    const found = enricher.enrich(text, POST).places;
    expect(found.slice(0, 2)).toEqual(places);
  });

  it('names what the text is about and no filler', () => {
    const { keywords } = enricher.enrich('真的希望有关部门管管，搅拌站夜间施工噪音扰民，今天又吵了一晚', POST);
    expect(keywords).toContain('搅拌站');
    expect(keywords).not.toContain('今天');
    expect(keywords.length).toBeLessThanOrEqual(6);
  });

  it('reads hashtags once each', () => {
    expect(enricher.enrich('#暴雨停课# 注意安全 #暴雨停课##西江发布#', POST).hashtags).toEqual([
      '暴雨停课',
      '西江发布',
    ]);
  });
});

describe('verdicts', () => {
  it.each([
    ['感谢一线的工作人员，你们辛苦了，向你们致敬[赞]', 'positive'],
    ['太让人生气了，停水三天没人管，电话也没人接[怒]', 'negative'],
  ])('%s is %s', (text, sentiment) => {
    expect(enricher.enrich(text, { official: false, kind: 'comment' }).sentiment).toBe(sentiment);
  });

  it('scores an urgent second-hand claim above thanks, with reasons in words', () => {
    const claim = enricher.enrich('紧急扩散！听朋友说青龙水库大坝已经裂了，下游死了好几个人，大家赶紧跑，速转！', POST);
    const thanks = enricher.enrich('谢谢你们的回复，问题已经解决了，给你们点个赞，辛苦了', POST);
    expect(claim.claimScore).toBeGreaterThan(thanks.claimScore);
    expect(claim.claimReasons).toEqual(expect.arrayContaining(['无来源', '转述他人说法', '提到伤亡']));
  });

  it('suggests three departments for a message, with the words that speak for them', () => {
    const { department } = enricher.enrich('孩子今年幼升小，学区划分不合理，小学学位不够，请教育局解决', {
      official: false,
      kind: 'message',
    });
    expect(department).toHaveLength(3);
    expect(department?.[0]?.id).toBe('教育文体');
    expect(department?.[0]?.reasons.length).toBeGreaterThan(0);
    expect(enricher.enrich('同样的话', POST).department).toBeUndefined();
  });

  it.each([
    ['请问什么时候恢复供水？', true],
    ['我们小区停水两天了', true],
    ['希望有关部门尽快解决', true],
    ['武汉加油！', false],
    ['为什么？', false],
  ])('%s asks the office: %s', (text, asks) => {
    expect(enricher.enrich(text, { official: false, kind: 'comment' }).question).toBe(asks);
  });
});

describe('hostile text', () => {
  it('gives finite figures and no exception for any string', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }), (units) => {
        const text = String.fromCharCode(...units);
        const result = enricher.enrich(text, { official: false, kind: 'message' });
        expect(Number.isFinite(result.sentimentConfidence)).toBe(true);
        expect(result.claimScore).toBeGreaterThanOrEqual(0);
        expect(result.claimScore).toBeLessThanOrEqual(1);
        expect(result.copyKey).toMatch(/^[0-9a-f]{16}$/);
        expect(result.searchTokens.isWellFormed()).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['停水', '[', '#\n', '@', '//@', 'http://', '搅', '𠀀', ' ', '？！'])(
    'survives 100,000 characters of %j',
    (unit) => {
      const text = unit.repeat(Math.ceil(100_000 / unit.length)).slice(0, 100_000);
      const result = enricher.enrich(text, { official: false, kind: 'message' });
      expect(result.keywords.length).toBeLessThanOrEqual(6);
    },
  );
});

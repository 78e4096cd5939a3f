import { describe, expect, it } from 'vitest';
import { otherMatter, sameMatter } from './matters.ts';
import { answers, likeness, pairsOf, type Said } from './wording.ts';

const said = (text: string, words: string[] = [], places: string[] = []): Said => ({
  text,
  pairs: pairsOf(text),
  words: new Set([...words, ...places]),
  places,
});

describe('one kind of event in the words of people and of offices', () => {
  it.each([
    ['公交要涨价了', '关于公交票价调整的公告'],
    ['水费又要提价', '我市水价拟上调'],
    ['泉塘路断水了', '泉塘路暂停供水的通知'],
    ['整条街都没电', '因检修，部分区域停止供电'],
    ['大桥封路了', '对澜江大桥实施交通管制'],
    ['地铁二号线停了，听说停运一个月', '二号线暂停运营'],
    ['那家超市要关门', '该超市将停止营业'],
    ['学校停课', '推迟开学的通知'],
  ])('%s — %s', (a, b) => {
    expect(sameMatter(a, b)).toBe(true);
    expect(otherMatter(a, b)).toBe(false);
  });

  it.each([
    ['公交要涨价了', '公交线路停运'],
    ['泉塘路断水了', '泉塘路封闭施工'],
  ])('%s is another kind than %s', (a, b) => {
    expect(sameMatter(a, b)).toBe(false);
    expect(otherMatter(a, b)).toBe(true);
  });

  it('an office answers the thing and what befalls it, whatever its words', () => {
    const fare = said('澜江公交要涨价了，内部文件都下来了', ['公交', '涨价', '内部'], []);
    expect(answers(fare, '【票价听证公告】公交普通线路票价由 2 元调整为 3 元')).toBe(true);
    expect(answers(fare, '【公告】公交 3 路临时绕行')).toBe(false);
    expect(answers(fare, '【公告】自来水价格调整听证会')).toBe(false);
    const water = said('泉塘小区断水三天了', ['断水'], ['泉塘小区']);
    expect(answers(water, '关于泉塘小区供水中断的情况说明')).toBe(true);
    expect(answers(water, '关于柳岸华府供水中断的情况说明')).toBe(false);
  });

  it('who denies it does not tell it', () => {
    const told = said('澜江公交票价下个月要涨到三元', ['公交', '票价'], ['澜江公交']);
    const denied = said('澜江公交票价下个月没有要涨到三元', ['公交', '票价'], ['澜江公交']);
    expect(likeness(told, denied)).toBe(0);
  });
});

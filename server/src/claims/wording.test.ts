import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answers, bestStatement, checkable, likeness, pairsOf, statementOf, telling, type Said } from './wording.ts';

const said = (text: string, words: string[] = [], places: string[] = []): Said => ({
  text,
  pairs: pairsOf(text),
  words: new Set([...words, ...places]),
  places,
});

describe('one rumour in other words', () => {
  const first = said('青龙水库大坝出现渗漏，下游的人今晚赶紧往高处走', ['大坝', '渗漏'], ['青龙水库']);
  it.each([
    [
      'the same place and matter',
      said('我表哥在青龙水库边上，说坝脚已经渗水了，今晚要泄洪', ['渗水'], ['青龙水库']),
      true,
    ],
    ['the same things, no place', said('群里都在传水库大坝渗漏要决堤，大家快收拾东西', ['大坝', '渗漏'], []), true],
    ['another reservoir', said('白石水库大坝例行放水检修，水位正常', ['大坝'], ['白石水库']), false],
    [
      'no place named, the same thing',
      said('群里都在传水库要决堤，爸妈在收拾东西了', ['水库', '决堤'], ['东西']),
      true,
    ],
    ['the place within another name', said('青龙水库大坝漏水，领导不敢公开说', ['大坝', '水库'], ['水库大坝']), true],
    ['no place named, another thing', said('听说尾矿要决堤了，快收拾东西', ['尾矿'], []), false],
    ['the contrary', said('青龙水库大坝没有渗漏，下游的人不用走', ['大坝', '渗漏'], ['青龙水库']), false],
    ['the same place, another matter', said('青龙水库边上新修了步道，周末可以去走走', ['步道'], ['青龙水库']), false],
  ])('%s', (_, other, same) => {
    expect(likeness(other, first) > 0).toBe(same);
  });

  it('is told by those too who say that it is kept quiet', () => {
    const quiet = said('青龙水库大坝渗漏，领导不让大家说', ['大坝', '渗漏'], ['青龙水库']);
    const loud = said('青龙水库大坝渗漏，通知让大家往高处走', ['大坝', '渗漏'], ['青龙水库']);
    expect(likeness(quiet, loud)).toBeGreaterThan(0);
  });

  it('is symmetric where nobody only wishes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        const [x, y] = [said(a), said(b)];
        expect(likeness(x, y)).toBe(likeness(y, x));
      }),
    );
  });
});

describe('what can be checked', () => {
  it.each([
    ['桐荫小学二十多个孩子食堂吃完饭上吐下泻', true],
    ['公交票价下个月要涨到3元，内部文件都下来了', true],
    ['希望早日涨价结束，大家平安', false],
    ['武汉加油，致敬每一位医护人员', false],
    ['水库大坝渗漏是真的吗', false],
    ['德国死亡率低但治愈率也低', false],
  ])('%s: %s', (text, can) => {
    expect(checkable(text)).toBe(can);
  });

  it('tells news from a slogan that many pass on', () => {
    expect(telling('听说这家平台的高层已经失联，三万多人的存款取不出来，大家赶紧去报案登记')).toBe(true);
    expect(telling('走路五分钟的学校不能上，要坐六站公交去新校，还要过两个大路口。我们只要就近入学')).toBe(false);
    expect(telling('打了水务热线，回答是“看公告”，公告是“请拨打热线”。我们单元已经自己凑钱买了三天的水了')).toBe(false);
    expect(telling('抢修慢可以理解，瞒着不说理解不了，整条街的人都在等一句准话')).toBe(false);
    expect(telling('众志成城，共克时艰，中国加油，武汉加油，一切都会好起来的')).toBe(false);
  });

  it.each(['等车等二十分钟，涨价倒是快', '给你们点赞，二十多人撤离得很及时', '一条假消息害得半个县城撤离'])(
    'praise, gripes and talk of a lie state nothing: %s',
    (text) => {
      expect(checkable(text)).toBe(false);
    },
  );

  it('strips to whom a comment answers', () => {
    expect(statementOf('回复@［用户］:青龙水库大坝出现裂缝🙏。')).toBe('青龙水库大坝出现裂缝');
  });

  it('is told by its most common wording that names the place and not somebody’s cousin', () => {
    const told = [
      ['我表哥说青龙水库大坝渗水了', 'a'],
      ['青龙水库大坝出现渗漏，下游快走', 'b'],
      ['大坝渗漏', 'c'],
      ['谢谢提醒', 'd'],
    ].map(([text = '', voice = '']) => ({ text, voice }));
    expect(bestStatement(told, ['青龙水库'])).toBe('青龙水库大坝出现渗漏，下游快走');
    expect(bestStatement(told.slice(3), [])).toBeNull();
  });

  it('knows the official word on it, and no other', () => {
    const claim = said('青龙水库大坝出现渗漏，下游的人快走', ['水库', '大坝'], ['青龙水库']);
    expect(answers(claim, '【辟谣】网传“青龙水库大坝渗漏”不实，监测正常')).toBe(true);
    expect(answers(claim, '【情况说明】青龙水库步道今起开放')).toBe(false);
  });

  it('states without the marks of passing on', () => {
    expect(statementOf('转：刚收到，青龙水库大坝出现裂缝[泪]')).toBe('青龙水库大坝出现裂缝');
  });
});

import { describe, expect, it } from 'vitest';
import { isGrievance, isPublished } from './grievance.ts';
import { telling } from './wording.ts';

describe('a grievance is no claim', () => {
  it.each([
    '走路五分钟的学校不能上，要坐六站公交去汀兰新校，孩子明年九月上学，家里只有老人接送，这样划分合理吗',
    '我是柳岸华府三期的业主，开发商说好的幼儿园到现在还没有动工，多次找物业和社区都没有结果，孩子只能到三公里外去上学',
    '我们小区停水已经四天了，物业说在等通知，老人孩子都没法洗澡，有关部门能不能来个人看看到底是什么原因，给大家一句准话',
    '打了三次热线，每次都说已经记录，一个星期过去了，楼下烧烤店的油烟照样往屋里灌，开着窗根本没法睡觉，谁来管一管',
    '停水四十个小时，一句道歉都是最后才有，接了三桶水，沉淀完只能冲厕所，别再用陆续恢复这种话来应付居民了',
    '每天早高峰等车半个多小时，公交公司把班次砍了一半，站台上挤满了人，上学的孩子天天迟到，上班的人只能去打车',
    '尊敬的领导，本人在城东医院办理出院时，社保卡无法结算，窗口让去找医保局，医保局又让回医院，跑了四趟还没有办好',
  ])('%s', (text) => {
    expect(isGrievance(text)).toBe(true);
    expect(telling(text)).toBe(false);
  });

  it.each([
    '城东医院昨天夜里送来二十多个孩子，听说都是吃了同一家公司送的盒饭，家长已经把医院大厅站满了，学校一个字也不肯讲',
    '【震惊】某品牌花露水遇火即燃，一位母亲给孩子涂完花露水点蚊香，瞬间烧成火人，家里有孩子的一定要看看',
    '我表姐在银行上班，她说下个月起存款超过五万都要说明来源，不说明就冻结账户，现在柜台前排队的人已经挤不下了，大家赶紧去取',
    '三岁男孩昨天下午在南门市场被一个穿灰衣服的女人抱走，家里急疯了，求大家帮忙转发，看到的人请马上联系',
  ])('told of others: %s', (text) => {
    expect(isGrievance(text)).toBe(false);
    expect(telling(text)).toBe(true);
  });

  it('news may exclaim and ask, a person who asks only asks', () => {
    expect(
      telling('【这也能信？】青石镇一村民家的母猪昨天生下一头长着人脸的小猪，前来围观的人把路都堵死了！你信吗？'),
    ).toBe(true);
    expect(telling('青石镇那头长着人脸的小猪是真的吗，有没有人亲眼看到过，我们这边的人都在问这件事情，谁能说说')).toBe(
      false,
    );
    expect(isPublished('转：青石镇的小猪')).toBe(true);
    expect(isPublished('听说青石镇的小猪')).toBe(false);
  });
});

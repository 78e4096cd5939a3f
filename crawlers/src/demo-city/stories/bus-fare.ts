/**
 * In: the moment the demo starts. Out: 公交涨价到 3 元: doubted for six days, officials silent, then confirmed with a hearing notice.
 * Called by: the world and truth.ts.
 */
import type { Story, Timeline } from '../story.ts';
import { lines, type Voice } from '../voice.ts';

const leak: Voice = {
  mood: 'doubting',
  weight: 1.5,
  copied: true,
  core: [
    '听公交公司的人说，下个月起全市公交普通票价从2元涨到3元，老年卡也要限次，已经开会定了',
    '澜江公交要涨价了，2块变3块，学生卡折扣取消，内部文件都下来了，就等公布',
  ],
};

const guessing: Voice[] = [
  leak,
  {
    mood: 'asking',
    weight: 2,
    core: lines(`
      公交真的要涨到三块吗
      听司机说要涨价，有没有正式通知
      涨价是哪天开始，月票怎么算
      老年卡是不是要限次数了
      学生卡会不会受影响
      涨价不用开听证会吗
      快线2号也涨吗，本来就四块
      换乘优惠还有没有
      要是涨到三块，一个月多花好几十，能不能回应一下
    `),
    detail: lines(`
      每天两趟，雷打不动
      {bus}的司机也这么说
      站台上的大爷大妈都在聊
      官网找了一圈没有
      打公交热线说“没接到通知”
      家里三个人都坐公交
    `),
  },
  {
    mood: 'angry',
    weight: 1.4,
    core: lines(`
      等车等二十分钟，涨价倒是快
      先把{bus}的班次恢复了再谈涨价
      工资没涨，车票先涨
      车里空调都不开，凭什么三块
      上下班刚需，涨一块也是涨
      一问就说亏损，账本公开过吗
      打工人的交通费又多一笔
      这种事总是最后才通知我们
      {bus}晚上八点就收车，涨价以后能到十点吗
    `),
  },
  {
    mood: 'doubting',
    core: lines(`
      又是谣言吧，去年也传过一次
      没有红头文件我不信
      公交票价是政府定价，要听证的，哪能说涨就涨
      等澜江交通出来说一句
      没有通知就别瞎传
      不辟谣就是真的
    `),
  },
  {
    mood: 'joking',
    weight: 0.6,
    core: lines(`
      涨到三块我就走路，顺便减肥
      共享单车看到这条笑出了声
      三块钱的公交，希望配三块钱的座
      我和{bus}的感情，即将升值百分之五十
    `),
  },
];

const confirmed: Voice[] = [
  {
    mood: 'angry',
    weight: 2,
    core: lines(`
      果然是真的，当时还有人骂我传谣
      一个星期不说话，一说话就是听证公告
      遥遥领先的预言家，评论区都是
      所以之前打热线说没接到通知，是什么意思
      涨可以，班次和候车时间写进承诺里
      听证会参加人怎么选的，会不会全票通过
      低收入的怎么办，有没有补贴
    `),
  },
  {
    mood: 'calm',
    weight: 1.6,
    core: lines(`
      十四年没涨过，成本确实高了，能理解
      方案写了一小时内免费换乘，算下来不一定多花
      老年人免费不变，这点可以
      学生五折保留了，还行
      有听证就好好提意见，我已经报名了
      用公交卡 2.4 元，没有三块那么吓人
    `),
  },
  {
    mood: 'asking',
    weight: 1.2,
    core: lines(`
      听证会怎么报名
      月票多少钱一张
      换乘优惠手机扫码算不算
      什么时候正式执行
      区间线路是不是按段收费
      残疾人卡有没有变化
    `),
  },
];

export function busFare(t: Timeline): Story {
  const from = t.at(9, '18:30');
  const confirm = t.at(3, '16:00');
  return {
    truth: {
      id: 'bus-fare',
      title: '公交票价拟调至 3 元',
      kind: 'claim',
      from,
      to: t.at(1, '22:00'),
      keywords: ['公交', '涨价', '3元', '票价', '听证', '老年卡'],
      verdict: 'true',
      claim: '澜江市公交普通票价将从 2 元调整为 3 元',
      answeredAt: confirm,
      stage: '回落',
    },
    posts: [
      {
        key: 'confirm',
        at: confirm,
        platform: 'weibo',
        account: '澜江交通',
        text: '【公交票价听证公告】我市拟调整城市公交票价：普通线路票价由 2 元调整为 3 元，刷公交卡或扫码八折，一小时内换乘免费；老年人、残疾人免费乘车和学生五折政策不变。听证会将于下月中旬召开，即日起公开征集消费者参加人 12 名。#公交票价听证#',
        likes: 318,
        reposts: 907,
      },
      {
        key: 'explain',
        at: t.at(2, '10:00'),
        platform: 'weibo',
        account: '澜江交通',
        text: '【票价调整问答】前期有市民询问公交票价调整，当时方案尚在成本监审，未能及时回应，我们接受批评。单程成本为何是 4.1 元？调整后班次有何承诺？哪些人群不受影响？一图读懂。#公交票价听证#',
        likes: 266,
        reposts: 304,
      },
      {
        key: 'wechat',
        at: t.at(2, '18:00'),
        platform: 'wechat',
        account: '澜江发布',
        title: '公交票价拟调整，您关心的都在这里',
        text: '普通线路拟由 2 元调整为 3 元，刷卡、扫码 2.4 元。\n一小时内换乘免费，两段出行比现在更省。\n六十五周岁以上老年人、残疾人免费，学生五折，均保持不变。\n公交集团承诺：早晚高峰主干线路发车间隔不超过 8 分钟，38 路、27 路末班车延长至 22 时 30 分。\n听证会参加人报名方式：登录市发展改革委网站，或持身份证到市政务服务中心 3 楼登记。',
        reads: 52_700,
        likes: 310,
      },
    ],
    waves: [
      {
        from,
        to: t.at(8, '23:00'),
        peak: 0.2,
        shape: 'swell',
        voices: guessing,
        under: { weibo: ['澜江交通', '澜江交通', '澜江发布'] },
      },
      {
        from: t.at(8, '23:00'),
        to: confirm,
        peak: 0.075,
        shape: 'steady',
        voices: guessing,
        under: { weibo: ['澜江交通', '澜江发布'], wechat: ['澜江发布'] },
      },
      {
        from: confirm,
        to: t.at(1, '23:00'),
        peak: 0.5,
        shape: 'burst',
        voices: confirmed,
        under: { keys: ['confirm', 'explain', 'wechat', 'confirm'] },
        answered: 0.05,
        answers: [
          '您好，听证会参加人报名请登录市发展改革委网站，报名截至本月底。',
          '您好，老年人免费乘车政策不变，也不限次数。',
          '您好，正式执行时间须待听证后由市政府批准公布。',
        ],
      },
      {
        from: t.at(1, '23:00'),
        to: t.ago(-60),
        peak: 0.02,
        shape: 'steady',
        voices: confirmed,
        under: { keys: ['confirm', 'explain'] },
      },
    ],
  };
}

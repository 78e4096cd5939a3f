/**
 * In: the moment the demo starts. Out: 桐荫小学食堂 claim: within two hours it spreads, unanswered; only after the start do officials speak.
 * Called by: the world and truth.ts.
 */
import type { Story, Timeline } from '../story.ts';
import { lines, type Voice } from '../voice.ts';

const spreading: Voice[] = [
  {
    mood: 'worried',
    weight: 2.6,
    copied: true,
    core: [
      '桐荫小学好多孩子吃了食堂的饭上吐下泻，二十多个送到市第二医院了，学校让家长不要往外说，有孩子在桐荫的赶紧问问',
      '桐荫小学食物中毒！听医院的人说来了二三十个学生，都在挂水，学校一个字不提',
    ],
  },
  {
    mood: 'worried',
    weight: 2.4,
    core: lines(`
      桐荫小学食堂是不是出事了，我家孩子也说肚子疼
      同班已经有六个孩子请假了，桐荫小学三年级
      孩子从学校回来吐了两次，老师说班里好几个这样
      市第二医院儿科全是穿桐荫校服的
      桐荫小学的家长来报个到，你们孩子有没有事
      孩子烧到 38 度 5，到底是吃坏了还是病毒
      老师在群里让我们不要讨论，更慌了
      班主任电话打不通，谁知道情况
      到底多少个孩子，严重不严重
      食堂昨天吃的什么，有没有留样
      听说换了配餐公司，是不是有关系
      {person}的孩子就在桐荫，现在还在医院
    `),
    detail: lines(`
      二年级三班
      家长群被禁言了
      孩子到现在没吃东西
      医生说等化验
      一问才知道好几个班都有
      已经在去医院的路上
      孩子说鸡块味道怪怪的
      我在输液室，坐满了
    `),
    tail: lines(`
      教育局能不能说句话
      学校出来解释一下
      求真实情况
      孩子的事不能瞒
      市场监管去查了吗
    `),
  },
  {
    mood: 'angry',
    weight: 1.3,
    core: lines(`
      孩子吃坏了肚子，学校先想着让家长闭嘴
      桐荫小学给个说法
      配餐公司是谁，招标怎么来的
      每个月交四百多饭钱，就给孩子吃这个
      评论区都在问桐荫小学，澜江教育看不见吗
      说好的陪餐制度，校长吃了没有
    `),
  },
  {
    mood: 'doubting',
    weight: 1.2,
    core: lines(`
      有没有可能是诺如，最近好多学校都有
      二十多个是哪来的数，有人数过吗
      我家也在桐荫，孩子没事，别夸大
      等疾控的结果吧，先别下结论
      转发的都是同一段话，第一手在哪
      医院的人说是肠胃炎，没说中毒
    `),
  },
];

const answered: Voice[] = [
  {
    mood: 'worried',
    core: lines(`
      采样结果什么时候出
      停餐几天，孩子中午吃什么
      十几个也不少了，重症没有吧
      希望公布配餐公司的名字
      陪孩子输液中，看到通报稍微放心一点
    `),
  },
  {
    mood: 'angry',
    core: lines(`
      两个多小时才说，家长早就急疯了
      为什么先让家长别说话
      调查要彻底，别最后一句“个体差异”
    `),
  },
  {
    mood: 'calm',
    core: lines(`
      通报说十一个，不是二三十个，别再传了
      诺如的话要注意呕吐物消毒
      等疾控结果
      孩子已经好转了，大家别慌
      先停餐查清楚是对的
    `),
  },
];

export function canteen(t: Timeline): Story {
  const from = t.ago(1.9);
  const first = t.ago(-2.2);
  const result = t.ago(-26);
  return {
    truth: {
      id: 'canteen',
      title: '桐荫小学学生就餐后呕吐',
      kind: 'claim',
      from,
      to: t.ago(-48),
      keywords: ['桐荫小学', '食堂', '中毒', '呕吐', '市第二医院', '学生'],
      verdict: 'unverified',
      claim: '桐荫小学二十多名学生在食堂就餐后食物中毒送医',
      answeredAt: null,
      stage: '萌芽',
    },
    posts: [
      {
        key: 'first',
        at: first,
        platform: 'weibo',
        account: '澜江教育',
        text: '【情况通报】今日，桐荫小学 11 名学生出现呕吐、腹泻症状，经医院诊治，均无生命危险。教育、卫健、市场监管部门已到校，学校食堂暂停供餐，留样食品和病例样本已送检，结果将及时公布。',
        likes: 890,
        reposts: 1460,
      },
      {
        key: 'result',
        at: result,
        platform: 'weibo',
        account: '澜江发布',
        text: '【桐荫小学学生呕吐事件调查情况】经疾控中心检测，11 份病例样本中 9 份诺如病毒核酸阳性，食堂留样食品及环境样本未检出致病菌，判断为诺如病毒感染引起的聚集性疫情，不属于食物中毒。学生均已好转。学校对信息告知不及时已作检讨。',
        likes: 1240,
        reposts: 980,
      },
    ],
    waves: [
      {
        from,
        to: first,
        peak: 1.9,
        shape: 'rising',
        rhythm: 0.25,
        voices: spreading,
        under: { weibo: ['澜江教育', '澜江教育', '澜江发布'], wechat: ['健康澜江'] },
      },
      { from: first, to: result, peak: 1.2, shape: 'burst', voices: answered, under: { keys: ['first'] } },
      {
        from: result,
        to: t.ago(-48),
        peak: 0.5,
        shape: 'burst',
        voices: answered.slice(2),
        under: { keys: ['result'] },
      },
    ],
  };
}

/**
 * In: the moment the demo starts. Out: 青砚水库渗漏传言: copied widely one evening four days ago, refuted after three hours, and stirred up again today.
 * Called by: the world and truth.ts.
 */
import type { Story, Timeline } from '../story.ts';
import { lines, type Voice } from '../voice.ts';

const copies: Voice = {
  mood: 'worried',
  weight: 4,
  copied: true,
  core: [
    '青砚水库大坝出现渗漏，下游的人今晚赶紧往高处走，已经在悄悄撤人了，家里有老人孩子的抓紧',
    '紧急扩散：青砚水库坝体裂了一条缝在往外冒水，随时可能决堤，青砚县城和北埠低洼的都要注意，不要睡太死',
    '内部消息，青砚水库大坝渗漏，水位还在涨，领导都去现场了，不敢公开说，大家自己保重',
    '我表哥就在水库边上，说大坝脚下已经渗水了，武警都到了，青砚水库今晚要泄洪，赶紧通知亲戚',
  ],
};

const frightened: Voice[] = [
  {
    mood: 'worried',
    weight: 2,
    core: lines(`
      青砚水库的事是真的吗，家就在下游
      群里都在传水库要决堤，我爸妈已经在收拾东西了
      北埠这边要不要撤，有没有通知
      刚给老家打电话，说听见有车在喇叭喊
      水库渗漏到底有没有，官方说句话
      下这么大的雨，大坝撑得住吗
      青砚县城的亲戚连夜开车出来了
      晚上不敢睡，楼下一堆人站着
      有人拍到坝下面在流水
      听说镇上的超市都抢空了
      求官方辟谣或者证实，别不说话
      {person}急得血压都上来了
    `),
    detail: lines(`
      老人腿脚不好走不动
      孩子明天还要上学
      电话打过去都占线
      村里的大喇叭一直响
      加油站排起了队
      车都堵在县道上了
      消息一个接一个
    `),
  },
  {
    mood: 'doubting',
    weight: 1.5,
    core: lines(`
      来源在哪，谁拍的，哪天的
      图是以前外地的，我搜到过
      别传了，没有官方消息之前都是谣言吧
      我就住坝下面，没看到撤人
      那个视频里的坝不是青砚水库，栏杆都不一样
      每年下雨都要传一次决堤
      水库管理所的朋友说一切正常，等通报
      这种消息报警查一查谁先发的
    `),
  },
  {
    mood: 'angry',
    core: lines(`
      两个小时了，官方一个字没有，让人怎么不信
      真有事就通知，没事就辟谣，装什么看不见
      这么大的谣言，公安在干嘛
      澜江发布还在发美食，底下都炸锅了
    `),
  },
];

const relieved: Voice[] = [
  {
    mood: 'thanks',
    weight: 2,
    core: lines(`
      辟谣了就好，吓得我妈一晚没睡
      有现场视频就放心了
      感谢水务的人半夜上坝巡查
      专家在坝上说的，心放肚子里了
      早点这样说清楚多好
      转给老家群了，总算能睡了
    `),
  },
  {
    mood: 'angry',
    weight: 1.2,
    core: lines(`
      造谣的抓到没有
      一条假消息害得半个县城的人往外跑
      传谣的那个群主也该查
      辟谣晚了三个小时，该造成的恐慌都造成了
      把老人吓出病来谁负责
      支持依法处理
    `),
  },
  {
    mood: 'calm',
    core: lines(`
      测压管渗流那是正常的排水，不懂别乱传
      坝后有排水沟，流水是设计的
      以后大家先看官方
      青砚水库年初刚做完除险加固
      谣言跑断腿，辟谣得趁早
    `),
  },
  {
    mood: 'joking',
    weight: 0.6,
    core: lines(`
      我妈已经把存折缝进棉袄了，现在又拆
      连夜爬上云屏山的我现在下来了
      家族群今晚的主角是三叔，他转的
      车加满了，人没走成
    `),
  },
];

const again: Voice[] = [
  {
    mood: 'worried',
    weight: 2,
    copied: true,
    core: [
      '暴雨过后青砚水库又渗了，这次是真的，上次辟谣是为了稳住大家，下游的今晚一定要走',
      '青砚水库大坝渗漏扩大，连夜放水，官方压着不让说，转给家人，能走就走',
    ],
  },
  {
    mood: 'worried',
    weight: 1.3,
    core: lines(`
      又有人说青砚水库渗漏，昨晚雨那么大，不会真出事吧
      水库这次到底有没有问题，能不能再说一次
      红色预警以后水库水位多少，公布一下
      上次说是谣言，这次呢
      北埠群里又开始转决堤的消息了
    `),
  },
  {
    mood: 'doubting',
    weight: 1.2,
    core: lines(`
      四天前不是辟过谣了吗，怎么又来
      文字都没改几个，又是同一批人在转
      上次的账号处理了没有，又冒出来
      放水是正常泄洪吧，别自己吓自己
      等水务通报
    `),
  },
];

export function damLeak(t: Timeline): Story {
  const from = t.at(4, '19:10');
  const refuted = t.at(4, '22:12');
  const resurge = t.ago(4.5);
  return {
    truth: {
      id: 'dam-leak',
      title: '青砚水库大坝渗漏传言',
      kind: 'claim',
      from,
      to: t.ago(-10),
      keywords: ['青砚水库', '大坝', '渗漏', '决堤', '泄洪', '辟谣'],
      verdict: 'false',
      claim: '青砚水库大坝出现渗漏，将要决堤',
      answeredAt: refuted,
      stage: '上升',
    },
    posts: [
      {
        key: 'refute',
        at: refuted,
        platform: 'weibo',
        account: '澜江水务',
        text: '【辟谣】今晚网传“青砚水库大坝渗漏、即将决堤”系谣言。经市水务局和水库管理单位现场核查，青砚水库当前水位 61.2 米，低于汛限水位 2.3 米，大坝变形、渗流监测数据均正常，没有撤离群众。网传视频为多年前外地水利工程画面。请不信谣、不传谣。#青砚水库#',
        likes: 2960,
        reposts: 4120,
      },
      {
        key: 'refute-fabu',
        at: t.at(4, '22:31'),
        platform: 'weibo',
        account: '澜江发布',
        text: '【关于“青砚水库渗漏”的情况说明】水务、应急、公安部门已到现场。视频来自今晚 21 时 50 分的坝顶：坝体干燥，坝后排水沟水流为设计排水。请互相转告，安心休息。#青砚水库#',
        likes: 3480,
        reposts: 3870,
      },
      {
        key: 'police',
        at: t.at(3, '10:40'),
        platform: 'weibo',
        account: '澜江公安',
        text: '【警方通报】针对“青砚水库决堤”谣言，公安机关已查明首发者，系某网民将外地旧视频拼接后发布，目前已依法处理。网络不是法外之地，编造、传播虚假险情将承担法律责任。',
        likes: 2210,
        reposts: 1630,
      },
      {
        key: 'wechat-refute',
        at: t.at(3, '08:00'),
        platform: 'wechat',
        account: '澜江发布',
        title: '青砚水库没有渗漏，这三件事请放心',
        text: '一、水位正常。青砚水库水位低于汛限水位 2.3 米。\n二、大坝正常。年初刚完成除险加固，坝体 46 个监测点数据全部在线，均无异常。\n三、视频是假的。网传画面为外地多年前的视频，栏杆、溢洪道样式均与青砚水库不符。\n遇到险情，政府会通过短信、广播、网格员第一时间通知，请以官方消息为准。',
        reads: 86_300,
        likes: 940,
      },
      {
        key: 'again',
        at: t.ago(-3.2),
        platform: 'weibo',
        account: '澜江水务',
        text: `【再次说明】“青砚水库渗漏扩大”仍是谣言。本轮暴雨后水库水位 62.1 米，仍低于汛限水位，正在按调度计划小流量放水，属正常运行。${t.moment(t.ago(-2.8))}的坝顶实况见视频。#青砚水库#`,
        likes: 1320,
        reposts: 1180,
      },
    ],
    waves: [
      {
        from,
        to: refuted,
        peak: 2.5,
        shape: 'rising',
        rhythm: 0.1,
        voices: [copies, ...frightened],
        under: { weibo: ['澜江发布', '澜江水务', '澜江气象'] },
      },
      {
        from: refuted,
        to: t.at(3, '14:00'),
        peak: 1.1,
        shape: 'burst',
        rhythm: 0.5,
        voices: relieved,
        under: { keys: ['refute', 'refute-fabu', 'refute', 'police', 'wechat-refute'] },
      },
      {
        from: refuted,
        to: t.at(3, '01:00'),
        peak: 0.35,
        shape: 'burst',
        rhythm: 0,
        voices: [copies, ...frightened.slice(1)],
        under: { keys: ['refute', 'refute-fabu'] },
      },
      {
        from: t.at(3, '14:00'),
        to: t.at(2, '12:00'),
        peak: 0.04,
        shape: 'burst',
        voices: relieved,
        under: { keys: ['police', 'wechat-refute'] },
      },
      {
        from: resurge,
        to: t.ago(-3.2),
        peak: 0.5,
        shape: 'rising',
        rhythm: 0.4,
        voices: again,
        under: { weibo: ['澜江水务', '澜江气象', '澜江发布'] },
      },
      { from: t.ago(-3.2), to: t.ago(-10), peak: 0.5, shape: 'burst', voices: relieved, under: { keys: ['again'] } },
    ],
  };
}

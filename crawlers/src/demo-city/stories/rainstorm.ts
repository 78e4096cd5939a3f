/**
 * In: the moment the demo starts. Out: 暴雨预警 from yellow to red within a day: flooded roads, official warnings on time, thanks at the end.
 * Called by: the world and truth.ts.
 */
import type { Story, Timeline } from '../story.ts';
import { lines, type Voice } from '../voice.ts';

const coming: Voice[] = [
  {
    mood: 'worried',
    weight: 2,
    core: lines(`
      天黑得跟晚上一样
      雨说下就下，接孩子的路上已经淋透了
      今晚还要加班，怎么回去
      明天停不停课，早点通知
      阳台的窗户一直在抖
      {bridge}那边已经堵死了
      预警升级了，大家早点回家
    `),
  },
  {
    mood: 'asking',
    weight: 1.3,
    core: lines(`
      {district}几点开始下
      学校明天停课吗
      今晚的火车会不会停
      {bus}还正常开吗
      地下车库要不要挪车
      {park}今晚的活动取消了吗
    `),
  },
  {
    mood: 'calm',
    core: lines(`
      收到，已经把花盆搬进来了
      提前下班了，老板难得做人
      预警短信收到了，比上次早
      储了点水和吃的，今晚不出门
      收到预警，已转家族群
    `),
  },
];

const flooding: Voice[] = [
  {
    mood: 'worried',
    weight: 3,
    core: lines(`
      {road}积水到膝盖了，小车别过来
      {estate}地下车库进水了，物业在堆沙袋
      渡口立交下面水很深，有车熄火了
      {bridge}引桥全是水，掉头吧
      电动车推着走的，水到大腿
      {bus}停在半路不走了
      我们小区停电了，不知道是不是因为雨
      {road}的井盖被冲开了，千万别走边上
      一楼的老人家里进水了，有没有人帮忙，联系 {phone}
      {market}门口积水，摊子都漂起来了
      雷声大得孩子直往怀里钻
      楼下的树倒了，压到两辆车
      北埠隧道封了，绕行吧
      {school}门口积水很深，明天怎么上学
    `),
    detail: lines(`
      {clock}拍的
      水还在涨
      排水口好像堵了
      警察在那里指挥
      有人在推车
      路灯也灭了
      绕路的话走{road}
      我刚从那边回来
      已经打了 110 和 119
    `),
    tail: lines(`
      大家注意安全
      别开车出门
      千万绕行
      看到请转
    `),
  },
  {
    mood: 'angry',
    weight: 1,
    core: lines(`
      {road}年年下雨年年淹，海绵城市呢
      修了一夏天的下水道，一场雨现原形
      泵站开了吗，水一点不退
      物业的抽水泵是坏的，早干嘛去了
      新修的{road}也积水，验收怎么过的
    `),
    detail: lines(`
      去年也是这里
      反映过好几回
      车库里三十多辆车
      路面坑洼全藏在水下
    `),
  },
  {
    mood: 'thanks',
    weight: 1.4,
    core: lines(`
      凌晨的交警站在水里指路，辛苦了
      排水抢险的人一直没走，点赞
      消防员背着老人出来的，泪目
      谢谢推车的几位大哥，连名字都没留
      网格员半夜敲门提醒挪车，救了我家的车
      环卫工人冒雨掏下水口，手都泡白了
      气象台这次报得准，提前两小时收到短信
    `),
  },
  {
    mood: 'joking',
    weight: 0.8,
    core: lines(`
      澜江人均拥有一片海景
      我的车现在是潜水艇
      今天上班：蛙泳
      外卖小哥划着来的，我给了五星
      钓鱼佬已经在{road}下杆了
      雨伞：我尽力了
    `),
  },
];

const after: Voice[] = [
  {
    mood: 'thanks',
    weight: 2.4,
    core: lines(`
      雨停了，看到满街的橙马甲，谢谢你们
      一夜没合眼的抢险队员快去休息
      {road}的淤泥已经清完了，速度
      虽然淹了，但通知及时，人没事就好
      预警、停课、封路都有消息，这次做得好
      公交师傅绕行也把我们送到家了，感谢{bus}
      社区一早就来登记受灾情况，暖
      给澜江公安点赞，昨晚在水里站了六个小时
    `),
  },
  {
    mood: 'asking',
    weight: 1.4,
    core: lines(`
      车被淹了保险怎么报
      倒的树压了车找谁
      {estate}还没来电，什么时候恢复
      一楼进水的有没有补助
      {road}现在能走了吗
      今天{school}正常上课吗
      垃圾和淤泥什么时候清到我们小区
    `),
  },
  {
    mood: 'angry',
    weight: 0.8,
    core: lines(`
      每次都是抢险英雄，什么时候能不用抢险
      地下车库泡了一夜，物业说不归他们
      感谢归感谢，排水管网该改了
      {road}的积水点上了三年名单了
    `),
  },
];

export function rainstorm(t: Timeline): Story {
  const yellow = t.ago(23);
  const orange = t.ago(19.5);
  const red = t.ago(16);
  const down = t.ago(11);
  const lifted = t.ago(3.5);
  return {
    truth: {
      id: 'rainstorm',
      title: '暴雨红色预警',
      kind: 'topic',
      from: yellow,
      to: t.ago(-18),
      keywords: ['暴雨', '预警', '红色', '积水', '停课', '抢险'],
      verdict: null,
      answeredAt: yellow,
      stage: '回落',
    },
    posts: [
      {
        key: 'yellow',
        at: yellow,
        platform: 'weibo',
        account: '澜江气象',
        text: `【暴雨黄色预警】市气象台${t.moment(yellow)}发布暴雨黄色预警信号：预计未来 6 小时临澜区、云屏区、鹤汀区、北埠区降雨量将达 50 毫米以上，并伴有雷电和 7 级左右阵风，请注意防范。`,
        likes: 320,
        reposts: 640,
      },
      {
        key: 'orange',
        at: orange,
        platform: 'weibo',
        account: '澜江气象',
        text: `【暴雨橙色预警】市气象台${t.moment(orange)}将暴雨黄色预警升级为橙色：过去 3 小时云屏区降雨量 48.6 毫米，预计未来 3 小时仍有 50 毫米以上降雨，请尽量减少外出，远离低洼积水路段。`,
        likes: 610,
        reposts: 1210,
      },
      {
        key: 'closed',
        at: t.ago(17.5),
        platform: 'weibo',
        account: '澜江教育',
        text: '【停课通知】受暴雨影响，临澜区、云屏区、鹤汀区、北埠区中小学、幼儿园停课一天，线上不安排新课。已到校学生由学校妥善照管。恢复上课时间另行通知。',
        likes: 1830,
        reposts: 1520,
      },
      {
        key: 'red',
        at: red,
        platform: 'weibo',
        account: '澜江气象',
        text: `【暴雨红色预警】市气象台${t.moment(red)}将暴雨橙色预警升级为红色：过去 3 小时临澜区、北埠区降雨量已达 102.3 毫米，强降雨仍将持续。请立即停止户外活动，地下空间人员尽快转移。`,
        likes: 1420,
        reposts: 3260,
      },
      {
        key: 'roads',
        at: t.ago(15.2),
        platform: 'weibo',
        account: '澜江公安',
        text: '【积水路段提示】目前渡口立交下穿、北埠隧道、望江路砚池路口、菱塘路南段积水较深，已封闭，请绕行。警力已全部上岗，遇险请拨打 110。#澜江暴雨#',
        likes: 2410,
        reposts: 3870,
      },
      {
        key: 'bus',
        at: t.ago(14.6),
        platform: 'weibo',
        account: '澜江交通',
        text: '【公交线路调整】受积水影响，3 路、12 路、38 路等 17 条线路临时绕行，夜班 1 路停运。滞留乘客可在就近站点等候接驳。#澜江暴雨#',
        likes: 388,
        reposts: 720,
      },
      {
        key: 'fabu',
        at: t.ago(13),
        platform: 'weibo',
        account: '澜江发布',
        text: '【防汛应急响应提升至二级】市防指决定将防汛应急响应提升至二级。全市出动抢险力量 4200 余人，转移低洼地带群众 618 人，暂无人员伤亡报告。青砚水库等水利工程运行正常。#澜江暴雨#',
        likes: 2680,
        reposts: 2140,
      },
      {
        key: 'down',
        at: down,
        platform: 'weibo',
        account: '澜江气象',
        text: `【暴雨红色预警降为黄色】市气象台${t.moment(down)}将暴雨红色预警降级为黄色，主要雨带东移，后续以中雨为主。积水尚未退尽，出行请注意安全。`,
        likes: 830,
        reposts: 560,
      },
      {
        key: 'wechat',
        at: t.ago(8),
        platform: 'wechat',
        account: '澜江发布',
        title: '这一夜，谢谢每一个站在水里的人',
        text: '最大小时雨量 61.4 毫米，全市 26 处路段积水，4200 余名抢险人员上岗。\n交警在水里站成一排，用绳子拉出一条通道；消防救援队员背出 43 名被困群众；排水工人连夜打捞井口杂物。\n截至清晨，主要积水路段基本退水。受淹车辆和房屋的登记电话，请见文末，或拨打 12345。',
        reads: 94_100,
        likes: 2310,
      },
      {
        key: 'lifted',
        at: lifted,
        platform: 'weibo',
        account: '澜江气象',
        text: `【暴雨预警解除】市气象台${t.moment(lifted)}解除暴雨黄色预警。今天白天多云，气温 16 到 22 度。感谢大家的配合。`,
        likes: 1960,
        reposts: 470,
      },
    ],
    waves: [
      {
        from: yellow,
        to: red,
        peak: 0.55,
        shape: 'rising',
        voices: coming,
        under: { keys: ['yellow', 'orange', 'closed'] },
      },
      {
        from: red,
        to: down,
        peak: 1.7,
        shape: 'swell',
        rhythm: 0.4,
        voices: flooding,
        under: { keys: ['red', 'roads', 'bus', 'fabu', 'closed'] },
        answered: 0.03,
        answers: ['您好，已将积水位置转排水抢险队伍，请远离井口。', '您好，该路段已封闭，请绕行。'],
      },
      {
        from: down,
        to: lifted,
        peak: 0.8,
        shape: 'swell',
        voices: [...flooding.slice(1, 3), ...after],
        under: { keys: ['roads', 'fabu', 'down', 'wechat', 'wechat'] },
        answered: 0.05,
        answers: [
          '您好，受淹车辆请先拍照留存并联系保险公司，社区可出具证明。',
          '您好，淤泥清理正按积水点顺序推进，今天内完成。',
        ],
      },
      {
        from: lifted,
        to: t.ago(-18),
        peak: 0.75,
        shape: 'burst',
        voices: after,
        under: { keys: ['lifted', 'wechat', 'fabu'] },
        answered: 0.05,
        answers: [
          '您好，供电部门正在抢修，预计今天傍晚前恢复。',
          '您好，房屋受淹可向所在社区登记，由民政部门核查后给予救助。',
        ],
      },
    ],
  };
}

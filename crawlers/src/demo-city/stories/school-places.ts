/**
 * In: the moment the demo starts. Out: 菱塘小学学区划分: a draft moves two estates to another school; a meeting with parents calms it.
 * Called by: the world and truth.ts.
 */
import type { Story, Timeline } from '../story.ts';
import { lines, type Voice } from '../voice.ts';

const shocked: Voice[] = [
  {
    mood: 'angry',
    weight: 3,
    core: lines(`
      菱塘雅居凭什么划出菱塘小学
      买房时白纸黑字写的菱塘小学学区，现在说改就改
      学区调整征求意见只给七天，还是工作日
      走路五分钟的学校不能上，要坐六站公交去汀兰新校
      为了学位掏空家底，一纸通知就没了
      征求意见稿里一个数据都没有，凭什么说学位不足
      旁边新楼盘划进去了，我们住了十二年的划出去
      学位到底缺多少，请公开每个年级的人数
      先征求意见再定方案，你们是先定好了再征求
      老业主的孩子就不是孩子？
      说好的就近入学，近的进不去，远的随便上
      家长会上问什么都说“以公告为准”
      每次调整都是我们菱塘雅居让步
      新校连操场都没铺好，就让孩子去
      不是不讲理，是想听一句实话
      学区划分能不能开个听证会
    `),
    detail: lines(`
      孩子明年九月上学
      大宝在菱塘，二宝去汀兰，我一个人怎么接送
      {person}当年就是冲着学校买的
      户口落了六年
      要过两个大路口
      早上那条路堵成什么样大家都知道
      楼下家长群七百多人都在问
      中介当时拍着胸脯保证
      打了教育局电话，占线一下午
      意见邮箱发过去没有回执
    `),
    tail: lines(`
      请公开数据
      请给一个过渡期
      我们只要就近入学
      能不能老人老办法
      希望认真听家长意见
      别让孩子为规划买单
    `),
  },
  {
    mood: 'worried',
    weight: 1.5,
    core: lines(`
      二孩家庭会不会照顾，能不能跟着大宝一起上
      租房的还能不能上菱塘小学
      汀兰新校的老师是新招的吗
      公积金账单上的地址算不算居住证明
      落户时间怎么算，截止到哪一天
      鹤汀公馆是不是也在调整里
      已经在菱塘读三年级的会被转走吗
      校车有没有，几点发车
    `),
    detail: lines(`
      幼升小真的太焦虑了
      一家人吵了一晚上
      材料都准备好了
      就差一年
      孩子一直说要去菱塘
    `),
  },
  {
    mood: 'doubting',
    weight: 0.8,
    core: lines(`
      听说名额都给了新楼盘，有没有依据
      说学位缺口三百多个，这个数怎么来的
      有人说最后还是原方案，开会就是走过场
      家长代表是怎么选出来的
    `),
  },
  {
    mood: 'joking',
    weight: 0.5,
    core: lines(`
      孩子还没上学，我先把文件读成了本科水平
      现在知道为什么叫“择校”了，是学校择我
      以后买房先问规划局要签名
      离学校直线三百米，行政距离六公里
    `),
  },
  {
    mood: 'calm',
    weight: 0.7,
    core: lines(`
      菱塘小学一个班五十六个孩子，确实超了
      新校硬件比老校好，老师也是集团派的，可以去看看
      大家理性提意见，邮箱和现场都可以
      我家在北片，支持均衡，但要给过渡期
      学校就那么大，总要有人去新校，关键是规则公平
    `),
  },
];

const afterMeeting: Voice[] = [
  {
    mood: 'calm',
    weight: 2,
    core: lines(`
      会议我去了，两年过渡期是真写进去了
      能同校就读二孩，算是听进去了
      数据公开了，学位确实不够，能接受
      公交专线要是真开，去新校也行
      比原来那版好多了
      开会比发公告管用
      至少有人坐下来听家长说话了
    `),
    tail: lines(`
      看后面落实
      希望说到做到
      盯着
      等正式文件
    `),
  },
  {
    mood: 'thanks',
    core: lines(`
      感谢教育局把家长的意见听进去了
      会上每个问题都回答了，态度挺好
      家长代表辛苦了
      能改就是好事
    `),
  },
  {
    mood: 'asking',
    core: lines(`
      过渡期从哪一年开始算
      专线公交什么时候开，几点到校
      会议纪要在哪里看
      材料审核时间有没有变化
      老生弟妹同校要交什么证明
    `),
  },
  {
    mood: 'angry',
    weight: 0.6,
    core: lines(`
      两年以后呢，还不是一样
      过渡期只有两年，我家小的正好卡在第三年
      还是没说为什么新楼盘能划进来
    `),
  },
];

export function schoolPlaces(t: Timeline): Story {
  const draft = t.at(7, '17:20');
  const answer = t.at(6, '16:00');
  const meeting = t.at(4, '15:30');
  const result = t.at(4, '20:30');
  return {
    truth: {
      id: 'school-places',
      title: '菱塘小学学区划分调整',
      kind: 'topic',
      from: draft,
      to: t.at(1, '22:00'),
      keywords: ['菱塘小学', '学区', '学位', '菱塘雅居', '汀兰', '过渡期'],
      verdict: null,
      answeredAt: answer,
      stage: '回落',
    },
    posts: [
      {
        key: 'draft',
        at: draft,
        platform: 'weibo',
        account: '澜江教育',
        text: '【公开征求意见】根据适龄人口变化和学校布局，现就《临澜区部分小学施教区调整方案（征求意见稿）》公开征求意见，拟将菱塘雅居、鹤汀公馆南区由菱塘小学调整至汀兰新校。意见反馈期七天，可发送至邮箱 xuequ@example.com 或到区教育局现场提交。#施教区调整#',
        likes: 62,
        reposts: 388,
      },
      {
        key: 'answer',
        at: answer,
        platform: 'weibo',
        account: '澜江教育',
        text: '【关于施教区调整的说明】大家对菱塘小学施教区调整的意见我们都看到了。菱塘小学现有学生 2416 人，超设计规模 31%，明年缺口约 340 个学位。方案尚在征求意见，并未确定。我们将邀请家长代表座谈，具体时间另行通知。#施教区调整#',
        likes: 144,
        reposts: 251,
      },
      {
        key: 'wechat',
        at: t.at(5, '11:00'),
        platform: 'wechat',
        account: '临澜微讯',
        title: '施教区为什么要调整？家长关心的八个问题',
        text: '为什么要调整？菱塘小学班额已达 56 人，功能室全部改成教室。\n汀兰新校由谁办？由菱塘小学教育集团统一管理，首批 42 名教师中 26 名来自本部。\n已入学的孩子会不会转走？不会，本次调整只涉及明年起的新生。\n二孩怎么办？正在研究同校就读的办法。\n方案是否已定？没有，意见征求期内的每一条都会登记。',
        reads: 41_200,
        likes: 260,
      },
      {
        key: 'meeting',
        at: meeting,
        platform: 'weibo',
        account: '澜江教育',
        text: '今天下午，区教育局与 38 名家长代表就施教区调整座谈。家长围绕就近入学、过渡安排、二孩同校、上学交通提出意见 61 条，现场回应 47 条，其余将书面答复。#施教区调整#',
        likes: 173,
        reposts: 119,
      },
      {
        key: 'result',
        at: result,
        platform: 'weibo',
        account: '澜江教育',
        text: '【施教区调整方案优化】吸收家长意见，方案作如下优化：一、菱塘雅居、鹤汀公馆南区设两年过渡期，可自愿选择菱塘小学或汀兰新校；二、兄姐在读的，弟妹可同校就读；三、开通菱塘至汀兰新校公交专线。修改后的方案再次公示五天。#施教区调整#',
        likes: 420,
        reposts: 236,
      },
    ],
    waves: [
      {
        from: draft,
        to: t.at(6, '02:00'),
        peak: 0.55,
        shape: 'burst',
        voices: shocked,
        under: { keys: ['draft'] },
        crowd: 900,
      },
      {
        from: t.at(6, '07:00'),
        to: t.at(5, '23:50'),
        peak: 0.34,
        shape: 'swell',
        voices: shocked,
        under: { keys: ['draft', 'answer', 'wechat', 'answer'] },
        crowd: 900,
        answered: 0.03,
        answers: ['您好，方案尚在征求意见阶段，您的意见已登记，感谢关注。', '您好，在读学生不受本次调整影响，请放心。'],
      },
      {
        from: t.at(5, '23:50'),
        to: result,
        peak: 0.17,
        shape: 'swell',
        voices: shocked,
        under: { keys: ['draft', 'answer', 'wechat', 'meeting'] },
        crowd: 900,
      },
      {
        from: result,
        to: t.at(2, '23:00'),
        peak: 0.2,
        shape: 'burst',
        voices: afterMeeting,
        under: { keys: ['result', 'meeting'] },
        answered: 0.06,
        answers: [
          '您好，过渡期自明年秋季入学起算，正式方案公布后以文件为准。',
          '您好，会议纪要已在区教育局网站公开，可在“通知公告”栏目查看。',
        ],
      },
      {
        from: t.at(2, '23:00'),
        to: t.ago(-40),
        peak: 0.012,
        shape: 'steady',
        voices: afterMeeting,
        under: { keys: ['result'] },
      },
    ],
  };
}

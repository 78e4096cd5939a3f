/**
 * In: the moment the demo starts. Out: 望江路停水, two days old and hottest now; the notices came late, and water came back brown and went again.
 * Called by: the world and truth.ts.
 */
import type { Story, Timeline } from '../story.ts';
import { lines, type Voice } from '../voice.ts';

const firstNight: Voice[] = [
  {
    mood: 'asking',
    weight: 2,
    core: lines(`
      望江路这边是不是停水了
      有没有人家里也没水的
      请问望江名邸怎么突然停水，物业说不知道
      听涛花园也没水了，什么情况
      水龙头一滴水都没有，正洗着头呢
      江畔春晓三期停水有通知吗
      停水怎么不提前说一声
      问下望江路停水要停多久
      是只有我家没水还是整条望江路都没水
      锦澜苑高层没水，低层水也很小
      望江路社区卫生服务站旁边在冒水，是不是管子爆了
      水务的电话打不通，谁有别的号码
    `),
    detail: lines(`
      洗澡洗一半
      奶瓶都没法烫
      晚饭还没做
      马桶都冲不了
      问了物业说不是小区的问题
      楼上楼下都一样
      一点征兆都没有
      看到路口有车在抢修
      路面上全是水，家里却没水
      {person}问了一圈都没人知道
    `),
    tail: lines(`
      有通知吗
      什么时候来水
      求个准话
      至少说一声要停多久
      官方微博一个字没有
    `),
  },
  {
    mood: 'angry',
    weight: 2,
    core: lines(`
      停水四个小时了连个通知都没有
      爆管这么大的事，官微还在发节水小知识
      望江路每年都要爆几次管，换过没有啊
      停水不可怕，可怕的是没人告诉你
      我从下班等到现在，一滴水都没等到
      缴水费的时候一天都不能晚，停水的时候一声不吭
      值班电话响了二十遍没人接
      这是今年第几次停水了
      老旧管网改造改了两年就改成这样
      刚想夸两句，家里又没水了
    `),
    detail: lines(`
      去超市买水，桶装水已经抢空了
      楼下便利店的水涨了一块
      老人八十多了，提不动水
      孩子明天还要上学
      店里的后厨直接停摆
      下水道味道都上来了
      隔壁饭店已经关门了
      两台车在那停着，没看到人干活
    `),
  },
  {
    mood: 'joking',
    core: lines(`
      停水第一天，想念洗碗的感觉
      今晚的洗脸水是矿泉水，奢侈
      望江路望着江，喝不上水
      住在江边的人没水用，写进小说都没人信
      外卖点了五份，就为了那五瓶赠饮
      终于有理由不洗碗了
      头发打着泡沫发的这条，敬我自己
    `),
  },
];

const dragging: Voice[] = [
  {
    mood: 'angry',
    weight: 3,
    core: lines(`
      说好的昨天恢复供水，水呢
      通知改了三次，时间一次比一次晚
      望江路停水快两天了，能不能给个准话
      来了半小时黄水又停了，逗我玩呢
      放出来的水跟茶一样，谁敢喝
      公告说“陆续恢复”，陆续到哪年
      送水车在哪？绕着小区转了一圈没看到
      送水车就停在路口，六楼的老人怎么提
      抢修慢可以理解，瞒着不说理解不了
      评论区都在问水质，没有一个人回答
      水质到底合不合格，检测报告发出来看看
      停水四十个小时，一句道歉都是最后才有
      为什么先说设备检修，后来才承认是爆管
      第一份通知晚了八个小时，这八个小时大家怎么过的有人想过吗
      打了水务热线，回答是“请关注公告”，公告是“请拨打热线”
      同一条路，对面小区有水我们没有，说说原因
      餐馆停业两天的损失谁来赔
      水费能不能减免，给个态度
      一到停水就说管网老化，那改造的钱花哪了
      白天没水，半夜来水，谁半夜起来接水啊
    `),
    detail: lines(`
      {person}从一楼提水到七楼，腰都直不起来
      孩子三天没好好洗澡了
      家里有坐月子的
      有个做透析的邻居，真的耽误不起
      奶茶店老板把水都分给邻居了
      我们单元已经自己凑钱买水了
      视频我都拍了，水是黄的
      留了一瓶样，放一晚上底下全是泥沙
      接了三桶，沉淀完只能冲厕所
      群里一天问八百遍
      业主群都炸了
      昨天来了一阵，今早又没了
      我们这栋十八层，二次供水泵也坏了
      问物业，物业说等水务；问水务，让我们问物业
    `),
    tail: lines(`
      到底什么时候能修好
      水质报告什么时候公布
      送水点在哪麻烦列个表
      请正面回答
      能不能派人上门看看
      请把恢复时间写清楚
      别再“陆续”了
      道歉不能当水喝
    `),
  },
  {
    mood: 'worried',
    weight: 1.6,
    core: lines(`
      黄水能给宝宝冲奶粉吗
      来水以后放多久才能喝
      水里有股漂白粉味，正常吗
      家里老人喝了早上的水有点拉肚子，不知道是不是水的问题
      医院那边停水了没有，今天约了检查
      望江中学今天还上课吗，食堂怎么办
      热水器空烧会不会坏
      听说管子破的地方离污水管很近，真的吗
      有没有人知道送水车几点到听涛花园
      我妈一个人住望江路，腿脚不好，电话 {phone}，能不能帮忙送一桶水
    `),
    detail: lines(`
      现在只敢用桶装水
      孩子才五个月
      烧开了有一层白的
      味道特别重
      不敢洗菜
      社区说不清楚
      {hospital}那边说正常
    `),
    tail: lines(`
      有没有懂的
      谁来回答一下
      等一个权威说法
      麻烦公布一下水质
    `),
  },
  {
    mood: 'thanks',
    weight: 0.8,
    core: lines(`
      抢修师傅泡在泥水里一整夜，辛苦了
      社区网格员挨家送水，腿都跑断了
      送水的小伙子帮我妈提到六楼，连口水都没喝
      昨晚路过抢修现场，几个师傅就在路边吃泡面
      谢谢对面小区的邻居让我们接水
      消防车给我们小区送了两车水，点赞
      骂归骂，一线的人是真辛苦
      听涛花园的志愿者太给力了
    `),
  },
  {
    mood: 'joking',
    weight: 0.7,
    core: lines(`
      澜江水务：水务水务，就是没有水
      家里的绿萝先我一步渴了
      已经学会用一瓶矿泉水完成洗漱全流程
      第三天：开始研究打井
      以前嫌水费贵，现在多少钱都愿意交
      邻居之间的感情是靠一桶水培养起来的
      黄水煮面，面自带汤色
      谢邀，人在望江路，刚提完水
    `),
  },
  {
    mood: 'calm',
    weight: 0.7,
    core: lines(`
      报一下，锦澜苑2栋现在有水了，水压很小
      望江名邸东区还没水，西区来了
      送水点在望江路社区门口，刚领了两桶
      砚池路口那边在挖，围挡又往外扩了
      我这边来水了，放了二十分钟才变清
      听涛花园物业通知晚上九点再看
      桐荫里小区不受影响，有需要接水的可以来
      大家错峰接水，别浪费
    `),
    detail: lines(`
      刚下楼看的
      {clock}的情况
      先接一点备着
      水压还是不稳
      物业群里说的
    `),
  },
  {
    mood: 'doubting',
    weight: 0.6,
    core: lines(`
      有人说是施工把管子挖断的，官方说是老化，到底是哪个
      听说要停一个星期，真的假的
      真的是爆管？不是说检修吗
      群里说是水厂出问题了，有人核实过吗
      说水质合格，敢不敢现场喝一杯
    `),
  },
];

const afterwards: Voice[] = [
  {
    mood: 'calm',
    core: lines(`
      来水了，终于
      我们这栋水压恢复了
      已经洗上澡了
      望江路全线有水了吧，报个到
      水清了，放了十几分钟
      总算能开伙了
      恢复是恢复了，以后通知早点发
      希望这次把整条管子都换了
    `),
  },
  {
    mood: 'asking',
    core: lines(`
      水费减免怎么申请
      商户的损失找谁登记
      后面还会不会再停
      水质报告在哪看
      老管网什么时候换到我们小区
      二次供水的水箱会清洗吗
    `),
  },
  {
    mood: 'thanks',
    core: lines(`
      师傅们辛苦了，回去好好睡一觉
      修好就好，谢谢抢修的工人
      这两天的送水志愿者值得表扬
      来水的那一刻整栋楼都在欢呼
    `),
  },
];

export function waterOutage(t: Timeline): Story {
  const burst = t.ago(46);
  const notice = t.ago(38);
  const missed = t.ago(22);
  const apology = t.ago(9);
  const trucks = t.ago(-2.5);
  const restored = t.ago(-7);
  return {
    truth: {
      id: 'water-outage',
      title: '望江路停水',
      kind: 'topic',
      from: burst,
      to: t.ago(-30),
      keywords: ['望江路', '停水', '爆管', '黄水', '送水', '恢复供水'],
      verdict: null,
      answeredAt: notice,
      stage: '高位',
    },
    posts: [
      {
        key: 'notice',
        at: notice,
        platform: 'weibo',
        account: '澜江水务',
        text: `【停水通知】因供水设施检修，望江路（渡口街至砚池路段）及周边部分小区自${t.moment(burst)}起停水，预计${t.moment(missed)}前陆续恢复供水。给您带来不便，敬请谅解。#望江路停水#`,
        likes: 86,
        reposts: 143,
      },
      {
        key: 'progress',
        at: t.ago(27),
        platform: 'weibo',
        account: '澜江发布',
        text: `【望江路供水管道抢修进展】${t.day(burst)}，望江路一条 DN600 供水主管因老化破损，影响望江名邸、听涛花园、江畔春晓、锦澜苑等小区用水。水务部门已组织 60 余人连夜抢修，并调派送水车 6 台。请市民储水备用，恢复时间以澜江水务通知为准。#望江路停水#`,
        likes: 412,
        reposts: 268,
      },
      {
        key: 'wechat-progress',
        at: t.ago(26),
        platform: 'wechat',
        account: '临澜微讯',
        title: '望江路停水最新情况，送水点在这里',
        text: `受望江路供水主管破损影响，临澜区部分小区供水中断。目前，抢修正在进行。\n区里会同水务部门设置临时送水点 4 处：望江路社区门口、听涛花园北门、江畔春晓三期东门、锦澜苑物业中心，每日 7 时至 21 时供水。\n行动不便的老人，可联系所在社区，由网格员送水上门。\n恢复供水初期可能出现短时水黄，请先放水至清澈后再使用。`,
        reads: 28_600,
        likes: 190,
      },
      {
        key: 'delay',
        at: t.ago(20.5),
        platform: 'weibo',
        account: '澜江水务',
        text: `【恢复供水时间调整】受管位复杂、夜间降雨影响，望江路主管抢修进度滞后，恢复供水时间调整为${t.moment(t.ago(10))}前。部分区域恢复初期可能出现水黄，请放水至清澈后使用。#望江路停水#`,
        likes: 51,
        reposts: 206,
      },
      {
        key: 'apology',
        at: apology,
        platform: 'weibo',
        account: '澜江水务',
        text: `【致歉信】对望江路停水及恢复供水后再次中断给市民带来的不便，我们深表歉意。因破损管道下游发现第二处漏点，须再次停水抢修。首份通知发布不及时、原因说明不准确，我们诚恳接受批评。抢修完成时间将另行通知。#望江路停水#`,
        likes: 233,
        reposts: 517,
      },
      {
        key: 'trucks',
        at: trucks,
        platform: 'weibo',
        account: '澜江发布',
        text: `【望江路送水点增至 11 处】今日起，望江路周边送水点增至 11 处，送水车 14 台，24 小时轮班；社区已登记独居老人、孕产妇等 326 户，逐户送水。第二处漏点预计${t.moment(restored)}前修复。水质检测结果同步公布：所送生活用水 9 项指标合格。#望江路停水#`,
        likes: 518,
        reposts: 320,
      },
      {
        key: 'restored',
        at: restored,
        platform: 'weibo',
        account: '澜江水务',
        text: `【望江路恢复供水】望江路供水主管两处漏点已修复，沿线小区恢复供水。经采样，管网水浑浊度、余氯等指标符合国家标准。恢复初期请先放水 10 至 15 分钟。受影响居民本期水费减免办法另行公布。#望江路停水#`,
        likes: 690,
        reposts: 274,
      },
    ],
    waves: [
      {
        from: burst,
        to: notice,
        peak: 0.42,
        shape: 'swell',
        voices: firstNight,
        under: { weibo: ['澜江水务', '澜江发布'], wechat: ['临澜微讯'] },
      },
      {
        from: notice,
        to: missed,
        peak: 0.5,
        shape: 'burst',
        voices: [...firstNight.slice(1), ...dragging],
        under: { keys: ['notice', 'progress', 'wechat-progress'] },
      },
      {
        from: missed,
        to: apology,
        peak: 0.62,
        shape: 'swell',
        voices: dragging,
        under: { keys: ['notice', 'progress', 'delay', 'wechat-progress'], weibo: ['澜江发布'] },
      },
      {
        from: apology,
        to: trucks,
        peak: 1.75,
        shape: 'swell',
        rhythm: 0.5,
        voices: dragging,
        under: { keys: ['apology', 'delay', 'wechat-progress', 'apology'] },
      },
      {
        from: trucks,
        to: restored,
        peak: 0.9,
        shape: 'burst',
        voices: dragging,
        under: { keys: ['apology', 'trucks'] },
        answered: 0.05,
        answers: [
          '您好，您所在小区的送水时间为每日 7 时、12 时、18 时，行动不便可联系社区网格员上门。',
          '您好，水质检测结果已在官网“供水水质公告”栏目公布，可随时查询。',
          '您好，商户损失请到所在社区登记，将由水务部门统一受理。',
        ],
      },
      {
        from: restored,
        to: t.ago(-30),
        peak: 0.6,
        shape: 'burst',
        voices: afterwards,
        under: { keys: ['restored', 'trucks'] },
      },
    ],
  };
}

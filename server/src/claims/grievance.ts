/**
 * In: what a long text states. Out: whether somebody tells of what has befallen himself and wants an office to act: a grievance, which belongs to
 * topics and the inbox, rather than a claim about others, which wants checking. Called by: claims/wording.ts.
 */

/** Who tells it: somebody whom it has befallen. */
const BEFALLEN =
  /本人|我(?:是|叫|系|司|公司|家|妈|爸|父|母|爱人|老公|老婆|儿子|女儿|小孩|孩子|娃|在|于|去|昨|今|到|住)|我们(?:是|小区|单元|楼|栋|家|村|组|镇|这|那|业主|住户|居民|全家|学校|班|公司|厂|员工)|咱们(?:小区|单元|楼|家|村|这)|家住|住在|家里|家中|全家|我方|自己(?:凑钱|掏钱|花钱)/u;
/** To whom it is told, or who should have acted. */
const OFFICE =
  /尊敬的|领导|书记|[市县区镇局院校]长(?:您|好|信箱)|(?:有关|相关|主管|职能|执法|监管)部门|(?:政府|部门|单位).{0,8}(?:管|处理|落实|关闭|整改|查处|解决|协调|监督)|请求|恳请|敬请|望能|望解决|求解决|物业|社区|居委|村委|街道|办事处|城管|开发商|施工方|派出所|交警|教育局|住建|执法|热线|12345|投诉|举报|反映|报警|答复|回复|推诿|踢皮球|没有?人管|没人管|不了了之|无人(?:管|处理)|不作为|维权|道歉|交代|说法|准话|敷衍|糊弄|忽悠|最后才|别再|还要等|等到什么时候/u;
/** Who tells of calling an office and its answers needs no more. */
const QUARREL = /热线|12345|市长信箱|投诉|踢皮球/u;
/** What offices are for: the troubles of every day. */
const TROUBLE =
  /停水|断水|停电|断电|没水|没电|水压|噪[音声]|扰民|太吵|油烟|臭|异味|粉尘|扬尘|垃圾|积水|违停|停车|车位|占道|占用|堵车|拥堵|公交|地铁|路灯|红绿灯|斑马线|人行道|路面|修路|补课|学位|入学|上学|就读|幼儿园|校服|伙食|住改商|违建|违章|搭建|消防通道|电梯|维修|抢修|漏水|渗水|开裂|质量|物业费|房产证|产权|退[款费房钱]|不退|拖欠|拖延|欠薪|罚款|罚单|收费|捆绑|合同|交房|收房|拆迁|征收|安置|补偿|社保|医保|公积金|户口|落户|办证|证明|营业执照|无证|麻将|施工|工地|装修|业主|住户|居民|小区|(?:无法|没法|不能)(?:入睡|休息|生活|出行|办理|营业)|睡不[着好]|苦不堪言|上下班|上下学|凌晨|通宵|排队|等车|客服/gu;
/** In the style of news, or copied from somebody with his name. */
const PUBLISHED =
  /【|^@|[（(]转[）)]|转[：:]|via|据悉|据了解|据报|据.{2,8}(?:报道?|消息)|网曝|曝光|爆料|网友(?:爆|称|说)|记者|新闻|快讯|日报|晚报|央视/iu;
/** Heard, or meant for everybody rather than for an office. */
const HEARD =
  /听.{0,6}说|据说|网传|网友|朋友说|群里|微博|转发|扩散|速转|互相转告|转给|转一下|紧急|提醒|警惕|注意[啦了！!]|千万|大家(?:快|赶[紧快]|注意|小心|警惕|当心|看看|帮忙|都?转|互相|收拾|自己)|各位(?:朋友|网友|家长)/u;

/** Passed on in the style of news. */
export function isPublished(text: string): boolean {
  return PUBLISHED.test(text);
}

/** Words of trouble from which on a text needs neither teller nor office to be a complaint. */
const MANY_TROUBLES = 2;

/** Two of three: it has befallen the teller, an office should act, it is a trouble of every day; and nothing says that it is passed on. */
export function isGrievance(text: string): boolean {
  if (isPublished(text) || HEARD.test(text)) return false;
  const troubles = new Set(text.match(TROUBLE)).size;
  return (
    QUARREL.test(text) ||
    troubles >= MANY_TROUBLES ||
    Number(BEFALLEN.test(text)) + Number(OFFICE.test(text)) + Number(troubles > 0) >= 2
  );
}

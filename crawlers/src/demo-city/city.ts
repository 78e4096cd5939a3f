/**
 * In: nothing. Out: the fictional city of 澜江 as data: districts, places, official accounts, site. Every name is invented.
 * Used by: the stories, the background talk, the official posts and the letters.
 */
import type { ReplayAccount } from '../replay/store.ts';

export const CITY = '澜江市';

/** What the slots of a sentence are filled with. `{road}` in a text becomes one of `road`. */
export const SLOTS: Record<string, readonly string[]> = {
  district: ['临澜区', '云屏区', '鹤汀区', '北埠区', '青砚县'],
  road: [
    '望江路',
    '澜滨大道',
    '鹤汀路',
    '云屏大道',
    '砚池路',
    '桐荫路',
    '渡口街',
    '听涛路',
    '菱塘路',
    '枫渡巷',
    '石榴街',
    '纱帽巷',
    '北埠大道',
    '汀兰路',
    '青禾路',
  ],
  estate: [
    '锦澜苑',
    '听涛花园',
    '云屏新城',
    '菱塘雅居',
    '望江名邸',
    '桐荫里小区',
    '鹤汀公馆',
    '北埠安居苑',
    '青禾家园',
    '江畔春晓',
    '砚池新村',
    '汀兰雅筑',
  ],
  bus: ['3路', '8路', '12路', '19路', '27路', '38路', '快线2号', '夜班1路', '56路'],
  school: ['菱塘小学', '桐荫小学', '砚池小学', '望江中学', '鹤汀一中', '云屏实验小学', '汀兰幼儿园', '北埠中学'],
  hospital: ['市第二医院', '鹤汀区妇幼保健院', '云屏区中医院', '北埠社区卫生服务中心', '望江路社区卫生服务站'],
  market: ['菱塘菜场', '渡口农贸市场', '石榴街夜市', '云屏水产市场', '北埠早市'],
  park: ['澜滨公园', '云屏山公园', '菱塘湿地', '鹤汀绿道', '砚池广场'],
  bridge: ['澜江一桥', '澜江二桥', '鹤汀桥', '渡口立交', '北埠隧道'],
  person: [
    '我妈',
    '我爸',
    '我奶奶',
    '邻居张阿姨',
    '我同事',
    '我媳妇',
    '我老公',
    '隔壁大爷',
    '我闺女',
    '我儿子',
    '我室友',
    '群里一个大姐',
  ],
  clock: [
    '早上七点多',
    '早上八点',
    '上午十点左右',
    '中午',
    '下午三点多',
    '傍晚',
    '晚上七点多',
    '晚上九点',
    '半夜',
    '凌晨两点',
    '今早',
    '昨晚',
  ],
  since: [
    '都三天了',
    '一个多星期了',
    '快半个月了',
    '从上个月开始',
    '大半年了',
    '连着好几天',
    '这两天',
    '一上午了',
    '好几个月了',
  ],
  n: ['两', '三', '四', '五', '六', '七', '八', '十几', '二十'],
  hotline: ['12345', '热线', '市长信箱', '社区', '物业', '街道'],
};

export interface DemoAccount extends ReplayAccount {
  platform: 'weibo' | 'wechat';
}

export const WEIBO_ACCOUNTS: readonly DemoAccount[] = [
  {
    platform: 'weibo',
    nativeId: '9900000101',
    name: '澜江发布',
    followers: 862_300,
    description: '澜江市人民政府新闻办公室官方微博（虚构，演示用）',
  },
  {
    platform: 'weibo',
    nativeId: '9900000102',
    name: '澜江公安',
    followers: 613_500,
    description: '澜江市公安局官方微博（虚构，演示用）',
  },
  {
    platform: 'weibo',
    nativeId: '9900000103',
    name: '澜江水务',
    followers: 58_200,
    description: '澜江市水务局官方微博（虚构，演示用）',
  },
  {
    platform: 'weibo',
    nativeId: '9900000104',
    name: '澜江交通',
    followers: 196_700,
    description: '澜江市交通运输局官方微博（虚构，演示用）',
  },
  {
    platform: 'weibo',
    nativeId: '9900000105',
    name: '澜江教育',
    followers: 143_900,
    description: '澜江市教育局官方微博（虚构，演示用）',
  },
  {
    platform: 'weibo',
    nativeId: '9900000106',
    name: '澜江气象',
    followers: 231_400,
    description: '澜江市气象台官方微博（虚构，演示用）',
  },
];

export const WECHAT_ACCOUNTS: readonly DemoAccount[] = [
  {
    platform: 'wechat',
    nativeId: 'gh_demo000201',
    name: '澜江发布',
    appid: 'wxdemo0000000201',
    secret: 'demo-secret-lanjiang-fabu-0000001',
    followers: 512_000,
  },
  {
    platform: 'wechat',
    nativeId: 'gh_demo000202',
    name: '澜江人社',
    appid: 'wxdemo0000000202',
    secret: 'demo-secret-lanjiang-rens-0000002',
    followers: 187_000,
  },
  {
    platform: 'wechat',
    nativeId: 'gh_demo000203',
    name: '健康澜江',
    appid: 'wxdemo0000000203',
    secret: 'demo-secret-jiankang-0000000003',
    followers: 164_000,
  },
  {
    platform: 'wechat',
    nativeId: 'gh_demo000204',
    name: '临澜微讯',
    appid: 'wxdemo0000000204',
    secret: 'demo-secret-linlan-00000000004',
    followers: 93_000,
  },
  {
    platform: 'wechat',
    nativeId: 'gh_demo000205',
    name: '北埠在线',
    appid: 'wxdemo0000000205',
    secret: 'demo-secret-beibu-000000000005',
    followers: 71_000,
  },
];

export const SITE = { name: '澜江市人民政府网站', mailbox: '澜江市长信箱' } as const;

/** The tokens of the demo are public on purpose: they open nothing but the loopback server. */
export const DEMO_WEIBO_TOKEN = 'demo-lanjiang-weibo-token';

const NICK_A =
  '江边|菱塘|鹤汀|云屏|砚池|北埠|桐荫|汀兰|渡口|望江|听涛|青禾|一只|爱吃|不吃|会飞的|熬夜的|早起的|下班的|搬砖的|种花的|钓鱼的|路过的|沉默的|認真的|小小|大大|老|阿|半夏|南风|晚来|桂花|柚子|薄荷|芝麻|豆沙|海盐|焦糖|烤|糯米|冰镇|雨后|初雪|十月|周末|隔壁|楼下|门口|三块五|没睡醒的|认真生活的|骑单车的|带娃的|考研的|加班到|想退休的'.split(
    '|',
  );
const NICK_B =
  '小王子|老李|大姐|阿伟|橘猫|柯基|二哈|番茄|土豆|茄子|馄饨|热干面|豆腐脑|小笼包|锅盔|米粉|汤圆|螃蟹|虾仁|香菜|西瓜|石榴|枇杷|芦苇|白鹭|麻雀|月亮|星星|晚风|雨伞|水杯|拖鞋|钥匙|台灯|书包|铅笔|橡皮|吉他|口琴|板凳|砚台|小船|码头|灯塔|电工|木匠|出纳|护士|老师傅|宝妈|奶爸|学渣|课代表|实习生|骑手|店长|钓鱼佬|广场舞领队|本地人|打工人|看客'.split(
    '|',
  );

/** A made-up nickname; `index` picks it, so that the same index is the same person. */
export function nickname(index: number): string {
  const a = NICK_A[index % NICK_A.length] ?? '';
  const b = NICK_B[Math.floor(index / NICK_A.length) % NICK_B.length] ?? '';
  const tail =
    index % 7 < 3 ? '' : index % 7 < 5 ? String((index * 37) % 1000) : index % 7 === 5 ? '_' : `${(index * 13) % 97}号`;
  return `${a}${b}${tail}`;
}

export const NICKNAMES = NICK_A.length * NICK_B.length;

/** Invented mobile numbers: only 19900000000–19900000999 are ever used, so that a test can tell them from real ones. */
export function fictionalPhone(index: number): string {
  return `19900000${String(index % 1000).padStart(3, '0')}`;
}

/** An ID number of a region that does not exist (990000), with a correct check digit so that redaction must find it. */
export function fictionalIdCard(index: number): string {
  const body = `990000${1960 + (index % 45)}0101${String(index % 1000).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, i) => total + weight * Number(body[i]), 0);
  return body + '10X98765432'[sum % 11];
}

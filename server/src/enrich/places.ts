/**
 * In: the words of one text with what the dictionary knows of them. Out: the places and public bodies it names, each
 * once, normalised. Called by: the enricher.
 */
import { WordKind } from './lexicon.ts';
import type { WordFacts } from './segment.ts';
import { isHan } from './normalise.ts';

const MOST = 8;

/** Words that turn the name before them into a place. */
const SUFFIX = new Set(
  (
    '路 街 道 巷 弄 胡同 大道 大街 东路 西路 南路 北路 中路 东街 西街 南街 北街 路口 支路 辅路 高架 高架桥 立交 立交桥 大桥 桥 隧道 高速 国道 省道 环线 ' +
    '市 省 区 县 镇 乡 村 屯 州 旗 盟 街道 社区 小区 新区 开发区 高新区 经开区 园区 工业园 工业园区 产业园 科技园 物流园 街道办 街道办事处 办事处 居委会 村委会 组 ' +
    '花园 家园 花苑 苑 佳苑 新村 新城 公寓 山庄 书院 华府 公馆 水岸 名邸 府邸 别墅 城邦 花城 国际城 国际社区 帝景 雅居 嘉园 名苑 名城 华庭 豪庭 庭院 雅苑 雅园 小镇 安置小区 大厦 广场 商场 商城 超市 市场 农贸市场 菜市场 批发市场 夜市 步行街 ' +
    '小学 中学 高中 初中 学校 幼儿园 大学 学院 附小 附中 实验小学 实验中学 中心小学 职业学校 医院 人民医院 中医院 卫生院 卫生服务中心 诊所 养老院 福利院 ' +
    '水库 水厂 大坝 河 江 湖 山 岛 渠 水渠 河道 湿地 湿地公园 公园 景区 风景区 森林公园 体育馆 体育中心 图书馆 博物馆 ' +
    '站 车站 地铁站 火车站 高铁站 汽车站 客运站 公交站 机场 码头 港口 收费站 服务区 搅拌站 混凝土搅拌站 垃圾站 垃圾中转站 垃圾场 加油站 变电站 泵站 污水处理厂 化工厂 水泥厂 厂 工地 ' +
    '派出所 公安局 分局 公安分局 教育局 交警大队 交警支队 城管局 水务局 住建局 卫健委 卫健局 法院 检察院 政府 人民政府 县政府 市政府 区政府 镇政府 乡政府 疾控中心'
  ).split(' '),
);

/** One-character suffixes also close a longer word that the model found whole (泉塘镇). */
const SUFFIX_UNITS = new Set([...'路街镇乡村区县市州桥苑湖河站厂巷']);

const CODE = /^[a-z][0-9]{0,3}$/;
const DIVISIONS = new Set([...'市县区镇乡村']);

/** 东四路, which jieba cuts 东 + 四路. */
const ROAD = '路'.charCodeAt(0);
const DIRECTIONS = new Set([...'东西南北中']);
const NUMBERED_ROAD = /^[一二三四五六七八九十0-9]{1,3}路$/;

/** Nouns before a suffix that make it a kind of place rather than a name (居民小区, 学校附近). */
const GENERIC = new Set(
  (
    '部分 多个 一些 有些 个别 若干 大部分 不少 许多 很多 几个 多处 居民 住宅 业主 临街 沿街 临路 定向 该栋 要建 新修 修建 兴建 附近的 配套 旁边 对面 门口 我们 你们 他们 城市 农村 学校 公司 单位 部门 政府 国家 社会 老旧 安置 全部 所有 附近 周边 本地 当地 各地 全国 全市 全省 全县 全区 全镇 全村 各 该 本 ' +
    '马路 道路 街道 公路 铁路 高速 交通 公交 地铁 火车 汽车 高铁 客运 垃圾 污水 混凝土 建筑 施工 装修 封闭 高档 新建 商业 工业 科技 贫困 自然 行政 重点 公立 私立 民办 定点 大型 小型 综合 ' +
    '管理 物业 开发 服务 经济 地方 人 线 菜 水 门 大 小 老 新 东 西 南 北 中 上 下 前 后 里 外 这 那 哪 每 某 一个 两个 这个 那个 什么 怎么 为什么 没有 不是 就是 回家 上学 上班 过 走 在 到 去 来'
  ).split(' '),
);

const TOO_WIDE = new Set(
  '中国 我国 全国 大陆 国内 国外 海外 世界 亚洲 中华 中华人民共和国 祖国 地区 国际 本市 我市 我县 我省 我区'.split(' '),
);

/** Agencies' words that name no body in particular. */
const NO_BODY = new Set('政府 法院 学校 医院 公司 部门 组 站 市 省 区 县 镇 乡 村 道 山 江 河'.split(' '));

/**
 * Place and agency mentions in order of appearance. A name is a known place or body, or a run of words that ends in a
 * place's suffix (泉塘 + 街道). Province and city drop their suffix when the bare name is known (武汉市 → 武汉).
 */
export class PlaceReader {
  readonly #found: string[] = [];
  /** The word before the last: 魅力 before 之城. */
  #before = '';
  /** What the last word was: a name that a suffix may follow, and whether it is itself a place. */
  #previous = '';
  #previousNames = false;
  #previousPlace = false;
  readonly #isKnownPlace: (word: string) => boolean;

  constructor(isKnownPlace: (word: string) => boolean) {
    this.#isKnownPlace = isKnownPlace;
  }

  start(): void {
    this.#found.length = 0;
    this.#before = '';
    this.#previous = '';
    this.#previousNames = false;
    this.#previousPlace = false;
  }

  see(word: string, facts: WordFacts): void {
    const last = this.#previous;
    this.#see(word, facts);
    this.#before = facts.word ? last : '';
  }

  #see(word: string, facts: WordFacts): void {
    if (!facts.word) {
      this.#previousNames = false;
      this.#previousPlace = false;
      return;
    }
    if (
      !facts.known &&
      word.length > 2 &&
      this.#previousNames &&
      DIVISIONS.has(word[0] ?? '') &&
      CODE.test(this.#previous)
    ) {
      // A7 + 县泉塘: the model took the division's mark into the name after it.
      this.#add(this.#previous + (word[0] ?? ''));
      this.#previous = word.slice(1);
      this.#previousPlace = false;
      return;
    }
    const n = word.length;
    const last = word.charCodeAt(n - 1);
    if (this.#previousNames && (facts.kind === WordKind.facility || SUFFIX.has(word))) {
      // 魅力 + 之城 + 小区: what begins with 之 is the end of a name.
      const name = (this.#previous.startsWith('之') ? this.#before : '') + this.#previous + word;
      if (name.length >= 3 && name.length <= 16) {
        if (this.#previousPlace) this.#found.pop();
        this.#add(name);
        this.#previous = name;
        this.#previousNames = true;
        this.#previousPlace = true;
        return;
      }
    }
    if (last === ROAD && DIRECTIONS.has(this.#previous) && NUMBERED_ROAD.test(word)) {
      this.#add(this.#previous + word);
      this.#previous = word;
      return;
    }
    const han = isHan(last);
    let place = false;
    if (han && n >= 2) {
      if (facts.kind === WordKind.place) place = n > 2 ? !SUFFIX.has(word) : !SUFFIX.has(word) && !GENERIC.has(word);
      else if (facts.kind === WordKind.organisation) place = !NO_BODY.has(word);
      else if (!facts.known && n >= 3 && n <= 8 && SUFFIX_UNITS.has(word[n - 1] ?? ''))
        place = !GENERIC.has(word.slice(0, -1));
    }
    if (place) {
      // 西江市 + 教育局: a body under the place just named is one mention.
      if (facts.kind === WordKind.organisation && this.#previousPlace && this.#previous.length + n <= 16) {
        const name = this.#previous + word;
        this.#found.pop();
        this.#add(name);
        this.#previous = name;
      } else {
        this.#add(word);
        this.#previous = word;
      }
      this.#previousNames = true;
      this.#previousPlace = true;
      return;
    }
    this.#previous = word;
    this.#previousPlace = false;
    this.#previousNames =
      !GENERIC.has(word) &&
      ((n >= 2 &&
        n <= 6 &&
        han &&
        (!facts.known ||
          facts.kind === WordKind.person ||
          facts.kind === WordKind.noun ||
          facts.kind === WordKind.domain)) ||
        (!han && n <= 4 && CODE.test(word)));
  }

  places(): string[] {
    const places: string[] = [];
    for (const found of this.#found) {
      const name = this.#normal(found);
      if (name !== '' && !places.includes(name)) places.push(name);
      if (places.length === MOST) break;
    }
    return places;
  }

  #add(name: string): void {
    if (this.#found.length < 32) this.#found.push(name);
    else this.#found[31] = name;
  }

  #normal(name: string): string {
    if (TOO_WIDE.has(name)) return '';
    if (name.length > 2 && (name.endsWith('市') || name.endsWith('省'))) {
      const bare = name.slice(0, -1);
      if (this.#isKnownPlace(bare)) return bare;
    }
    // Codes such as A7县 are written with a capital.
    const first = name.charCodeAt(0);
    return first >= 0x61 && first <= 0x7a ? name.toUpperCase() : name;
  }
}

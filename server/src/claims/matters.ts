/**
 * In: two texts. Out: the kinds of event that both speak of, whatever their words: 涨价 and 票价调整 are one. The only place where words of one meaning
 * are listed. Whether one text denies what the other says is told apart elsewhere (enrich/negation.ts). Called by: claims/wording.ts, claims/detect.ts.
 */

export type Matter = readonly [name: string, words: RegExp];

const MATTERS: readonly Matter[] = [
  ['dam', /决堤|溃坝|溃堤|漫坝|管涌|渗漏|渗水|又渗|渗了|大坝|坝体|坝[上下顶脚底]|泄洪|放水/u],
  ['food', /中毒|上吐下泻|呕吐|腹泻|拉肚子|挂水|食堂/u],
  [
    'price',
    /涨价|提价|调价|加价|要涨|涨到|涨至|涨了|票价|价格(?:调整|上调|上涨)|[价费](?:格|用)?(?:将|拟|要)?(?:调整|上调|上涨|翻倍)|折扣取消|[元块]变[0-9一二三四五]/u,
  ],
  ['fire', /爆炸|起火|火灾|着火|失火|泄漏|泄露/u],
  ['collapse', /坍塌|塌方|倒塌|塌了|垮塌|塌陷/u],
  ['death', /死亡|伤亡|遇难|身亡|猝死|自杀|跳楼|坠楼|死了/u],
  ['disease', /确诊|感染|传染|疫情|病例|阳性/u],
  ['water', /停水|断水|没水|(?:供水|用水)(?:中断|暂停)|(?:暂停|停止|中断)供水/u],
  ['power', /停电|断电|没电|拉闸|限电|供电(?:中断|暂停)|(?:暂停|停止|中断)供电/u],
  ['road', /封路|断路|封闭|交通管制|禁[行止]通行|禁行|限行|(?:道路|路段|大桥|隧道).{0,6}(?:关闭|中断)/u],
  ['lockdown', /封城|封控|封小区|封村|静默/u],
  ['school', /停课|停学|(?:推迟|延期|延迟)开学/u],
  ['business', /关停|停业|歇业|停产|关门|关闭|停止营业|暂停营业|闭店|撤店/u],
  ['transport', /停运|停驶|停航|停开|(?:暂停|停止)运[营行]|(?:线路|班次)取消/u],
  ['crime', /拐卖|抢孩子|被抓|打人|殴打|绑架|砍人/u],
  ['quake', /地震|余震|震级/u],
  ['fraud', /造假|假冒|伪劣|失联|跑路|兑付|诈骗/u],
];

/** Everybody speaks of these at once, or of many places in one day; only the place tells two events apart. */
export const EVERYWHERE: ReadonlySet<string> = new Set([
  ...['death', 'disease', 'crime', 'fraud'],
  ...['water', 'power', 'road', 'lockdown', 'school', 'business', 'transport'],
]);

/** Matters of both texts, each with the pattern of its own words. */
export function sharedMatters(a: string, b: string): Matter[] {
  return MATTERS.filter(([, words]) => words.test(a) && words.test(b));
}

/** Both speak of a dam, a price, a poisoning. */
export function sameMatter(a: string, b: string): boolean {
  return sharedMatters(a, b).length > 0;
}

/** Each speaks of a kind of event, and of no common one. */
export function otherMatter(a: string, b: string): boolean {
  const has = (text: string) => MATTERS.some(([, words]) => words.test(text));
  return has(a) && has(b) && !sameMatter(a, b);
}

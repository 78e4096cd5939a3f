/**
 * In: one word. Out: what it signals (a source, hearsay, urgency, harm, doubt …) as bits. Called by: the reader of a
 * text, once per word; claims turns the bits into reasons for the officer.
 */

export const Cue = {
  source: 1 << 0,
  hearsay: 1 << 1,
  urgency: 1 << 2,
  casualty: 1 << 3,
  doubt: 1 << 4,
  authority: 1 << 5,
  negation: 1 << 6,
  self: 1 << 7,
  shock: 1 << 8,
  forbidding: 1 << 9,
  official: 1 << 10,
  you: 1 << 11,
  crime: 1 << 12,
  health: 1 << 13,
  disaster: 1 << 14,
  denial: 1 << 15,
} as const;
export type CueName = keyof typeof Cue;

const WORDS: Record<CueName, string> = {
  source:
    '据 记者 报道 通报 发布 公告 通告 官方 消息称 来源 获悉 新华社 央视 人民日报 日报 晚报 电 讯 发布会 新闻网 客户端 官网 公布',
  hearsay:
    '听说 据说 网传 传言 听 同事 亲戚 朋友 同学 邻居 群里 微信群 内部 内部消息 小道消息 有人说 说是 据传 爆料 网友 转自 疯传 传',
  urgency:
    '速转 扩散 求扩散 转发 转 紧急 赶紧 赶快 快 速 马上 立刻 互相转告 转告 提醒 注意 小心 警惕 千万 切记 务必 求转发 紧急扩散 转发扩散 帮忙 帮转 求转 接力',
  casualty:
    '死 死亡 身亡 遇难 伤亡 受伤 失踪 重伤 丧生 致死 猝死 死人 尸体 遗体 自杀 跳楼 砍死 砍伤 被杀 去世 牺牲 人死亡',
  doubt: '真假 真的假的 求证 求真相 真相 是否 辟谣 谣言 不信 怀疑 质疑 属实 不实 假的 造谣 求辟谣 是真的吗',
  authority:
    '专家 医生 教授 院士 研究 科学家 世卫 卫生部 公安部 国务院 教育部 央行 美国 日本 德国 哈佛 大学 研究所 证实 证明 透露',
  negation: '不 没 没有 别 无 未 莫 勿 不要 不会 不能 不是 并非 从未 不得 不再 毫无',
  self: '我 我们 咱 咱们 俺 自己 本人 我家 我的',
  shock:
    '震惊 惊人 惊爆 恐怖 太可怕了 可怕 惊 曝光 曝 揭秘 内幕 竟 竟然 居然 惨 惨绝人寰 触目惊心 令人发指 疯狂 恐慌 天理 人性 畜生 丧尽天良 出大事',
  forbidding: '禁止 严禁 不准 不许 禁 封 停 关闭 封城 取消 暂停 罚款 处罚 拘留',
  official:
    '市政府 省政府 县政府 公安局 警方 交警 卫健委 教育局 派出所 城管 政府 法院 纪委 部门 应急管理局 气象台 消防 官员 干部 书记 市长',
  you: '你 你们 您 大家 各位 亲们 亲 家长 姐妹 朋友们 家人们',
  crime:
    '人贩子 拐卖 偷 抢 抢劫 强奸 绑架 杀人 凶手 小偷 骗子 诈骗 被抓 逮捕 犯罪 嫌疑人 通缉 迷药 拐 丢失 被盗 失窃 失主',
  health:
    '致癌 中毒 病毒 感染 癌症 有毒 疫苗 艾滋病 艾滋 传染 食用 治疗 预防 偏方 食物 毒 激素 甲醛 确诊 疫情 添加剂 吃了',
  disaster: '地震 爆炸 决堤 溃坝 泄洪 洪水 暴雨 台风 火灾 坍塌 泄漏 余震 海啸 核 停水 停电 大火 车祸',
  denial: '并非 不实 假的 谣言 辟谣 否认 澄清 没有发生 系谣言 纯属 勿信 不信谣 不传谣 造谣',
};

const BITS = new Map<string, number>();
for (const [name, words] of Object.entries(WORDS) as [CueName, string][]) {
  for (const word of words.split(' ')) BITS.set(word, (BITS.get(word) ?? 0) | Cue[name]);
}

export const CUE_NAMES = Object.keys(WORDS) as CueName[];

export function cuesOf(word: string): number {
  return BITS.get(word) ?? 0;
}

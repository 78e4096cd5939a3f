/**
 * In: the words of one text. Out: at most six informative words, and the hashtags. Called by: the enricher.
 */
import { WordKind } from './lexicon.ts';
import type { Segmenter, WordFacts } from './segment.ts';
import { isHan } from './normalise.ts';

const MOST = 6;

/** Words that are informative by their frequency and part of speech and yet say nothing about the matter. */
const STOP = new Set(
  (
    '微博 视频 转发 网页 链接 全文 图片 直播 网友 评论 原文 楼主 小编 博主 时候 东西 事情 地方 问题 情况 部门 领导 人员 有关 相关 现在 今天 昨天 明天 今年 去年 ' +
    '希望 觉得 知道 感觉 看到 听到 开始 出现 进行 表示 认为 发现 可能 应该 需要 成为 得到 有人 大家 我们 你们 他们 自己 别人 人家 朋友 哈哈 哈哈哈 哈哈哈哈 呵呵 嘻嘻 谢谢 ' +
    '支持 加油 真的 不是 没有 就是 可以 不能 不要 不会 还是 这样 那样 怎么 什么 为什么 如何 一下 一直 已经 还有 以及 因为 所以 但是 如果 虽然 时间 记者 消息 ' +
    '你好 您好 尊敬 请问 解决 反映 本人 政府 关注 回复 意思 样子 原因 方面 结果 工作 人们 先生 女士 小姐 老师 同志 中国 国家 生活 世界 城市 社会 全国 全市 市民 群众 百姓 老百姓 ' +
    '来自 收起 展开 用户 客户端 手机 分享 投票 话题 超话 秒拍 最右 doge 二哈 允悲 泪 心 赞 笑哭 微笑 偷笑 http https com cn www 电话 号码 手机号'
  ).split(' '),
);

/** Weight of a word as a keyword (an inverse document frequency scaled by part of speech); 0 for words that say nothing. */
export function keywordWeight(word: string, facts: WordFacts, total: number): number {
  const n = word.length;
  if (!facts.word || n < 2 || n > 12 || STOP.has(word)) return 0;
  if (!isHan(word.charCodeAt(0))) return /^[a-z][a-z0-9]{2,}$/.test(word) && facts.known ? 4 : 0;
  if (!facts.known) return n === 2 ? 4.5 : n <= 6 ? 6 : 0;
  const idf = Math.log(total / Math.max(3, facts.frequency)) - 4;
  if (idf <= 0) return 0;
  switch (facts.kind) {
    case WordKind.domain:
    case WordKind.organisation:
      return Math.min(idf, 10) * 1.3;
    case WordKind.noun:
    case WordKind.facility:
    case WordKind.place:
      return Math.min(idf, 10);
    case WordKind.phrase:
      return Math.min(idf, 9) * 0.8;
    case WordKind.verb:
      return Math.min(idf, 9) * 0.7;
    case WordKind.person:
      return Math.min(idf, 9) * 0.5;
    case WordKind.adjective:
      return Math.min(idf, 8) * 0.4;
    default:
      return 0;
  }
}

/** Keeps the best few words while a text is read: no sorting, no objects per word. */
export class KeywordPicker {
  readonly #words: WordFacts[] = [];
  readonly #scores: number[] = [];
  readonly #segmenter: Segmenter;

  constructor(segmenter: Segmenter) {
    this.#segmenter = segmenter;
  }

  start(): void {
    this.#words.length = 0;
    this.#scores.length = 0;
  }

  /** @param boost 2 inside a hashtag or headline, 1 elsewhere. */
  see(word: string, facts: WordFacts, boost: number): void {
    if (facts.keyword < 0) facts.keyword = keywordWeight(word, facts, this.#segmenter.lexicon.total);
    const weight = facts.keyword;
    if (weight <= 0) return;
    // Within one text a word always has the same facts; comparing strings would cost more than all the rest.
    const at = this.#words.indexOf(facts);
    if (at >= 0) {
      this.#scores[at] = (this.#scores[at] ?? 0) + weight * boost;
    } else if (this.#words.length < 64) {
      this.#words.push(facts);
      this.#scores.push(weight * boost);
    }
  }

  /** The best words, best first. */
  best(): string[] {
    const found: string[] = [];
    const scores = this.#scores;
    for (let k = 0; k < MOST; k++) {
      let top = -1;
      let best = 0;
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i] ?? 0;
        if (score > best) {
          best = score;
          top = i;
        }
      }
      if (top < 0) break;
      found.push(this.#words[top]?.text ?? '');
      scores[top] = 0;
    }
    return found;
  }
}

/** `#话题#` between two marks on one line, at most 40 characters, in order of appearance, each once. */
export function hashtagsOf(folded: string): string[] {
  const tags: string[] = [];
  let open = folded.indexOf('#');
  while (open >= 0 && tags.length < 10) {
    const close = folded.indexOf('#', open + 1);
    if (close < 0) break;
    const tag = folded.slice(open + 1, close).trim();
    if (tag.length > 0 && tag.length <= 40 && !/[\n\r]/.test(tag)) {
      const clean = tag.replace(/\[?超话\]?$/, '').trim();
      if (clean !== '' && !tags.includes(clean)) tags.push(clean);
      open = folded.indexOf('#', close + 1);
    } else {
      open = close;
    }
  }
  return tags;
}

/**
 * In: texts, or nothing (it makes its own). Out: how many posts a second one core cuts and enriches, stage by stage.
 * Called by: the `bench analysis` verb.
 */
import { fingerprint } from './fingerprint.ts';
import { createEnricher, type Enricher } from './enricher.ts';
import { hashtagsOf } from './keywords.ts';
import { seeded } from './learn.ts';
import { fold } from './normalise.ts';
import { asksOffice } from './question.ts';

export interface AnalysisBench {
  posts: number;
  averageLength: number;
  segmenter: string;
  /** jieba's cut alone, on the same texts in the same run. */
  segmentOnlyPostsPerSecond: number;
  enrichPostsPerSecond: number;
  /** Time of the whole of enrich ÷ time of segmentation alone; the aim is at most 2. */
  costRatio: number;
  stages: Record<string, number>;
  /** Resident size of all weights. */
  modelsMB: number;
  modelsLoadMs: number;
}

const PIECES = (
  '今天上午 西江市 教育局 发布 通知 受暴雨影响 全市中小学 停课一天 请家长 做好 接送准备 我们小区 已经停水两天了 ' +
  '什么时候 能恢复 供水 打电话 没人接 太让人生气了 希望 有关部门 尽快解决 听说 青龙水库 大坝 出现裂缝 是真的吗 ' +
  '感谢 一线工作人员 辛苦了 为你们点赞 公交票价 要涨到三元 老百姓 怎么办 搅拌站 夜间施工 噪音扰民 孩子 睡不着觉 ' +
  '据 新闻办 通报 截至 18时 转移群众 326人 无人员伤亡 [泪] [赞] #暴雨预警# //@某人: 转发扩散 求证 路上 积水很深 开车 注意安全'
).split(' ');

/** Posts of about seventy characters in the manner of the real ones. */
export function benchTexts(count: number, seed = 7): string[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const length = 30 + random() * 80;
    let text = '';
    while (text.length < length) {
      text += PIECES[Math.floor(random() * PIECES.length)] ?? '';
      if (random() < 0.25) text += random() < 0.5 ? '，' : '。';
    }
    return text + String(Math.floor(random() * 100000));
  });
}

function perSecond(texts: readonly string[], run: (text: string) => unknown): number {
  for (const text of texts.slice(0, 10_000)) run(text);
  const started = performance.now();
  for (const text of texts) run(text);
  return Math.round((texts.length / (performance.now() - started)) * 1000);
}

export function benchAnalysis(options: { texts?: readonly string[]; enricher?: Enricher } = {}): AnalysisBench {
  const texts = options.texts ?? benchTexts(30_000);
  const enricher = options.enricher ?? createEnricher();
  const segmenter = enricher.segmenter;
  const post = { official: false, kind: 'post' } as const;
  // Turn by turn in small lots, so that a busy machine slows both alike.
  const lot = 1000;
  let cutTime = 0;
  let enrichTime = 0;
  for (const text of texts.slice(0, 10_000)) enricher.enrich(text, post);
  for (let from = 0; from < texts.length; from += lot) {
    const part = texts.slice(from, from + lot);
    const t0 = performance.now();
    for (const text of part) segmenter.cut(text);
    const t1 = performance.now();
    for (const text of part) enricher.enrich(text, post);
    cutTime += t1 - t0;
    enrichTime += performance.now() - t1;
  }
  const segmentOnly = Math.round((texts.length / cutTime) * 1000);
  const enrich = Math.round((texts.length / enrichTime) * 1000);
  const stages = {
    fold: perSecond(texts, fold),
    searchTokens: perSecond(texts, (text) => enricher.searchTokens(text)),
    fingerprint: perSecond(texts, fingerprint),
    features: perSecond(texts, (text) => enricher.reading(text)),
    hashtags: perSecond(texts, hashtagsOf),
    question: perSecond(texts, asksOffice),
  };
  const models = [enricher.sentiment.model, enricher.claims.model, enricher.departments.model];
  const bytes = models.reduce(
    (sum, model) => sum + (model?.weights.byteLength ?? 0) + (model?.rarity?.byteLength ?? 0),
    0,
  );
  return {
    posts: texts.length,
    averageLength: Math.round(texts.reduce((sum, text) => sum + text.length, 0) / Math.max(1, texts.length)),
    segmenter: enricher.segmenterName(),
    segmentOnlyPostsPerSecond: segmentOnly,
    enrichPostsPerSecond: enrich,
    costRatio: Math.round((segmentOnly / Math.max(1, enrich)) * 100) / 100,
    stages,
    modelsMB: Math.round((bytes / 1e6) * 100) / 100,
    modelsLoadMs: enricher.modelsLoadMs,
  };
}

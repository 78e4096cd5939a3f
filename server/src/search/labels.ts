/**
 * In: values of the contract. Out: what they are called on screen. Used by: search (facets), dashboard.
 */
import type { Sentiment } from '@minsheng/contracts';

const PLATFORMS: Record<string, string> = {
  weibo: '微博',
  wechat: '微信',
  site: '网站',
  douyin: '抖音',
  toutiao: '头条',
  kuaishou: '快手',
  app: '客户端',
  hotline: '热线',
  other: '其他',
};
const KINDS: Record<string, string> = { post: '帖文', comment: '评论', message: '留言' };
const SENTIMENTS: Record<Sentiment, string> = {
  positive: '正面',
  neutral: '中性',
  negative: '负面',
  uncertain: '不确定',
};

export function platformLabel(platform: string): string {
  return PLATFORMS[platform] ?? platform;
}

export function kindLabel(kind: string): string {
  return KINDS[kind] ?? kind;
}

export function sentimentLabel(sentiment: Sentiment): string {
  return SENTIMENTS[sentiment];
}

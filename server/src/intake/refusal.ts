/**
 * In: an item that intake refused. Out: why, in words for whoever sent it. Called by: the push door and imports.
 */
import type { RejectReason } from '@minsheng/contracts';
import type { Rejected } from './intake.ts';

const REASONS: Record<RejectReason, string> = {
  'malformed-json': '不是有效的 JSON',
  'invalid-item': '字段不符合要求',
  'invalid-time': '发布时间无法识别',
  'time-out-of-range': '发布时间不在可接受的范围内',
  'empty-text': '没有文字',
  'text-too-long': '正文过长',
};

export function refusalWords({ reason, detail }: Pick<Rejected, 'reason' | 'detail'>): string {
  // Too short to be a time at all: the schema says so before anybody tries to read it.
  if (reason === 'invalid-item' && detail.startsWith('publishedAt')) return REASONS['invalid-time'];
  return detail === '' ? REASONS[reason] : `${REASONS[reason]}：${detail}`;
}

/**
 * In: a message or a question in a comment. Out: how many working days the office has, and the sentence that says why.
 * Called by: intake, case views. The numbers live in the table `inbox_rules`, where an administrator can change them.
 */
import { dayOf, dayText } from '../platform/clock.ts';
import type { RuleEntity } from './inbox.entity.ts';
import { dueAfter, LAST_PUBLISHED_YEAR } from './working-days.ts';

export type RuleKey = 'hotline' | 'consultation' | 'complaint' | 'comment' | 'comment-simple';

const COMPLAINT = /投诉|举报|扰民|维权|乱收费|违规|不作为|不合理|拖欠|超标|臭味|噪音|噪声/u;

/** The rule a text falls under. A rule that is off gives way to the general one of its channel. */
export function ruleFor(
  rules: ReadonlyMap<RuleKey, Pick<RuleEntity, 'enabled'>>,
  post: { platform: string; kind: string; text: string },
): RuleKey {
  const on = (key: RuleKey) => rules.get(key)?.enabled === 1;
  if (post.kind === 'message') {
    if (post.platform === 'hotline') return 'hotline';
    return on('complaint') && COMPLAINT.test(post.text) ? 'complaint' : 'consultation';
  }
  return on('comment-simple') && [...post.text].length <= 30 && !COMPLAINT.test(post.text)
    ? 'comment-simple'
    : 'comment';
}

/** zh-CN, for 办理期限 on the case page. */
export function dueSentence(
  rule: Pick<RuleEntity, 'name' | 'source' | 'verified'>,
  facts: { receivedAt: number; startedAt: number; workingDays: number; extendedDays: number; dueAt: number },
): string {
  const parts = [`${rule.name}：${facts.workingDays} 个工作日`];
  if (facts.extendedDays > 0) parts.push(`已延长 ${facts.extendedDays} 个工作日`);
  if (facts.startedAt !== facts.receivedAt) parts.push(`自 ${dayText(facts.startedAt)} 重新办理次日起算`);
  else parts.push(`自收到（${dayText(facts.receivedAt)}）次日起算`);
  const year = Number(dayOf(facts.dueAt).slice(0, 4));
  const calendar =
    year > LAST_PUBLISHED_YEAR ? `${year} 年放假安排未收录，只按周末推算` : '法定节假日与调休按国务院办公厅放假安排';
  return `${parts.join('，')}；${calendar}。依据：${rule.source}${rule.verified === 1 ? '' : '（待核对）'}。`;
}

export function dueOf(startedAt: number, workingDays: number, extendedDays: number): number {
  return dueAfter(startedAt, workingDays + extendedDays);
}

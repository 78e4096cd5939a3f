/**
 * In: claims, message counts, failing sources, silent accounts. Out: 要办的事, most urgent first. Used by: overview.
 */
import type { AccountRow, ClaimRow, TodoItem } from '@minsheng/contracts';
import type { z } from 'zod';
import { toInstant } from '../platform/clock.ts';
import { TWO_WEEK_RULE } from './activity.ts';
import type { FailingSource, InboxTodo } from './ports.ts';

export type Todo = z.infer<typeof TodoItem>;

/** Claims named one by one; the rest are on their own page. */
const CLAIMS = 5;
const LEVELS = { high: 0, medium: 1, low: 2 } as const;

export interface TodoInput {
  claims: readonly ClaimRow[];
  inbox: InboxTodo;
  failing: readonly FailingSource[];
  accounts: readonly AccountRow[];
}

export function todoList(input: TodoInput): Todo[] {
  const items = [
    ...input.claims.slice(0, CLAIMS).map(ofClaim),
    ...ofInbox(input.inbox),
    ...input.accounts.flatMap(ofAccount),
    ...ofSources(input.failing),
  ];
  return items
    .map((item, order) => ({ item, order }))
    .sort(
      (a, b) =>
        LEVELS[a.item.level] - LEVELS[b.item.level] ||
        Date.parse(a.item.dueAt ?? '9999-01-01') - Date.parse(b.item.dueAt ?? '9999-01-01') ||
        a.order - b.order,
    )
    .map(({ item }) => item);
}

function ofClaim(claim: ClaimRow): Todo {
  const { clock } = claim;
  // What is left of a running clock is told from `dueAt`, where it is shown.
  const waiting = clock.state === 'not-graded' ? '尚未定级' : clock.state === 'paused' ? '计时已暂停' : '';
  return {
    kind: 'claim',
    level: clock.secondsLeft !== null && clock.secondsLeft < 3600 ? 'high' : claim.risk,
    title: claim.statement,
    detail: [
      `${String(claim.posts)} 条转述`,
      waiting,
      ...claim.reasons.filter((r) => !r.endsWith('条转述')).slice(0, 1),
    ]
      .filter((t) => t !== '')
      .join('，'),
    dueAt: clock.dueAt,
    href: `/claims/${claim.id}`,
  };
}

function ofInbox(inbox: InboxTodo): Todo[] {
  const item = (kind: Todo['kind'], level: Todo['level'], n: number, title: string, detail: string, view: string) =>
    n === 0 ? [] : [{ kind, level, title: `${String(n)} ${title}`, detail, dueAt: null, href: `/inbox?${view}` }];
  return [
    ...item('overdue', 'high', inbox.overdue, '件留言已超期', '请先答复，超期会一直留痕', 'view=overdue'),
    ...item('due-today', 'medium', inbox.dueToday, '件留言今日到期', '下班前需答复', 'view=due-today'),
    ...item('review', 'medium', inbox.review, '件答复待审核', '审核后方可发出', 'state=review'),
  ];
}

function ofAccount(account: AccountRow): Todo[] {
  const { activity, daysSilent } = account;
  if (daysSilent === null || activity === 'ok' || activity === 'unknown') return [];
  const left = TWO_WEEK_RULE.veto - daysSilent;
  return [
    {
      kind: 'account',
      level: activity === 'warn' ? 'low' : activity === 'urgent' ? 'medium' : 'high',
      title: `“${account.name}” ${String(daysSilent)} 天没有更新`,
      detail: left > 0 ? `再过 ${String(left)} 天触及两周未更新单项否决` : '已触及两周未更新单项否决',
      dueAt: null,
      href: '/accounts',
    },
  ];
}

function ofSources(failing: readonly FailingSource[]): Todo[] {
  return failing.map((source) => ({
    kind: 'source',
    level: 'medium',
    title: `采集源“${source.name}”异常`,
    detail:
      source.since === null
        ? source.reason
        : `${source.reason}，自 ${toInstant(source.since).slice(5, 16).replace('T', ' ')} 起`,
    dueAt: null,
    href: '/sources',
  }));
}

/**
 * In: schedules, runs and hourly counts. Out: the words and shades of 采集状态. Called by: sources pages.
 */
import {
  type BackfillView,
  type ImportField,
  type RunView,
  type Schedule,
  type SourceCreate,
  SourceFile,
  type SourceView,
} from '@minsheng/contracts';

const UNITS: readonly (readonly [string, number])[] = [
  ['天', 86_400],
  ['小时', 3600],
  ['分钟', 60],
  ['秒', 1],
];

export function scheduleText(schedule: Schedule): string {
  if ('cron' in schedule) return schedule.cron;
  const [name, size] = UNITS.find(([, s]) => schedule.everySeconds % s === 0) ?? ['秒', 1];
  return `${schedule.everySeconds / size} ${name}`;
}

/** The other way round: `10 分钟`, `2小时`, `90` (seconds would be too fine to mean, so minutes), a cron expression; null when neither. */
export function scheduleOf(text: string): Schedule | null {
  const typed = text.trim();
  const match = /^(\d{1,6})\s*(秒|分钟|分|小时|天)?$/u.exec(typed);
  if (match) {
    const size = { 秒: 1, 分钟: 60, 分: 60, 小时: 3600, 天: 86_400 }[match[2] ?? '分钟'] ?? 60;
    const everySeconds = Number(match[1]) * size;
    return everySeconds >= 1 && everySeconds <= 604_800 ? { everySeconds } : null;
  }
  return /^([\d*/,-]+\s+){4,5}[\d*/,-]+$/.test(typed) ? { cron: typed } : null;
}

export const OUTCOME: Record<RunView['outcome'], string> = {
  running: '采集中',
  ok: '完成',
  'nothing-new': '无新内容',
  waiting: '等待重试',
  failed: '失败',
  interrupted: '中断',
};

/** Broken sources first, then quiet ones, then by name. */
const ORDER: Record<SourceView['health'], number> = {
  stopped: 0,
  failing: 1,
  waiting: 2,
  quiet: 3,
  new: 4,
  ok: 5,
  paused: 6,
};
export function byNeed<T extends { source: Pick<SourceView, 'health' | 'name'> }>(rows: readonly T[]): T[] {
  return rows.toSorted(
    (a, b) => ORDER[a.source.health] - ORDER[b.source.health] || a.source.name.localeCompare(b.source.name, 'zh-CN'),
  );
}

/** Shade 0–4 of an hour against the busiest hour of the same source; 0 only for nothing at all. */
export function shade(count: number, most: number): number {
  return count === 0 || most === 0 ? 0 : Math.max(1, Math.ceil((count / most) * 4));
}

export type ReadFile = { file: { sources: SourceCreate[] }; problem: null } | { file: null; problem: string };
/** A source file as it was chosen from disk. */
export function readSourceFile(text: string): ReadFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { file: null, problem: '这个文件不是有效的 JSON，没有导入任何采集源。' };
  }
  const checked = SourceFile.safeParse(parsed);
  if (checked.success) return { file: checked.data, problem: null };
  const issue = checked.error.issues[0];
  const where =
    issue && typeof issue.path[1] === 'number'
      ? `第 ${issue.path[1] + 1} 个采集源的 ${issue.path.slice(2).join('.')}`
      : 'sources';
  return { file: null, problem: `文件内容不符合格式（${where}），没有导入任何采集源。` };
}

/** Why something is missing, as the server names it. */
const CAUSE: Record<string, string> = {
  'platform-limit': '平台限制，不再提供',
  'login-needed': '登录失效',
  truncated: '平台只给出部分',
  deleted: '已被删除',
  skipped: '内容不完整，未入库',
  unknown: '原因待查',
  outage: '采集中断',
  silence: '比平时久没有新内容',
  rejected: '不符合入库要求',
  sequence: '推送序号不连续',
};

const causeText = (cause: string): string => CAUSE[cause] ?? cause;

/** Gaps whose name says the cause already. */
const NAMED = new Set(['outage', 'silence', 'sequence']);

/** `漏采评论，120 条（登录失效）`; sizes learned from the rhythm are estimates. */
export function gapText({
  what,
  size,
  cause,
}: Pick<SourceView['openGaps'][number], 'what' | 'size' | 'cause'>): string {
  const count = size === null ? '条数未知' : `${cause === 'silence' ? '约 ' : ''}${size.toLocaleString('en-US')} 条`;
  return `${what}，${count}${NAMED.has(cause) ? '' : `（${causeText(cause)}）`}`;
}

export const BACKFILL: Record<BackfillView['state'], string> = {
  waiting: '进行中',
  done: '已完成',
  cancelled: '已取消',
  failed: '需要处理',
};

export const PURPOSE: Record<RunView['purpose'], string> = { regular: '采集', refresh: '更新互动数', backfill: '补采' };

export const FIELD: Record<ImportField, string> = {
  text: '正文',
  publishedAt: '发布时间',
  title: '标题',
  id: '编号',
  author: '群众昵称（只用于计数，不保存）',
  account: '政务账号名称',
  parentId: '所属帖文编号',
  url: '链接',
  likes: '点赞数',
  comments: '评论数',
  reposts: '转发数',
  reads: '阅读数',
};

/** `2026-11-01` as the first moment of that office day, `days` later. */
export function officeDay(day: string, days = 0): string {
  const ms = Date.parse(`${day}T00:00:00+08:00`) + days * 86_400_000;
  return `${new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

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
  type SourceKindInfo,
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

/** Where the platform sends a person back to after granting; it has to be entered there to the letter. */
export const authorizeRedirect = (): string => `${location.origin}/sources`;

/** The person, or the platform, said no: `error` is what OAuth2 calls the reason (RFC 6749, 4.1.2.1). */
export function refusalText(error: string | null): string {
  return error === 'access_denied'
    ? '您在平台上没有同意授权，原有凭据没有改动。需要时可重新点“授权”。'
    : `平台没有完成授权${error === null ? '' : `（${error.slice(0, 60)}）`}，原有凭据没有改动。请核对应用的授权回调地址和权限后重试。`;
}

/** What comes next after a source was added. */
export function savedText(kind: Pick<SourceKindInfo, 'kind' | 'authorizes'>, hasToken: boolean): string {
  if (kind.kind === 'push') return '已添加。请点“推送密钥”生成密钥，交给对方系统。';
  if (kind.kind === 'file') return '已添加。请点“导入文件”。';
  if (kind.authorizes && !hasToken) return '已添加。请点“授权”，在平台上同意后开始采集。';
  return '已添加，马上开始首次采集。';
}

const DAY_MS = 86_400_000;
/** The end of what was granted, from seven days before. */
export function expiryText(endsAt: string | null, now: number): string | null {
  if (endsAt === null) return null;
  const days = (Date.parse(endsAt) - now) / DAY_MS;
  if (days > 7) return null;
  return days <= 0 ? '授权已到期' : `授权 ${Math.max(1, Math.ceil(days))} 天内到期`;
}

type Row = Pick<SourceView, 'kind' | 'health' | 'credentialsEndAt' | 'lastRun'>;

const MENDED: Partial<Record<NextStep, string>> = { authorize: '重新授权后马上采集', edit: '改好保存后马上采集' };

/** What a person does, or need not do, about a source that is not well. */
export function adviceText({ health, lastRun }: Row, step: NextStep | null): string | null {
  switch (health) {
    case 'stopped':
      return `${MENDED[step ?? 'run'] ?? '处理好后点“立即采集”'}，从断点继续；在此之前系统约每 6 小时试一次。`;
    case 'failing':
      return lastRun?.errorKind === 'layout-changed'
        ? '系统会自动重试。多次仍失败，说明对方改版，请升级本系统或联系系统维护方；断点保留。'
        : '系统会自动重试，恢复后从断点补上中断期间的内容。';
    case 'waiting':
      return '到时自动继续，不需要处理。';
    default:
      return null;
  }
}

/** The one thing to do with a source now. */
export type NextStep = 'import' | 'push-key' | 'resume' | 'authorize' | 'edit' | 'run';
export const STEP: Record<NextStep, string> = {
  import: '导入文件',
  'push-key': '推送密钥',
  resume: '恢复',
  authorize: '授权',
  edit: '修改',
  run: '立即采集',
};
/** Errors that only other settings or credentials mend. */
const MENDED_BY_FORM = new Set(['login-needed', 'config', 'gone', 'refused-address']);
export function nextStep(source: Row, kind: Pick<SourceKindInfo, 'authorizes'> | null, now: number): NextStep {
  if (source.health === 'paused') return 'resume';
  if (source.kind === 'file') return 'import';
  if (source.kind === 'push') return 'push-key';
  const error = source.health === 'stopped' ? (source.lastRun?.errorKind ?? '') : '';
  const ends = expiryText(source.credentialsEndAt, now) !== null;
  if (kind?.authorizes && (ends || error === 'login-needed')) return 'authorize';
  return MENDED_BY_FORM.has(error) ? 'edit' : 'run';
}

/** How all sources are, in one sentence; what brought nothing yet is not called well. */
export function overallText(
  sources: readonly Pick<SourceView, 'health' | 'openGaps' | 'credentialsEndAt'>[],
  now: number,
): string {
  const count = (...health: SourceView['health'][]) => sources.filter((s) => health.includes(s.health)).length;
  const gaps = sources.reduce((n, s) => n + s.openGaps.length, 0);
  const ending = sources.filter((s) => expiryText(s.credentialsEndAt, now) !== null).length;
  const parts = [
    [count('stopped', 'failing'), '个没有采到'],
    [count('waiting'), '个等待重试'],
    [count('quiet'), '个比平时久没有新内容'],
    [count('new'), '个还没有收到内容'],
    [count('paused'), '个已暂停'],
    [ending, '个授权即将或已经到期'],
  ] as const;
  const told = parts.filter(([n]) => n > 0).map(([n, words]) => `${n} ${words}`);
  const well =
    told.length === 0 ? `${sources.length} 个采集源全部正常` : `${sources.length} 个采集源中，${told.join('，')}`;
  return `${well}；${gaps === 0 ? '没有已知缺口' : `共有 ${gaps} 处缺口`}。`;
}

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
  'platform-limit': '平台限制',
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

/** The office day of a moment, `shiftMs` later: the end of a range is exclusive, its last day is a moment before. */
export function dayOf(instant: string, shiftMs = 0): string {
  return new Date(Date.parse(instant) + shiftMs + 8 * 3_600_000).toISOString().slice(0, 10);
}

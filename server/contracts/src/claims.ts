/**
 * In: texts worth checking that spread, and what people decide. Out: claims 待核实说法, debunks, alerts. Used by: claims, alerts, web.
 */
import { z } from 'zod';
import { hasDesk, type Role } from './auth.ts';
import { Coverage, Id, Instant, pageOf, PageQuery } from './common.ts';
import { Post } from './post.ts';
import { TimelineMark } from './topics.ts';

/** A claim is 待核实 until people have decided. `true-after-doubt` (属实（曾被质疑）) is a verdict like the others. */
export const Verdict = z.enum(['pending', 'false', 'misleading', 'true', 'true-after-doubt', 'unverifiable']);
export type Verdict = z.infer<typeof Verdict>;

export const RiskLevel = z.enum(['low', 'medium', 'high']);
export type RiskLevel = z.infer<typeof RiskLevel>;

/** collecting 收集 · consulting 会商 · judging 研判 · responding 回应 · reviewing 评估 · closed */
export const CaseStep = z.enum(['collecting', 'consulting', 'judging', 'responding', 'reviewing', 'closed']);
export type CaseStep = z.infer<typeof CaseStep>;

/** 政务舆情 grading: 特别重大/重大 5 h (and a press conference within 24 h), other 48 h. A person grades. */
export const EventGrade = z.enum(['major', 'ordinary']);
export type EventGrade = z.infer<typeof EventGrade>;

export const ResponseClock = z.object({
  state: z.enum(['not-graded', 'running', 'paused', 'met', 'missed', 'missed-answered']),
  grade: EventGrade.nullable(),
  startedAt: Instant.nullable(),
  dueAt: Instant.nullable(),
  respondedAt: Instant.nullable(),
  pausedReason: z.string().nullable(),
  /** Negative when overdue. */
  secondsLeft: z.int().nullable(),
  /** The rule the limit comes from. */
  rule: z.string().nullable(),
});
export type ResponseClock = z.infer<typeof ResponseClock>;

export const Debunk = z.object({
  id: Id,
  claim: z.string(),
  /** The source's own word: 谣言 假 疑 真 事实 可信 误区 尚无定论. */
  verdict: z.string(),
  summary: z.string(),
  source: z.string(),
  url: z.string().nullable(),
  publishedAt: Instant.nullable(),
  demo: z.boolean(),
});
export type Debunk = z.infer<typeof Debunk>;
export const DebunkInput = z.object({
  claim: z.string().trim().min(4).max(500),
  verdict: z.string().trim().min(1).max(20),
  summary: z.string().trim().min(1).max(5000),
  source: z.string().trim().min(1).max(100),
  url: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .optional(),
  publishedAt: Instant.nullable().optional(),
});

export const DebunkMatch = z.object({
  debunk: Debunk,
  score: z.number().min(0).max(1),
  /** `related` from .875 by the machine, `suggested` from .70; people decide. */
  relation: z.enum(['suggested', 'related', 'confirmed', 'rejected']),
  matchedSentence: z.string(),
});
export type DebunkMatch = z.infer<typeof DebunkMatch>;

export const ClaimRow = z.object({
  id: Id,
  /** The claim in one sentence: a typical wording, redacted. */
  statement: z.string(),
  verdict: Verdict,
  step: CaseStep,
  risk: RiskLevel,
  /** zh-CN, most important first: 「3 小时内 126 条转述」「涉及伤亡」「无来源」. */
  reasons: z.array(z.string()),
  posts: z.int(),
  /** Posts that doubt or deny it. */
  doubts: z.int(),
  postsLastHour: z.int(),
  /** Posts per hour now against the hour before; null when there was none. */
  growth: z.number().nullable(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
  spark: z.array(z.int()).length(24),
  places: z.array(z.string()),
  topicId: Id.nullable(),
  clock: ResponseClock,
  assigneeId: Id.nullable(),
  assigneeName: z.string().nullable(),
  /** Who must confirm. */
  departmentId: Id.nullable(),
  departmentName: z.string().nullable(),
  bestMatch: DebunkMatch.nullable(),
  alertId: Id.nullable(),
});
export type ClaimRow = z.infer<typeof ClaimRow>;

export const ClaimListQuery = PageQuery.extend({
  status: z.enum(['open', 'decided', 'all']).default('open'),
  risk: RiskLevel.optional(),
  sort: z.enum(['urgency', 'recent', 'spread']).default('urgency'),
  q: z.string().max(100).optional(),
});
export const ClaimList = pageOf(ClaimRow).extend({ coverage: Coverage });
export type ClaimList = z.infer<typeof ClaimList>;

export const ClaimHistoryEntry = z.object({
  at: Instant,
  username: z.string().nullable(),
  action: z.string(),
  text: z.string(),
});

export const ClaimDetail = z.object({
  claim: ClaimRow,
  summary: z.string(),
  /** The earliest posts first: who said it first is not shown, what and when is. */
  earliest: z.array(Post),
  representative: z.array(Post),
  doubting: z.array(Post),
  curve: z.array(
    z.object({ at: Instant, spreading: z.int(), doubting: z.int(), official: z.int(), cumulative: z.int() }),
  ),
  marks: z.array(TimelineMark),
  matches: z.array(DebunkMatch),
  officialPosts: z.array(Post),
  history: z.array(ClaimHistoryEntry),
  /** zh-CN, in order: what to do next. */
  nextSteps: z.array(
    z.object({ text: z.string(), action: z.enum(['grade', 'assign', 'match', 'verdict', 'respond', 'close', 'none']) }),
  ),
  coverage: Coverage,
});
export type ClaimDetail = z.infer<typeof ClaimDetail>;

export const ClaimGrade = z.object({
  grade: EventGrade,
  eventAt: Instant,
  note: z.string().trim().max(500).optional(),
});
export const ClaimAssign = z.object({
  departmentId: Id.nullable(),
  assigneeId: Id.nullable(),
  note: z.string().trim().max(500).optional(),
});
export const ClaimVerdict = z.object({
  verdict: Verdict,
  /** The evidence: what was checked, with whom. Required for every verdict but `pending`. */
  basis: z.string().trim().min(1, '请写明核查依据').max(2000),
  debunkId: Id.nullable().optional(),
});
export const ClaimRespond = z.object({
  respondedAt: Instant,
  /** Where the office answered: a link or the id of an official post. */
  evidence: z.string().trim().min(1).max(500),
});
export const ClaimPause = z.object({ paused: z.boolean(), reason: z.string().trim().min(1, '请写明原因').max(500) });
export const ClaimMatchDecision = z.object({ debunkId: Id, decision: z.enum(['confirmed', 'rejected']) });
export const ClaimNote = z.object({ text: z.string().trim().min(1).max(2000), step: CaseStep.optional() });
/** Not worth checking: leaves the list, the reason is kept. */
export const ClaimDismiss = z.object({ reason: z.string().trim().min(1, '请写明原因').max(500) });

export const AlertKind = z.enum(['claim', 'surge', 'silence', 'overdue', 'source']);
export type AlertKind = z.infer<typeof AlertKind>;
/** An administrator without a desk tends the sources: of what the city talks about, nothing is for them. */
export function mayReadAlert(kind: AlertKind, roles: readonly Role[]): boolean {
  return hasDesk(roles) || (kind === 'source' && roles.includes('sysadmin'));
}
export const Alert = z.object({
  id: Id,
  kind: AlertKind,
  level: RiskLevel,
  title: z.string(),
  text: z.string(),
  /** What it is about, e.g. `claim:17`; one open alert per subject, updated, never repeated. */
  subject: z.string(),
  /** The page that handles it, e.g. `/claims/17`. */
  href: z.string(),
  openedAt: Instant,
  updatedAt: Instant,
  updates: z.int(),
  state: z.enum(['open', 'acknowledged', 'closed']),
  acknowledgedBy: z.string().nullable(),
});
export type Alert = z.infer<typeof Alert>;
export const AlertListQuery = PageQuery.extend({
  state: z.enum(['open', 'acknowledged', 'closed', 'all']).default('open'),
  kind: AlertKind.optional(),
});

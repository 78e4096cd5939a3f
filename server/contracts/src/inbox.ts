/**
 * In: citizens' messages and questions in comments. Out: cases 留言办理 with department, due date, reply. Used by: inbox, web.
 */
import { z } from 'zod';
import { Coverage, flagParam, Id, Instant, pageOf, PageQuery, Platform, PostKind } from './common.ts';
import { Post } from './post.ts';

export const Department = z.object({
  id: Id,
  name: z.string(),
  /** What it is responsible for, as words that route messages to it. */
  duties: z.array(z.string()),
  contact: z.string().nullable(),
  demo: z.boolean(),
});
export type Department = z.infer<typeof Department>;
export const DepartmentInput = z.object({
  name: z.string().trim().min(2).max(40),
  duties: z.array(z.string().trim().min(1).max(40)).max(100),
  contact: z.string().trim().max(100).nullable().optional(),
});

/** 待受理 received · 已转办 assigned · 待审核 review · 已答复 answered · 已办结 closed · 无需答复 dismissed */
export const InboxState = z.enum(['received', 'assigned', 'review', 'answered', 'closed', 'dismissed']);
export type InboxState = z.infer<typeof InboxState>;

/** 进行中 running · 今日到期 due-today · 已超期 overdue · 按期 met · 超期答复 missed */
export const DueState = z.enum(['running', 'due-today', 'overdue', 'met', 'missed']);
export type DueState = z.infer<typeof DueState>;

export const DepartmentSuggestion = z.object({
  departmentId: Id,
  name: z.string(),
  probability: z.number(),
  reason: z.string(),
});

export const InboxRow = z.object({
  id: Id,
  channel: z.string(),
  platform: Platform,
  kind: PostKind,
  title: z.string(),
  excerpt: z.string(),
  receivedAt: Instant,
  state: InboxState,
  dueAt: Instant,
  due: DueState,
  /** Working days left; negative when overdue. */
  workingDaysLeft: z.int(),
  departmentId: Id.nullable(),
  departmentName: z.string().nullable(),
  assigneeId: Id.nullable(),
  assigneeName: z.string().nullable(),
  /** How many open messages ask the same (this one included). */
  sameQuestion: z.int(),
  groupId: Id,
});
export type InboxRow = z.infer<typeof InboxRow>;

export const InboxListQuery = PageQuery.extend({
  state: InboxState.optional(),
  /** `todo` = everything that still needs somebody; `mine` = assigned to me. */
  view: z.enum(['todo', 'mine', 'overdue', 'due-today', 'answered', 'all']).default('todo'),
  departmentId: Id.optional(),
  groupId: Id.optional(),
  q: z.string().max(100).optional(),
  grouped: flagParam,
});
export const InboxCounts = z.object({
  todo: z.int(),
  mine: z.int(),
  overdue: z.int(),
  dueToday: z.int(),
  review: z.int(),
  answered: z.int(),
  all: z.int(),
});
export const InboxList = pageOf(InboxRow).extend({ counts: InboxCounts, coverage: Coverage });
export type InboxList = z.infer<typeof InboxList>;

/**
 * 待发出 approved · 正在发送 sending · 已发出 sent · 平台已收下 delayed · 没有发出 failed (may be tried again) · 待核对 unsure (a person looks)
 */
export const ReplyState = z.enum([
  'draft',
  'submitted',
  'rejected',
  'approved',
  'sending',
  'sent',
  'delayed',
  'failed',
  'unsure',
]);
export type ReplyState = z.infer<typeof ReplyState>;
export const Reply = z.object({
  id: Id,
  text: z.string(),
  authorName: z.string(),
  createdAt: Instant,
  state: ReplyState,
  reviewerName: z.string().nullable(),
  reviewNote: z.string().nullable(),
  sentAt: Instant.nullable(),
  /** Why it was not sent, or what is not known. */
  problem: z.string().nullable(),
});
export const AnswerEntry = z.object({
  id: Id,
  question: z.string(),
  answer: z.string(),
  departmentId: Id.nullable(),
  departmentName: z.string().nullable(),
  /** After this day the answer must be checked again. */
  reviewBy: Instant.nullable(),
  uses: z.int(),
  demo: z.boolean(),
});
export type AnswerEntry = z.infer<typeof AnswerEntry>;
export const AnswerInput = z.object({
  question: z.string().trim().min(2).max(300),
  answer: z.string().trim().min(2).max(5000),
  departmentId: Id.nullable().optional(),
  reviewBy: Instant.nullable().optional(),
});

export const InboxDetail = z.object({
  row: InboxRow,
  post: Post,
  /** The official post that was commented on, for context. */
  parent: Post.nullable(),
  departments: z.array(DepartmentSuggestion),
  suggestions: z.array(AnswerEntry.extend({ score: z.number(), reason: z.string() })),
  replies: z.array(Reply),
  /** The office's own account can send the reply; null = register by hand. */
  delivery: z
    .object({
      account: z.string(),
      characters: z.int().nullable(),
      notes: z.array(z.string()),
      hindrance: z.string().nullable(),
      /** Replies written once for several cases, by what became of each. */
      batch: z.object({ sent: z.int(), waiting: z.int(), failed: z.int(), unsure: z.int() }).nullable(),
    })
    .nullable(),
  sameQuestion: z.array(InboxRow),
  history: z.array(z.object({ at: Instant, username: z.string().nullable(), action: z.string(), text: z.string() })),
  /** Protected data needed to answer exists; opening it is recorded. */
  hasProtected: z.boolean(),
  dueRule: z.string(),
  /** Others who have this page open now. */
  viewers: z.array(z.string()),
});
export type InboxDetail = z.infer<typeof InboxDetail>;

export const InboxAssign = z.object({
  departmentId: Id,
  assigneeId: Id.nullable().optional(),
  note: z.string().trim().max(500).optional(),
});
export const InboxReplyDraft = z.object({
  text: z.string().trim().min(2).max(5000),
  answerId: Id.nullable().optional(),
  applyToGroup: z.boolean().default(false),
});
export const InboxReview = z.object({
  replyId: Id,
  decision: z.enum(['approved', 'rejected']),
  note: z.string().trim().max(500).optional(),
});
/** The reply was sent through the office's own account outside this product, or published on the site; where and when. */
export const InboxAnswered = z.object({
  replyId: Id.nullable().optional(),
  answeredAt: Instant.optional(),
  evidence: z.string().trim().max(500).optional(),
});
/** Send through the office's own account; `batch`: then the same reply of every other case, one after another. */
export const InboxDeliver = z.object({ replyId: Id, batch: z.boolean().default(false) });
/** What a person found on the platform about a reply whose fate was not known. */
export const InboxDecide = z.object({ replyId: Id, sent: z.boolean(), answeredAt: Instant.optional() });
export const InboxDismiss = z.object({ reason: z.string().trim().min(1, '请写明原因').max(500) });
export const InboxExtend = z.object({
  workingDays: z.int().min(1).max(15),
  reason: z.string().trim().min(1, '请写明原因').max(500),
});
export const ProtectedData = z.object({ fields: z.array(z.object({ label: z.string(), value: z.string() })) });

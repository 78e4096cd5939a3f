/**
 * In: what an administrator configures. Out: sources, their health, runs and coverage. Used by: sources, collect, web 采集状态.
 */
import { z } from 'zod';
import { Id, Instant, Platform, PostKind } from './common.ts';
import { IngestReport } from './post.ts';

export const SourceHealth = z.enum(['new', 'ok', 'quiet', 'waiting', 'failing', 'stopped', 'paused']);
export type SourceHealth = z.infer<typeof SourceHealth>;

export const SourceKindInfo = z.object({
  kind: z.string(),
  platform: Platform,
  name: z.string(),
  brings: z.string(),
  needs: z.string(),
  cost: z.string(),
  cannot: z.string(),
  /** As measured, faults and retries included; null where nothing was measured. */
  requestsPerItem: z.object({ firstRead: z.number(), inSoak: z.number().optional() }).nullable(),
  defaultIntervalSeconds: z.int(),
  /** Brought by somebody else (`push`, `file`): never asked by schedule. */
  passive: z.boolean(),
  /** Present when a range of the past can be collected; zh-CN: how far back the platform shows it. */
  backfill: z.string().nullable(),
  /** Counters are asked again after minutes, hours and days. */
  refreshes: z.boolean(),
  /** A person grants access at the platform. */
  authorizes: z.boolean(),
  /** The platform sends messages to `/api/hooks/ID`. */
  receives: z.boolean(),
  /** JSON Schema of the settings and of the credentials; the form is drawn from them. */
  settingsSchema: z.record(z.string(), z.unknown()),
  credentialsSchema: z.record(z.string(), z.unknown()),
});
export type SourceKindInfo = z.infer<typeof SourceKindInfo>;

export const Schedule = z.union([
  z.object({ everySeconds: z.int().min(1).max(604_800) }),
  z.object({ cron: z.string().trim().min(9).max(100) }),
]);
export type Schedule = z.infer<typeof Schedule>;

export const SourceCreate = z.object({
  kind: z.string().min(1).max(50),
  name: z.string().trim().min(1).max(80),
  settings: z.record(z.string(), z.unknown()).default({}),
  /** Written once, encrypted at rest, never sent to the browser again. */
  credentials: z.record(z.string(), z.unknown()).default({}),
  schedule: Schedule.optional(),
});
export type SourceCreate = z.infer<typeof SourceCreate>;

export const SourceUpdate = z.object({
  name: z.string().trim().min(1).max(80).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  credentials: z.record(z.string(), z.unknown()).optional(),
  schedule: Schedule.optional(),
  paused: z.boolean().optional(),
});

/** A source file for `minsheng crawl --source-file` and for import in the interface. */
export const SourceFile = z.object({ sources: z.array(SourceCreate).min(1).max(500) });

export const CoverageGap = z.object({
  what: z.string(),
  size: z.int().nullable(),
  cause: z.string(),
  since: Instant.nullable(),
});

/** A gap that is open, or was: it closes when it is filled, or when a person says that it stays. */
export const GapView = CoverageGap.extend({
  id: Id,
  closedAt: Instant.nullable(),
  closedHow: z.string().nullable(),
});
export type GapView = z.infer<typeof GapView>;

export const GapClose = z.object({ reason: z.string().trim().min(2, '请写明原因').max(100) });

/** Requests left of what a platform grants. */
export const BudgetView = z.object({ name: z.string(), allowed: z.int(), used: z.int(), resetsAt: Instant });
export type BudgetView = z.infer<typeof BudgetView>;

export const BackfillAsk = z
  .object({ from: Instant, to: Instant })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { message: '起始日期应早于结束日期', path: ['to'] });
export const BackfillView = z.object({
  id: Id,
  from: Instant,
  to: Instant,
  state: z.enum(['waiting', 'done', 'cancelled', 'failed']),
  /** 0–1, by the publishing times passed so far. */
  progress: z.number().min(0).max(1),
  reached: Instant.nullable(),
  pages: z.int(),
  fetched: z.int(),
  stored: z.int(),
  duplicate: z.int(),
  requests: z.int(),
  askedBy: z.string(),
  askedAt: Instant,
  endedAt: Instant.nullable(),
  message: z.string().nullable(),
});
export type BackfillView = z.infer<typeof BackfillView>;

/** A push key is told once; afterwards only its last characters are known. */
export const PushKeyMade = z.object({ key: z.string(), address: z.string(), previousEndsAt: Instant.nullable() });
export const PushKeyView = z.object({ hint: z.string(), madeAt: Instant, endsAt: Instant.nullable() });
export type PushKeyView = z.infer<typeof PushKeyView>;

export const PUSH_ITEMS_MAX = 2000;
/** What became of each pushed item, in the order of the batch. */
export const PushAnswer = z.object({
  read: z.int(),
  stored: z.int(),
  duplicate: z.int(),
  updated: z.int(),
  rejected: z.int(),
  /** True when the same Idempotency-Key was answered before; nothing was done again. */
  repeated: z.boolean(),
  items: z.array(
    z.object({
      index: z.int(),
      id: z.string().nullable(),
      result: z.enum(['stored', 'duplicate', 'updated', 'rejected']),
      /** zh-CN, for rejected items. */
      reason: z.string().optional(),
    }),
  ),
});
export type PushAnswer = z.infer<typeof PushAnswer>;

/** What a column of an imported table may be. */
export const ImportField = z.enum([
  'id',
  'parentId',
  'account',
  'author',
  'publishedAt',
  'title',
  'text',
  'url',
  'likes',
  'comments',
  'reposts',
  'reads',
]);
export type ImportField = z.infer<typeof ImportField>;
export const ImportMapping = z.object({
  kind: PostKind,
  /** Field → column, counted from 0. */
  columns: z.partialRecord(ImportField, z.int().min(0).max(500)),
});
export type ImportMapping = z.infer<typeof ImportMapping>;

export const ImportPreview = z.object({
  id: Id,
  file: z.string(),
  format: z.enum(['csv', 'xlsx', 'ndjson']),
  /** As detected, e.g. GB18030; null where the format fixes it. */
  encoding: z.string().nullable(),
  columns: z.array(z.string()),
  rows: z.int(),
  mapping: ImportMapping,
  /** The first rows: what each becomes, or why it would be refused. */
  preview: z.array(
    z.object({
      line: z.int(),
      publishedAt: Instant.nullable(),
      title: z.string().nullable(),
      text: z.string().nullable(),
      account: z.string().nullable(),
      reason: z.string().nullable(),
    }),
  ),
});
export type ImportPreview = z.infer<typeof ImportPreview>;

export const ImportView = z.object({
  id: Id,
  file: z.string(),
  state: z.enum(['uploaded', 'running', 'done', 'failed']),
  total: z.int(),
  done: z.int(),
  report: IngestReport.nullable(),
  askedBy: z.string(),
  askedAt: Instant,
  endedAt: Instant.nullable(),
  message: z.string().nullable(),
});
export type ImportView = z.infer<typeof ImportView>;

export const AuthorizeStart = z.object({ redirect: z.url() });
export const AuthorizeFinish = z.object({ code: z.string().min(1).max(2000), state: z.string().min(1).max(500) });

export const RunView = z.object({
  id: Id,
  /** New items by schedule; counters of known ones; a range of the past. */
  purpose: z.enum(['regular', 'refresh', 'backfill']),
  startedAt: Instant,
  endedAt: Instant.nullable(),
  outcome: z.enum(['running', 'ok', 'nothing-new', 'waiting', 'failed', 'interrupted']),
  requests: z.int(),
  pages: z.int(),
  expected: z.int().nullable(),
  fetched: z.int(),
  stored: z.int(),
  duplicate: z.int(),
  updated: z.int(),
  rejected: z.int(),
  gaps: z.array(CoverageGap),
  errorKind: z.string().nullable(),
  /** zh-CN: what happened, what was kept, what to do. */
  message: z.string().nullable(),
});
export type RunView = z.infer<typeof RunView>;

export const SourceView = z.object({
  id: Id,
  kind: z.string(),
  kindName: z.string(),
  platform: Platform,
  name: z.string(),
  settings: z.record(z.string(), z.unknown()),
  /** The names of the credentials that are saved; their values never leave the server. */
  savedCredentials: z.array(z.string()),
  schedule: Schedule,
  demo: z.boolean(),
  health: SourceHealth,
  /** zh-CN, one sentence: 「12 分钟前取得 34 条」「登录已失效，请重新授权」. */
  healthText: z.string(),
  nextRunAt: Instant.nullable(),
  lastRunAt: Instant.nullable(),
  lastSuccessAt: Instant.nullable(),
  lastNewItemAt: Instant.nullable(),
  consecutiveFailures: z.int(),
  posts: z.int(),
  posts24h: z.int(),
  openGaps: z.array(GapView),
  budgets: z.array(BudgetView),
  /** When the credentials end, where they say. */
  credentialsEndAt: Instant.nullable(),
  /** The back-fill under way, if any. */
  backfill: BackfillView.nullable(),
  pushKeys: z.array(PushKeyView),
  lastRun: RunView.nullable(),
});
export type SourceView = z.infer<typeof SourceView>;

export const SourcesOverview = z.object({
  sources: z.array(SourceView),
  /** Hourly counts of the last 24 hours per source, oldest first, in the order of `sources`. */
  hours: z.array(Instant),
  perHour: z.array(z.array(z.int())),
  segmenter: z.object({ name: z.string(), note: z.string().nullable() }),
  /** `behind`: changes stored and not yet searchable, the oldest of them `since`. `note`: zh-CN, why the index does not follow. */
  searchEngine: z.object({
    name: z.string(),
    documents: z.int(),
    behind: z.int(),
    since: Instant.nullable(),
    note: z.string().nullable(),
  }),
});
export type SourcesOverview = z.infer<typeof SourcesOverview>;

export const ProbeResult = z.object({ ok: z.boolean(), message: z.string(), errorKind: z.string().nullable() });

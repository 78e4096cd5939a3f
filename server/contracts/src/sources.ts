/**
 * In: what an administrator configures. Out: sources, their health, runs and coverage. Used by: sources, collect, web 采集状态.
 */
import { z } from 'zod';
import { Id, Instant, Platform } from './common.ts';

export const SourceHealth = z.enum(['new', 'ok', 'quiet', 'waiting', 'failing', 'stopped', 'paused']);
export type SourceHealth = z.infer<typeof SourceHealth>;

export const SourceKindInfo = z.object({
  kind: z.string(),
  platform: Platform,
  name: z.string(),
  brings: z.string(),
  needs: z.string(),
  cost: z.string(),
  defaultIntervalSeconds: z.int(),
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

export const RunView = z.object({
  id: Id,
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
  hasCredentials: z.boolean(),
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
  openGaps: z.array(CoverageGap),
  lastRun: RunView.nullable(),
});
export type SourceView = z.infer<typeof SourceView>;

export const SourcesOverview = z.object({
  sources: z.array(SourceView),
  /** Hourly counts of the last 24 hours per source, oldest first, in the order of `sources`. */
  hours: z.array(Instant),
  perHour: z.array(z.array(z.int())),
  segmenter: z.object({ name: z.string(), note: z.string().nullable() }),
  /** `behind`: changes stored and not yet searchable. `note`: zh-CN, why the index does not follow. */
  searchEngine: z.object({ name: z.string(), documents: z.int(), behind: z.int(), note: z.string().nullable() }),
});
export type SourcesOverview = z.infer<typeof SourcesOverview>;

export const ProbeResult = z.object({ ok: z.boolean(), message: z.string(), errorKind: z.string().nullable() });

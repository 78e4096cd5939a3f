/**
 * In: what administrators tend. Out: dictionary, settings, status, live events. Used by: enrich (dictionary), platform, web 系统.
 */
import { z } from 'zod';
import { hasDesk, type Role } from './auth.ts';
import { AlertKind, mayReadAlert } from './claims.ts';
import { Id, Instant } from './common.ts';

export const DictionaryEntry = z.object({
  id: Id,
  word: z.string(),
  /** jieba part of speech, e.g. n, ns (place), nt (agency). */
  tag: z.string().nullable(),
  kind: z.enum(['word', 'place', 'agency', 'stop']),
  createdAt: Instant,
  createdBy: z.string(),
});
export type DictionaryEntry = z.infer<typeof DictionaryEntry>;
export const DictionaryInput = z.object({
  word: z
    .string()
    .trim()
    .min(2, '词语至少两个字')
    .max(30)
    .refine((w) => !/\s/u.test(w), '词语中不能有空格'),
  kind: z.enum(['word', 'place', 'agency', 'stop']).default('word'),
});
/** A word that many posts use and no dictionary has, proposed for the office's own. */
export const WordSuggestion = z.object({
  word: z.string(),
  kind: z.enum(['word', 'place', 'agency']),
  /** Different texts of the last thirty days that use it. */
  posts: z.int(),
  foundAt: Instant,
});
export type WordSuggestion = z.infer<typeof WordSuggestion>;
export const WordDecision = z.object({
  word: z.string().min(2).max(30),
  decision: z.enum(['adopted', 'ignored']),
  kind: z.enum(['word', 'place', 'agency', 'stop']).default('word'),
});
/** How a sentence is cut with the dictionary as it stands. */
export const CutBody = z.object({ text: z.string().trim().min(1).max(500) });
export const CutAnswer = z.object({
  tokens: z.array(z.string()),
  keywords: z.array(z.string()),
  places: z.array(z.string()),
});

export const SystemStatus = z.object({
  version: z.string(),
  node: z.string(),
  startedAt: Instant,
  demo: z.boolean(),
  dataDir: z.string(),
  database: z.object({ engine: z.string(), bytes: z.int().nullable(), posts: z.int() }),
  search: z.object({ engine: z.string(), documents: z.int(), behind: z.int() }),
  segmenter: z.string(),
  segmenterNote: z.string().nullable(),
  diskFreeBytes: z.int().nullable(),
});
export type SystemStatus = z.infer<typeof SystemStatus>;

export const OfficeSettings = z.object({
  office: z.string().trim().min(1).max(60),
  retentionDays: z.int().min(30).max(3650),
  replyNeedsApproval: z.boolean(),
});
export type OfficeSettings = z.infer<typeof OfficeSettings>;

/** Leaving the demo: the demo city's data are deleted; what staff wrote about it goes with it. */
export const LeaveDemoBody = z.object({ confirm: z.literal('离开演示') });

/** Server-sent events: small hints to refetch. They carry no text, neither of the public nor of the office. */
export const LiveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('posts'), stored: z.int(), at: Instant }),
  z.object({ type: z.literal('topics'), at: Instant }),
  z.object({ type: z.literal('claim'), id: Id, at: Instant }),
  z.object({ type: z.literal('alert'), id: Id, kind: AlertKind, opened: z.boolean(), at: Instant }),
  z.object({ type: z.literal('inbox'), id: Id.nullable(), at: Instant }),
  z.object({ type: z.literal('source'), id: Id, at: Instant }),
  z.object({ type: z.literal('briefing'), day: z.string(), at: Instant }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;

/** Whether a hint is for who holds these roles: of what somebody may not read, they do not hear either. */
export function mayHear(event: LiveEvent, roles: readonly Role[]): boolean {
  switch (event.type) {
    case 'alert':
      return mayReadAlert(event.kind, roles);
    case 'source':
      return hasDesk(roles) || roles.includes('sysadmin');
    default:
      return hasDesk(roles);
  }
}

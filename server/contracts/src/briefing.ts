/**
 * In: a day's figures. Out: the leader's daily briefing 舆情日报, every figure with its query and evidence. Used by: briefings, web.
 */
import { z } from 'zod';
import { Coverage, Id, Instant } from './common.ts';
import { SentimentSplit } from './topics.ts';

export const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** A figure in the text: where it came from, and how to open the posts behind it. */
export const Figure = z.object({
  key: z.string(),
  value: z.number(),
  text: z.string(),
  /** zh-CN: what exactly was counted. */
  definition: z.string(),
  from: Instant,
  to: Instant,
  /** Address inside the product that opens the posts behind it. */
  href: z.string(),
  /** Up to 20 posts as evidence. */
  postIds: z.array(Id),
});
export type Figure = z.infer<typeof Figure>;

/** A sentence as runs: plain text, or a figure by key. */
export const BriefingRun = z.object({ text: z.string(), figure: z.string().optional(), href: z.string().optional() });
export const BriefingItem = z.object({ runs: z.array(BriefingRun), href: z.string().nullable() });
export const BriefingSection = z.object({
  id: z.enum(['changed', 'due', 'unanswered', 'claims', 'topics', 'sentiment', 'unsure']),
  heading: z.string(),
  items: z.array(BriefingItem),
  empty: z.string(),
});

export const Briefing = z.object({
  day: Day,
  title: z.string(),
  issue: z.int(),
  office: z.string(),
  from: Instant,
  to: Instant,
  generatedAt: Instant,
  state: z.enum(['draft', 'issued']),
  issuedBy: z.string().nullable(),
  lead: BriefingItem,
  sections: z.array(BriefingSection),
  figures: z.array(Figure),
  charts: z.object({
    volume: z.array(
      // Sheets of earlier versions have no `withheld`.
      z.object({ at: Instant, ...SentimentSplit.shape, withheld: z.int().default(0) }),
    ),
  }),
  coverage: Coverage,
  /** The editor's own paragraph, if any. */
  remark: z.string().nullable(),
});
export type Briefing = z.infer<typeof Briefing>;

export const BriefingListItem = z.object({
  day: Day,
  title: z.string(),
  state: z.enum(['draft', 'issued']),
  generatedAt: Instant,
  lead: z.string(),
});
export const BriefingEdit = z.object({ remark: z.string().trim().max(2000).nullable() });
export const ShareLink = z.object({ path: z.string(), expiresAt: Instant });

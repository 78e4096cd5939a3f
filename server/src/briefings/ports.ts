/**
 * In: nothing. Out: what a briefing counts that other modules know. Bound by: app.module.ts; tests give their own.
 */
import type { SentimentSplit } from '@minsheng/contracts';

export interface Volume {
  /** All posts, comments and messages published in the window. */
  total: number;
  /** Those written by the public, by sentiment; `uncertain` is an answer of its own. */
  public: { positive: number; neutral: number; negative: number; uncertain: number };
  official: number;
  /** Distinct authors of the public; null where they cannot be counted. Under 10 no breakdown of the public is shown. */
  authors: number | null;
  /** Hourly, oldest first, the public's posts only; hours of too few people are not told apart. */
  buckets: ({ at: number } & SentimentSplit)[];
  /** Up to 20 ids each, as evidence. */
  postIds: number[];
  negativeIds: number[];
  uncertainIds: number[];
  officialIds: number[];
}

export interface BriefedTopic {
  id: number;
  title: string;
  /** Posts within the window. */
  posts: number;
  /** Near-identical copies counted once. */
  opinions: number;
  firstSeenAt: number;
  officialAnswer: boolean;
  postIds: number[];
}

export interface BriefedClaim {
  id: number;
  statement: string;
  posts: number;
  firstSeenAt: number;
  /** End of the running response clock; null when nobody has graded it. */
  dueAt: number | null;
  /** An official fact may answer it. */
  matched: boolean;
  postIds: number[];
}

export abstract class BriefingFigures {
  /** Window [from, to) in ms. */
  abstract volume(from: number, to: number): Promise<Volume>;
  /** The hottest first. */
  abstract topTopics(from: number, to: number, limit: number): Promise<BriefedTopic[]>;
  /** Undecided now, most urgent first. */
  abstract openClaims(): Promise<BriefedClaim[]>;
}

/** Links that cannot be forged: `verify` gives the payload back, or null when the token was not signed here. */
export abstract class Signer {
  abstract sign(payload: string): string;
  abstract verify(token: string): string | null;
}

/**
 * In: cells of public posts (a window of time, of one topic or of all). Out: which of them hold the voices of enough different people that a
 * breakdown may be shown. Called by: whatever splits what the public said, e.g. by sentiment. The rule is the product's privacy promise: fewer
 * than ten authors are never broken down.
 */
import type { SentimentSplit } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.ts';
import { idRange } from './post-id.ts';

/** Different authors that a cell needs. */
export const SMALLEST_CELL = 10;

export interface Cell {
  /** ms, `to` exclusive. */
  from: number;
  to: number;
  topicId?: number;
}

/**
 * Counts no further than needed. An author without a pseudonym (an import without authors, or a month whose key is destroyed) counts as one
 * person a post: nobody can be followed through such posts.
 */
const ENOUGH = (topic: string) =>
  `SELECT count(*) AS n FROM (SELECT DISTINCT coalesce(author_key, CAST(id AS TEXT)) FROM posts
   WHERE ${topic}id >= ? AND id < ? AND account_id IS NULL LIMIT ${String(SMALLEST_CELL)}) AS voices`;
const OF_ALL = ENOUGH('');
const OF_TOPIC = ENOUGH('topic_id = ? AND ');

@Injectable()
export class SmallCells {
  constructor(private readonly db: Database) {}

  async enough({ from, to, topicId }: Cell): Promise<boolean> {
    const { min, end } = idRange(from, to);
    const row = await this.db.one<{ n: number | string }>(
      topicId === undefined ? OF_ALL : OF_TOPIC,
      topicId === undefined ? [min, end] : [topicId, min, end],
    );
    return Number(row?.n ?? 0) >= SMALLEST_CELL;
  }

  /** Whether these posts, public ones among them, come from enough people. */
  async enoughOf(ids: readonly number[]): Promise<boolean> {
    if (ids.length < SMALLEST_CELL) return false;
    const row = await this.db.one<{ n: number | string }>(
      `SELECT count(DISTINCT coalesce(author_key, CAST(id AS TEXT))) AS n FROM posts
       WHERE id IN (${ids.map(() => '?').join(', ')}) AND account_id IS NULL`,
      ids,
    );
    return Number(row?.n ?? 0) >= SMALLEST_CELL;
  }

  /** The split as it may be shown: told apart, or withheld as a whole. */
  async shown(split: Omit<SentimentSplit, 'withheld'>, cell: Cell): Promise<SentimentSplit> {
    const { positive, neutral, negative, uncertain } = split;
    const all = positive + neutral + negative + uncertain;
    if (all === 0 || (all >= SMALLEST_CELL && (await this.enough(cell)))) return told(split);
    return { positive: 0, neutral: 0, negative: 0, uncertain: 0, withheld: all };
  }
}

function told({ positive, neutral, negative, uncertain }: Omit<SentimentSplit, 'withheld'>): SentimentSplit {
  return { positive, neutral, negative, uncertain, withheld: 0 };
}

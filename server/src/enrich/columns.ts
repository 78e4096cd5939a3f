/**
 * In: what is kept of many texts' enrichments. Out: the same as columns, which cross to another thread at a fraction of the cost of thousands of
 * small objects. Called by: pool.ts and pool-worker.ts.
 */
import type { Enrichment } from './enricher.ts';

/** What posts, index and counters keep of an enrichment. */
export type Kept = Pick<
  Enrichment,
  | 'searchTokens'
  | 'keywords'
  | 'hashtags'
  | 'places'
  | 'sentiment'
  | 'sentimentConfidence'
  | 'claimScore'
  | 'question'
  | 'fingerprint'
  | 'copyKey'
>;

const SENTIMENTS = ['positive', 'neutral', 'negative', 'uncertain'] as const;
/** Between the items of a list; no text has it, since intake and folding drop control characters. */
const BETWEEN = '\u0001';

export interface Columns {
  searchTokens: string[];
  keywords: string[];
  hashtags: string[];
  places: string[];
  fingerprint: string[];
  copyKey: string[];
  /** Index in SENTIMENTS. */
  sentiment: Uint8Array;
  sentimentConfidence: Float64Array;
  claimScore: Float64Array;
  question: Uint8Array;
}

export function emptyColumns(rows: number): Columns {
  return {
    searchTokens: [],
    keywords: [],
    hashtags: [],
    places: [],
    fingerprint: [],
    copyKey: [],
    sentiment: new Uint8Array(rows),
    sentimentConfidence: new Float64Array(rows),
    claimScore: new Float64Array(rows),
    question: new Uint8Array(rows),
  };
}

/** Writes one row; rows are written in order. */
export function putRow(columns: Columns, row: number, kept: Kept): void {
  columns.searchTokens.push(kept.searchTokens);
  columns.keywords.push(kept.keywords.join(BETWEEN));
  columns.hashtags.push(kept.hashtags.join(BETWEEN));
  columns.places.push(kept.places.join(BETWEEN));
  columns.fingerprint.push(kept.fingerprint);
  columns.copyKey.push(kept.copyKey);
  columns.sentiment[row] = SENTIMENTS.indexOf(kept.sentiment);
  columns.sentimentConfidence[row] = kept.sentimentConfidence;
  columns.claimScore[row] = kept.claimScore;
  columns.question[row] = kept.question ? 1 : 0;
}

/** @throws RangeError when there is no such row. */
export function rowAt(columns: Columns, row: number): Kept {
  const { searchTokens, fingerprint, copyKey } = columns;
  const tokens = searchTokens[row];
  if (tokens === undefined) throw new RangeError(`no row ${String(row)} among ${String(searchTokens.length)}`);
  return {
    searchTokens: tokens,
    keywords: listOf(columns.keywords[row]),
    hashtags: listOf(columns.hashtags[row]),
    places: listOf(columns.places[row]),
    sentiment: SENTIMENTS[columns.sentiment[row] ?? 3] ?? 'uncertain',
    sentimentConfidence: columns.sentimentConfidence[row] ?? 0,
    claimScore: columns.claimScore[row] ?? 0,
    question: columns.question[row] === 1,
    fingerprint: fingerprint[row] ?? '',
    copyKey: copyKey[row] ?? '',
  };
}

function listOf(joined: string | undefined): string[] {
  return joined === undefined || joined === '' ? [] : joined.split(BETWEEN);
}

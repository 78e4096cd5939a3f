/**
 * In: a document's filter values. Out: index tokens for filters, and one integer (50 bits) for facets. Used by: the engines in the records' own database.
 */
import { Platform, PostKind } from '@minsheng/contracts';
import type { SearchDocument, SearchFilters } from '../search-engine.ts';

const PLATFORMS: readonly string[] = Platform.options;
const KINDS: readonly string[] = PostKind.options;
const SENTIMENTS = [-1, 0, 1, 9] as const;

/** Beyond these ids a source or account is still filtered, but not counted as a facet. */
const SOURCES = 2 ** 20;
const ACCOUNTS = 2 ** 22;

export interface Marks {
  platform: string;
  kind: string;
  sentiment: number;
  sourceId: number | null;
  accountId: number | null;
}

/** Every document carries it, so that an exclusion has something to exclude from. */
export const EVERY = 'all_';

const token = {
  platform: (v: string) => `p_${v}`,
  kind: (v: string) => `k_${v}`,
  source: (v: number) => `s_${String(v)}`,
  account: (v: number) => `a_${String(v)}`,
  sentiment: (v: number) => `e_${v === -1 ? 'neg' : String(v)}`,
  official: (v: boolean) => `o_${v ? '1' : '0'}`,
};

export function markTokens(doc: SearchDocument): string {
  const tokens = [EVERY, token.platform(doc.platform), token.kind(doc.kind), token.sentiment(doc.sentiment)];
  tokens.push(token.official(doc.official));
  if (doc.sourceId !== null) tokens.push(token.source(doc.sourceId));
  if (doc.accountId !== null) tokens.push(token.account(doc.accountId));
  return tokens.join(' ');
}

/** The marks a document must have: one of each group. */
export function wantedMarks(filters: SearchFilters): string[][] {
  const groups = [
    (filters.sourceIds ?? []).map(token.source),
    (filters.accountIds ?? []).map(token.account),
    (filters.platforms ?? []).map(token.platform),
    (filters.sentiments ?? []).map(token.sentiment),
    (filters.kinds ?? []).map(token.kind),
    filters.official === undefined ? [] : [token.official(filters.official)],
  ];
  return groups.filter((group) => group.length > 0);
}

/** Mixed-radix packing; ids are stored plus one, 0 = none. Plain arithmetic, because it exceeds 32 bits. */
export function packMarks(doc: Marks): number {
  const id = (v: number | null, end: number) => (v === null || v + 1 >= end ? 0 : v + 1);
  let packed = id(doc.accountId, ACCOUNTS);
  packed = packed * SOURCES + id(doc.sourceId, SOURCES);
  packed = packed * 16 + Math.max(0, PLATFORMS.indexOf(doc.platform));
  packed = packed * 4 + Math.max(0, KINDS.indexOf(doc.kind));
  const sentiment = SENTIMENTS.findIndex((s) => s === doc.sentiment);
  return packed * 4 + (sentiment < 0 ? 3 : sentiment);
}

export function unpackMarks(packed: number): Marks {
  let rest = packed;
  const take = (size: number) => {
    const digit = rest % size;
    rest = Math.floor(rest / size);
    return digit;
  };
  const sentiment = SENTIMENTS[take(4)] ?? 9;
  const kind = KINDS[take(4)] ?? 'post';
  const platform = PLATFORMS[take(16)] ?? 'other';
  const source = take(SOURCES);
  const account = take(ACCOUNTS);
  return {
    platform,
    kind,
    sentiment,
    sourceId: source === 0 ? null : source - 1,
    accountId: account === 0 ? null : account - 1,
  };
}

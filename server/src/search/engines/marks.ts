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

/** Alternatives of one filter at most; more are looked for as the filters they were made of. */
const MOST_COMBINED = 64;

/** Platform, kind, sentiment and side in one word: several filters together are then one short list instead of several long ones. */
export function combinedToken(doc: Pick<SearchDocument, 'platform' | 'kind' | 'sentiment' | 'official'>): string {
  return combined(doc.platform, doc.kind, doc.sentiment, doc.official);
}

function combined(platform: string, kind: string, sentiment: number, official: boolean): string {
  return `c_${platform}_${kind}_${sentiment === -1 ? 'neg' : String(sentiment)}_${official ? '1' : '0'}`;
}

/** As `wantedMarks`, for an index that holds combined words as well. */
export function wantedCombined(filters: SearchFilters): string[][] {
  const { platforms = [], kinds = [], sentiments = [], official, sourceIds, accountIds } = filters;
  const given =
    [platforms, kinds, sentiments].filter((values) => values.length > 0).length + Number(official !== undefined);
  const any = <T>(values: readonly T[], all: readonly T[]) => (values.length > 0 ? values : all);
  const tokens = any(platforms, PLATFORMS).flatMap((p) =>
    any(kinds, KINDS).flatMap((k) =>
      any<number>(sentiments, SENTIMENTS).flatMap((s) =>
        (official === undefined ? [true, false] : [official]).map((o) => combined(p, k, s, o)),
      ),
    ),
  );
  if (given < 2 || tokens.length > MOST_COMBINED) return wantedMarks(filters);
  return [...wantedMarks({ sourceIds, accountIds }), tokens];
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

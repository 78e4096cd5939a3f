/**
 * In: a request by relevance, and the engine's way to find the newest hits. Out: one page of them, best first. Used by: every engine, so that the
 * same posts come in the same order whichever is configured.
 */
import { readCursor, writeCursor } from './cursor.ts';
import { rank } from './relevance.ts';
import type { SearchPage, SearchRequest } from './search-engine.ts';

/** Ranks the newest hits. Later pages rank the hits up to the newest of the first page, so arrivals do not move them. */
export async function rankPage(
  request: SearchRequest,
  newestHits: (before: number | null) => Promise<number[]>,
  textsOf: (ids: readonly number[]) => Promise<{ id: number; text: string }[]>,
): Promise<SearchPage> {
  const cursor = request.cursor === null ? null : readCursor(request.cursor);
  const candidates = await newestHits(cursor?.newest === undefined ? null : cursor.newest + 1);
  const newest = candidates[0];
  if (newest === undefined) return { ids: [], nextCursor: null };
  const texts = await textsOf(candidates);
  const ranked = rank(texts, request.query);
  const after =
    cursor === null || cursor.score === undefined
      ? ranked
      : ranked.filter((r) => r.score < (cursor.score ?? 0) || (r.score === cursor.score && r.id < cursor.last));
  const page = after.slice(0, request.limit);
  const last = page.at(-1);
  return {
    ids: page.map((r) => r.id),
    nextCursor:
      after.length > page.length && last !== undefined
        ? writeCursor({ last: last.id, score: last.score, newest: cursor?.newest ?? newest })
        : null,
  };
}

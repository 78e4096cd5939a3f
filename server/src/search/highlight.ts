/**
 * In: a stored text and the words that were looked for. Out: the text around the hits as runs, hits marked; plain text, never HTML.
 * Used by: search.service.ts.
 */
import { positiveWords, type QueryNode } from './query-language.ts';

export interface Run {
  text: string;
  hit: boolean;
}

/** Characters of a snippet, and how many of them stand before the first hit. */
export const SNIPPET_LENGTH = 160;
const LEAD = 30;

/** Characters an index skips between two words of a phrase. */
const BETWEEN = '[^\\p{L}\\p{N}\\p{Co}_]*';

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/gu, '\\$&');
}

/** A pattern for every word that is looked for; null when there is none. A phrase may span punctuation, as it does in the index. */
export function hitPattern(node: QueryNode | null): RegExp | null {
  const sources = new Set<string>();
  for (const words of positiveWords(node)) {
    sources.add(words.tokens.map(escape).join(BETWEEN));
    const literal = words.text.trim();
    if (literal !== '') sources.add(escape(literal));
  }
  const longestFirst = [...sources].sort((a, b) => b.length - a.length);
  return longestFirst.length === 0 ? null : new RegExp(longestFirst.join('|'), 'giu');
}

/** The snippet: at most SNIPPET_LENGTH characters (and two ellipses) around the first hit; the beginning when there is no hit. */
export function snippet(text: string, pattern: RegExp | null, length = SNIPPET_LENGTH): Run[] {
  const hits: { from: number; to: number }[] = [];
  if (pattern !== null) {
    for (const match of text.matchAll(pattern)) {
      if (match[0] !== '') hits.push({ from: match.index, to: match.index + match[0].length });
      if (hits.length >= 50) break;
    }
  }
  const first = hits[0]?.from ?? 0;
  const start = text.length <= length ? 0 : whole(text, Math.max(0, Math.min(first - LEAD, text.length - length)));
  const end = whole(text, Math.min(text.length, start + length));
  const runs: Run[] = [];
  const push = (piece: string, hit: boolean) => {
    if (piece !== '') runs.push({ text: piece, hit });
  };
  let at = start;
  if (start > 0) push('…', false);
  for (const { from, to } of hits) {
    if (from >= end) break;
    if (to <= at) continue;
    push(text.slice(at, Math.max(at, from)), false);
    push(text.slice(Math.max(at, from), Math.min(to, end)), true);
    at = Math.min(to, end);
  }
  push(text.slice(at, end), false);
  if (end < text.length) push('…', false);
  return runs;
}

/** Moves a cut that would split a surrogate pair before the pair. */
function whole(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return at > 0 && code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

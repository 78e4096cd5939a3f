/**
 * In: the texts of the newest hits and the words that were looked for. Out: the hits, best first. Used by: engines without a ranking of
 * bounded cost.
 *
 * Okapi BM25 (Robertson et al., TREC-3; k1 = 1.2, b = 0.75), its document frequencies and mean length taken over the texts at hand,
 * so that the cost depends on how many texts are ranked and not on how many are indexed.
 */
import { hitPattern } from './highlight.ts';
import { positiveWords, type QueryNode } from './query-language.ts';

const K1 = 1.2;
const B = 0.75;

export interface Ranked {
  id: number;
  score: number;
}

/** Ties are broken by id, newest first. */
export function rank(texts: readonly { id: number; text: string }[], query: QueryNode | null): Ranked[] {
  const patterns = positiveWords(query).flatMap((node) => hitPattern(node) ?? []);
  const mean = texts.reduce((n, t) => n + t.text.length, 0) / Math.max(1, texts.length);
  const scores = new Map(texts.map((t) => [t.id, 0]));
  for (const pattern of patterns) {
    const frequency = new Map<number, number>();
    for (const { id, text } of texts) {
      let n = 0;
      for (const match of text.matchAll(pattern)) n += match[0] === '' ? 0 : 1;
      if (n > 0) frequency.set(id, n);
    }
    const idf = Math.log(1 + (texts.length - frequency.size + 0.5) / (frequency.size + 0.5));
    for (const { id, text } of texts) {
      const tf = frequency.get(id) ?? 0;
      const score = (idf * tf * (K1 + 1)) / (tf + K1 * (1 - B + (B * text.length) / Math.max(1, mean)));
      scores.set(id, (scores.get(id) ?? 0) + score);
    }
  }
  return [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score || b.id - a.id);
}

/**
 * In: sentences with the words that must be cut whole and the places they name. Out: how many are, with our dictionary and without it.
 * Called by: `eval segmentation`.
 */
import { readNdjson } from './datasets.ts';
import type { Enricher } from './enricher.ts';
import { fold, withoutLinks } from './normalise.ts';
import { Segmenter } from './segment.ts';

interface Share {
  words: number;
  /** Cut whole, or by places read as one name. */
  whole: number;
  /** The same with the segmenter's own dictionary alone. */
  wholeWithoutDictionary: number;
}

export interface SegmentationReport {
  task: 'segmentation';
  rows: number;
  /** Share of the listed words that are cut whole. */
  accuracy: number;
  withoutDictionary: number;
  /** agency, place, term, new (words younger than the segmenter's dictionary). */
  perKind: Record<string, Share>;
  places: { precision: number; recall: number; f1: number };
  segmenter: string;
  postsPerSecond: number;
}

interface SegmentationOptions {
  file: string;
  enricher: Enricher;
  onError?: (row: { kind: string; word: string; text: string; found: string[] }) => void;
}

const POST = { official: true, kind: 'post' } as const;
const share = (part: number, of: number) => (of > 0 ? Math.round((part / of) * 1e4) / 1e4 : 0);
const textsOf = (value: unknown) =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

export async function evaluateSegmentation(options: SegmentationOptions): Promise<SegmentationReport> {
  const { enricher } = options;
  // The other binding, because nodejieba keeps one dictionary per process; both cut alike.
  const bare = new Segmenter([], '@node-rs/jieba', []);
  const perKind: Record<string, Share> = {};
  const places = { right: 0, found: 0, named: 0 };
  let rows = 0;
  let seconds = 0;
  for await (const row of readNdjson(options.file)) {
    const text = typeof row['text'] === 'string' ? row['text'] : '';
    const listed = typeof row['words'] === 'object' && row['words'] !== null ? Object.entries(row['words']) : [];
    if (text === '' || listed.length === 0) continue;
    rows++;
    const started = performance.now();
    const read = enricher.enrich(text, POST);
    seconds += (performance.now() - started) / 1000;
    const without = new Set(bare.cut(withoutLinks(fold(text))));
    for (const [kind, words] of listed) {
      const of = (perKind[kind] ??= { words: 0, whole: 0, wholeWithoutDictionary: 0 });
      for (const word of textsOf(words)) {
        of.words++;
        const whole =
          read.tokens.includes(word) || (kind === 'place' && read.places.some((place) => place.includes(word)));
        if (whole) of.whole++;
        else options.onError?.({ kind, word, text, found: read.tokens });
        if (without.has(word)) of.wholeWithoutDictionary++;
      }
    }
    const named = textsOf(row['places']);
    places.named += named.length;
    // Bodies are places of the product as well; only names of the list and names that are none of it count here.
    const found = read.places.filter((place) => !isListed(listed, place));
    places.found += found.length;
    for (const place of named) {
      if (found.some((name) => name === place || name.includes(place) || place === `${name}市`)) places.right++;
      else options.onError?.({ kind: 'place name', word: place, text, found: read.places });
    }
  }
  const all = Object.values(perKind);
  const total = all.reduce((sum, of) => sum + of.words, 0);
  const [precision, recall] = [share(places.right, places.found), share(places.right, places.named)];
  return {
    task: 'segmentation',
    rows,
    accuracy: share(
      all.reduce((sum, of) => sum + of.whole, 0),
      total,
    ),
    withoutDictionary: share(
      all.reduce((sum, of) => sum + of.wholeWithoutDictionary, 0),
      total,
    ),
    perKind,
    places: { precision, recall, f1: precision + recall === 0 ? 0 : share(2 * precision * recall, precision + recall) },
    segmenter: enricher.segmenterName(),
    postsPerSecond: Math.round(rows / Math.max(1e-6, seconds)),
  };
}

function isListed(listed: readonly [string, unknown][], place: string): boolean {
  return listed.some(([kind, words]) => kind === 'agency' && textsOf(words).some((word) => place === word));
}

/**
 * In: posts with the official ruling on each, and a debunk library. Out: how often the matcher finds the ruling, beside a
 * plain lexical search over the same library. Called by: `eval match`.
 */
import { readNdjson } from '../enrich/datasets.ts';
import type { Enricher } from '../enrich/enricher.ts';
import { fold } from '../enrich/normalise.ts';
import { claimOfRuling, DebunkMatcher, RELATE_AT, sameClaim, SUGGEST_AT, type Debunk } from './match.ts';

export interface MatchReport {
  task: 'match';
  rows: number;
  /** Equal to `recallAt1`, so that every task's report has it. */
  accuracy: number;
  /** The very ruling of this post first, or among five. Rulings whose words are identical are one entry of the library. */
  recallAt1: number;
  recallAt5: number;
  /** Another ruling or debunk of the same claim counts as well. */
  sameClaimAt1: number;
  sameClaimAt5: number;
  meanReciprocalRank: number;
  /** Cosine of character pairs (tf-idf) over the same library, strict. */
  lexicalFloor: { recallAt1: number; recallAt5: number };
  library: number;
  rulings: number;
  /** Posts with a ruling whose best debunk reaches the score at which it is offered, or related without asking. */
  offeredShare: number;
  relatedShare: number;
  /** Official posts that no ruling answers, and the share of them that would be related without asking. */
  unrelated: number;
  unrelatedMatchedShare: number;
  relateThreshold: number;
  postsPerSecond: number;
  ignored: number;
}

interface MatchOptions {
  file: string;
  kb?: string;
  enricher: Enricher;
  /** Receives each post whose ruling was not first. */
  onError?: (row: { text: string; truth: string; found: string[]; place: number }) => void;
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const share = (part: number, of: number) => (of > 0 ? Math.round((part / of) * 1e4) / 1e4 : 0);

/** The words of a ruling without marks and penalties: what makes two rulings the same entry. */
function entryKey(claim: string): string {
  return fold(claim).replace(/[^\p{L}\p{N}]/gu, '');
}

export async function evaluateMatch(options: MatchOptions): Promise<MatchReport> {
  const { enricher } = options;
  const library: Debunk[] = [];
  if (options.kb !== undefined) {
    for await (const row of readNdjson(options.kb))
      library.push({ id: text(row['id']), claim: text(row['claim']), summary: text(row['summary']) });
  }
  const rulings = new Set<string>();
  const asked: { id: string; text: string }[] = [];
  const unrelated: string[] = [];
  let ignored = 0;
  for await (const row of readNdjson(options.file)) {
    const post = text(row['text']);
    const ruling = text(row['officialAnalysis']);
    if (post === '' || (ruling === '' && row['kind'] !== undefined && row['kind'] !== 'post')) ignored++;
    else if (ruling === '') unrelated.push([text(row['title']), post].join('\n').trim());
    else {
      const claim = claimOfRuling(ruling);
      const id = `ruling-${entryKey(claim)}`;
      if (!rulings.has(id)) library.push({ id, claim, summary: ruling });
      rulings.add(id);
      asked.push({ id, text: post });
    }
  }
  const matcher = new DebunkMatcher(
    library,
    (claim) => enricher.enrich(claim, { official: true, kind: 'post' }).places,
  );
  const claims = new Map(library.map((debunk) => [debunk.id, debunk.claim]));
  const strict = new Places();
  const same = new Places();
  let offered = 0;
  let related = 0;
  const started = performance.now();
  for (const query of asked) {
    const matches = matcher.match(query.text, 5);
    const truth = claims.get(query.id) ?? '';
    const place = matches.findIndex((match) => match.id === query.id);
    strict.add(place);
    same.add(matches.findIndex((match) => match.id === query.id || sameClaim(truth, claims.get(match.id) ?? '')));
    if ((matches[0]?.score ?? 0) >= SUGGEST_AT) offered++;
    if ((matches[0]?.score ?? 0) >= RELATE_AT) related++;
    if (place !== 0)
      options.onError?.({ text: query.text, truth, found: matches.map((m) => claims.get(m.id) ?? ''), place });
  }
  let falseMatches = 0;
  for (const post of unrelated) if ((matcher.match(post, 1)[0]?.score ?? 0) >= RELATE_AT) falseMatches++;
  const seconds = (performance.now() - started) / 1000;
  return {
    task: 'match',
    rows: asked.length + unrelated.length,
    accuracy: strict.first(),
    recallAt1: strict.first(),
    recallAt5: strict.any(),
    sameClaimAt1: same.first(),
    sameClaimAt5: same.any(),
    meanReciprocalRank: strict.reciprocal(),
    lexicalFloor: lexicalFloor(library, asked),
    library: library.length,
    rulings: rulings.size,
    offeredShare: share(offered, asked.length),
    relatedShare: share(related, asked.length),
    unrelated: unrelated.length,
    unrelatedMatchedShare: share(falseMatches, unrelated.length),
    relateThreshold: RELATE_AT,
    postsPerSecond: Math.round((asked.length + unrelated.length) / Math.max(1e-6, seconds)),
    ignored,
  };
}

/** At which place of the list the truth stood; −1 for nowhere. */
class Places {
  readonly #places: number[] = [];
  add(place: number): void {
    this.#places.push(place);
  }
  first(): number {
    return share(this.#places.filter((place) => place === 0).length, this.#places.length);
  }
  any(): number {
    return share(this.#places.filter((place) => place >= 0).length, this.#places.length);
  }
  reciprocal(): number {
    return share(
      this.#places.reduce((sum, place) => sum + (place < 0 ? 0 : 1 / (place + 1)), 0),
      this.#places.length,
    );
  }
}

/** Character pairs, logarithmic counts, inverse document frequency, cosine: the search anybody would write first. */
function lexicalFloor(
  library: readonly Debunk[],
  asked: readonly { id: string; text: string }[],
): MatchReport['lexicalFloor'] {
  const pairs = (of: string) => {
    const counts = new Map<string, number>();
    for (let i = 0; i + 2 <= of.length; i++) {
      const pair = of.slice(i, i + 2);
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    return counts;
  };
  const documents = library.map((debunk) => pairs(fold(`${debunk.claim} ${debunk.summary ?? ''}`)));
  const frequency = new Map<string, number>();
  for (const document of documents)
    for (const pair of document.keys()) frequency.set(pair, (frequency.get(pair) ?? 0) + 1);
  const weighted = (counts: ReadonlyMap<string, number>) => {
    let norm = 0;
    const vector = new Map<string, number>();
    for (const [pair, count] of counts) {
      const idf = Math.log((1 + library.length) / (1 + (frequency.get(pair) ?? 0))) + 1;
      const weight = (1 + Math.log(count)) * idf;
      vector.set(pair, weight);
      norm += weight * weight;
    }
    return { vector, norm: Math.sqrt(norm) || 1 };
  };
  const vectors = documents.map(weighted);
  const found = new Places();
  for (const query of asked) {
    const { vector } = weighted(pairs(fold(query.text)));
    const scores = vectors.map(({ vector: document, norm }, at) => {
      let dot = 0;
      for (const [pair, weight] of vector) dot += weight * (document.get(pair) ?? 0);
      return { at, score: dot / norm };
    });
    scores.sort((a, b) => b.score - a.score);
    found.add(scores.slice(0, 5).findIndex(({ at }) => library[at]?.id === query.id));
  }
  return { recallAt1: found.first(), recallAt5: found.any() };
}

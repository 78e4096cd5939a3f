/**
 * In: a text that makes a claim, and the debunk library. Out: the debunks that answer it, best first, each with a score
 * and the sentence that matched. Called by: the claims desk, which suggests or relates a debunk; `eval match`.
 */
import { fold, isHan, isWordUnit, withoutLinks } from '../enrich/normalise.ts';

/** One fact-check: the claim in one sentence, and what the checkers found. */
export interface Debunk {
  id: string;
  claim: string;
  summary?: string;
}

export interface DebunkMatch {
  id: string;
  /** 0–1: how surely this debunk answers the text. */
  score: number;
  /** The sentence of the text that says most of the claim. */
  sentence: string;
  /** Text and claim differ in a negation (会 / 不会). */
  negationDiffers: boolean;
  /** A number of the claim is not the text's. */
  numbersDiffer: boolean;
}

/** From this score on a debunk is offered to the officer. */
export const SUGGEST_AT = 0.4;
/** From this score on it is related without asking, and may raise an alert. */
export const RELATE_AT = 0.6;

const K1 = 1.2;
const B = 0.5;
/** A term of the summary counts this much of one in the claim. */
const SUMMARY = 0.35;
/** Retrieval keeps this many candidates for the pair score. */
const CANDIDATES = 50;

interface Document {
  id: string;
  claim: string;
  terms: Map<number, number>;
  claimTerms: number[];
  claimWeight: number;
  length: number;
}

export class DebunkMatcher {
  readonly #documents: Document[] = [];
  readonly #postings = new Map<number, number[]>();
  readonly #weights = new Map<number, number>();
  #averageLength = 1;

  constructor(library: readonly Debunk[]) {
    let total = 0;
    for (const debunk of library) {
      const claim = plainClaim(debunk.claim);
      const terms = new Map<number, number>();
      const claimTerms = termsOf(claim);
      for (const term of claimTerms) terms.set(term, (terms.get(term) ?? 0) + 1);
      for (const term of termsOf(fold(debunk.summary ?? '').slice(0, 300)))
        terms.set(term, (terms.get(term) ?? 0) + SUMMARY);
      let length = 0;
      for (const count of terms.values()) length += count;
      total += length;
      const at = this.#documents.length;
      for (const term of terms.keys()) {
        const list = this.#postings.get(term);
        if (list === undefined) this.#postings.set(term, [at]);
        else list.push(at);
      }
      this.#documents.push({
        id: debunk.id,
        claim,
        terms,
        claimTerms: [...new Set(claimTerms)],
        claimWeight: 0,
        length,
      });
    }
    const n = this.#documents.length;
    this.#averageLength = total / Math.max(1, n) || 1;
    for (const [term, list] of this.#postings)
      this.#weights.set(term, Math.log(1 + (n - list.length + 0.5) / (list.length + 0.5)));
    for (const document of this.#documents) {
      for (const term of document.claimTerms) document.claimWeight += this.#weights.get(term) ?? 0;
    }
  }

  /** At most `most` debunks, best first. */
  match(text: string, most = 5): DebunkMatch[] {
    const folded = withoutLinks(fold(text)).slice(0, 4000);
    const query = new Map<number, number>();
    for (const term of termsOf(folded)) query.set(term, (query.get(term) ?? 0) + 1);
    if (query.size === 0) return [];
    const relevance = new Map<number, number>();
    for (const [term, said] of query) {
      const list = this.#postings.get(term);
      if (list === undefined) continue;
      const weight = (this.#weights.get(term) ?? 0) * (said > 1 ? 1.3 : 1);
      for (const at of list) {
        const document = this.#documents[at];
        if (document === undefined) continue;
        const count = document.terms.get(term) ?? 0;
        const part = (count * (K1 + 1)) / (count + K1 * (1 - B + (B * document.length) / this.#averageLength));
        relevance.set(at, (relevance.get(at) ?? 0) + weight * part);
      }
    }
    const candidates = [...relevance].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, CANDIDATES);
    const top = candidates[0]?.[1] ?? 1;
    const sentences = splitSentences(folded);
    const sentenceTerms = sentences.map((sentence) => new Set(termsOf(sentence)));
    const matches = candidates.flatMap(([at, bm25]) => {
      const document = this.#documents[at];
      return document === undefined ? [] : [this.#pair(document, folded, query, bm25 / top, sentences, sentenceTerms)];
    });
    return matches
      .sort((a, b) => b.rank - a.rank)
      .slice(0, most)
      .map(({ rank: _, ...match }) => match);
  }

  #pair(
    document: Document,
    folded: string,
    query: ReadonlyMap<number, number>,
    relative: number,
    sentences: readonly string[],
    sentenceTerms: readonly ReadonlySet<number>[],
  ): DebunkMatch & { rank: number } {
    let covered = 0;
    let shared = 0;
    for (const term of document.claimTerms) {
      if (!query.has(term)) continue;
      covered += this.#weights.get(term) ?? 0;
      shared++;
    }
    const coverage = document.claimWeight > 0 ? covered / document.claimWeight : 0;
    let best = 0;
    let bestWeight = -1;
    sentenceTerms.forEach((terms, i) => {
      let weight = 0;
      for (const term of document.claimTerms) if (terms.has(term)) weight += this.#weights.get(term) ?? 0;
      if (weight > bestWeight) {
        bestWeight = weight;
        best = i;
      }
    });
    const sentence = sentences[best] ?? folded;
    const inSentence = document.claimWeight > 0 ? Math.max(0, bestWeight) / document.claimWeight : 0;
    const negationDiffers = polarityDiffers(document.claim, sentence);
    const numbersDiffer = missesNumber(document.claim, folded);
    // A claim of three characters is covered by chance; evidence grows with what there is to cover.
    const evidence = 1 - Math.exp(-shared / 6);
    let value = (0.6 * coverage + 0.4 * inSentence) * evidence;
    if (negationDiffers) value *= 0.6;
    if (numbersDiffer) value *= 0.85;
    return {
      id: document.id,
      score: Math.round(value * 1e4) / 1e4,
      sentence: sentence.trim(),
      negationDiffers,
      numbersDiffer,
      rank: value + RANK_BM25 * relative,
    };
  }
}

/** How much retrieval counts beside the pair score when candidates are ordered. */
const RANK_BM25 = 0.6;

/** Ranked debunks for one text; builds the index each time, so keep a {@link DebunkMatcher} for many texts. */
export function matchDebunks(text: string, library: readonly Debunk[], most = 5): DebunkMatch[] {
  return new DebunkMatcher(library).match(text, most);
}

/**
 * The claim inside a platform's ruling: what it says the post stated (称“…”), without the boilerplate about penalties.
 * Text without such a form comes back as it is.
 */
export function claimOfRuling(ruling: string): string {
  const quoted = [...ruling.matchAll(/[称说传言][::]?\s*[“"「『]([^”"」』]{4,})[”"」』]/g)].map((m) => m[1] ?? '');
  if (quoted.length > 0) return quoted.join('。');
  const end = /被投诉人言论构成|上述处理|现根据/.exec(ruling)?.index;
  return end === undefined ? ruling : ruling.slice(0, end);
}

/** Two library entries state one claim: four fifths of the shorter one's terms are in the other, and no negation differs. */
export function sameClaim(a: string, b: string): boolean {
  const x = new Set(termsOf(plainClaim(a)));
  const y = new Set(termsOf(plainClaim(b)));
  const [small, large] = x.size <= y.size ? [x, y] : [y, x];
  if (small.size < 6) return small.size > 0 && x.size === y.size && [...x].every((term) => y.has(term));
  let shared = 0;
  for (const term of small) if (large.has(term)) shared++;
  return shared >= small.size * 0.8 && !polarityDiffers(fold(a), fold(b));
}

function plainClaim(claim: string): string {
  return withoutLinks(fold(claim))
    .replace(/^(?:网传|网曝|传言|有消息称|据传|谣言)[::]?/, '')
    .replace(/\?+$/, '');
}

/** Pairs and triples of neighbouring Han characters, whole Latin words and numbers, as hashes. */
function termsOf(text: string): number[] {
  const terms: number[] = [];
  let previous = 0;
  let beforePrevious = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (isHan(c)) {
      if (STOP_UNITS.has(c)) continue;
      if (previous !== 0) terms.push(previous * 65536 + c);
      if (beforePrevious !== 0) terms.push((beforePrevious * 65536 + previous) * 4096 + (c & 4095));
      beforePrevious = previous;
      previous = c;
      continue;
    }
    if (isWordUnit(c)) {
      let hash = 7;
      let end = i;
      for (; end < text.length && isWordUnit(text.charCodeAt(end)) && !isHan(text.charCodeAt(end)); end++) {
        hash = (Math.imul(hash, 31) + text.charCodeAt(end)) | 0;
      }
      if (end - i > 1 || c < 0x3a) terms.push(-1 - (hash >>> 0));
      i = end - 1;
    }
    previous = 0;
    beforePrevious = 0;
  }
  return terms;
}

/** Characters that carry no matter; pairs are made across them. */
const STOP_UNITS = new Set([...'的了着吗呢吧啊呀'].map((unit) => unit.charCodeAt(0)));

function splitSentences(text: string): string[] {
  const parts = text.split(/[。!?;\n]|(?<=\S)\s{2,}/).filter((part) => part.trim().length > 1);
  return parts.length > 0 ? parts.slice(0, 200) : [text];
}

const NEGATED = /(?:不是|不会|不能|不要|没有|并非|不|没|未|无)(?:法|需|必|可)?([一-鿿]{1,2})/g;
const NEGATOR = /[不没未无非]/;

/** True when one side negates a word that the other states plainly. Doubt (是不是, 会不会) is no negation. */
export function polarityDiffers(a: string, b: string): boolean {
  return negatesStated(a, b) || negatesStated(b, a);
}

function negatesStated(from: string, other: string): boolean {
  const plain = from
    .replace(/(.)不\1/g, '$1')
    .replace(/不(?:仅|但|过|久|同|少|断|得不|实|明|料|幸|慎|管|论|满|良|法|足)/g, '');
  for (const match of plain.matchAll(NEGATED)) {
    const word = match[1] ?? '';
    if (word.length < 2) continue;
    const at = other.indexOf(word);
    if (at < 0) continue;
    const before = other.slice(Math.max(0, at - 4), at);
    if (!NEGATOR.test(before)) return true;
  }
  return false;
}

function missesNumber(claim: string, text: string): boolean {
  for (const number of claim.match(/\d+(?:\.\d+)?/g) ?? [])
    if (number.length > 1 && !text.includes(number)) return true;
  return false;
}

/**
 * In: a text that makes a claim, and the debunk library. Out: the debunks that answer it, best first, each with a score
 * and the sentence that matched. Called by: the claims desk, which suggests or relates a debunk; `eval match`.
 */
import { polarityDiffers } from '../enrich/negation.ts';
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
  /** The sentence of the text that says most of the claim, as it was written. */
  sentence: string;
  /** Text and claim differ in a negation (会 / 不会): never offered. */
  negationDiffers: boolean;
  /** The text gives another number for the same thing (15 元 / 3 元): offered at most, never related by itself. */
  numbersDiffer: boolean;
  /** The claim is about a place that the text does not name. */
  placesDiffer: boolean;
}

/** From this score on a debunk is offered to the officer. */
export const SUGGEST_AT = 0.4;
/** From this score on it is related without asking, and may raise an alert. */
export const RELATE_AT = 0.6;

const K1 = 1.2;
const B = 0.5;
/** A term of the summary counts this much of one in the claim. */
const SUMMARY = 0.35;
/** A term that stands only between # and #: many posts carry hashtags of other matters to be seen. */
const IN_TAG = 0.3;
/** Retrieval keeps this many candidates for the pair score. */
const CANDIDATES = 50;
/** How much retrieval, and the longest verbatim run of the claim, count beside the pair score when candidates are ordered. */
const RANK_BM25 = 1;
const RANK_RUN = 0.2;
const ANOTHER_PLACE = 0.7;
/** Scores of pairs that must not be related, or not even offered. */
const MOST_OFFERED = RELATE_AT - 0.01;
const NOT_OFFERED = SUGGEST_AT - 0.01;

interface Document {
  id: string;
  claim: string;
  /** Letters, digits and ideographs of the claim, for verbatim runs. */
  plain: string;
  places: string[];
  terms: Map<number, number>;
  claimTerms: number[];
  claimWeight: number;
  length: number;
}

/** What is read of a text once, for all its pairs. */
interface Query {
  folded: string;
  plain: string;
  terms: ReadonlyMap<number, number>;
  /** As written. */
  sentences: readonly string[];
  foldedSentences: readonly string[];
  sentenceTerms: readonly ReadonlySet<number>[];
}

export class DebunkMatcher {
  readonly #documents: Document[] = [];
  readonly #postings = new Map<number, number[]>();
  readonly #weights = new Map<number, number>();
  #averageLength = 1;

  /** @param placesOf names the places of a claim (the enricher's reader); without it places are not compared. */
  constructor(library: readonly Debunk[], placesOf: (text: string) => readonly string[] = () => []) {
    let total = 0;
    for (const debunk of library) {
      const claim = plainClaim(debunk.claim);
      const terms = new Map<number, number>();
      const claimTerms = termsOf(claim);
      for (const term of claimTerms) terms.set(term, (terms.get(term) ?? 0) + 1);
      for (const term of termsOf(normalised(debunk.summary ?? '').slice(0, 300)))
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
        plain: lettersOf(claim),
        places: placesOf(claim).map(barePlace),
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
      for (const term of document.claimTerms) document.claimWeight += this.#share(term);
    }
  }

  /** At most `most` debunks, best first. */
  match(text: string, most = 5): DebunkMatch[] {
    const query = queryOf(text);
    if (query.terms.size === 0) return [];
    const relevance = this.#retrieve(query);
    const candidates = [...relevance].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, CANDIDATES);
    const top = candidates[0]?.[1] ?? 1;
    return candidates
      .flatMap(([at, bm25]) => {
        const document = this.#documents[at];
        return document === undefined ? [] : [this.#pair(document, query, bm25 / top)];
      })
      .sort((a, b) => b.rank - a.rank)
      .slice(0, most)
      .map(({ rank: _, ...match }) => match);
  }

  /** BM25 of every document that shares a term. */
  #retrieve(query: Query): Map<number, number> {
    const own = new Set(termsOf(query.folded.replace(/#[^#]{1,40}#/g, ' ')));
    const relevance = new Map<number, number>();
    for (const [term, said] of query.terms) {
      const list = this.#postings.get(term);
      if (list === undefined) continue;
      const weight =
        (this.#weights.get(term) ?? 0) * (said > 1 ? 1.3 : 1) * (own.size > 8 && !own.has(term) ? IN_TAG : 1);
      for (const at of list) {
        const document = this.#documents[at];
        if (document === undefined) continue;
        const count = document.terms.get(term) ?? 0;
        const part = (count * (K1 + 1)) / (count + K1 * (1 - B + (B * document.length) / this.#averageLength));
        relevance.set(at, (relevance.get(at) ?? 0) + weight * part);
      }
    }
    return relevance;
  }

  /** What a term counts of a claim: rare terms (names, places, numbers) make the claim, common ones only dress it. */
  #share(term: number): number {
    return (this.#weights.get(term) ?? 0) ** 2;
  }

  #pair(document: Document, query: Query, relative: number): DebunkMatch & { rank: number } {
    const { claimTerms, claimWeight, claim } = document;
    let covered = 0;
    let shared = 0;
    for (const term of claimTerms) {
      if (!query.terms.has(term)) continue;
      covered += this.#share(term);
      shared++;
    }
    let best = 0;
    let bestWeight = -1;
    query.sentenceTerms.forEach((terms, i) => {
      let weight = 0;
      for (const term of claimTerms) if (terms.has(term)) weight += this.#share(term);
      if (weight > bestWeight) {
        bestWeight = weight;
        best = i;
      }
    });
    const coverage = claimWeight > 0 ? covered / claimWeight : 0;
    const inSentence = claimWeight > 0 ? Math.max(0, bestWeight) / claimWeight : 0;
    // A claim of three characters is covered by chance; evidence grows with what there is to cover.
    let value = (0.6 * coverage + 0.4 * inSentence) * (1 - Math.exp(-shared / 6));
    const negationDiffers = polarityDiffers(claim, query.foldedSentences[best] ?? query.folded);
    const numbersDiffer = numbersContradict(claim, query.folded);
    const placesDiffer = document.places.some((place) => !query.folded.includes(place));
    if (placesDiffer) value *= ANOTHER_PLACE;
    if (missesNumber(claim, query.folded)) value *= 0.85;
    const rank =
      value * (negationDiffers ? 0.6 : 1) +
      RANK_BM25 * relative +
      RANK_RUN * verbatimShare(document.plain, query.plain);
    const score = negationDiffers
      ? Math.min(value * 0.6, NOT_OFFERED)
      : numbersDiffer
        ? Math.min(value, MOST_OFFERED)
        : value;
    return {
      id: document.id,
      score: Math.round(score * 1e4) / 1e4,
      sentence: (query.sentences[best] ?? '').trim(),
      negationDiffers,
      numbersDiffer,
      placesDiffer,
      rank,
    };
  }
}

function queryOf(text: string): Query {
  const folded = withoutLinks(normalised(text)).slice(0, 4000);
  const terms = new Map<number, number>();
  for (const term of termsOf(folded)) terms.set(term, (terms.get(term) ?? 0) + 1);
  const sentences = splitSentences(text.slice(0, 4000));
  const foldedSentences = sentences.map((sentence) => withoutLinks(normalised(sentence)));
  return {
    folded,
    plain: lettersOf(folded),
    terms,
    sentences,
    foldedSentences,
    sentenceTerms: foldedSentences.map((sentence) => new Set(termsOf(sentence))),
  };
}

/** The longest run of the claim that the text repeats word for word, as a share of the claim. */
function verbatimShare(claim: string, text: string): number {
  let best = 0;
  for (let start = 0; start + best < claim.length; start++) {
    let length = best + 1;
    while (start + length <= claim.length && text.includes(claim.slice(start, start + length))) length++;
    best = length - 1;
  }
  return claim.length === 0 ? 0 : best / claim.length;
}

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
  return withoutLinks(normalised(claim))
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
  const parts = text.split(/[。!?;！？；\n]|(?<=\S)\s{2,}/).filter((part) => part.trim().length > 1);
  return parts.length > 0 ? parts.slice(0, 200) : [text];
}

function missesNumber(claim: string, text: string): boolean {
  for (const number of claim.match(NUMBER) ?? []) if (number.length > 1 && !text.includes(number)) return true;
  return false;
}

const NUMBER = /\d+(?:\.\d+)?/g;
const COUNTED = /(\d+(?:\.\d+)?)([万亿]?[^\d\s\p{P}])/gu;

/** Both count the same thing (元, 人, 名) and no count agrees. */
export function numbersContradict(claim: string, text: string): boolean {
  const counts = (from: string) => {
    const found = new Map<string, Set<string>>();
    for (const [, number = '', unit = ''] of from.matchAll(COUNTED)) {
      const numbers = found.get(unit);
      if (numbers === undefined) found.set(unit, new Set([number]));
      else numbers.add(number);
    }
    return found;
  };
  const said = counts(text);
  for (const [unit, numbers] of counts(claim)) {
    const others = said.get(unit);
    if (others !== undefined && [...numbers].every((number) => !others.has(number))) return true;
  }
  return false;
}

const DIGITS: Record<string, number> = {
  零: 0,
  〇: 0,
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
};
/** A number in ideographs before what it counts; 一下 and 三无 are none. */
const SPOKEN =
  /[一二两三四五六七八九十百千零〇]{1,7}(?=[人名位例个起条元块岁天日号月年时点万亿度级倍米公吨斤座栋辆家所次])/g;

/** One width, one script, and numbers in digits: 二十五号 and 25号 are one date. */
function normalised(text: string): string {
  return fold(text)
    .replace(SPOKEN, (spoken) => {
      const value = numberOf(spoken);
      return value === null || (value < 3 && spoken.length === 1) ? spoken : String(value);
    })
    .replace(/(\d)号(?!线|楼|院)/g, '$1日');
}

function numberOf(spoken: string): number | null {
  if (/^[零〇一二三四五六七八九]{2,}$/.test(spoken)) return Number([...spoken].map((d) => DIGITS[d]).join(''));
  let total = 0;
  let digit: number | null = null;
  for (const unit of spoken) {
    const scale = { 十: 10, 百: 100, 千: 1000 }[unit];
    if (scale === undefined) digit = DIGITS[unit] ?? null;
    else {
      total += (digit ?? 1) * scale;
      digit = null;
    }
  }
  return Number.isNaN(total) ? null : total + (digit ?? 0);
}

function lettersOf(folded: string): string {
  return folded.replace(/[^\p{L}\p{N}]/gu, '');
}

/** 武汉市 and 武汉 are one place. */
function barePlace(place: string): string {
  const folded = fold(place);
  return folded.length > 2 ? folded.replace(/[省市]$/, '') : folded;
}

/**
 * In: the text of one post, comment or message. Out: everything that is known from the text alone: words, keywords,
 * places, sentiment, claim-worthiness, department, fingerprint. Called by: the pipeline between intake and posts; `eval`.
 */
import { ClaimReader, claimReasons } from './claims.ts';
import { DepartmentReader, type DepartmentSuggestion } from './department.ts';
import { fingerprint } from './fingerprint.ts';
import { hashtagsOf, KeywordPicker } from './keywords.ts';
import { Features } from './linear-model.ts';
import { WordKind } from './lexicon.ts';
import { fold, ownWords, withoutLinks } from './normalise.ts';
import { PlaceReader } from './places.ts';
import { asksOffice } from './question.ts';
import { type DictionaryEntry, Segmenter, type SegmenterName, type WordFacts } from './segment.ts';
import { SentimentReader, type SentimentVerdict } from './sentiment.ts';
import { addSignals, MOST_FEATURES, READ, styleOf } from './signals.ts';

export interface Enrichment {
  /** Words in order, marks and white space left out. */
  tokens: string[];
  /** Space-joined tokens for the search index; queries go through {@link Enricher.queryTokens}. */
  searchTokens: string;
  /** At most six, best first. */
  keywords: string[];
  hashtags: string[];
  /** Places and public bodies, normalised, in order of appearance. */
  places: string[];
  sentiment: SentimentVerdict['sentiment'];
  /** Calibrated probability of the most likely sentiment, 0–1 (also when the answer is `uncertain`). */
  sentimentConfidence: number;
  /** 0–1: how much this text asks to be checked. */
  claimScore: number;
  /** Why, in the officer's words; empty when the score is low. */
  claimReasons: string[];
  /** Asks the office for an answer or an action. */
  question: boolean;
  /** For messages: up to three departments, most likely first. */
  department?: DepartmentSuggestion[];
  /** 64-bit simhash as 16 hex digits; '' for a text under 8 letters. */
  fingerprint: string;
  /** Hash of the normalised text as 16 hex digits; equal for exact copies. */
  copyKey: string;
}

export interface EnrichOptions {
  /** Written by an official account. */
  official: boolean;
  kind: 'post' | 'comment' | 'message';
}

export interface EnricherConfig {
  /** The administrator's words, on top of the shipped dictionary. */
  dictionary?: readonly DictionaryEntry[];
  /** Directory of the office's own retrained models; each file there replaces the shipped one of the same name. */
  models?: string;
  /** Forces one binding; default: nodejieba, else `@node-rs/jieba`. */
  segmenter?: SegmenterName;
}

/** Everything the models need of a text; made once, read by all of them. */
export interface Reading {
  folded: string;
  own: string;
  quoted: boolean;
  words: string[];
  cues: number;
  features: Features;
}

export class Enricher {
  readonly segmenter: Segmenter;
  readonly #keywords: KeywordPicker;
  readonly #places: PlaceReader;
  readonly #features = new Features();
  /** What is known of each word of the current text. */
  readonly #facts: WordFacts[] = [];
  sentiment: SentimentReader;
  claims: ClaimReader;
  departments: DepartmentReader;
  readonly modelsLoadMs: number;
  readonly #models: string | undefined;

  constructor(config: EnricherConfig = {}) {
    this.segmenter = new Segmenter(config.dictionary ?? [], config.segmenter);
    this.#keywords = new KeywordPicker(this.segmenter);
    const lexicon = this.segmenter.lexicon;
    this.#places = new PlaceReader((word) => lexicon.kind(word) === WordKind.place);
    const started = performance.now();
    this.#models = config.models;
    this.sentiment = new SentimentReader(config.models);
    this.claims = new ClaimReader(config.models);
    this.departments = new DepartmentReader(config.models);
    this.modelsLoadMs = Math.round(performance.now() - started);
  }

  /** Which jieba binding cuts; for the status page. */
  segmenterName(): SegmenterName {
    return this.segmenter.name;
  }

  /** Replaces the administrator's words (about a second); takes effect for texts enriched from then on. */
  setDictionary(entries: readonly DictionaryEntry[]): void {
    this.segmenter.setEntries(entries);
  }

  /** Reads the models again, after a switch; holds for texts enriched from then on. */
  loadModels(): void {
    this.sentiment = new SentimentReader(this.#models);
    this.claims = new ClaimReader(this.#models);
    this.departments = new DepartmentReader(this.#models);
  }

  enrich(text: string, options: EnrichOptions): Enrichment {
    const folded = fold(text);
    const clean = withoutLinks(folded);
    const cut = this.segmenter.cut(clean);
    const tokens: string[] = [];
    let searchTokens = '';
    let cues = 0;
    let inTag = false;
    let emoticon = 0;
    const keywords = this.#keywords;
    const places = this.#places;
    keywords.start();
    places.start();
    const known = this.#facts;
    known.length = 0;
    for (let i = 0; i < cut.length; i++) {
      const facts = this.segmenter.facts(cut[i] ?? '');
      // The remembered string: its hash is known, and texts share it.
      const word = facts.text;
      known.push(facts);
      places.see(word, facts);
      if (!facts.word) {
        if (word === '#') inTag = !inTag;
        else if (word === '[') emoticon = endOfEmoticon(cut, i);
        continue;
      }
      tokens.push(word);
      searchTokens = searchTokens === '' ? facts.search : searchTokens + ' ' + facts.search;
      cues |= facts.cues;
      // What an emoticon is called says nothing of the matter.
      if (i >= emoticon) keywords.see(word, facts, inTag ? 2 : 1);
    }
    const reading = this.#read(folded, cut, cues, options.kind === 'message');
    const sentiment = this.sentiment.read(reading);
    const claim = this.claims.read(reading, options);
    const enrichment: Enrichment = {
      tokens,
      searchTokens,
      keywords: keywords.best(),
      hashtags: folded.includes('#') ? hashtagsOf(folded) : [],
      places: places.places(),
      sentiment: sentiment.sentiment,
      sentimentConfidence: sentiment.confidence,
      claimScore: claim.score,
      claimReasons: claim.reasons,
      question: !options.official && asksOffice(reading.own),
      ...fingerprint(folded),
    };
    if (options.kind === 'message') enrichment.department = this.departments.read(reading);
    return enrichment;
  }

  /** Departments of a message alone, for a text that is stored already. */
  departmentsOf(text: string): DepartmentSuggestion[] {
    return this.departments.read(this.reading(text));
  }

  /** Reasons alone, for a text that is stored with its score. */
  claimReasons(text: string, score: number): string[] {
    return claimReasons(this.reading(text), score);
  }

  /** The features of a text as {@link enrich} sees them. The result is overwritten by the next call. */
  reading(text: string): Reading {
    const folded = fold(text);
    const cut = this.segmenter.cut(withoutLinks(folded));
    let cues = 0;
    const known = this.#facts;
    known.length = 0;
    for (const word of cut) {
      const facts = this.segmenter.facts(word);
      known.push(facts);
      cues |= facts.cues;
    }
    return this.#read(folded, cut, cues, true);
  }

  /** @param pairs pairs of characters too: only departments read them. */
  #read(folded: string, words: string[], cues: number, pairs: boolean): Reading {
    const { own, quoted } = ownWords(folded);
    const features = this.#features;
    features.start();
    addSignals(features, styleOf(folded), cues);
    const end = Math.min(folded.length, READ);
    features.addCharacters(folded, end);
    features.words = features.size;
    // Repost chains are read too: whom somebody repeats tells what they think.
    for (let i = 0; i < words.length; i++) {
      const facts = this.#facts[i];
      if (facts === undefined || words[i] === ' ') continue;
      features.add(facts.hash);
      if (facts.group !== 0) features.add(facts.group);
      if (features.size > MOST_FEATURES) break;
    }
    features.pairs = features.size;
    if (pairs) features.addPairs(folded, end);
    return { folded, own, quoted, words, cues, features };
  }

  /** Tokens for the search index alone, e.g. when the index is rebuilt. */
  searchTokens(text: string): string {
    return this.queryTokens(text).join(' ');
  }

  /**
   * The tokens of a query, as the index has them. More than one token must be matched as a phrase (adjacent, in order):
   * a compound is indexed as its parts and an unknown word as its characters.
   */
  queryTokens(text: string): string[] {
    const tokens: string[] = [];
    for (const word of this.segmenter.cut(withoutLinks(fold(text)))) {
      const { search } = this.segmenter.facts(word);
      if (search !== '') tokens.push(...search.split(' '));
    }
    return tokens;
  }
}

export function createEnricher(config: EnricherConfig = {}): Enricher {
  return new Enricher(config);
}

/** Names of emoticons have up to so many characters: 并不简单. */
const EMOTICON = 4;

/** Where the name in brackets ends that begins at `open`; `open` itself when it is too long for one. */
function endOfEmoticon(cut: readonly string[], open: number): number {
  let length = 0;
  for (let i = open + 1; i < cut.length && length <= EMOTICON; i++) {
    if (cut[i] === ']') return i;
    length += cut[i]?.length ?? 0;
  }
  return open;
}

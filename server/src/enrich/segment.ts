/**
 * In: folded text. Out: words, and the tokens that the search index and queries share. Called by: the enricher, once per
 * text; the search page for its queries; the dictionary page when an administrator adds or removes a word.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cuesOf } from './cues.ts';
import { FactsTable } from './facts-table.ts';
import { feelingOf } from './feelings.ts';
import { Lexicon, WordKind } from './lexicon.ts';
import { hashOfWord, type WordFeatures } from './linear-model.ts';
import { WordGroups } from './word-groups.ts';
import { modelPath } from './model-files.ts';
import { isHan, isWordUnit } from './normalise.ts';

/** A word the office wants kept whole. `kind` decides how places and keywords treat it. */
export interface DictionaryEntry {
  word: string;
  kind?: DictionaryKind;
}

/** `facility` is a kind of place (搅拌站), `place` the name of one. */
export type DictionaryKind = 'agency' | 'place' | 'facility' | 'term';

/** The part of a jieba binding that is used; both bindings cut the same dictionary the same way. */
interface Binding {
  readonly name: SegmenterName;
  cut(text: string): string[];
  /** Replaces all words beyond the standard dictionary. `lines` are `word frequency tag`. */
  load(lines: string): void;
  dictionary(): Uint8Array;
}

export type SegmenterName = 'nodejieba' | '@node-rs/jieba';

interface NodejiebaModule {
  DEFAULT_DICT: string;
  load(paths: { userDict?: string; idfDict?: string; stopWordDict?: string }): void;
  cut(text: string, hmm: boolean): string[];
}

interface NodeRsJieba {
  cut(text: string, hmm: boolean): string[];
  loadDict(dictionary: Uint8Array): void;
}

const require = createRequire(import.meta.url);

/** nodejieba keeps one dictionary per process, so its binding is shared. */
function loadNodejieba(): Binding {
  const jieba = require('nodejieba') as NodejiebaModule;
  const binding: Binding = {
    name: 'nodejieba',
    cut: (text) => jieba.cut(text, true),
    load(lines) {
      const directory = mkdtempSync(join(tmpdir(), 'minsheng-dictionary-'));
      try {
        const userDict = join(directory, 'user.txt');
        const idfDict = join(directory, 'idf.txt');
        writeFileSync(userDict, lines);
        // jieba's own keyword extraction is not used; a one-line table saves reading six megabytes.
        writeFileSync(idfDict, '民声 10.0\n');
        jieba.load({ userDict, idfDict });
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
    dictionary: () => readFileSync(jieba.DEFAULT_DICT),
  };
  return binding;
}

function loadNodeRs(): Binding {
  const { Jieba } = require('@node-rs/jieba') as { Jieba: { withDict(dictionary: Uint8Array): NodeRsJieba } };
  const { dict } = require('@node-rs/jieba/dict') as { dict: Uint8Array };
  let jieba: NodeRsJieba | undefined;
  return {
    name: '@node-rs/jieba',
    cut(text) {
      jieba ??= Jieba.withDict(dict);
      return jieba.cut(text, true);
    },
    load(lines) {
      jieba = Jieba.withDict(dict);
      if (lines !== '') jieba.loadDict(Buffer.from(lines));
    },
    dictionary: () => dict,
  };
}

/** What is remembered about a word that was seen: looked up once, used a million times. */
export interface WordFacts extends WordFeatures {
  /** The word itself, one string for all its occurrences. */
  text: string;
  /** The tokens that stand for this word in the index, separated by spaces; empty for punctuation. */
  search: string;
  /** In the dictionary, or found by the hidden Markov model. */
  known: boolean;
  kind: WordKind;
  /** Corpus frequency of a known word. */
  frequency: number;
  /** Has a letter, digit or ideograph. */
  word: boolean;
  /** What the word signals: bits of `Cue`. */
  cues: number;
  /** What feeling it names: see feelings.ts. */
  feeling: number;
  /** Weight as a keyword, once it was asked for; −1 before. */
  keyword: number;
}

const KIND_OF: Record<DictionaryKind, WordKind> = {
  agency: WordKind.organisation,
  place: WordKind.place,
  facility: WordKind.facility,
  term: WordKind.domain,
};

export class Segmenter {
  readonly #binding: Binding;
  readonly lexicon: Lexicon;
  readonly #shipped: readonly DictionaryEntry[];
  readonly #groups = WordGroups.shipped();
  #added: DictionaryEntry[] = [];
  readonly #facts = new FactsTable<WordFacts>();

  /**
   * @param preferred forces one binding (tests, benches); default: nodejieba, else `@node-rs/jieba`.
   * @param shipped our own words; none to measure what they are good for
   */
  constructor(
    entries: readonly DictionaryEntry[] = [],
    preferred?: SegmenterName,
    shipped: readonly DictionaryEntry[] = shippedDictionary(),
  ) {
    this.#shipped = shipped;
    try {
      this.#binding = preferred === '@node-rs/jieba' ? loadNodeRs() : loadNodejieba();
      this.lexicon = lexiconOf(this.#binding);
      this.setEntries(entries);
    } catch (cause) {
      if (preferred !== undefined) throw cause;
      // nodejieba was not built here; the prebuilt binding reads the same dictionary.
      this.#binding = loadNodeRs();
      this.lexicon = lexiconOf(this.#binding);
      this.setEntries(entries);
    }
  }

  /** For the status page: which binding cuts. */
  get name(): SegmenterName {
    return this.#binding.name;
  }

  /** Replaces the administrator's words. Takes about a second with nodejieba; texts cut before keep their tokens. */
  setEntries(entries: readonly DictionaryEntry[]): void {
    for (const entry of this.#added) this.lexicon.remove(entry.word);
    const words = new Map<string, DictionaryEntry>();
    for (const entry of [...this.#shipped, ...entries]) {
      const word = entry.word.trim().toLowerCase();
      // jieba reads a line of three fields; a word with white space in it cannot be one.
      if (word.length > 1 && word.length <= 32 && !/\s/.test(word)) words.set(word, { ...entry, word });
    }
    const lines: string[] = [];
    const added: DictionaryEntry[] = [];
    for (const entry of words.values()) {
      const before = this.lexicon.frequency(entry.word);
      const frequency = Math.max(before, frequencyToKeepWhole(this.lexicon, entry.word));
      lines.push(`${entry.word} ${frequency} ${entry.kind === 'place' ? 'ns' : entry.kind === 'agency' ? 'nt' : 'n'}`);
      if (before === 0) added.push(entry);
    }
    for (const entry of words.values()) {
      this.lexicon.add(entry.word, Math.max(3, this.lexicon.frequency(entry.word)), KIND_OF[entry.kind ?? 'term']);
    }
    this.#added = added;
    this.#binding.load(lines.join('\n') + '\n');
    this.#facts.clear();
  }

  /** Words of a text, in order, punctuation and white space included as jieba gives them. */
  cut(folded: string): string[] {
    this.#facts.trim();
    return folded === '' ? [] : this.#binding.cut(folded);
  }

  /** The same object for the same word until the next {@link cut}. */
  facts(word: string): WordFacts {
    return this.#facts.get(word) ?? this.#facts.put(this.#look(word));
  }

  #look(word: string): WordFacts {
    const frequency = this.lexicon.frequency(word);
    const known = frequency > 0;
    const search = indexTokens(this.lexicon, word, known).join(' ');
    const kind = known ? this.lexicon.kind(word) : WordKind.other;
    const hash = hashOfWord(word);
    return {
      text: word,
      search,
      known,
      kind,
      frequency,
      word: search !== '',
      cues: cuesOf(word),
      feeling: feelingOf(word),
      hash,
      group: this.#groups.groupOf(hash),
      seenIn: 0,
      keyword: -1,
    };
  }
}

/**
 * The tokens that stand for one word in the index. A compound is indexed as its parts (暴雨预警 → 暴雨 预警) and a word
 * that is in no dictionary as its characters, so that a query which is cut differently from the text still finds it: the
 * query goes through the same function and is matched as a phrase. Marks inside a word separate tokens (3.5 → 3 5).
 */
function indexTokens(lexicon: Lexicon, word: string, known: boolean): string[] {
  const tokens: string[] = [];
  let start = 0;
  while (start < word.length) {
    const c = word.charCodeAt(start);
    if (!isWordUnit(c)) {
      start++;
      continue;
    }
    const han = isHan(c);
    let end = start + 1;
    while (end < word.length) {
      const next = word.charCodeAt(end);
      if (!isWordUnit(next) || isHan(next) !== han) break;
      end++;
    }
    const run = word.slice(start, end);
    if (!han) tokens.push(run.slice(0, 64));
    else if (known || lexicon.has(run)) tokens.push(...parts(lexicon, run));
    else tokens.push(...run);
    start = end;
  }
  return tokens;
}

/** Splits a known compound into shorter known words; keeps it whole when that would leave crumbs. */
function parts(lexicon: Lexicon, word: string): string[] {
  const n = word.length;
  if (n < 3 || n > 32) return [word];
  // Best split of each prefix: fewest single characters, then the most probable words.
  const singles = new Float64Array(n + 1).fill(Infinity);
  const score = new Float64Array(n + 1).fill(-Infinity);
  const from = new Int32Array(n + 1);
  singles[0] = 0;
  score[0] = 0;
  const logTotal = Math.log(lexicon.total);
  for (let end = 1; end <= n; end++) {
    for (let start = Math.max(0, end - 4); start < end; start++) {
      const length = end - start;
      if (length === n) continue;
      const frequency = lexicon.frequency(word, start, end);
      if (length > 1 && frequency === 0) continue;
      const single = (singles[start] ?? Infinity) + (length === 1 ? 1 : 0);
      const probability = (score[start] ?? -Infinity) + Math.log(Math.max(frequency, 0.5)) - logTotal;
      if (single < (singles[end] ?? Infinity) || (single === singles[end] && probability > (score[end] ?? -Infinity))) {
        singles[end] = single;
        score[end] = probability;
        from[end] = start;
      }
    }
  }
  if ((singles[n] ?? 0) > 1) return [word];
  const found: string[] = [];
  for (let end = n; end > 0; end = from[end] ?? 0) found.push(word.slice(from[end] ?? 0, end));
  return found.reverse().flatMap((part) => (part.length > 2 ? parts(lexicon, part) : [part]));
}

/** The frequency at which jieba prefers the whole word to its parts (product of the parts' probabilities, plus one). */
function frequencyToKeepWhole(lexicon: Lexicon, word: string): number {
  const n = word.length;
  const best = new Float64Array(n + 1).fill(-Infinity);
  best[0] = 0;
  const logTotal = Math.log(lexicon.total);
  for (let end = 1; end <= n; end++) {
    for (let start = 0; start < end; start++) {
      if (end - start === n) continue;
      const frequency = lexicon.frequency(word, start, end);
      if (end - start > 1 && frequency === 0) continue;
      const probability = (best[start] ?? -Infinity) + Math.log(Math.max(1, frequency)) - logTotal;
      if (probability > (best[end] ?? -Infinity)) best[end] = probability;
    }
  }
  return Math.min(50_000, Math.max(10, Math.ceil(Math.exp((best[n] ?? 0) + logTotal) * 1.5) + 3));
}

/** The general dictionary, without the places and bodies that are none: `server/models/not-places.txt`. */
function lexiconOf(binding: Binding): Lexicon {
  const lexicon = Lexicon.fromBytes(binding.dictionary());
  const lines = readFileSync(modelPath('not-places.txt'), 'utf8').split('\n');
  for (const line of lines.filter((text) => !text.startsWith('#')))
    for (const word of line.split(' ')) lexicon.reclassify(word, WordKind.noun);
  return lexicon;
}

/** Our own words: `server/models/dictionary.txt`, sections `[kind]` of words separated by white space. */
function shippedDictionary(): DictionaryEntry[] {
  const entries: DictionaryEntry[] = [];
  let kind: DictionaryKind = 'term';
  for (const line of readFileSync(modelPath('dictionary.txt'), 'utf8').split('\n')) {
    if (line.startsWith('#')) continue;
    const section = /^\[(\w+)\]/.exec(line)?.[1];
    if (section !== undefined) {
      if (section in KIND_OF) kind = section as DictionaryKind;
      continue;
    }
    for (const word of line.split(/\s+/)) if (word !== '') entries.push({ word, kind });
  }
  return entries;
}

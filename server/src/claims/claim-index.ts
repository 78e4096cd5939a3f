/**
 * In: what posts say. Out: the living claim that says the same, if any. Kept in memory, bounded by a week; the rows are the truth.
 * Called by: claims/detect.ts.
 */
import { likeness, pairsOf, type Said } from './wording.ts';

const HOUR = 3_600_000;
/** What nobody repeated within a week was no claim. */
export const ALIVE_MS = 7 * 24 * HOUR;
/** Voices and wordings are counted up to here; whether it is twenty or two thousand, the claim is listed. */
const VOICES_KEPT = 16;
const WORDINGS_KEPT = 50;
/** Hours kept for the speed of spread. */
const HOURS_KEPT = 6;
/** A pair of characters in more claims than this finds none. */
const TOO_COMMON = 200;
const VERIFIED = 16;
const WORDS_KEPT = 24;
const TOPICS_KEPT = 12;
/** A word of more claims than this, and of more than this share of them, tells none from another. */
const TELLING = { claims: 3, share: 0.03 };

export interface ClaimState extends Said {
  id: number;
  voices: Set<string>;
  listed: boolean;
  posts: number;
  doubts: number;
  firstSeen: number;
  lastSeen: number;
  /** Voices by wording: a text passed on word for word, or nearly, is a sign of its own. */
  wordings: Map<number, Set<string>>;
  words: Set<string>;
  places: string[];
  /** The topic under whose posts most of its tellings stand, and how many stand under each. */
  topicId: number | null;
  topics: Map<number, number>;
  /** Posts by hour. */
  hours: Map<number, number>;
  officialAnswer: boolean;
  /** From when on, and by how many words, it was looked for what officials said of it. */
  lookedFor: { from: number; words: number };
}

export class ClaimIndex {
  readonly claims = new Map<number, ClaimState>();
  private readonly byPair = new Map<number, Set<number>>();
  /** How many claims have a word. */
  private readonly carriers = new Map<string, number>();
  private readonly shown = new Set<ClaimState>();
  private newest = 0;

  remember(claim: ClaimState): void {
    this.claims.set(claim.id, claim);
    if (claim.listed) this.shown.add(claim);
    this.newest = Math.max(this.newest, claim.lastSeen);
    for (const pair of claim.pairs) {
      let ids = this.byPair.get(pair);
      if (ids === undefined) this.byPair.set(pair, (ids = new Set()));
      ids.add(claim.id);
    }
    for (const word of claim.words) this.carriers.set(word, (this.carriers.get(word) ?? 0) + 1);
  }

  /** More words of a claim that is remembered. */
  learn(claim: ClaimState, words: Iterable<string>): void {
    for (const word of words) {
      if (claim.words.size >= WORDS_KEPT || claim.words.has(word)) continue;
      claim.words.add(word);
      this.carriers.set(word, (this.carriers.get(word) ?? 0) + 1);
    }
  }

  /** One more telling, or doubt, under a post of this topic. */
  place(claim: ClaimState, topic: number | null, times = 1): void {
    if (topic === null) return;
    const here = (claim.topics.get(topic) ?? 0) + times;
    if (claim.topics.has(topic) || claim.topics.size < TOPICS_KEPT) claim.topics.set(topic, here);
    if (claim.topicId === null || here > (claim.topics.get(claim.topicId) ?? 0)) claim.topicId = topic;
  }

  /** A word that few claims have. */
  isTelling(word: string): boolean {
    return (this.carriers.get(word) ?? 0) <= Math.max(TELLING.claims, TELLING.share * this.claims.size);
  }

  /** The claim that states what this text states. */
  nearest(said: Said, at: number): ClaimState | null {
    const hits = new Map<number, number>();
    for (const pair of said.pairs) {
      const ids = this.byPair.get(pair);
      if (ids === undefined || ids.size > TOO_COMMON) continue;
      for (const id of ids) hits.set(id, (hits.get(id) ?? 0) + 1);
    }
    const candidates = [...hits]
      .filter(([, n]) => n >= 2)
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, VERIFIED)
      .map(([id]) => id);
    // A listed rumour is also told without one of its words; there are few of them.
    for (const claim of this.listed()) if (claim.lastSeen >= at - ALIVE_MS) candidates.push(claim.id);
    let best: ClaimState | null = null;
    let most = 0;
    for (const id of candidates) {
      const claim = this.claims.get(id);
      if (claim === undefined || Math.abs(at - claim.lastSeen) > ALIVE_MS) continue;
      const score = likeness(said, claim);
      if (score > most) [best, most] = [claim, score];
    }
    return best;
  }

  listed(): ReadonlySet<ClaimState> {
    return this.shown;
  }

  list(claim: ClaimState): void {
    claim.listed = true;
    this.shown.add(claim);
  }

  /** The listed claim that a claim about to be listed only words anew, in any of its wordings. */
  listedTwin(claim: ClaimState, wordings: Iterable<string>): ClaimState | null {
    let best: ClaimState | null = null;
    let most = 0;
    for (const text of wordings) {
      const said = { ...claim, text, pairs: pairsOf(text) };
      for (const other of this.listed()) {
        if (other.id === claim.id || Math.abs(claim.lastSeen - other.lastSeen) > ALIVE_MS) continue;
        const score = likeness(said, other);
        if (score > most) [best, most] = [other, score];
      }
    }
    return best;
  }

  /** One more post of a claim. Who doubts it does not begin it. */
  count(claim: ClaimState, at: number, telling: boolean): void {
    if (telling) claim.firstSeen = Math.min(claim.firstSeen, at);
    claim.lastSeen = Math.max(claim.lastSeen, at);
    this.newest = Math.max(this.newest, at);
    const hour = Math.floor(at / HOUR);
    claim.hours.set(hour, (claim.hours.get(hour) ?? 0) + 1);
    const oldest = Math.floor(claim.lastSeen / HOUR) - HOURS_KEPT;
    for (const known of claim.hours.keys()) if (known < oldest) claim.hours.delete(known);
  }

  /** Claims that nobody has repeated for a week leave the memory. */
  tidy(): void {
    for (const claim of this.claims.values()) if (this.newest - claim.lastSeen > ALIVE_MS) this.release(claim);
  }

  release(claim: ClaimState): void {
    for (const pair of claim.pairs) {
      const ids = this.byPair.get(pair);
      ids?.delete(claim.id);
      if (ids?.size === 0) this.byPair.delete(pair);
    }
    if (this.claims.delete(claim.id))
      for (const word of claim.words) {
        const left = (this.carriers.get(word) ?? 0) - 1;
        if (left > 0) this.carriers.set(word, left);
        else this.carriers.delete(word);
      }
    this.shown.delete(claim);
  }

  clear(): void {
    this.claims.clear();
    this.shown.clear();
    this.byPair.clear();
    this.carriers.clear();
    this.newest = 0;
  }
}

/** One more voice for a claim, in the wording of the text it copies. */
export function addVoice(claim: ClaimState, voice: string, wording: number): void {
  if (claim.voices.size < VOICES_KEPT) claim.voices.add(voice);
  const voices = claim.wordings.get(wording);
  if (voices === undefined) {
    if (claim.wordings.size < WORDINGS_KEPT) claim.wordings.set(wording, new Set([voice]));
  } else if (voices.size < VOICES_KEPT) voices.add(voice);
}

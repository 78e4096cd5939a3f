/**
 * In: what posts say. Out: the living claim that says the same, if any. Kept in memory, bounded by a week; the rows are the truth.
 * Called by: claims/detect.ts.
 */
import { likeness, type Said } from './wording.ts';

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
  topicId: number | null;
  /** Posts by hour. */
  hours: Map<number, number>;
  officialAnswer: boolean;
}

export class ClaimIndex {
  readonly claims = new Map<number, ClaimState>();
  private readonly byPair = new Map<number, Set<number>>();
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

  /** The listed claim that a claim about to be listed only words anew. */
  listedTwin(claim: ClaimState): ClaimState | null {
    let best: ClaimState | null = null;
    let most = 0;
    for (const other of this.listed()) {
      if (other.id === claim.id || Math.abs(claim.lastSeen - other.lastSeen) > ALIVE_MS) continue;
      const score = likeness(claim, other);
      if (score > most) [best, most] = [other, score];
    }
    return best;
  }

  count(claim: ClaimState, at: number): void {
    claim.firstSeen = Math.min(claim.firstSeen, at);
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
    this.claims.delete(claim.id);
    this.shown.delete(claim);
  }

  clear(): void {
    this.claims.clear();
    this.shown.clear();
    this.byPair.clear();
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

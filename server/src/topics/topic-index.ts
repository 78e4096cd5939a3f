/**
 * In: what posts are about. Out: the living topics, and which of them a post belongs to. Kept in memory, bounded; the rows are the truth.
 * Called by: topics/detect.ts.
 */
import type { HourCount } from './heat.ts';
import type { Matter } from './matter.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A topic silent for longer is no longer joined: a news story ends, a grievance about one place comes back for months. */
const ALIVE_MS = 14 * DAY;
const GRIEVANCE_ALIVE_MS = 180 * DAY;
/** Likeness to a grievance is halved for each of these of its silence. */
const GRIEVANCE_SILENT_MS = 120 * DAY;
/** Likeness to a news topic is halved for each of these: its silence, and its age beyond a week. */
const NEWS_SILENT_MS = 7 * DAY;
const NEWS_OLD_MS = 14 * DAY;
const WEEK = 7 * DAY;
/** Topics kept in memory; beyond it the longest silent leave. */
const MOST_TOPICS = 10_000;
const FEATURES_KEPT = 60;
const PLACES_KEPT = 12;
/** A feature of more topics than this finds none. */
const TOO_COMMON = 500;
/** Posts about other places are alike in their problem only. */
const ELSEWHERE = 0.5;
/** A place named by one in so many of a topic's posts is where it happens. */
const LOCAL = 3;
/** Hours kept in memory behind the newest of a topic: what heat and stage read. */
const HOURS_KEPT_MS = 4 * DAY;

export interface HourBucket extends HourCount {
  positive: number;
  neutral: number;
  uncertain: number;
  official: number;
}

export interface TopicState {
  id: number;
  title: string;
  /** How good a way of titling it has: see topic-title.ts. 9 when a person wrote it. */
  titleRank: number;
  /** Titles to choose from, the best fitting last chosen. */
  titles: { title: string; rank: number; words: Map<string, number> }[];
  features: Map<string, number>;
  norm: number;
  places: Map<string, number>;
  /** Posts and messages that stand by themselves; comments shape a topic less. */
  own: number;
  messages: number;
  posts: number;
  opinions: number;
  firstSeen: number;
  lastSeen: number;
  engagement: number;
  officialAt: number | null;
  peakHeat: number;
  peakAt: number;
  /** Messages, halved every fortnight: grievances grow over weeks. */
  slow: number;
  slowAt: number;
  hours: Map<number, HourBucket>;
  /** What is not yet added to the rows. */
  pending: Map<number, HourBucket>;
  /** The topic's busiest hour, kept when its hour has left the memory. */
  busiest: number;
}

export interface Found {
  topic: TopicState;
  score: number;
}

export class TopicIndex {
  readonly topics = new Map<number, TopicState>();
  private readonly byFeature = new Map<string, Set<number>>();
  /** The newest post seen: what "silent" is measured against, whatever the clock says. */
  private newest = 0;

  get size(): number {
    return this.topics.size;
  }

  remember(topic: TopicState): void {
    this.topics.set(topic.id, topic);
    for (const name of topic.features.keys()) this.post(name, topic.id);
    normalise(topic);
  }

  /** Cosine of a unit vector and a topic, less when they are about different places. */
  similarity(vector: ReadonlyMap<string, number>, places: readonly string[], topic: TopicState): number {
    let dot = 0;
    for (const [name, weight] of vector) dot += weight * (topic.features.get(name) ?? 0);
    return topic.norm === 0 ? 0 : (dot / topic.norm) * this.placeFactor(places, topic);
  }

  /** 1 when the post names the place that the topic is mostly about; a topic of all over the city has no such place. */
  private placeFactor(places: readonly string[], topic: TopicState): number {
    if (places.length === 0 || topic.places.size === 0) return 1;
    let named = 0;
    for (const [known, times] of topic.places)
      if (places.some((place) => place.includes(known) || known.includes(place))) named = Math.max(named, times);
    return ELSEWHERE + (1 - ELSEWHERE) * Math.min(1, (LOCAL * named) / Math.max(1, topic.own));
  }

  best(vector: ReadonlyMap<string, number>, places: readonly string[], at: number, except?: TopicState): Found | null {
    const dots = new Map<number, number>();
    for (const [name, weight] of vector) {
      const ids = this.byFeature.get(name);
      if (ids === undefined || ids.size > TOO_COMMON) continue;
      for (const id of ids) dots.set(id, (dots.get(id) ?? 0) + weight * (this.topics.get(id)?.features.get(name) ?? 0));
    }
    let best: Found | null = null;
    for (const [id, dot] of dots) {
      const topic = this.topics.get(id);
      if (topic === undefined || topic === except || dot / topic.norm <= (best?.score ?? 0)) continue;
      if (Math.abs(at - topic.lastSeen) > aliveFor(topic)) continue;
      const score = this.similarity(vector, places, topic) * freshness(topic, at);
      if (score > (best?.score ?? 0)) best = { topic, score };
    }
    return best;
  }

  learn(topic: TopicState, vector: ReadonlyMap<string, number>, matter: Matter, rate: number): void {
    for (const [name, weight] of vector) {
      topic.features.set(name, (topic.features.get(name) ?? 0) + rate * weight);
      this.post(name, topic.id);
    }
    if (rate === 1) {
      for (const place of matter.places) topic.places.set(place, (topic.places.get(place) ?? 0) + 1);
      if (topic.places.size > 2 * PLACES_KEPT) topic.places = new Map(largest(topic.places, PLACES_KEPT));
    }
    if (topic.features.size > 2 * FEATURES_KEPT) {
      const kept = largest(topic.features, FEATURES_KEPT);
      for (const name of topic.features.keys()) this.unpost(name, topic.id);
      topic.features = new Map(kept);
      for (const [name] of kept) this.post(name, topic.id);
    }
    normalise(topic);
  }

  /** Counts towards memory and age; call once per post. */
  seen(at: number): void {
    this.newest = Math.max(this.newest, at);
  }

  /** Topics and hours that nothing can join or read any more leave the memory. */
  tidy(): void {
    for (const topic of this.topics.values()) {
      if (this.newest - topic.lastSeen > aliveFor(topic)) this.release(topic);
      else for (const hour of topic.hours.keys()) if (topic.lastSeen - hour > HOURS_KEPT_MS) topic.hours.delete(hour);
    }
    if (this.topics.size <= MOST_TOPICS) return;
    const silent = [...this.topics.values()].sort((a, b) => a.lastSeen - b.lastSeen);
    for (const topic of silent.slice(0, this.topics.size - MOST_TOPICS)) this.release(topic);
  }

  release(topic: TopicState): void {
    for (const name of topic.features.keys()) this.unpost(name, topic.id);
    this.topics.delete(topic.id);
  }

  clear(): void {
    this.topics.clear();
    this.byFeature.clear();
    this.newest = 0;
  }

  private post(name: string, id: number): void {
    let ids = this.byFeature.get(name);
    if (ids === undefined) this.byFeature.set(name, (ids = new Set()));
    ids.add(id);
  }

  private unpost(name: string, id: number): void {
    const ids = this.byFeature.get(name);
    ids?.delete(id);
    if (ids?.size === 0) this.byFeature.delete(name);
  }
}

/** News of another week is other news, though it be about the same person or place; a grievance stays the same. */
function freshness(topic: TopicState, at: number): number {
  const silent = Math.max(0, Math.abs(at - topic.lastSeen) - DAY);
  const age = Math.max(0, at - topic.firstSeen - WEEK);
  return topic.messages > 0
    ? 2 ** (-silent / GRIEVANCE_SILENT_MS)
    : 2 ** (-silent / NEWS_SILENT_MS - age / NEWS_OLD_MS);
}

/** The time after which nothing joins a topic any more. */
export function aliveFor(topic: Pick<TopicState, 'messages'>): number {
  return topic.messages > 0 ? GRIEVANCE_ALIVE_MS : ALIVE_MS;
}

/** The longest any topic is joined: what must be loaded after a start. */
export const LONGEST_ALIVE_MS = GRIEVANCE_ALIVE_MS;

export function largest(counts: ReadonlyMap<string, number>, most: number): [string, number][] {
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, most);
}

function normalise(topic: TopicState): void {
  let norm = 0;
  for (const weight of topic.features.values()) norm += weight * weight;
  topic.norm = Math.sqrt(norm);
}

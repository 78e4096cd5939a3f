/**
 * In: a post as enrich left it. Out: what it is about, as weighted features: hashtags `#…`, places `@…` and words. Called by: the topic index.
 */
import type { Enricher } from '../enrich/enricher.ts';
import { keywordWeight } from '../enrich/keywords.ts';
import { fold, withoutLinks } from '../enrich/normalise.ts';
import type { ChangedPost } from '../posts/changed-posts.ts';

const TAG = 2;
/** A word of a hashtag counts more than others: two tags of one event (患者清零, 正式休舱) share a word or two, seldom all. */
const TAG_WORD = 1.5;
const PLACE = 2;
/** A whole city or province says little about where. */
const WIDE_PLACE = 0.6;
const WIDE = /^[A-Z]?\d*[省市区县州盟旗]$|[省市]$/u;
/** A word of the headline counts as said this often. */
const HEADLINE = 2;
/** Bodies are who should act, not where it happens: half a city's letters name the same one. */
const BODY = /(?:政府|[市区县省]委|局|厅|法院|检察院|委员会|卫健委|发改委|住建委)$/u;
const BODY_NAMED = 1;
const READ = 300;
const KEPT = 40;

export interface Matter {
  features: Map<string, number>;
  /** Places narrower than a city: streets, estates, bodies. */
  places: string[];
}

/** A post or message that stands by itself is read whole; it begins and shapes topics. */
export function matterOf(post: ChangedPost, enricher: Enricher): Matter {
  const said = new Map<string, number>();
  const headline = post.title ?? /【([^】]{4,60})】/u.exec(post.text)?.[1] ?? '';
  readWords(headline, post.title === null ? HEADLINE - 1 : HEADLINE, enricher, said);
  readWords(post.text.slice(0, READ), 1, enricher, said);
  const features = new Map<string, number>();
  const { segmenter } = enricher;
  for (const [word, times] of said)
    features.set(
      word,
      ((1 + Math.log(times)) * keywordWeight(word, segmenter.facts(word), segmenter.lexicon.total)) / 6,
    );
  for (const tag of post.hashtags) {
    for (const word of wordsOf(tag, enricher).keys()) {
      const weight = features.get(word);
      if (weight !== undefined) features.set(word, weight * TAG_WORD);
    }
  }
  return withNames(post, features);
}

/** A comment is read by its keywords alone: it mostly stays with the post it answers. */
export function matterOfComment(post: ChangedPost): Matter {
  return withNames(post, new Map(post.keywords.map((word) => [word, 1])));
}

function withNames(post: ChangedPost, features: Map<string, number>): Matter {
  for (const place of post.places) {
    const weight = WIDE.test(place) ? WIDE_PLACE : BODY.test(place) ? BODY_NAMED : PLACE;
    features.set(`@${place}`, weight);
  }
  for (const tag of post.hashtags) features.set(`#${tag}`, TAG);
  return { features, places: post.places.filter((place) => !WIDE.test(place) && !BODY.test(place)) };
}

/** Words of a title as features, for choosing among titles. */
export function wordsOf(text: string, enricher: Enricher): Map<string, number> {
  const said = new Map<string, number>();
  readWords(text, 1, enricher, said);
  return said;
}

function readWords(text: string, times: number, enricher: Enricher, said: Map<string, number>): void {
  if (text === '' || times <= 0) return;
  const { segmenter } = enricher;
  for (const word of segmenter.cut(withoutLinks(fold(text)))) {
    if (keywordWeight(word, segmenter.facts(word), segmenter.lexicon.total) > 0)
      said.set(word, (said.get(word) ?? 0) + times);
  }
}

/**
 * How often features were met, so that what everybody says weighs little. Bounded: when it has seen {@link LONG} texts every count is
 * halved and the rarest are forgotten.
 */
export class Frequencies {
  private readonly counts = new Map<string, number>();
  private seen = 0;

  note(features: Iterable<string>, times = 1): void {
    this.seen += times;
    for (const name of features) this.counts.set(name, (this.counts.get(name) ?? 0) + times);
    if (this.seen > LONG || this.counts.size > MOST_NAMES) this.halve();
  }

  /** Unit vector of the features that weigh most. */
  weigh(features: ReadonlyMap<string, number>): Map<string, number> {
    const all = Math.log(this.seen + PRIOR);
    const weighed: [string, number][] = [];
    for (const [name, weight] of features) {
      const rarity = Math.log((this.seen + PRIOR) / ((this.counts.get(name) ?? 0) + 0.5)) / all;
      if (rarity > 0) weighed.push([name, weight * rarity]);
    }
    const kept = weighed.length <= KEPT ? weighed : weighed.sort((a, b) => b[1] - a[1]).slice(0, KEPT);
    let norm = 0;
    for (const [, weight] of kept) norm += weight * weight;
    norm = Math.sqrt(norm) || 1;
    return new Map(kept.map(([name, weight]) => [name, weight / norm]));
  }

  private halve(): void {
    this.seen /= 2;
    for (const [name, count] of this.counts) {
      if (count < 2) this.counts.delete(name);
      else this.counts.set(name, count / 2);
    }
  }

  clear(): void {
    this.counts.clear();
    this.seen = 0;
  }
}

/** Texts that are thought to have been read before the first. */
const PRIOR = 300;
const LONG = 50_000;
const MOST_NAMES = 200_000;

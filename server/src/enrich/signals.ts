/**
 * In: one text and the cues of its words. Out: the features every model of this house reads. Called by: the enricher and
 * the trainer, so that a model is asked exactly what it was taught.
 */
import { CUE_NAMES } from './cues.ts';
import type { Features } from './linear-model.ts';

/** Style of a text, counted in one pass over its characters. */
export interface Style {
  length: number;
  digits: number;
  exclamations: number;
  questions: number;
  handles: number;
  links: number;
  hashtags: number;
  emoticons: number;
  headline: boolean;
  latin: number;
  quotes: number;
}

export function styleOf(text: string): Style {
  const style: Style = {
    length: text.length,
    digits: 0,
    exclamations: 0,
    questions: 0,
    handles: 0,
    links: 0,
    hashtags: 0,
    emoticons: 0,
    headline: false,
    latin: 0,
    quotes: 0,
  };
  let inNumber = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 0x4e00 && c <= 0x9fff) {
      inNumber = false;
      continue;
    }
    if (c >= 0x30 && c <= 0x39) {
      if (!inNumber) style.digits++;
      inNumber = true;
      continue;
    }
    inNumber = false;
    if (c === 0x21) style.exclamations++;
    else if (c === 0x3f) style.questions++;
    else if (c === 0x40) style.handles++;
    else if (c === 0x23) style.hashtags++;
    else if (c === 0x5b || (c >= 0xd83c && c <= 0xd83e)) style.emoticons++;
    else if (c === 0x3010) style.headline = true;
    else if (c === 0x201c || c === 0x300a) style.quotes++;
    else if (c === 0x3a && text.charCodeAt(i + 1) === 0x2f) style.links++;
    else if (c >= 0x61 && c <= 0x7a) style.latin++;
  }
  return style;
}

/** Hashes of the names of signals. */
const hashOfName = (name: string): number => {
  let hash = 0x1b873593;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x5bd1e995) ^ (hash >>> 13);
  return hash;
};
const COUNTED = [
  'length',
  'digits',
  'exclamations',
  'questions',
  'handles',
  'links',
  'hashtags',
  'emoticons',
  'headline',
  'quotes',
] as const;
const NAMED = new Map<string, number>([...COUNTED, ...CUE_NAMES].map((name) => [name, hashOfName(name)]));
const CUE_HASHES = CUE_NAMES.map((name) => NAMED.get(name) ?? 0);
const [
  LENGTH = 0,
  DIGITS = 0,
  EXCLAMATIONS = 0,
  QUESTIONS = 0,
  HANDLES = 0,
  LINKS = 0,
  HASHTAGS = 0,
  EMOTICONS = 0,
  HEADLINE = 0,
  QUOTES = 0,
] = COUNTED.map((name) => NAMED.get(name));

function named(features: Features, hash: number, level: number): void {
  features.addOnce(Math.imul(hash + level, 0x2c1b3c6d));
}

/** 0, 1, 2, 3 (3–4), 4 (5 and more). */
function level(count: number): number {
  return count < 3 ? count : count < 5 ? 3 : 4;
}

/** Adds the style and cue signals of a text. */
export function addSignals(features: Features, style: Style, cues: number): void {
  named(features, LENGTH, Math.min(7, Math.floor(Math.log2(style.length + 1))));
  named(features, DIGITS, level(style.digits));
  named(features, EXCLAMATIONS, level(style.exclamations));
  named(features, QUESTIONS, level(style.questions));
  named(features, HANDLES, level(style.handles));
  named(features, LINKS, level(style.links));
  named(features, HASHTAGS, level(style.hashtags >> 1));
  named(features, EMOTICONS, level(style.emoticons));
  named(features, HEADLINE, style.headline ? 1 : 0);
  named(features, QUOTES, level(style.quotes));
  for (let i = 0; i < CUE_HASHES.length; i++) {
    if ((cues & (1 << i)) !== 0) named(features, CUE_HASHES[i] ?? 0, 1);
  }
}

/** Longest part of a text that the models read, in code units: what follows changes no verdict, only the time taken. */
export const READ = 2000;

/** Enough words to know a text by. */
export const MOST_FEATURES = 2500;

/**
 * In: the words of a text, one by one. Out: what feelings they name, said plainly or denied, as features. Called by: the enricher; the
 * models that read how a text speaks know from it words that no labelled text contains.
 */
import { readFileSync } from 'node:fs';
import { hashOfWord, type Features } from './linear-model.ts';
import { modelPath } from './model-files.ts';
import { UserError } from '../platform/errors.ts';

/** Sections of `server/models/feelings.txt`, in the order of their bits. The first four are glad, the next three are not. */
const SECTIONS = [
  'joy',
  'praise',
  'thanks',
  'wish',
  'anger',
  'sad',
  'fear',
  'joyface',
  'badface',
  'flat',
  'turn',
  'intense',
  'negate',
] as const;
const bitOf = (section: (typeof SECTIONS)[number]) => 1 << SECTIONS.indexOf(section);
const GLAD = bitOf('joy') | bitOf('praise') | bitOf('thanks') | bitOf('wish');
const UPSET = bitOf('anger') | bitOf('sad') | bitOf('fear');
/** Thanks and wishes stay what they are behind a 不: 不祝你 is not said. */
const DENIABLE = bitOf('joy') | bitOf('praise') | UPSET;
const FACES = bitOf('joyface') | bitOf('badface');
const GLADLY = GLAD | bitOf('joyface');
const UPSETTING = UPSET | bitOf('badface');
const NEGATE = bitOf('negate');
/** Marks, beside the sections. */
const OPEN = 1 << SECTIONS.length;
const CLOSE = OPEN << 1;
const STOP = OPEN << 2;

/** A negation reaches this many words. */
const REACH = 3;
const MOST_COUNTED = 3;
const WIDEST = 4;

/** What a word means here; 0 for most words. */
export function feelingOf(word: string): number {
  return MEANINGS.get(word) ?? 0;
}

const MEANINGS = readMeanings();

function readMeanings(): Map<string, number> {
  const meanings = new Map<string, number>([
    ['[', OPEN],
    [']', CLOSE],
    ...[...'，。！？；、,.!?;'].map((mark): [string, number] => [mark, STOP]),
  ]);
  let bit = 0;
  for (const line of readFileSync(modelPath('feelings.txt'), 'utf8').split('\n')) {
    if (line.startsWith('#')) continue;
    const section = /^\[(\w+)\]/.exec(line)?.[1];
    if (section !== undefined) {
      const at = SECTIONS.findIndex((name) => name === section);
      if (at < 0)
        throw new UserError('invalid-input', `feelings.txt 中有不认识的分类 [${section}]。`, {
          todo: `请改为：${SECTIONS.join('、')}。`,
        });
      bit = 1 << at;
      continue;
    }
    for (const word of line.split(/\s+/)) if (word !== '') meanings.set(word, (meanings.get(word) ?? 0) | bit);
  }
  return meanings;
}

/** The features: per section that it occurs and how often, plain and denied; then the balance. */
const SAID = SECTIONS.map((section) => namesOf(section));
const DENIED = SECTIONS.map((section) => namesOf(`不${section}`));
const BALANCE = Array.from({ length: 2 * WIDEST + 1 }, (_, i) => hashOfWord(`[balance ${i}]`));
const NONE = hashOfWord('[no feeling]');
const MIXED = hashOfWord('[mixed feelings]');

function namesOf(section: string): number[] {
  return Array.from({ length: MOST_COUNTED + 1 }, (_, n) => hashOfWord(`[${section} ${n}]`));
}

export class Feelings {
  /** How often each section was said plainly, and denied; which of them at all, as bits. */
  readonly #said = new Uint8Array(SECTIONS.length);
  readonly #denied = new Uint8Array(SECTIONS.length);
  #saidAtAll = 0;
  #deniedAtAll = 0;
  #glad = 0;
  #upset = 0;
  #at = 0;
  #negatedAt = -REACH - 1;
  #inFace = false;

  start(): void {
    this.#saidAtAll = 0;
    this.#deniedAtAll = 0;
    this.#glad = 0;
    this.#upset = 0;
    this.#at = 0;
    this.#negatedAt = -REACH - 1;
    this.#inFace = false;
  }

  /** @param meaning of the text's next word, from {@link feelingOf} */
  see(meaning: number): void {
    this.#at++;
    if (meaning === 0) return;
    if (meaning >= OPEN) {
      if (meaning === STOP) this.#negatedAt = -REACH - 1;
      else this.#inFace = meaning === OPEN;
      return;
    }
    const here = meaning & (this.#inFace ? FACES : ~FACES);
    if (here === 0) return;
    const denied = (here & DENIABLE) !== 0 && this.#at - this.#negatedAt <= REACH;
    const turned = denied ? here & DENIABLE : 0;
    if (turned !== 0) this.#deniedAtAll = counted(this.#denied, this.#deniedAtAll, turned);
    if (turned !== here) this.#saidAtAll = counted(this.#said, this.#saidAtAll, here & ~turned);
    if ((here & GLADLY) !== 0) this.#count(!denied);
    if ((here & UPSETTING) !== 0) this.#count(denied);
    if ((here & NEGATE) !== 0) this.#negatedAt = this.#at;
  }

  #count(glad: boolean): void {
    if (glad) this.#glad++;
    else this.#upset++;
  }

  addTo(features: Features): void {
    addAll(features, SAID, this.#said, this.#saidAtAll);
    addAll(features, DENIED, this.#denied, this.#deniedAtAll);
    const balance = Math.max(-WIDEST, Math.min(WIDEST, this.#glad - this.#upset));
    features.addOnce(BALANCE[balance + WIDEST] ?? 0);
    if (this.#glad === 0 && this.#upset === 0) features.addOnce(NONE);
    else if (this.#glad > 0 && this.#upset > 0) features.addOnce(MIXED);
  }
}

/** Counts the sections of `bits`; those of `before` have been counted in this text. Returns all that have. */
function counted(counts: Uint8Array, before: number, bits: number): number {
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    const section = 31 - Math.clz32(rest & -rest);
    const count = (before & rest & -rest) === 0 ? 0 : (counts[section] ?? 0);
    counts[section] = Math.min(MOST_COUNTED, count + 1);
  }
  return before | bits;
}

/** Of each section that it occurs, and how often. */
function addAll(features: Features, names: readonly number[][], counts: Uint8Array, bits: number): void {
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    const section = 31 - Math.clz32(rest & -rest);
    const hashes = names[section];
    features.addOnce(hashes?.[0] ?? 0);
    features.addOnce(hashes?.[counts[section] ?? 0] ?? 0);
  }
}

/**
 * In: many texts. Out: words they use that the dictionary does not know, with how often and why they look like words. Called by: the nightly
 * search for new words, which proposes them to the administrator; `eval segmentation`.
 *
 * A word holds together (its parts meet far more often than chance: pointwise mutual information of its weakest cut) and is free at both ends (many
 * different characters before and behind it: branching entropy). Runs are counted one length after another, each only where the shorter runs in it
 * were frequent, so memory follows what is frequent, not what is there.
 */
import { fold, isHan, withoutLinks } from './normalise.ts';
import type { DictionaryKind, Segmenter } from './segment.ts';

export interface NewWord {
  word: string;
  /** Texts that use it. */
  texts: number;
  kind: Exclude<DictionaryKind, 'facility'>;
  /** Natural logarithm of how much oftener its parts meet than chance. */
  cohesion: number;
  /** The smaller of the entropies of what stands before and behind, in nats. */
  freedom: number;
}

const LONGEST = 6;
const SHORTEST = 2;
/** Texts that must use a word. */
const LEAST_TEXTS = 10;
const LEAST_COHESION = 4;
const LEAST_FREEDOM = 1.3;
/** Only the beginning of a text is read. */
const READ = 400;
/** Texts between two breathers of the process. */
const SLICE = 500;

/** No word begins or ends with these. */
const LOOSE = new Set([
  ...'的了着过吗呢吧啊呀哦嘛哈啦是在有和与及或也都就还又再很太最更不没别我你他她它们这那哪谁每各某个些么什怎为被把给让对从向到于以之其所而但如因且得地能会要想说看请来去上下里中内外前后时年月日号点分一二三四五六七八九十百千万亿两几多少第',
]);
/** Nor begins with these: what stands before a name. */
const BEFORE_NAMES = new Set([...'该望至仍均按才往吨句条栋套组县区市省镇县愿请求尊等缺带']);
/** A longer run is a phrase unless it names a place or body. */
const LONGEST_TERM = 4;

/** Two or three characters behind one of these are likely somebody's name, and names of people are none of our words. */
const SURNAMES = new Set([
  ...'李王张刘陈杨赵黄周吴徐孙胡朱郭何罗宋郑谢韩唐冯于董萧肖程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范姚谭廖邹熊陆郝孔崔邱秦顾侯邵孟龙段雷钱汤尹黎易常武乔贺赖龚文高',
]);
const NAME_LENGTH = 3;

const AGENCY = /(?:局|委|办|厅|院|所|队|中心|指挥部|公司|集团|街道办)$/u;
const PLACE =
  /(?:路|街|巷|村|镇|乡|区|县|市|桥|河|湖|山|苑|园|城|站|广场|小区|公寓|花园|水库|大道|社区|学校|小学|中学|医院)$/u;

/** New words, the most used first. Lets the process breathe between slices. */
export async function findNewWords(texts: Iterable<string>, segmenter: Segmenter, most = 200): Promise<NewWord[]> {
  const runs: string[][] = [];
  for (const text of texts) {
    const found = hanRuns(text);
    if (found.length > 0) runs.push(found);
  }
  const counts = new Map<string, number>();
  let characters = 0;
  for (let length = 1; length <= LONGEST; length++)
    characters += await countLength(runs, length, counts, length === 1 ? 1 : LEAST_TEXTS);
  const candidates = new Map<string, number>();
  for (const [word, count] of counts) {
    if (word.length < SHORTEST || LOOSE.has(word[0] ?? '') || LOOSE.has(word.at(-1) ?? '')) continue;
    if (BEFORE_NAMES.has(word[0] ?? '') || /[的了们]/u.test(word)) continue;
    const cohesion = cohesionOf(word, count, counts, characters);
    if (cohesion >= LEAST_COHESION && unknown(word, segmenter)) candidates.set(word, cohesion);
  }
  const around = await neighbours(runs, candidates);
  const words: NewWord[] = [];
  for (const [word, cohesion] of candidates) {
    const seen = around.get(word);
    if (seen === undefined || seen.texts < LEAST_TEXTS) continue;
    const freedom = Math.min(entropy(seen.before), entropy(seen.behind));
    if (freedom < LEAST_FREEDOM) continue;
    const kind = AGENCY.test(word) ? 'agency' : PLACE.test(word) && word.length > 2 ? 'place' : 'term';
    if (kind === 'term' && (word.length > LONGEST_TERM || (word.length <= NAME_LENGTH && SURNAMES.has(word[0] ?? ''))))
      continue;
    words.push({ word, texts: seen.texts, kind, cohesion: round(cohesion), freedom: round(freedom) });
  }
  return withoutParts(words)
    .sort((a, b) => b.texts - a.texts || (a.word < b.word ? -1 : 1))
    .slice(0, most);
}

const round = (value: number) => Math.round(value * 100) / 100;

function hanRuns(text: string): string[] {
  const clean = withoutLinks(fold(text.slice(0, READ))).replace(/\[[^\]]{1,8}\]/gu, ' ');
  const runs: string[] = [];
  let start = -1;
  for (let i = 0; i <= clean.length; i++) {
    const han = i < clean.length && isHan(clean.charCodeAt(i));
    if (han && start < 0) start = i;
    else if (!han && start >= 0) {
      if (i - start > 1) runs.push(clean.slice(start, i));
      start = -1;
    }
  }
  return runs;
}

const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Adds how often runs of one length occur, where both shorter runs in them were kept. @returns characters read, for length 1 */
async function countLength(
  texts: readonly string[][],
  length: number,
  counts: Map<string, number>,
  least: number,
): Promise<number> {
  let characters = 0;
  const found = new Map<string, number>();
  for (const [n, runs] of texts.entries()) {
    if (n % SLICE === 0) await breathe();
    for (const run of runs) {
      for (let i = 0; i + length <= run.length; i++) {
        if (length > 1 && (!counts.has(run.slice(i, i + length - 1)) || !counts.has(run.slice(i + 1, i + length))))
          continue;
        const word = run.slice(i, i + length);
        found.set(word, (found.get(word) ?? 0) + 1);
      }
      if (length === 1) characters += run.length;
    }
  }
  for (const [word, count] of found) if (count >= least) counts.set(word, count);
  return characters;
}

/** The weakest cut decides: ln P(word) − ln P(left) − ln P(right). */
function cohesionOf(word: string, count: number, counts: ReadonlyMap<string, number>, total: number): number {
  let weakest = Infinity;
  for (let cut = 1; cut < word.length; cut++) {
    const left = counts.get(word.slice(0, cut)) ?? 1;
    const right = counts.get(word.slice(cut)) ?? 1;
    weakest = Math.min(weakest, Math.log((count * total) / (left * right)));
  }
  return weakest;
}

/** Cut into crumbs today: a single character, or something the dictionary has not. Known words side by side are a phrase. */
function unknown(word: string, segmenter: Segmenter): boolean {
  const parts = segmenter.cut(word).filter((part) => part.trim() !== '');
  if (parts.length === 1) return !segmenter.facts(word).known;
  return parts.some((part) => part.length === 1 || !segmenter.facts(part).known);
}

interface Around {
  texts: number;
  before: Map<string, number>;
  behind: Map<string, number>;
}

async function neighbours(
  texts: readonly string[][],
  candidates: ReadonlyMap<string, number>,
): Promise<Map<string, Around>> {
  const around = new Map<string, Around>();
  const add = (counts: Map<string, number>, unit: string) => counts.set(unit, (counts.get(unit) ?? 0) + 1);
  for (const [n, runs] of texts.entries()) {
    if (n % SLICE === 0) await breathe();
    const here = new Set<string>();
    for (const run of runs) {
      for (let i = 0; i < run.length; i++) {
        for (let length = SHORTEST; length <= LONGEST && i + length <= run.length; length++) {
          const word = run.slice(i, i + length);
          if (!candidates.has(word)) continue;
          let seen = around.get(word);
          if (seen === undefined) around.set(word, (seen = { texts: 0, before: new Map(), behind: new Map() }));
          // The edge of a run (a mark, a line's end) is a neighbour like any other, each time another one.
          add(seen.before, i > 0 ? (run[i - 1] ?? '') : `<${String(n)}`);
          add(seen.behind, run[i + length] ?? `>${String(n)}`);
          if (!here.has(word)) seen.texts++;
          here.add(word);
        }
      }
    }
  }
  return around;
}

function entropy(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  let sum = 0;
  for (const count of counts.values()) sum -= (count / total) * Math.log(count / total);
  return sum;
}

/** Of two words of which one is a part of the other and hardly ever stands alone, the longer stays. */
function withoutParts(words: readonly NewWord[]): NewWord[] {
  return words.filter(
    (word) =>
      !words.some(
        (other) => other.word !== word.word && other.word.includes(word.word) && other.texts >= 0.7 * word.texts,
      ),
  );
}

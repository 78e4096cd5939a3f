/**
 * In: what questions are about. Out: which known question a new one repeats. Called by: intake.
 * A question is compared with the first of each group only, so that a chain of small differences cannot join strangers.
 */
import { hamming } from '../enrich/fingerprint.ts';

export interface Question {
  groupId: number;
  copyKey: string | null;
  fingerprint: string | null;
  terms: readonly string[];
  places: readonly string[];
}

/** Near-copies of one text: stricter than for spread texts, because questions are short. */
const NEAR_COPY = 6;
/** Shared words over all words of both (Jaccard), places and numbers aside; with a shared place a little less is enough. */
const SAME_WORDS = 0.6;
const SAME_WORDS_AND_PLACE = 0.5;
/** Fewer words than this say too little to be compared, unless all of them and the place are the same. */
const FEWEST_WORDS = 2;

const EMPTY = new Set(
  '的 了 吗 呢 啊 吧 是 在 有 和 就 都 也 不 没 没有 我 我们 你 你们 他们 请问 请 什么 怎么 怎么办 为什么 多少 哪里 哪个 谁 何时 什么时候 时候 到底 能 能不能 可以 是否 是不是 还 还是 要 会 这 那 这个 那个 一下 一个 问 问题 现在 今天 昨天 谢谢 您好 你好 领导 麻烦 求 回复 希望 尽快 解决 处理 反映 情况 相关 有关 部门 一直 已经 多久 几天 为啥 啥 咋 呀 嘛 到 被 把 给 对 去 来 上 下 中 让 从 与 及 等 很 太 又 才 再 说 想 知道 先 求解答 解答 辛苦 弱弱 问一下 问一句 咨询 到底'.split(
    ' ',
  ),
);

/** The words that say what a question is about: no marks, no politeness, each once, at most 40. */
export function termsOf(tokens: readonly string[]): string[] {
  const terms = new Set<string>();
  for (const token of tokens) {
    const t = token.trim().toLowerCase();
    if (t === '' || EMPTY.has(t) || !/[\p{L}\p{N}]/u.test(t)) continue;
    terms.add(t);
    if (terms.size === 40) break;
  }
  return [...terms];
}

/** How alike two sets of words are, 0–1. */
export function jaccard(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const set = new Set(a);
  let shared = 0;
  for (const t of b) if (set.has(t)) shared++;
  return shared / (set.size + b.length - shared);
}

/** What is asked, without where: a street that many ask about must not join a water question with a noise question. */
function matter(q: Question): string[] {
  return q.terms.filter(
    (t) => t.length > 1 && !/^\p{N}+$/u.test(t) && !q.places.some((p) => p.includes(t) || t.includes(p)),
  );
}

export function sameQuestion(a: Question, b: Question): boolean {
  const together = a.places.some((p) => b.places.includes(p));
  if (!together && a.places.length > 0 && b.places.length > 0) return false;
  if (a.copyKey !== null && a.copyKey !== '' && a.copyKey === b.copyKey) return true;
  const [mine, other] = [matter(a), matter(b)];
  const alike = jaccard(mine, other);
  if (Math.min(mine.length, other.length) < FEWEST_WORDS) return together && alike === 1;
  const near = hamming(a.fingerprint ?? '', b.fingerprint ?? '') <= NEAR_COPY;
  return alike >= (together || near ? SAME_WORDS_AND_PLACE : SAME_WORDS);
}

/** The first questions of recent groups, found by their words. Holds at most `capacity`; the oldest leave first. */
export class QuestionIndex {
  private readonly byTerm = new Map<string, Set<Question>>();
  private readonly byCopy = new Map<string, Question>();
  private readonly questions = new Map<number, Question>();

  constructor(private readonly capacity = 20_000) {}

  /** The known question this one repeats, the most alike first; null when it is new. */
  find(q: Question): Question | null {
    const copy = q.copyKey === null ? undefined : this.byCopy.get(q.copyKey);
    if (copy !== undefined && sameQuestion(q, copy)) return copy;
    const shared = new Map<Question, number>();
    for (const term of q.terms) {
      const holders = this.byTerm.get(term);
      // A word that hundreds of questions share tells none apart.
      if (holders === undefined || holders.size > 400) continue;
      for (const other of holders) shared.set(other, (shared.get(other) ?? 0) + 1);
    }
    let best: Question | null = null;
    let bestScore = -1;
    for (const [other, n] of shared) {
      if (n < 2 || !sameQuestion(q, other)) continue;
      const score = jaccard(q.terms, other.terms);
      if (score > bestScore || (score === bestScore && best !== null && other.groupId < best.groupId)) {
        best = other;
        bestScore = score;
      }
    }
    return best;
  }

  add(q: Question): void {
    if (this.questions.has(q.groupId)) return;
    this.questions.set(q.groupId, q);
    if (q.copyKey !== null && q.copyKey !== '' && !this.byCopy.has(q.copyKey)) this.byCopy.set(q.copyKey, q);
    for (const term of q.terms) {
      let holders = this.byTerm.get(term);
      if (holders === undefined) this.byTerm.set(term, (holders = new Set()));
      holders.add(q);
    }
    if (this.questions.size > this.capacity) {
      const oldest = this.questions.values().next().value;
      if (oldest !== undefined) this.remove(oldest);
    }
  }

  private remove(q: Question): void {
    this.questions.delete(q.groupId);
    if (q.copyKey !== null && this.byCopy.get(q.copyKey) === q) this.byCopy.delete(q.copyKey);
    for (const term of q.terms) {
      const holders = this.byTerm.get(term);
      holders?.delete(q);
      if (holders?.size === 0) this.byTerm.delete(term);
    }
  }
}

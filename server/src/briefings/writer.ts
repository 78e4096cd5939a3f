/**
 * In: words and counted figures, in the order they are read. Out: sentences as runs, and the list of figures behind them.
 * Called by: compose.ts. The only way a counted number gets into a sentence is as a figure, so text and evidence cannot differ.
 */
import type { Briefing, Figure } from '@minsheng/contracts';
import { toInstant } from '../platform/clock.ts';

type Item = Briefing['lead'];

export interface Counted {
  key: string;
  value: number;
  /** How the value is written, e.g. `12,480` or `38%`. Default: the value with thousands separators. */
  text?: string;
  /** zh-CN: what exactly was counted. */
  definition: string;
  href: string;
  postIds?: readonly number[];
  from?: number;
  to?: number;
}

/** A title or statement of the public or the office, word for word, with the page it stands on. */
export interface Quoted {
  quote: string;
  href: string;
}

export type Part = string | Counted | Quoted;

const MOST_EVIDENCE = 20;

export class Writer {
  readonly figures: Figure[] = [];

  constructor(
    private readonly from: number,
    private readonly to: number,
  ) {}

  /** @throws when plain words contain a digit: a number without evidence must not get in. */
  item(parts: readonly Part[], href: string | null = null): Item {
    return { runs: parts.map((part) => this.run(part)), href };
  }

  private run(part: Part): Item['runs'][number] {
    if (typeof part === 'string') {
      if (/\p{Nd}/u.test(part)) throw new Error(`A number without evidence: ${part}`);
      return { text: part };
    }
    if ('quote' in part) return { text: part.quote, href: part.href };
    const text = part.text ?? part.value.toLocaleString('en-US');
    if (!this.figures.some((f) => f.key === part.key)) {
      this.figures.push({
        key: part.key,
        value: part.value,
        text,
        definition: part.definition,
        from: toInstant(part.from ?? this.from),
        to: toInstant(part.to ?? this.to),
        href: part.href,
        postIds: (part.postIds ?? []).slice(0, MOST_EVIDENCE).map(String),
      });
    }
    return { text, figure: part.key, href: part.href };
  }
}

export function plain(item: Pick<Item, 'runs'>): string {
  return item.runs.map((r) => r.text).join('');
}

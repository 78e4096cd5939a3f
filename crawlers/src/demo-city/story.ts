/**
 * In: the moment the demo starts. Out (per story): what the officials publish when, and what people say when, under which posts.
 * Used by: the seven stories under stories/, the world that plays them, and truth.ts.
 */
import type { Voice } from './voice.ts';

export interface OfficialPost {
  /** Unique within the story; waves name their hosts by it. */
  key: string;
  /** Epoch milliseconds. */
  at: number;
  platform: 'weibo' | 'wechat' | 'site';
  account: string;
  title?: string;
  text: string;
  likes?: number;
  reposts?: number;
  reads?: number;
}

/** A stretch of time in which people talk about a story. */
export interface Wave {
  from: number;
  to: number;
  /** Comments per minute at the wave's height, before the hour-of-day rhythm. */
  peak: number;
  /** burst: full at once, then fading. swell: up and down. steady: level. rising: up to the end. */
  shape: 'burst' | 'swell' | 'steady' | 'rising';
  /** 0: the same by night; 1: follows the city's day fully; default 0.7. */
  rhythm?: number;
  /** Only within these hours of the day (a noise that comes at night), e.g. [22, 2]. */
  hours?: [number, number];
  voices: readonly Voice[];
  /** Under which posts: keys of the story's own posts, or accounts whose newest posts serve. */
  under: { keys?: readonly string[]; weibo?: readonly string[]; wechat?: readonly string[] };
  /** Share of comments that an official account answers within two hours; default 0. */
  answered?: number;
  answers?: readonly string[];
  /** How many different people take part; default: the whole city. */
  crowd?: number;
}

export type Verdict = 'false' | 'true' | 'unverified';

/** What a story really is: what detection is measured against. */
export interface StoryTruth {
  id: string;
  title: string;
  /** A topic only, or a claim that needs a verdict. */
  kind: 'topic' | 'claim';
  from: number;
  /** When it dies down; may lie after the start of the demo. */
  to: number;
  keywords: readonly string[];
  /** Only for claims: what a correct desk would decide at the start of the demo. */
  verdict: Verdict | null;
  /** The claim in one sentence. */
  claim?: string;
  /** When an official account first spoke to the point; null when nobody had when the demo starts. */
  answeredAt: number | null;
  /** What is expected of it when the demo starts. */
  stage: '萌芽' | '上升' | '高位' | '回落' | '平息';
}

export interface Story {
  truth: StoryTruth;
  posts: readonly OfficialPost[];
  waves: readonly Wave[];
}

/** Moments relative to the start of the demo, and how a Chinese notice writes them. */
export class Timeline {
  constructor(readonly now: number) {}

  /** Hours before the start (negative: after it). */
  ago(hours: number): number {
    return this.now - hours * 3_600_000;
  }

  /** A clock time in Beijing on the day `days` before the start. */
  at(days: number, clock: string): number {
    const [hour = 0, minute = 0] = clock.split(':').map(Number);
    const midnight = Math.floor((this.now + 8 * 3_600_000) / 86_400_000) * 86_400_000 - 8 * 3_600_000;
    return midnight - days * 86_400_000 + (hour * 60 + minute) * 60_000;
  }

  /** `11月24日` */
  day(ms: number): string {
    const d = new Date(ms + 8 * 3_600_000);
    return `${d.getUTCMonth() + 1}月${d.getUTCDate()}日`;
  }

  /** `11月24日8时10分`, on the hour without minutes. */
  moment(ms: number): string {
    const d = new Date(ms + 8 * 3_600_000);
    const minutes = d.getUTCMinutes();
    return `${this.day(ms)}${d.getUTCHours()}时${minutes === 0 ? '' : `${minutes}分`}`;
  }
}

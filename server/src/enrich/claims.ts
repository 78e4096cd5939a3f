/**
 * In: a reading of one text. Out: how much it asks to be checked as a factual claim (0–1), and why, in the officer's
 * words. Called by: the enricher; the claims desk opens a claim from high scores that spread.
 */
import { Cue } from './cues.ts';
import { probabilities, score, type LinearModel } from './linear-model.ts';
import { preferredModel } from './model-files.ts';
import type { EnrichOptions, Reading } from './enricher.ts';

export interface ClaimVerdict {
  score: number;
  reasons: string[];
}

/** Texts under this many characters are claims in proportion only. */
const SHORT_CLAIM = 16;

/** From this score on a text is called check-worthy by `eval`. */
export const CHECK_WORTHY = 0.5;

/** From this score on reasons are given. */
const REASONS_FROM = 0.4;

/** The alert threshold of a model whose training did not set one. */
const ALERT_AT = 0.8;

export class ClaimReader {
  readonly model: LinearModel | undefined;
  /** From this score on a text counts towards an alert: 2 % of official posts reach it (see the model card). */
  readonly alertAt: number;
  readonly #scores = new Float64Array(1);
  readonly #probability = new Float64Array(1);

  constructor(directory?: string) {
    this.model = preferredModel('rumor.model', directory);
    const alertAt = this.model?.meta['alertAt'];
    this.alertAt = typeof alertAt === 'number' ? alertAt : ALERT_AT;
  }

  read(reading: Reading, _options: EnrichOptions): ClaimVerdict {
    if (this.model === undefined) return { score: 0, reasons: [] };
    score(this.model, reading.features, this.#scores);
    probabilities(this.model, this.#scores, this.#probability);
    let value = this.#probability[0] ?? 0;
    // Too short to state a fact that can be checked.
    if (reading.folded.length < SHORT_CLAIM) value *= (reading.folded.length / SHORT_CLAIM) ** 2;
    return { score: value, reasons: claimReasons(reading, value) };
  }
}

const TEMPLATES: [bits: number, reason: string][] = [
  [Cue.hearsay, '转述他人说法'],
  [Cue.urgency, '急迫措辞（扩散、速转等）'],
  [Cue.casualty, '提到伤亡'],
  [Cue.crime, '提到案件'],
  [Cue.disaster, '提到灾害险情或停供'],
  [Cue.health, '提到疾病、食品或药品'],
  [Cue.shock, '渲染性措辞'],
  [Cue.forbidding, '提到封控、禁令或处罚'],
  [Cue.authority, '借专家或机构之名'],
  [Cue.doubt, '自身在求证或质疑'],
];

/** What an officer can see in the text with his own eyes; never "the model says so". */
export function claimReasons(reading: Reading, score: number): string[] {
  if (score < REASONS_FROM) return [];
  const reasons: string[] = [];
  if ((reading.cues & Cue.source) === 0 && !reading.folded.includes('http')) reasons.push('无来源');
  for (const [bits, reason] of TEMPLATES) if ((reading.cues & bits) !== 0) reasons.push(reason);
  return reasons.slice(0, 5);
}

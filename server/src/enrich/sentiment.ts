/**
 * In: a reading of one text. Out: positive, neutral, negative or uncertain, with a calibrated probability. Called by: the
 * enricher.
 */
import { probabilities, score, type LinearModel } from './linear-model.ts';
import { preferredModel } from './model-files.ts';
import type { Reading } from './enricher.ts';

export interface SentimentVerdict {
  sentiment: 'positive' | 'neutral' | 'negative' | 'uncertain';
  confidence: number;
}

/** Under this probability the answer is `uncertain`. */
export const UNCERTAIN_BELOW = 0.5;

export class SentimentReader {
  readonly model: LinearModel | undefined;
  readonly #scores = new Float64Array(3);
  /** Probabilities of the last text: positive, neutral, negative. */
  readonly last = new Float64Array(3);

  constructor(directory?: string) {
    this.model = preferredModel('sentiment.model', directory);
  }

  read(reading: Reading): SentimentVerdict {
    if (this.model === undefined) return { sentiment: 'uncertain', confidence: 0 };
    score(this.model, reading.features, this.#scores);
    probabilities(this.model, this.#scores, this.last);
    const [positive = 0, neutral = 0, negative = 0] = this.last;
    const confidence = Math.max(positive, neutral, negative);
    if (confidence < UNCERTAIN_BELOW) return { sentiment: 'uncertain', confidence };
    return {
      sentiment: confidence === positive ? 'positive' : confidence === negative ? 'negative' : 'neutral',
      confidence,
    };
  }
}

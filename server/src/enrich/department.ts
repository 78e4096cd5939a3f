/**
 * In: a reading of one citizen's message. Out: up to three departments that should handle it, with probabilities and the
 * words that speak for each. Called by: the enricher for messages; the inbox suggests an assignment from it.
 */
import { existsSync } from 'node:fs';
import { loadModel, probabilities, score, type LinearModel } from './linear-model.ts';
import { preferredModelPath } from './model-files.ts';
import type { Reading } from './enricher.ts';

export interface DepartmentSuggestion {
  /** The model's label or the taxonomy's name, e.g. 教育文体. */
  id: string;
  probability: number;
  /** Words of the message that speak for it, at most four. */
  reasons: string[];
}

export class DepartmentReader {
  readonly model: LinearModel | undefined;
  readonly #scores: Float64Array;
  readonly #probability: Float64Array;

  constructor(directory?: string) {
    const path = preferredModelPath('routing.model', directory);
    this.model = existsSync(path) ? loadModel(path) : undefined;
    this.#scores = new Float64Array(this.model?.labels.length ?? 0);
    this.#probability = new Float64Array(this.#scores.length);
  }

  read(reading: Reading): DepartmentSuggestion[] {
    if (this.model === undefined) return [];
    score(this.model, reading.features, this.#scores);
    probabilities(this.model, this.#scores, this.#probability);
    return this.model.labels
      .map((id, k) => ({ id, probability: this.#probability[k] ?? 0, reasons: [] as string[] }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, 3);
  }
}

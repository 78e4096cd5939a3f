/**
 * In: a reading of one citizen's message. Out: up to three departments that should handle it, with probabilities and the
 * words that speak for each. Called by: the enricher for messages; the inbox suggests an assignment from it.
 */
import { existsSync } from 'node:fs';
import { Features, hashOfWord, loadModel, probabilities, score, type LinearModel } from './linear-model.ts';
import { preferredModelPath } from './model-files.ts';
import { isHan } from './normalise.ts';
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
  readonly #word = new Features();
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
    const model = this.model;
    const best = model.labels
      .map((id, k) => ({ id, k, probability: this.#probability[k] ?? 0 }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, 3);
    const words = this.#weigh(model, reading);
    return best.map(({ id, k, probability }) => ({
      id,
      probability,
      reasons: words
        .map(({ word, lead }) => ({ word, lead: lead[k] ?? 0 }))
        .filter(({ lead }) => lead > 0)
        .sort((a, b) => b.lead - a.lead)
        .slice(0, 4)
        .map(({ word }) => word),
    }));
  }

  /** How much each word speaks for each label, beyond what it does for the average label. */
  #weigh(model: LinearModel, reading: Reading): { word: string; lead: number[] }[] {
    const seen = new Set<string>();
    const found: { word: string; lead: number[] }[] = [];
    const out = new Float64Array(model.labels.length);
    for (const word of reading.words) {
      if (word.length < 2 || seen.has(word) || !isHan(word.charCodeAt(0))) continue;
      if (seen.size >= 300) break;
      seen.add(word);
      this.#word.start();
      this.#word.add(hashOfWord(word));
      this.#word.addPairs(word, word.length);
      score(model, this.#word, out);
      const raw = model.labels.map((_, k) => (out[k] ?? 0) - (model.bias[k] ?? 0));
      const mean = raw.reduce((sum, x) => sum + x, 0) / raw.length;
      found.push({ word, lead: raw.map((x) => x - mean) });
    }
    return found;
  }
}

/**
 * In: a reading of one citizen's message. Out: up to three departments that should handle it, with probabilities and the
 * words that speak for each. Called by: the enricher for messages; the inbox suggests an assignment from it.
 */
import { bucket, hashOfWord, probabilities, type LinearModel } from './linear-model.ts';
import { partsOf, runHashes, scoreParts } from './matter.ts';
import { preferredModel } from './model-files.ts';
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
  readonly #scores: Float64Array;
  readonly #probability: Float64Array;

  constructor(directory?: string) {
    this.model = preferredModel('routing.model', directory);
    this.#scores = new Float64Array(this.model?.labels.length ?? 0);
    this.#probability = new Float64Array(this.#scores.length);
  }

  read(reading: Reading): DepartmentSuggestion[] {
    if (this.model?.rarity === undefined) return [];
    scoreParts(this.model, this.model.rarity, partsOf(reading.folded, reading.words), this.#scores);
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
    for (const word of reading.words) {
      if (word.length < 2 || seen.has(word) || !isHan(word.charCodeAt(0))) continue;
      if (seen.size >= 300) break;
      seen.add(word);
      const raw = leaningsOf(model, [hashOfWord(word), ...runHashes(word)]);
      const mean = raw.reduce((sum, x) => sum + x, 0) / raw.length;
      found.push({ word, lead: raw.map((x) => x - mean) });
    }
    return found;
  }
}

/** What single features say for each label, each by its rarity. */
function leaningsOf(model: LinearModel, hashes: readonly number[]): number[] {
  const n = model.labels.length;
  return model.labels.map((_, k) =>
    hashes.reduce((sum, hash) => {
      const at = bucket(hash, model.bits);
      return sum + (model.weights[at * n + k] ?? 0) * (model.scale[k] ?? 0) * (model.rarity?.[at] ?? 0);
    }, 0),
  );
}

/**
 * In: true and found labels. Out: accuracy, macro-F1 and the figures of each label. Called by: train and evaluate.
 */

export interface LabelFigures {
  precision: number;
  recall: number;
  f1: number;
  rows: number;
}

export interface Figures {
  rows: number;
  accuracy: number;
  /** Unweighted mean of the labels' F1. */
  macroF1: number;
  perLabel: Record<string, LabelFigures>;
}

const round = (x: number) => Math.round(x * 1e4) / 1e4;

export function measure(gold: readonly string[], found: readonly string[], labels: readonly string[]): Figures {
  const perLabel: Record<string, LabelFigures> = {};
  let f1 = 0;
  let right = 0;
  gold.forEach((label, i) => {
    if (label === found[i]) right++;
  });
  for (const label of labels) {
    let hit = 0;
    let said = 0;
    let rows = 0;
    gold.forEach((truth, i) => {
      if (found[i] === label) said++;
      if (truth === label) rows++;
      if (truth === label && found[i] === label) hit++;
    });
    const one = { precision: said > 0 ? hit / said : 0, recall: rows > 0 ? hit / rows : 0 };
    const both = one.precision + one.recall;
    const score = both > 0 ? (2 * one.precision * one.recall) / both : 0;
    f1 += score;
    perLabel[label] = { precision: round(one.precision), recall: round(one.recall), f1: round(score), rows };
  }
  return {
    rows: gold.length,
    accuracy: round(right / Math.max(1, gold.length)),
    macroF1: round(f1 / Math.max(1, labels.length)),
    perLabel,
  };
}

/** The labels that occur, in the order of `labels`. */
export const usedLabels = (gold: readonly string[], labels: readonly string[]) =>
  labels.filter((label) => gold.includes(label));

/** The same set by set. `setOf`: the set of each row, as an index of `names`. */
export function figuresOfSets(
  names: readonly string[],
  setOf: readonly number[],
  gold: readonly string[],
  found: readonly string[],
  labels: readonly string[],
): (Figures & { set: string })[] {
  return names.map((name, set) => {
    const inside = gold.flatMap((_, i) => (setOf[i] === set ? [i] : []));
    const truth = inside.map((i) => gold[i] ?? '');
    return {
      set: name,
      ...measure(
        truth,
        inside.map((i) => found[i] ?? ''),
        usedLabels(truth, labels),
      ),
    };
  });
}

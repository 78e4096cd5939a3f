/**
 * In: the true and the found group of each item. Out: how well the two divisions agree. Called by: `eval topics`.
 */
export interface ClusterFigures {
  bcubed: { precision: number; recall: number; f1: number };
  /** Mutual information over the mean of the two entropies; 1 for equal divisions. */
  nmi: number;
  clusters: number;
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;

/**
 * B-cubed (Bagga and Baldwin 1998): for each item, the share of its found group that is of its label (precision), and the share of its label that
 * is in its found group (recall); averages over items.
 */
export function clusterFigures(pairs: readonly { truth: string; found: string }[]): ClusterFigures {
  const truths = new Map<string, number>();
  const founds = new Map<string, number>();
  const both = new Map<string, { truth: string; found: string; n: number }>();
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { truth, found } of pairs) {
    add(truths, truth);
    add(founds, found);
    const key = `${truth}\u0000${found}`;
    const cell = both.get(key);
    if (cell === undefined) both.set(key, { truth, found, n: 1 });
    else cell.n++;
  }
  const n = pairs.length;
  let precision = 0;
  let recall = 0;
  let mutual = 0;
  for (const { truth, found, n: shared } of both.values()) {
    const [ofTruth, ofFound] = [truths.get(truth) ?? 1, founds.get(found) ?? 1];
    precision += (shared * shared) / ofFound;
    recall += (shared * shared) / ofTruth;
    mutual += (shared / n) * Math.log((shared * n) / (ofTruth * ofFound));
  }
  if (n === 0) return { bcubed: { precision: 0, recall: 0, f1: 0 }, nmi: 0, clusters: 0 };
  [precision, recall] = [precision / n, recall / n];
  const entropy = (counts: ReadonlyMap<string, number>) =>
    -[...counts.values()].reduce((sum, count) => sum + (count / n) * Math.log(count / n), 0);
  const mean = (entropy(truths) + entropy(founds)) / 2;
  return {
    bcubed: {
      precision: round(precision),
      recall: round(recall),
      f1: round((2 * precision * recall) / (precision + recall)),
    },
    nmi: round(mean === 0 ? 1 : mutual / mean),
    clusters: founds.size,
  };
}

/**
 * Share of the events whose topic is among the given ones. An event's topic is the one with most of its items, if no other event has more in it: a
 * topic that swallows everything finds one event, not all.
 */
export function foundAmong(
  events: readonly string[],
  within: ReadonlyMap<string, ReadonlyMap<string, number>>,
  topics: readonly string[],
): number {
  const largest = new Map<string, { event: string; items: number }>();
  for (const [event, parts] of within)
    for (const [topic, items] of parts)
      if (items > (largest.get(topic)?.items ?? 0)) largest.set(topic, { event, items });
  const shown = new Set(topics);
  const hits = events.filter((event) => {
    const [main] = [...(within.get(event) ?? [])].sort((a, b) => b[1] - a[1]);
    return main !== undefined && shown.has(main[0]) && largest.get(main[0])?.event === event;
  });
  return events.length === 0 ? 0 : round(hits.length / events.length);
}

/** Spearman's rank correlation; ties share their mean rank. */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): number {
  const ranks = (values: readonly number[]) => {
    const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
    const found = new Array<number>(values.length).fill(0);
    for (let i = 0; i < order.length;) {
      let end = i;
      while (end + 1 < order.length && order[end + 1]?.value === order[i]?.value) end++;
      for (let k = i; k <= end; k++) found[order[k]?.i ?? 0] = (i + end) / 2;
      i = end + 1;
    }
    return found;
  };
  const [a, b] = [ranks(pairs.map(([x]) => x)), ranks(pairs.map(([, y]) => y))];
  const mean = (pairs.length - 1) / 2;
  let [dot, x, y] = [0, 0, 0];
  for (let i = 0; i < pairs.length; i++) {
    const [p, q] = [(a[i] ?? 0) - mean, (b[i] ?? 0) - mean];
    dot += p * q;
    x += p * p;
    y += q * q;
  }
  return x === 0 || y === 0 ? 0 : round(dot / Math.sqrt(x * y));
}

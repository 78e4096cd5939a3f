/**
 * In: words with weights and a box. Out: where each word stands, horizontally, without touching another. Called by: WordCloud.
 */
export interface CloudWord {
  word: string;
  weight: number;
}
export interface PlacedWord {
  word: string;
  /** Centre, in the box's pixels. */
  x: number;
  y: number;
  size: number;
  width: number;
}

/** A Chinese character is one em wide, a Latin one a little over half. */
export function textWidth(text: string, size: number): number {
  let em = 0;
  for (const char of text) em += char.charCodeAt(0) > 0x2e7f ? 1 : 0.58;
  return em * size;
}

const SMALLEST = 14;
const GAP = 6;

/**
 * Heaviest first from the middle outwards along a flattened spiral; a word that finds no place is left out rather than drawn over
 * another. Area follows the weight (font size ∝ √weight), never below 14 px. The same input always gives the same cloud.
 */
export function layoutCloud(words: readonly CloudWord[], width: number, height: number): PlacedWord[] {
  const sorted = words
    .filter((w) => w.weight > 0)
    .toSorted((a, b) => b.weight - a.weight || (a.word < b.word ? -1 : 1));
  const top = Math.sqrt(sorted[0]?.weight ?? 1);
  const placed: PlacedWord[] = [];
  const hits = (a: PlacedWord): boolean =>
    placed.some(
      (b) =>
        Math.abs(a.x - b.x) * 2 < a.width + b.width + 2 * GAP &&
        Math.abs(a.y - b.y) * 2 < (a.size + b.size) * 1.15 + GAP,
    );
  const flat = height / width;
  const largest = Math.max(28, Math.min(64, Math.sqrt(width * height) / 7));
  for (const { word, weight } of sorted) {
    const size = Math.round(SMALLEST + (largest - SMALLEST) * (Math.sqrt(weight) / top) ** 1.3);
    const w = textWidth(word, size);
    for (let step = 0; step < 1400; step += 1) {
      const angle = step * 0.35;
      const radius = 1.6 * angle;
      const candidate: PlacedWord = {
        word,
        size,
        width: w,
        x: Math.round(width / 2 + radius * Math.cos(angle)),
        y: Math.round(height / 2 + radius * flat * Math.sin(angle)),
      };
      const inside =
        candidate.x - w / 2 >= 0 &&
        candidate.x + w / 2 <= width &&
        candidate.y - size * 0.6 >= 0 &&
        candidate.y + size * 0.6 <= height;
      if (inside && !hits(candidate)) {
        placed.push(candidate);
        break;
      }
    }
  }
  return placed;
}

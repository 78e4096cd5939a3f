/**
 * In: any texts, without labels. Out: groups of words that are used alike. Called by: the `train words` verb. Words are learnt by
 * skip-gram with negative sampling (Mikolov et al. 2013) and grouped by spherical k-means. Same files, same seed: the same bytes.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readNdjson } from './datasets.ts';
import { seeded } from './learn.ts';
import { hashOfWord } from './linear-model.ts';
import { fold, withoutLinks } from './normalise.ts';
import type { Segmenter } from './segment.ts';
import { READ } from './signals.ts';
import { WordGroups } from './word-groups.ts';
import { UserError } from '../platform/errors.ts';

const SEED = 20261125;
const DIMENSIONS = 64;
const GROUPS = 600;
/** Rarer words say too little of how they are used. */
const RAREST = 4;
const EPOCHS = 4;
const WINDOW = 4;
const NEGATIVE = 5;
const RATE = 0.03;
/** Words more frequent than this are skipped now and then. */
const FREQUENT = 3e-4;
const ROUNDS = 10;

export interface WordsReport {
  texts: number;
  words: number;
  kinds: number;
  groups: number;
  model: string;
}

export async function learnWords(options: {
  files: readonly string[];
  out: string;
  segmenter: Segmenter;
}): Promise<WordsReport> {
  const texts: string[][] = [];
  const count = new Map<string, number>();
  for (const file of options.files) {
    for await (const row of readNdjson(file)) {
      // Rows kept for testing teach nothing, not even their words.
      if (row['split'] === 'test') continue;
      const parts = [[row['title'], row['text']], [row['reply']]];
      for (const part of parts) {
        const text = part.filter((value) => typeof value === 'string' && value !== '').join('\n');
        if (text === '') continue;
        const words = options.segmenter.cut(withoutLinks(fold(text)).slice(0, READ)).filter((word) => word !== ' ');
        texts.push(words);
        for (const word of words) count.set(word, (count.get(word) ?? 0) + 1);
      }
    }
  }
  const kinds = [...count].filter(([, n]) => n >= RAREST).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  if (kinds.length < GROUPS) {
    throw new UserError('invalid-input', `文本太少：只有 ${kinds.length} 个词出现满 ${RAREST} 次。`, {
      kept: '现用词群未改动。',
      todo: '请提供更多文本。',
    });
  }
  const id = new Map(kinds.map(([word], i) => [word, i]));
  const rows = texts.map((words) => Int32Array.from(words.flatMap((word) => id.get(word) ?? [])));
  const vectors = skipGram(
    rows,
    kinds.map(([, n]) => n),
  );
  const groups = kMeans(vectors, kinds.length);
  const order = kinds.map(([word], i) => ({ hash: hashOfWord(word), group: groups[i] ?? 0 }));
  order.sort((a, b) => a.hash - b.hash);
  mkdirSync(options.out, { recursive: true });
  const model = join(options.out, 'word-groups.bin');
  new WordGroups(
    Int32Array.from(order, ({ hash }) => hash),
    Uint16Array.from(order, ({ group }) => group),
  ).save(model);
  return {
    texts: texts.length,
    words: rows.reduce((sum, row) => sum + row.length, 0),
    kinds: kinds.length,
    groups: GROUPS,
    model,
  };
}

/** Unit vectors of all kinds of words, one after the other. */
function skipGram(rows: readonly Int32Array[], count: readonly number[]): Float32Array {
  const random = seeded(SEED);
  const d = DIMENSIONS;
  const total = count.reduce((sum, n) => sum + n, 0);
  const vectors = Float32Array.from({ length: count.length * d }, () => (random() - 0.5) / d);
  const contexts = new Float32Array(count.length * d);
  const noise = noiseTable(count);
  const keep = count.map((n) => Math.min(1, Math.sqrt((FREQUENT * total) / n) + (FREQUENT * total) / n));
  const change = new Float32Array(d);
  let done = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const whole of rows) {
      const row = whole.filter((i) => random() < (keep[i] ?? 1));
      done += whole.length;
      const rate = RATE * Math.max(0.02, 1 - done / (EPOCHS * total));
      for (let i = 0; i < row.length; i++) {
        const word = (row[i] ?? 0) * d;
        const window = 1 + Math.floor(random() * WINDOW);
        for (let j = Math.max(0, i - window); j <= Math.min(row.length - 1, i + window); j++) {
          if (j === i) continue;
          const near = row[j] ?? 0;
          change.fill(0);
          for (let n = 0; n <= NEGATIVE; n++) {
            const other = n === 0 ? near : (noise[Math.floor(random() * noise.length)] ?? 0);
            if (n > 0 && other === near) continue;
            const context = other * d;
            let dot = 0;
            for (let k = 0; k < d; k++) dot += (vectors[word + k] ?? 0) * (contexts[context + k] ?? 0);
            const error = rate * ((n === 0 ? 1 : 0) - 1 / (1 + Math.exp(-dot)));
            for (let k = 0; k < d; k++) {
              change[k] = (change[k] ?? 0) + error * (contexts[context + k] ?? 0);
              contexts[context + k] = (contexts[context + k] ?? 0) + error * (vectors[word + k] ?? 0);
            }
          }
          for (let k = 0; k < d; k++) vectors[word + k] = (vectors[word + k] ?? 0) + (change[k] ?? 0);
        }
      }
    }
  }
  normalise(vectors);
  return vectors;
}

/** Words in proportion to their count to the power of 3/4. */
function noiseTable(count: readonly number[]): Int32Array {
  const table = new Int32Array(1 << 20);
  const powers = count.map((n) => Math.pow(n, 0.75));
  const sum = powers.reduce((a, b) => a + b, 0);
  let word = 0;
  let reached = (powers[0] ?? 0) / sum;
  for (let i = 0; i < table.length; i++) {
    table[i] = word;
    if (i / table.length > reached && word < count.length - 1) reached += (powers[++word] ?? 0) / sum;
  }
  return table;
}

function normalise(vectors: Float32Array): void {
  for (let at = 0; at < vectors.length; at += DIMENSIONS) {
    let square = 0;
    for (let k = 0; k < DIMENSIONS; k++) square += (vectors[at + k] ?? 0) ** 2;
    const by = 1 / (Math.sqrt(square) || 1);
    for (let k = 0; k < DIMENSIONS; k++) vectors[at + k] = (vectors[at + k] ?? 0) * by;
  }
}

function kMeans(vectors: Float32Array, size: number): Int32Array {
  const random = seeded(SEED + 1);
  const d = DIMENSIONS;
  let centres = new Float32Array(GROUPS * d);
  for (let c = 0; c < GROUPS; c++) {
    const i = Math.floor(random() * Math.min(size, 20_000)) * d;
    centres.set(vectors.subarray(i, i + d), c * d);
  }
  const group = new Int32Array(size);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < size; i++) {
      let most = -Infinity;
      for (let c = 0; c < GROUPS; c++) {
        let dot = 0;
        for (let k = 0; k < d; k++) dot += (vectors[i * d + k] ?? 0) * (centres[c * d + k] ?? 0);
        if (dot > most) {
          most = dot;
          group[i] = c;
        }
      }
    }
    centres = new Float32Array(GROUPS * d);
    for (let i = 0; i < size; i++) {
      const c = (group[i] ?? 0) * d;
      for (let k = 0; k < d; k++) centres[c + k] = (centres[c + k] ?? 0) + (vectors[i * d + k] ?? 0);
    }
    normalise(centres);
  }
  return group;
}

/**
 * In: texts of any NDJSON file. Out: how many edited copies of them the product recognises, edit by edit, and how many pairs of
 * different texts it takes for copies. Called by: `eval duplicates`.
 */
import { readNdjson } from './datasets.ts';
import { EDITS } from './edited-copies.ts';
import { COPY_DISTANCE, fingerprint, hamming } from './fingerprint.ts';
import { seeded } from './learn.ts';
import { areCopies, NearCopies } from './near-copies.ts';
import { fold } from './normalise.ts';
import { UserError } from '../platform/errors.ts';

export interface DuplicatesReport {
  task: 'duplicates';
  /** Texts that were edited. */
  rows: number;
  /** Copies recognised, all edits together. */
  recall: number;
  /** Share of the pairs found among the file's own texts that an independent measure (longest common subsequence ≥ 70 % of the shorter) confirms. */
  precision: number;
  pairsFound: number;
  perEdit: Record<string, { copies: number; recall: number; fingerprintRecall: number }>;
  postsPerSecond: number;
}

interface DuplicatesOptions {
  file: string;
  /** Receives copies that were missed, and pairs that were found and not confirmed. */
  onError?: (row: { kind: string; text: string; other: string }) => void;
}

const MOST = 2000;
const SHORTEST = 20;
const LONG_AGO = Number.MAX_SAFE_INTEGER;

export async function evaluateDuplicates(options: DuplicatesOptions): Promise<DuplicatesReport> {
  const all: string[] = [];
  for await (const row of readNdjson(options.file)) {
    const text = typeof row['text'] === 'string' ? row['text'] : '';
    if (lettersIn(text) >= SHORTEST) all.push(text);
  }
  if (all.length === 0)
    throw new UserError('invalid-input', `${options.file} 中没有 ${SHORTEST} 字以上的 text，没有测量。`, {
      todo: '请核对文件。',
    });
  const step = Math.max(1, Math.floor(all.length / MOST));
  const texts = all.filter((_, i) => i % step === 0).slice(0, MOST);
  const { recall, perEdit } = recallOf(texts, options);
  return { task: 'duplicates', rows: texts.length, recall, ...precisionOf(all, options), perEdit };
}

/** Every text of the sample edited in every way, and looked up among all originals of the sample as the product does it. */
function recallOf(texts: readonly string[], options: DuplicatesOptions) {
  const perEdit: DuplicatesReport['perEdit'] = {};
  const random = seeded(11);
  const originals = new NearCopies();
  const firstOf = texts.map((text, i) => originals.see(i + 1, text, 0, LONG_AGO) ?? i + 1);
  let copies = 0;
  let found = 0;
  for (const [name, edit] of Object.entries(EDITS)) {
    const of = { copies: 0, recall: 0, fingerprintRecall: 0 };
    let near = 0;
    let marked = 0;
    texts.forEach((text, i) => {
      const copy = edit(text, random);
      if (copy === text) return;
      of.copies++;
      const id = originals.look(copy, 0, LONG_AGO);
      if (id !== null && (id === firstOf[i] || areCopies(text, texts[id - 1] ?? ''))) near++;
      else options.onError?.({ kind: name, text, other: copy });
      if (hamming(fingerprint(fold(text)).fingerprint, fingerprint(fold(copy)).fingerprint) <= COPY_DISTANCE) marked++;
    });
    copies += of.copies;
    found += near;
    perEdit[name] = { ...of, recall: share(near, of.copies), fingerprintRecall: share(marked, of.copies) };
  }
  return { recall: share(found, copies), perEdit };
}

/** The file's texts read in order, as a stream would bring them. */
function precisionOf(all: readonly string[], options: DuplicatesOptions) {
  const stream = new NearCopies();
  let pairs = 0;
  let right = 0;
  let asked = 0;
  const started = performance.now();
  const found = all.flatMap((text, i) => {
    const first = stream.see(i + 1, text, 0, LONG_AGO);
    return first === null ? [] : [{ text, other: all[first - 1] ?? '' }];
  });
  const seconds = (performance.now() - started) / 1000;
  const step = Math.max(1, Math.floor(found.length / MOST));
  for (const { text, other } of found) {
    if (pairs++ % step !== 0) continue;
    asked++;
    if (confirmed(text, other)) right++;
    else options.onError?.({ kind: 'pair', text, other });
  }
  return {
    precision: asked === 0 ? 1 : share(right, asked),
    pairsFound: found.length,
    postsPerSecond: Math.round(all.length / Math.max(1e-6, seconds)),
  };
}

function share(part: number, of: number): number {
  return of > 0 ? Math.round((part / of) * 1e4) / 1e4 : 0;
}

function lettersIn(text: string): number {
  return text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
}

/** Longest common subsequence of letters, at least 70 % of the shorter text, and lengths within a factor of two and a half. */
function confirmed(a: string, b: string): boolean {
  const plain = (text: string) => [...fold(text.replace(/\/\/@.*$/s, '')).replace(/[^\p{L}\p{N}]/gu, '')].slice(0, 400);
  const [x, y] = [plain(a), plain(b)];
  let row = new Uint16Array(y.length + 1);
  for (const unit of x) {
    const next = new Uint16Array(y.length + 1);
    y.forEach((other, j) => {
      next[j + 1] = unit === other ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0);
    });
    row = next;
  }
  const shorter = Math.min(x.length, y.length);
  return (row[y.length] ?? 0) >= 0.7 * shorter && Math.max(x.length, y.length) <= 2.5 * shorter;
}

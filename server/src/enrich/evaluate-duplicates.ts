/**
 * In: texts of any NDJSON file. Out: how many edited copies of them the product recognises, edit by edit, and how many pairs of
 * different texts it takes for copies. Called by: `eval duplicates`.
 */
import { readFileSync } from 'node:fs';
import { readNdjson } from './datasets.ts';
import { COPY_DISTANCE, fingerprint, hamming } from './fingerprint.ts';
import { seeded } from './learn.ts';
import { modelPath } from './model-files.ts';
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

type Random = () => number;
const EMOJI = ['😭', '🙏', '[泪]', '[怒]', '😡', '❤️'];

function insertAt(text: string, what: string, random: Random): string {
  const units = [...text];
  units.splice(Math.floor(random() * (units.length + 1)), 0, what);
  return units.join('');
}

const toTraditional = new Map<string, string>();
function traditional(text: string): string {
  if (toTraditional.size === 0)
    for (const line of readFileSync(modelPath('traditional.txt'), 'utf8').split('\n'))
      if (line.length === 2) toTraditional.set(line[1] ?? '', line[0] ?? '');
  return [...text].map((unit) => toTraditional.get(unit) ?? unit).join('');
}

const EDITS: Record<string, (text: string, random: Random) => string> = {
  emoji: (text, random) =>
    [0, 1, 2].reduce((t) => insertAt(t, EMOJI[Math.floor(random() * EMOJI.length)] ?? '', random), text),
  marks: (text) => text.replace(/[，。！？、]/g, ' '),
  fullWidth: (text) => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  traditional: (text) => traditional(text),
  forwarded: (text) => `转发：${text}`,
  chained: (text) => `//@网友甲:${text}`,
  numberChanged: (text) => text.replace(/\d+/, (n) => String(Number(n.slice(0, 9)) + 7)),
  lastTenthCut: (text) => text.slice(0, Math.ceil(text.length * 0.9)),
  lastFifthCut: (text) => text.slice(0, Math.ceil(text.length * 0.8)),
  lastTwoFifthsCut: (text) => text.slice(0, Math.ceil(text.length * 0.6)),
  firstFifthCut: (text) => text.slice(Math.floor(text.length * 0.2)),
  twoInserted: (text, random) => insertAt(insertAt(text, '啊', random), '呢', random),
  twoReplaced: (text, random) => {
    const units = [...text];
    for (let k = 0; k < 2; k++) units[Math.floor(random() * units.length)] = '某';
    return units.join('');
  },
  sentenceAdded: (text) => `${text} 大家都看看吧，太吓人了`,
};

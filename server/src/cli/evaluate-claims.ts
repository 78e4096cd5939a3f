/**
 * In: posts labelled rumour or not, and a stream of posts in the import format. Out: how many of the rumours the claims desk lists when several
 * people tell them among the stream, and how many of the others. Called by: `eval claims`.
 */
import { readNdjson, readRows } from '../enrich/datasets.ts';
import { EDITS } from '../enrich/edited-copies.ts';
import { seeded } from '../enrich/learn.ts';
import { toInstant } from '../platform/clock.ts';
import { inWorkshop, runToEnd } from './detector-bench.ts';
import { UserError } from '../platform/errors.ts';

/** Texts told of each label; posts of the stream they are told among. */
const TOLD = 200;
const STREAM = 20_000;
const BATCH = 2000;
/** Between two tellings. */
const APART_MS = 7 * 60_000;

export interface ClaimsReport {
  task: 'claims';
  rows: number;
  stream: number;
  /** How many people tell each text; word for word, unless said otherwise. */
  copies: number;
  rumors: number;
  /** Share of rumours that were listed. */
  recall: number;
  others: number;
  /** Share of texts that are no rumours and were listed all the same. */
  falseShare: number;
  /** The same when every teller but the first edits the text in one of the usual ways: cut, marked, forwarded, words put in or replaced. */
  edited: { recall: number; falseShare: number; fromStream: number };
  /** Claims listed out of the stream itself. */
  fromStream: number;
}

type Item = Record<string, unknown> & { publishedAt: string };

export async function evaluateClaims(options: {
  file: string;
  into: string;
  copies: number;
  onError?: (row: { text: string; label: string }) => void;
}): Promise<ClaimsReport> {
  const { copies } = options;
  const { rows } = await readRows('rumor', [options.file]);
  const told = ['rumor', 'nonrumor'].flatMap((label) => {
    const all = [...new Map(rows.filter((row) => row.label === label).map((row) => [row.text, row])).values()];
    return evenly(all, TOLD);
  });
  const stream = await readStream(options.into);
  const times = stream.map((item) => Date.parse(item.publishedAt)).sort((a, b) => a - b);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const tellings = (wordOf: (text: string, i: number, teller: number) => string) =>
    told.flatMap(({ text }, i): Item[] =>
      Array.from({ length: copies }, (_, n) => ({
        platform: 'weibo',
        kind: 'comment',
        id: `told-${i}-${n}`,
        author: `teller-${i}-${n}`,
        publishedAt: toInstant(first + ((last - first) * i) / Math.max(1, told.length) + n * APART_MS),
        text: wordOf(text, i, n),
      })),
    );
  const among = (items: readonly Item[]) =>
    listedOf([...stream, ...items].sort((a, b) => Date.parse(a.publishedAt) - Date.parse(b.publishedAt)));
  const of = (label: string) => told.flatMap((row, i) => (row.label === label ? [i] : []));
  const [rumors, others] = [of('rumor'), of('nonrumor')];
  const figures = ({ told: listed, fromStream }: Listed) => {
    const share = (list: readonly number[]) =>
      Math.round((list.filter((i) => listed.has(i)).length / Math.max(1, list.length)) * 1e4) / 1e4;
    return { recall: share(rumors), falseShare: share(others), fromStream };
  };
  const verbatim = await among(tellings((text) => text));
  told.forEach(({ text, label }, i) => {
    if ((label === 'rumor') !== verbatim.told.has(i)) options.onError?.({ text, label });
  });
  const random = seeded(7);
  const edits = Object.values(EDITS);
  const edited = await among(
    tellings((text, i, n) => (n === 0 ? text : (edits[(i + n) % edits.length]?.(text, random) ?? text))),
  );
  return {
    task: 'claims',
    rows: told.length,
    stream: stream.length,
    copies,
    rumors: rumors.length,
    others: others.length,
    ...figures(verbatim),
    edited: figures(edited),
  };
}

interface Listed {
  told: ReadonlySet<number>;
  fromStream: number;
}

/** Which of the told texts stand under a listed claim, and how many listed claims have none of them. */
async function listedOf(items: readonly Item[]): Promise<Listed> {
  return inWorkshop(async ({ opened, topics, claims }) => {
    for (let from = 0; from < items.length; from += BATCH) {
      const arrivals = items.slice(from, from + BATCH).map((item) => ({ at: String(item['id']), item }));
      await opened.core.pipeline.accept({ arrivals, sourceId: null });
    }
    await runToEnd(topics);
    await runToEnd(claims);
    const { db } = opened.core;
    const rows = await db.all<{ claim: number; native_id: string }>(
      `SELECT c.id AS claim, p.native_id FROM claims c
         JOIN claim_posts l ON l.claim_id = c.id AND l.stance = 'spreading' JOIN posts p ON p.id = l.post_id
        WHERE c.listed = 1`,
    );
    const told = new Set<number>();
    const ofTold = new Set<number>();
    for (const { claim, native_id } of rows) {
      const i = /^told-(\d+)-/.exec(native_id)?.[1];
      if (i === undefined) continue;
      told.add(Number(i));
      ofTold.add(Number(claim));
    }
    return { told, fromStream: new Set(rows.map((row) => Number(row.claim))).size - ofTold.size };
  });
}

async function readStream(file: string): Promise<Item[]> {
  const items: Item[] = [];
  for await (const row of readNdjson(file)) {
    const { publishedAt } = row;
    if (typeof publishedAt === 'string') items.push({ ...row, publishedAt });
    if (items.length >= STREAM) break;
  }
  if (items.length === 0)
    throw new UserError('invalid-input', `${file} 中没有带发布时间的帖文，没有测量。`, {
      todo: '请给出导入格式的文件。',
    });
  return items;
}

function evenly<T>(list: readonly T[], most: number): T[] {
  const step = Math.max(1, list.length / most);
  const some: T[] = [];
  for (let i = 0; some.length < most && Math.floor(i) < list.length; i += step) {
    const item = list[Math.floor(i)];
    if (item !== undefined) some.push(item);
  }
  return some;
}

/**
 * In: how many items. Out: per source kind, items stored in a second by one worker with no pace and what they cost in requests, against taking in
 * the same posts without any platform. Called by: `bench collect`.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { benchTexts } from '../../enrich/bench.ts';
import type { Opened } from '../../open.ts';
import { inPassingProduct } from '../../passing-product.ts';
import { SourceBook, type NewSource } from '../../sources/source-book.ts';

export const COLLECT_ITEMS = 4000;
/** Of the texts, which the platforms and intake alone have in common. */
const SEED = 11;
/** As large as a page of a feed: what one transaction of a crawl holds. */
const PAGE = 50;
/** A run stops at its page limit and the next goes on; so many that bring nothing are the end. */
const IDLE_RUNS = 2;
const MOST_RUNS = 200;

export interface KindThroughput {
  items: number;
  itemsPerSecond: number;
  requests: number;
  requestsPerItem: number;
  /** Items a second of this kind over posts a second of `intakePostsPerSecond`. */
  ratio: number;
}

export async function benchCollect(count: number, say: (line: string) => void) {
  const file = new URL(
    import.meta.url.endsWith('.ts') ? './platform-worker.ts' : './platform-worker.js',
    import.meta.url,
  );
  const platform = fork(fileURLToPath(file), [String(count), String(SEED)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const sources = await new Promise<NewSource[]>((resolve, reject) => {
      platform.once('message', (told) => resolve(told as NewSource[]));
      platform.once('exit', (code) => reject(new Error(`the platforms ended with ${String(code)}`)));
    });
    const intakePostsPerSecond = await inPassingProduct((opened) => intake(opened, count));
    say(`· 不经平台直接入库 ${intakePostsPerSecond} 条/秒`);
    const kinds: Record<string, KindThroughput> = {};
    for (const source of sources) {
      // A product of its own: no kind finds the posts that another has brought.
      const { items, requests, seconds } = await inPassingProduct((opened) => crawl(opened, source));
      const itemsPerSecond = Math.round(items / seconds);
      const requestsPerItem = Number((requests / Math.max(1, items)).toFixed(3));
      const ratio = Number((itemsPerSecond / intakePostsPerSecond).toFixed(3));
      kinds[source.kind] = { items, itemsPerSecond, requests, requestsPerItem, ratio };
      say(`· ${source.kind} 入库 ${items} 条，${itemsPerSecond} 条/秒，每条 ${requestsPerItem} 次请求`);
    }
    return { intakePostsPerSecond, kinds };
  } finally {
    platform.kill();
  }
}

async function intake({ core }: Opened, count: number): Promise<number> {
  const texts = benchTexts(count, SEED);
  const start = performance.now();
  for (let from = 0; from < count; from += PAGE) {
    const arrivals = texts.slice(from, from + PAGE).map((text, k) => {
      const id = String(from + k);
      const publishedAt = new Date(core.clock.now() - (count - from - k) * 60_000).toISOString();
      return { at: id, item: { platform: 'site', kind: 'post', id, account: '澜江市政府网', publishedAt, text } };
    });
    await core.pipeline.accept({ arrivals, sourceId: null });
  }
  return Math.round(count / ((performance.now() - start) / 1000));
}

async function crawl({ core }: Opened, source: NewSource) {
  const book = new SourceBook(core.db, core.secrets, core.clock, core.demo);
  const { id } = await book.add(source);
  let items = 0;
  let requests = 0;
  let seconds = 0;
  for (let runs = 0, idle = 0; runs < MOST_RUNS && idle < IDLE_RUNS; runs++) {
    const start = performance.now();
    const run = await core.collector.runNow(id);
    if (run.outcome === 'failed') throw new Error(`${source.kind}: ${run.message ?? ''}`);
    if (run.stored === 0) idle++;
    else {
      items += run.stored;
      requests += run.requests;
      seconds += (performance.now() - start) / 1000;
    }
  }
  return { items, requests, seconds };
}

/**
 * In: a number of posts over half a year, or a file; DATABASE_URL, when it is PostgreSQL that is measured, in a database of its own. Out: how many of them topics and claims read in a second, against bare segmentation in the
 * same run, and what they keep in memory month by month. Called by: `bench detection`.
 */
import { benchTexts } from '../enrich/bench.ts';
import { linesOf } from '../enrich/datasets.ts';
import { toInstant } from '../platform/clock.ts';
import { readConfig } from '../platform/config.ts';
import { inWorkshop, type Workshop } from './detector-bench.ts';

export const DETECTION_POSTS = 60_000;
const MONTHS = 6;
const DAY = 86_400_000;
const BATCH = 2000;
/** One post of an office for so many comments, and one letter. */
const PER_OFFICE_POST = 40;
const PER_LETTER = 25;
const SAMPLES = 6;

interface Remembered {
  read: number;
  topics: number;
  topicHours: number;
  claims: number;
  memoryMB: number;
}

export async function benchDetection(posts: number, file: string | undefined, say: (line: string) => void) {
  return inWorkshop(async (workshop) => {
    const texts: string[] = [];
    const stored = await fill(workshop, file === undefined ? made(posts) : fromFile(file), texts);
    say(`· 已入库 ${stored} 条，开始发现话题与说法`);
    const { topics, claims } = workshop;
    const remembered: Remembered[] = [];
    const every = Math.max(1, Math.floor(stored / SAMPLES));
    let read = 0;
    let topicsMs = 0;
    let claimsMs = 0;
    for (let worked = true; worked;) {
      const start = performance.now();
      const n = await topics.step();
      const between = performance.now();
      worked = (await claims.step()) + n > 0;
      topicsMs += between - start;
      claimsMs += performance.now() - between;
      if (Math.floor(read / every) !== Math.floor((read + n) / every)) {
        const { topics: kept, hours } = topics.remembered();
        const memoryMB = Math.round(process.memoryUsage.rss() / 1e6);
        remembered.push({ read: read + n, topics: kept, topicHours: hours, claims: claims.remembered(), memoryMB });
      }
      read += n;
    }
    const { segmenter } = workshop.opened.core.enricher();
    const started = performance.now();
    for (const text of texts) segmenter.cut(text);
    const perSecond = (ms: number) => Math.round(stored / (Math.max(1, ms) / 1000));
    const segmentOnlyPostsPerSecond = Math.round(texts.length / ((performance.now() - started) / 1000));
    const together = perSecond(topicsMs + claimsMs);
    return {
      database: workshop.opened.core.db.dialect,
      posts: stored,
      topicsPostsPerSecond: perSecond(topicsMs),
      claimsPostsPerSecond: perSecond(claimsMs),
      postsPerSecond: together,
      segmentOnlyPostsPerSecond,
      ratio: Number((together / segmentOnlyPostsPerSecond).toFixed(3)),
      remembered,
    };
  }, readConfig().databaseUrl);
}

async function fill(
  { opened }: Workshop,
  items: AsyncIterable<Record<string, unknown>>,
  texts: string[],
): Promise<number> {
  let stored = 0;
  let batch: Record<string, unknown>[] = [];
  const flush = async () => {
    const arrivals = batch.map((item) => ({ at: String(item['id']), item }));
    stored += (await opened.core.pipeline.accept({ arrivals, sourceId: null })).stored;
    batch = [];
  };
  for await (const item of items) {
    batch.push(item);
    if (texts.length < 20_000) texts.push(String(item['text']));
    if (batch.length >= BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  return stored;
}

async function* fromFile(file: string): AsyncGenerator<Record<string, unknown>> {
  for await (const line of linesOf(file)) if (line.trim() !== '') yield JSON.parse(line) as Record<string, unknown>;
}

/** Offices' posts, comments under the newest of them, and letters, over half a year. */
async function* made(posts: number): AsyncGenerator<Record<string, unknown>> {
  const step = (MONTHS * 30 * DAY) / Math.max(1, posts);
  const start = Date.now() - MONTHS * 30 * DAY;
  const texts = benchTexts(posts);
  let parent = 'p0';
  for (let i = 0; i < posts; i++) {
    const at = { publishedAt: toInstant(start + i * step), text: texts[i] ?? '', likes: i % 50 };
    if (i % PER_OFFICE_POST === 0) {
      parent = `p${i}`;
      yield { platform: 'weibo', kind: 'post', id: parent, account: '西江发布', ...at };
    } else if (i % PER_LETTER === 0)
      yield { platform: 'site', kind: 'message', id: `m${i}`, author: `u${i % 997}`, ...at };
    else yield { platform: 'weibo', kind: 'comment', id: `c${i}`, parentId: parent, author: `u${i % 5003}`, ...at };
  }
}

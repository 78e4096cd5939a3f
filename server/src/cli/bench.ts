/** In: which bench. Out: measured speed as ratios to a baseline of the same run; the last line is one JSON object. Called by: cli.ts. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchAnalysis, benchTexts } from '../enrich/bench.ts';
import { linesOf } from '../enrich/datasets.ts';
import { benchQuery } from '../dashboard/bench-query.ts';
import { open } from '../open.ts';
import { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { TopicRowsReader } from '../topics/topic-rows.ts';
import { readConfig } from '../platform/config.ts';
import { UserError } from '../platform/errors.ts';
import { ingestFile } from './ingest.ts';
import { answer, parsed, say, type Verb } from './verb.ts';

const POSTS = 200_000;

export const benchVerb: Verb = {
  usage: 'ingest | query | analysis [--posts N] [--file F]',
  summary: '测速：入库、查询、分析，均与同一次运行中的基准相比',
  async run(args) {
    const { positionals, values } = parsed(args, {
      json: { type: 'boolean' },
      posts: { type: 'string' },
      file: { type: 'string' },
    });
    const name = positionals[0] ?? 'ingest';
    if (name === 'analysis') answer(benchAnalysis());
    else if (name === 'query')
      answer(await benchQuery({ sizes: [100_000, 1_000_000], onStep: say, topics: topicList }));
    else if (name === 'ingest') answer(await benchIngest(Number(values.posts ?? POSTS), values.file));
    else throw new UserError('invalid-input', `没有“${name}”这项测速。`, { todo: '可用：ingest、query、analysis。' });
    return 0;
  },
};

/** Written in lots, so that making them does not count as memory of ingest. */
function writePosts(file: string, posts: number, start: number): void {
  const lot = 10_000;
  for (let from = 0; from < posts; from += lot) {
    const lines = benchTexts(Math.min(lot, posts - from), from + 7).map((text, k) => {
      const i = from + k;
      const publishedAt = new Date(start + i * 1000).toISOString();
      const who = {
        platform: 'weibo',
        kind: 'comment',
        id: String(i),
        parentId: `p${i % 997}`,
        author: `u${i % 5003}`,
      };
      return JSON.stringify({ ...who, publishedAt, text, likes: i % 50 });
    });
    appendFileSync(file, `${lines.join('\n')}\n`);
  }
}

/** The topic list as its page asks for it. */
function topicList(db: Database, now: number) {
  const rows = new TopicRowsReader(db, new Clock());
  return () => rows.list({ from: now - 3 * 86_400_000, to: now, sort: 'heat', muted: 'hide', limit: 30 });
}

/** Posts made here (about 77 characters each), or a file's; from NDJSON to committed and searchable, against bare `cut` of the same texts. */
async function benchIngest(posts: number, given: string | undefined) {
  const dir = mkdtempSync(join(tmpdir(), 'minsheng-bench-'));
  const file = given ?? join(dir, 'posts.ndjson');
  const start = Date.now() - 30 * 86_400_000;
  if (given === undefined) {
    writePosts(file, posts, start);
  }
  const opened = await open({ ...readConfig({}), dataDir: join(dir, 'data'), logLevel: 'silent' });
  try {
    let peak = 0;
    const look = () => (peak = Math.max(peak, process.memoryUsage.rss()));
    const watch = setInterval(look, 100);
    const report = await ingestFile(opened, file, look);
    clearInterval(watch);
    say(`· 入库 ${report.postsPerSecond} 条/秒`);
    // After the memory was measured: bare cutting needs a dictionary of its own on this thread.
    const { segmenter } = opened.core.enricher();
    let count = 0;
    let cutMs = 0;
    for await (const line of linesOf(file)) {
      if (line === '') continue;
      const { text } = JSON.parse(line) as { text: string };
      const t = performance.now();
      segmenter.cut(text);
      cutMs += performance.now() - t;
      count++;
    }
    const segmentOnlyPostsPerSecond = Math.round(count / (cutMs / 1000));
    say(`· 仅分词 ${segmentOnlyPostsPerSecond} 条/秒`);
    return {
      posts: report.read,
      postsPerSecond: report.postsPerSecond,
      segmentOnlyPostsPerSecond,
      ratio: Number((report.postsPerSecond / segmentOnlyPostsPerSecond).toFixed(3)),
      peakMemoryMB: Math.round(peak / 1024 / 1024),
    };
  } finally {
    await opened.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

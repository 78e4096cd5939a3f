/** In: which bench. Out: measured speed as ratios to a baseline of the same run; the last line is one JSON object. Called by: cli.ts. */
import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { benchAnalysis, benchTexts } from '../enrich/bench.ts';
import { benchCollect, COLLECT_ITEMS } from '../collect/throughput/bench-collect.ts';
import { SMALL_SOAK, SOAK, soak } from '../collect/soak/soak.ts';
import { linesOf } from '../enrich/datasets.ts';
import { createEnricher } from '../enrich/enricher.ts';
import { UserError } from '../platform/errors.ts';
import { benchDetection, DETECTION_POSTS } from './bench-detection.ts';
import { benchEngines } from './bench-engines.ts';
import { benchMatch } from './bench-match.ts';
import { benchQuery } from './bench-query.ts';
import type { Ledger } from './ingest.ts';
import { answer, parsed, required, say, type Verb } from './verb.ts';

const POSTS = 200_000;
const SIZES: readonly number[] = [100_000, 1_000_000];

interface BenchOptions {
  /** How many; several sizes where a bench compares them. */
  posts: readonly number[];
  file: string | undefined;
  small: boolean;
}

/** Each ends in one JSON object, the last line. */
const benches: Record<string, (options: BenchOptions) => unknown> = {
  ingest: ({ posts: [posts = POSTS], file }) => benchIngest(posts, file),
  query: ({ file }) => benchQuery({ sizes: SIZES, file, say }),
  analysis: () => benchAnalysis(),
  detection: ({ posts: [posts = DETECTION_POSTS], file }) => benchDetection(posts, file, say),
  engines: ({ posts, file }) => enginesBench(posts.length === 0 ? SIZES : posts, file),
  match: ({ file }) => benchMatch(required(file, '语料文件 --file'), say),
  collect: ({ posts: [items = COLLECT_ITEMS] }) => benchCollect(items, say),
  soak: ({ small }) => soak(small ? SMALL_SOAK : SOAK, say),
};

export const benchVerb: Verb = {
  usage: `${Object.keys(benches).join(' | ')} [--posts N[,N…]] [--file F] [--small]`,
  summary: '测速：入库、查询、分析、话题与说法发现、各类采集源，均与同一次运行中的基准相比；soak 为采集的长时故障检验',
  async run(args) {
    const { positionals, values } = parsed(args, {
      json: { type: 'boolean' },
      posts: { type: 'string' },
      file: { type: 'string' },
      small: { type: 'boolean' },
    });
    const name = positionals[0] ?? 'ingest';
    const bench = benches[name];
    if (bench === undefined)
      throw new UserError('invalid-input', `没有“${name}”这项测速。`, {
        todo: `可用：${Object.keys(benches).join('、')}。`,
      });
    const { posts, file, small } = values;
    answer(
      await bench({ posts: posts === undefined ? [] : posts.split(',').map(Number), file, small: small === true }),
    );
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

/** `--posts` are the sizes to ask over; the posts to take in, as many as the largest, are made here, or are a file's. */
async function enginesBench(sizes: readonly number[], given: string | undefined) {
  const dir = mkdtempSync(join(tmpdir(), 'minsheng-bench-'));
  try {
    const file = given ?? join(dir, 'posts.ndjson');
    if (given === undefined) writePosts(file, Math.max(...sizes), Date.now() - 30 * 86_400_000);
    return await benchEngines(file, sizes, say);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Posts made here (about 77 characters each), or a file's: the `ingest` verb in a process of its own, against bare `cut` of the same texts here. */
async function benchIngest(posts: number, given: string | undefined) {
  const dir = mkdtempSync(join(tmpdir(), 'minsheng-bench-'));
  try {
    const file = given ?? join(dir, 'posts.ndjson');
    if (given === undefined) writePosts(file, posts, Date.now() - 30 * 86_400_000);
    const ledger = await ingestInChild(file, join(dir, 'data'));
    say(`· 入库 ${ledger.postsPerSecond} 条/秒`);
    const { segmenter } = createEnricher();
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
      posts: ledger.read,
      postsPerSecond: ledger.postsPerSecond,
      segmentOnlyPostsPerSecond,
      ratio: Number((ledger.postsPerSecond / segmentOnlyPostsPerSecond).toFixed(3)),
      peakMemoryMB: ledger.peakMemoryMB,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** As an office runs it, so that its memory is its own. */
async function ingestInChild(file: string, dataDir: string): Promise<Ledger> {
  const main = process.argv[1] ?? '';
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...process.execArgv, main, 'ingest', file, '--quiet'],
    {
      env: { ...process.env, DATA_DIR: dataDir, LOG_LEVEL: 'silent', DEMO: '0' },
    },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Ledger;
}

import { describe, expect, it } from 'vitest';
import { FAULT_KINDS, replayFile, type FaultKind } from '../replay/index.ts';
import { Random } from '../replay/seeded.ts';
import { CHANNELS, city, DOUYIN, WECHAT } from '../testing/channels.ts';
import { crawl, keys, NOW, serve } from '../testing/crawl.ts';
import { govSite } from './gov-site.ts';
import { connectors } from './index.ts';

/** Kinds that a retry or the next run heals. */
const PASSING = FAULT_KINDS.filter((kind) => kind !== 'withheld-items' && kind !== 'slow-body');

describe('a channel under every fault at once', () => {
  const cases = Object.keys(CHANNELS).flatMap((name) => [1, 2, 3].map((seed) => [name, seed] as const));

  it.each(cases)('%s, seed %d: killed at random, ends with exactly what is served', async (name, seed) => {
    const channel = CHANNELS[name];
    if (channel === undefined) throw new Error(name);
    const rates = Object.fromEntries(PASSING.map((kind) => [kind, 0.005])) as Record<FaultKind, number>;
    const server = await serve({ items: city(), accounts: [WECHAT, DOUYIN], faults: { seed, rates, skewSeconds: 30 } });
    const random = new Random(seed);
    const stored = new Map<string, number>();
    let cursor: unknown;
    let runs = 0;
    let clean = 0;
    for (; runs < 300 && clean < 2; runs++) {
      const now = new Date(NOW.getTime() + runs * 3_600_000);
      const limit = random.int(1, 60);
      const run = await crawl(channel.connector, { ...channel.given(server), now }, cursor, limit);
      for (const key of keys(run.items)) stored.set(key, (stored.get(key) ?? 0) + 1);
      cursor = run.cursor;
      // A gap that is named is not the end: what it holds back comes when its time is over.
      const ended = run.error === undefined && run.pages.length < limit;
      clean = ended && run.items.length + run.gaps.length === 0 ? clean + 1 : 0;
      if (run.error !== undefined) expect(run.error.message).toMatch(/[\u4e00-\u9fff]/u);
    }
    expect(runs).toBeLessThan(300);
    expect([...stored.keys()].sort()).toEqual(channel.served(server));
    expect(server.faults.made.every((f) => f.source !== '' && !f.lasting && !Number.isNaN(Date.parse(f.at)))).toBe(
      true,
    );
  });

  it('meets the same faults again with the same seed', async () => {
    const made = async () => {
      const server = await serve({
        items: city(),
        accounts: [WECHAT, DOUYIN],
        faults: { seed: 7, rates: { 'bad-gateway': 0.2 } },
      });
      const channel = CHANNELS['gov-site'];
      if (channel !== undefined) await crawl(channel.connector, channel.given(server));
      return server.faults.made.map((f) => `${f.request} ${f.fault} ${f.path}`);
    };
    expect(await made()).toEqual(await made());
  });
});

describe('every source kind', () => {
  it('says in Chinese what it brings, what to ask the platform for and what it costs in requests', () => {
    expect(new Set(connectors.map((c) => c.kind)).size).toBe(connectors.length);
    for (const { kind, manual } of connectors) {
      for (const words of [manual.name, manual.brings, manual.needs, manual.cost])
        expect(words, kind).toMatch(/[\u4e00-\u9fff]/u);
      expect(manual.cost, kind).toContain('次');
    }
  });
});

describe('a corpus on disk', () => {
  it('is served as every platform in it', async () => {
    const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
    const folder = await mkdtemp('/tmp/replay-');
    const path = `${folder}/corpus.ndjson`;
    await writeFile(
      path,
      city()
        .map((item) => JSON.stringify(item))
        .join('\n'),
    );
    const lines: string[] = [];
    const server = await replayFile(path, { log: (line) => lines.push(line), clock: () => NOW });
    for (const words of ['/wewe/feeds/', '/gov/gzdt/', 'clientKey', 'appid']) expect(lines.join('\n')).toContain(words);
    const run = await crawl(govSite, { settings: { url: `${server.url}/gov/gzdt/`, accountName: 'x' } });
    expect(run.items.length).toBe(40);
    await server.close();
    await rm(folder, { recursive: true });
  });
});

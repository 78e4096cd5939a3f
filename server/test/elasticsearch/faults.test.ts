import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { freePort, startElasticsearch, type ElasticsearchServer } from '../../scripts/elasticsearch.ts';
import type { Database } from '../../src/platform/database/database.ts';
import type { SearchEngine } from '../../src/search/search-engine.ts';
import { documentOf } from '../../src/search/search-engine.contract.ts';
import { openTestDatabase } from '../database.ts';
import { storePosts } from '../posts.ts';
import { SMALL_DISKS, smallDisk } from '../small-disk.ts';
import { newIndex, openElasticsearch } from './open.ts';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const BATCH = 500;
const FULL = '索引所在的磁盘已满，请清理或扩容；有空间后会自动补上';
const WATCHES_ITS_DISK = {
  'cluster.routing.allocation.disk.threshold_enabled': 'true',
  'cluster.info.update.interval': '10s',
};

describe('the index follows the records through every fault', () => {
  let db: Database;
  let server: ElasticsearchServer;
  let engine: SearchEngine;
  let index: string;
  let dataDir: string;
  let sent = 0;

  // A server of its own, because it is killed.
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'minsheng-test-'));
    server = await startElasticsearch({ dataDir });
  });

  afterAll(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  beforeEach(async () => {
    db = await openTestDatabase();
    index = newIndex();
    engine = await openElasticsearch(db, server.url, index);
    sent = 0;
  });

  afterEach(() => engine.close());

  /** One committed batch, as the pipeline writes it. */
  async function batch(): Promise<void> {
    await db.write(async (tx) => {
      const given = Array.from({ length: BATCH }, (_, i) => ({
        text: `停水 ${String(sent + i)}`,
        publishedAt: NOW - (sent + i) * 60_000,
      }));
      await engine.write(tx, (await storePosts(tx, given)).map(documentOf));
    });
    sent += BATCH;
  }

  async function restart(): Promise<void> {
    server = await startElasticsearch({ port: server.port, dataDir });
  }

  /** Every post once, in the order of the records. */
  async function balances(): Promise<void> {
    const status = await patiently(() => engine.settle());
    expect(status).toMatchObject({ behind: 0, problem: null, documents: sent });
    const found: number[] = [];
    let cursor: string | null = null;
    do {
      const page = await engine.search({ query: null, filters: {}, sort: 'time', cursor, limit: 500 });
      found.push(...page.ids);
      cursor = page.nextCursor;
    } while (cursor !== null);
    const stored = await db.all<{ id: number }>('SELECT id FROM posts ORDER BY id DESC');
    expect(found).toEqual(stored.map((row) => Number(row.id)));
    expect(await db.one('SELECT count(*) AS n FROM search_outbox')).toEqual({ n: 0 });
  }

  it('killed and started again while posts arrive', async () => {
    for (let i = 0; i < 6; i++) await batch();
    await server.kill();
    for (let i = 0; i < 6; i++) await batch();
    await expect(engine.search({ query: null, filters: {}, sort: 'time', cursor: null, limit: 1 })).rejects.toThrow(
      '检索服务（Elasticsearch）暂时不可用：连接不上',
    );
    expect((await engine.lag()).behind).toBeGreaterThanOrEqual(6 * BATCH);
    await expect.poll(async () => (await engine.status()).problem, { timeout: 20_000 }).toBe('连接不上');
    await restart();
    await batch();
    await balances();
  });

  it('read-only as after a full disk, then writable again', async () => {
    await batch();
    await engine.settle();
    await block(true);
    for (let i = 0; i < 3; i++) await batch();
    await expect.poll(async () => (await engine.status()).problem, { timeout: 20_000 }).toContain('只读');
    expect((await engine.lag()).behind).toBe(3 * BATCH);
    await block(false);
    await balances();
  });

  it('the same changes again, as after a crash between a bulk and its acknowledgement, change nothing', async () => {
    await engine.close();
    await batch();
    const [gone] = await db.all<{ id: number }>('SELECT id FROM posts');
    await db.write((tx) => engine.remove(tx, [gone?.id ?? 0]));
    const waiting = await db.all('SELECT seq, post_id, at, op, document FROM search_outbox');
    expect(waiting).toHaveLength(BATCH + 1);
    for (let again = 0; again < 2; again++) {
      engine = await openElasticsearch(db, server.url, index);
      expect(await engine.settle()).toMatchObject({ behind: 0, documents: BATCH - 1 });
      await engine.close();
      await db.write(async (tx) => {
        // All but the removal, which was acknowledged.
        for (const row of waiting.slice(0, BATCH))
          await tx.run(
            'INSERT INTO search_outbox (seq, post_id, at, op, document) VALUES (?, ?, ?, ?, ?)',
            Object.values(row),
          );
      });
    }
  });

  it('a document that the index will never take holds up nobody, and is told', async () => {
    await engine.close();
    await db.write((tx) =>
      tx.run(`INSERT INTO search_outbox (post_id, at, op, document) VALUES (7, 0, 'put', '{"unknown":1}')`),
    );
    await batch();
    engine = await openElasticsearch(db, server.url, index);
    expect(await engine.settle()).toMatchObject({ behind: 0, documents: BATCH });
    expect((await engine.status()).problem).toBe('有 1 条被索引拒收，请运行 reindex 重建');
  });

  it('rebuilds beside the old index: no search in between misses a post, and none is lost that arrives meanwhile', async () => {
    for (let i = 0; i < 8; i++) await batch();
    await engine.settle();
    const before = sent;
    let rebuilding = true;
    let least = Infinity;
    const reader = (async () => {
      while (rebuilding) {
        const { total } = await engine.count({ query: null, filters: {} }, false);
        least = Math.min(least, total);
      }
    })();
    const rebuilt = engine.rebuild(() => undefined);
    await batch();
    await batch();
    await rebuilt;
    rebuilding = false;
    await reader;
    expect(least).toBeGreaterThanOrEqual(before);
    await balances();
  });

  it('fills an empty index from the records when the old one is gone', async () => {
    await batch();
    await engine.settle();
    for (const name of Object.keys((await (await fetch(`${server.url}/${index}*/_alias`)).json()) as object))
      await fetch(`${server.url}/${name}`, { method: 'DELETE' });
    await fetch(`${server.url}/_index_template/${index}*`, { method: 'DELETE' });
    await engine.close();
    engine = await openElasticsearch(db, server.url, index);
    await batch();
    await balances();
  });

  async function block(on: boolean): Promise<void> {
    const answer = await fetch(`${server.url}/${index}*/_settings`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ 'index.blocks.read_only_allow_delete': on ? true : null }),
    });
    expect(answer.status).toBe(200);
  }
});

describe('a disk that is really full', () => {
  /** A server, or the one of two that holds the data, whose disk can be filled. */
  async function onSmallDisk(settings: Record<string, string>) {
    const disk = smallDisk(192);
    const logs = mkdtempSync(join(tmpdir(), 'minsheng-test-'));
    const server = await startElasticsearch({
      dataDir: logs,
      settings: { 'path.data': disk.path, ...WATCHES_ITS_DISK, ...settings },
    });
    onTestFinished(async () => {
      await server.stop();
      rmSync(logs, { recursive: true, force: true });
    });
    const db = await openTestDatabase();
    const index = newIndex();
    const engine = await openElasticsearch(db, server.url, index);
    onTestFinished(() => engine.close());
    let sent = 0;
    const batch = async () => {
      await db.write(async (tx) => {
        const given = Array.from({ length: BATCH }, (_, i) => ({
          text: `停水 ${String(sent + i)} ${'长文'.repeat(200)}`,
          publishedAt: NOW - (sent + i) * 60_000,
        }));
        await engine.write(tx, (await storePosts(tx, given)).map(documentOf));
      });
      sent += BATCH;
    };
    const problem = async () => (await engine.status()).problem;
    const behind = async () => (await engine.lag()).behind;
    /** What was stored is found, once; the outbox is empty. */
    const balances = async () => {
      const settled = await patiently(() => engine.settle(), 200_000);
      expect(settled).toMatchObject({ behind: 0, documents: sent, problem: null });
      expect(await db.one('SELECT count(*) AS n FROM search_outbox')).toEqual({ n: 0 });
      const { total } = await engine.count({ query: null, filters: {} }, false);
      expect(total).toBe(sent);
    };
    const ask = async (path: string) => (await fetch(`${server.url}/${path}`)).text();
    return { disk, index, engine, batch, problem, behind, balances, ask, sent: () => sent };
  }

  it.runIf(SMALL_DISKS)('for a moment: the index goes on by itself when there is room again', async () => {
    const { disk, index, batch, problem, behind, balances, ask } = await onSmallDisk({});
    await batch();
    await balances();
    // Nearly: the server notices by itself and turns the index read-only. To the last byte: a write fails half-way.
    for (const [left, sentence] of [
      [4 * 1024 * 1024, '磁盘超过水位，索引已转为只读，请清理或扩容'],
      [0, '磁盘已满'],
    ] as const) {
      disk.fill(left);
      const blocked = () => ask(`${index}*/_settings/index.blocks.read_only_allow_delete?flat_settings`);
      if (left > 0) await expect.poll(blocked, { timeout: 60_000, interval: 500 }).toContain('"true"');
      for (let i = 0; i < 3; i++) await batch();
      await expect.poll(problem, { timeout: 60_000 }).toContain(sentence);
      expect(await behind()).toBeGreaterThan(0);
      disk.free();
      await batch();
      await balances();
    }
  });

  it.runIf(SMALL_DISKS)('until the server can no longer keep the state of its cluster, and has no master', async () => {
    // The server's own look at its disk, every two minutes unless set.
    const { disk, batch, problem, behind, balances, ask, engine } = await onSmallDisk({
      'monitor.fs.health.refresh_interval': '5s',
    });
    await batch();
    await balances();
    disk.fill();
    for (let i = 0; i < 3; i++) await batch();
    // The write that failed says so, unless the server has already lost its master over it.
    await expect.poll(problem, { timeout: 60_000 }).toContain('磁盘已满');
    const health = () => ask('_cluster/health?master_timeout=1s&timeout=1s');
    await expect.poll(health, { timeout: 120_000, interval: 1000 }).toContain('master_not_discovered');
    await batch();
    // A search says that it cannot answer rather than answer with a part.
    await expect(engine.count({ query: null, filters: {} }, false)).rejects.toThrow(
      '检索服务（Elasticsearch）暂时不可用',
    );
    // What is known to be wrong still stands, though the server only says that it has no master.
    expect(await problem()).toContain('磁盘已满');
    expect(await behind()).toBe(4 * BATCH);
    disk.free();
    await balances();
  });

  it.runIf(SMALL_DISKS)(
    'until the cluster has given the shard up: it is asked to try again, and nothing is sent twice',
    async () => {
      const meta = mkdtempSync(join(tmpdir(), 'minsheng-test-'));
      const [port, name] = [String(await freePort()), `two-${newIndex()}`];
      const both = {
        'cluster.name': name,
        'discovery.type': 'multi-node',
        'discovery.seed_hosts': `127.0.0.1:${port}`,
      };
      const master = await startElasticsearch({
        dataDir: meta,
        settings: {
          ...{ ...both, ...WATCHES_ITS_DISK, 'transport.port': port, 'node.name': 'master' },
          ...{ 'node.roles': 'master', 'cluster.initial_master_nodes': 'master' },
        },
      });
      onTestFinished(async () => {
        await master.stop();
        rmSync(meta, { recursive: true, force: true });
      });
      // Does not leave the cluster meanwhile.
      const data = { 'node.name': 'data', 'node.roles': 'data', 'monitor.fs.health.enabled': 'false' };
      const { disk, index, batch, problem, behind, balances, ask } = await onSmallDisk({ ...both, ...data });
      await batch();
      await balances();
      disk.fill();
      for (let i = 0; i < 3; i++) await batch();
      const attempts = async () => {
        const shards = await ask(
          `_cluster/state/routing_table/${index}*?filter_path=**.unassigned_info.failed_attempts`,
        );
        return Number(/"failed_attempts":(\d+)/u.exec(shards)?.[1] ?? 0);
      };
      await expect.poll(attempts, { timeout: 120_000, interval: 500 }).toBeGreaterThanOrEqual(5);
      await expect.poll(problem, { timeout: 60_000 }).toBe(FULL);
      expect(await behind()).toBe(3 * BATCH);
      disk.free();
      await balances();
    },
  );
});

/** `settle` gives up after a while so that nobody hangs; a test may wait longer. */
async function patiently<T extends { problem: string | null }>(work: () => Promise<T>, ms = 60_000): Promise<T> {
  const until = Date.now() + ms;
  for (;;) {
    const answer = await work();
    if (answer.problem === null || Date.now() > until) return answer;
  }
}

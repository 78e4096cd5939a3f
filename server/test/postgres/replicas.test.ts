/**
 * Two real processes on one real database: every source is crawled by one of them at a time, one of them is killed while it holds leases, and at the
 * end what was served is stored, once. Sessions and hints reach every replica.
 */
import type { RawItem } from '@minsheng/contracts';
import { startReplay } from '@minsheng/crawlers/replay';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { prepare } from '../../bin/prepare.mjs';
import { open } from '../../src/open.ts';
import { SourceBook } from '../../src/sources/source-book.ts';
import { testConfig, testDatabaseUrl } from '../database.ts';
import { count, passwordOf, startReplica, until } from '../replica.ts';

const CITIES = 2;
const POSTS = 90;
const COMMENTS = 8;

/** One office's stream: posts, and comments that pass on one text, so that there is something to find. */
function city(n: number): RawItem[] {
  const items: RawItem[] = [];
  let id = 5_200_000_000_000_000 + n * 1_000_000;
  const at = (minutes: number) =>
    `${new Date(Date.now() - minutes * 60_000 + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
  for (let p = 0; p < POSTS; p++) {
    const postId = String(id++);
    const minutes = 3000 - p * 15;
    items.push({
      platform: 'weibo',
      kind: 'post',
      id: postId,
      account: `澜江发布${n}`,
      publishedAt: at(minutes),
      text: `#望江路停水# 望江路第 ${p} 号通知：自来水管网抢修进展`,
      comments: COMMENTS,
    });
    for (let c = 0; c < COMMENTS; c++) {
      items.push({
        platform: 'weibo',
        kind: 'comment',
        id: String(id++),
        parentId: postId,
        author: `u${c}`,
        publishedAt: at(minutes - 1),
        text: c % 4 === 0 ? '望江路什么时候才来水？请问抢修还要多久' : `望江路第 ${p} 号通知下的第 ${c} 个看法`,
      });
    }
  }
  return items;
}

describe('two replicas', () => {
  // Compiling what is out of date is not what is timed.
  beforeAll(() => prepare(), 600_000);

  it(
    'share the work, survive the death of one, and store what was served exactly once',
    { timeout: 400_000 },
    async () => {
      const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-replicas-'));
      onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
      const databaseUrl = await testDatabaseUrl();
      const watcher = await open(testConfig(dataDir, databaseUrl));
      onTestFinished(() => watcher.close());
      const { db, secrets, clock, demo } = watcher.core;
      const book = new SourceBook(db, secrets, clock, demo);
      const cities = await Promise.all(
        Array.from({ length: CITIES }, async (_, n) => {
          const items = city(n);
          const server = await startReplay({ items });
          onTestFinished(() => server.close());
          await book.add({
            kind: 'weibo-official',
            name: `源 ${n}`,
            settings: { baseUrl: server.url, allowPrivateNetwork: true, pageCap: 5000, days: 30, commentDays: 30 },
            credentials: { accessToken: server.token },
          });
          return items;
        }),
      );
      const sent = cities.flat();

      const env = { DATABASE_URL: databaseUrl ?? '', DATA_DIR: dataDir, DEMO: '0' };
      const [one, two] = await Promise.all([startReplica(env), startReplica(env)]);
      const firstOf = [one, two].filter((r) => r.said.includes('一次性口令'));
      expect(firstOf).toHaveLength(1);

      // A session made on one replica is good on the other, and what is stored anywhere is heard there.
      const password = passwordOf(firstOf[0]?.said ?? '');
      const login = await fetch(`${one.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'admin', password }),
      });
      const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
      expect((await fetch(`${two.url}/api/auth/session`, { headers: { cookie } })).status).toBe(200);

      const doubled = `SELECT count(*) AS n FROM (SELECT 1 FROM source_runs WHERE outcome = 'running' GROUP BY source_id HAVING count(*) > 1) AS d`;
      let pid = 0;
      await until(
        'the crawl is well under way',
        async () => {
          expect(await count(db, doubled)).toBe(0);
          const held = await db.all<{ owner: string }>(
            'SELECT lease_owner AS owner FROM sources WHERE lease_owner IS NOT NULL',
          );
          pid = Number(held[0]?.owner.split('/')[0] ?? 0);
          return pid > 0 && (await count(db, 'SELECT count(*) AS n FROM posts')) > 100;
        },
        90_000,
        20,
      );
      const [victim, survivor] = one.process.pid === pid ? [one, two] : [two, one];
      expect(victim.process.pid).toBe(pid);
      victim.process.kill('SIGKILL');
      // The leases of a dead process run out; the test does not wait for it, it lets the time pass.
      await db.write(async (tx) => {
        await tx.run('UPDATE sources SET lease_until = 0 WHERE lease_owner LIKE ?', [`${pid}/%`]);
        await tx.run('UPDATE leases SET until = 0 WHERE owner LIKE ?', [`${pid}/%`]);
      });

      await until(
        'everything is stored',
        async () => {
          expect(await count(db, doubled)).toBe(0);
          // Sources whose run was cut off are due again when their backoff has passed; that, too, is not waited for.
          await db.write((tx) => tx.run('UPDATE sources SET next_run_at = 0 WHERE failures > 0'));
          return (await count(db, 'SELECT count(*) AS n FROM posts')) >= sent.length;
        },
        120_000,
      );
      await until('every reader has read the log', async () => {
        const last = await count(db, 'SELECT max(seq) AS n FROM post_changes');
        const readers = await db.all<{ seq: number }>('SELECT seq FROM post_consumers');
        return readers.length >= 3 && readers.every((r) => r.seq >= last);
      });

      expect(await count(db, 'SELECT count(*) AS n FROM posts')).toBe(sent.length);
      expect(await count(db, 'SELECT count(DISTINCT (platform, kind, native_id)) AS n FROM posts')).toBe(sent.length);
      expect(await count(db, 'SELECT count(*) AS n FROM post_natives')).toBe(sent.length);
      expect(await count(db, 'SELECT count(*) AS n FROM search_words')).toBe(sent.length);
      expect(await count(db, 'SELECT sum(posts) AS n FROM rollup_days')).toBe(sent.length);
      expect(await count(db, 'SELECT sum(posts) AS n FROM topics WHERE merged_into IS NULL')).toBe(
        await count(db, 'SELECT count(*) AS n FROM posts WHERE topic_id IS NOT NULL'),
      );
      expect(await count(db, `SELECT count(*) AS n FROM posts WHERE kind = 'comment' AND parent_id IS NULL`)).toBe(0);

      // Asked to stop, a replica hands its leases back.
      const ended = new Promise((resolve) => survivor.process.once('exit', resolve));
      survivor.process.kill('SIGTERM');
      await ended;
      expect(await count(db, 'SELECT count(*) AS n FROM sources WHERE lease_owner IS NOT NULL')).toBe(0);
      expect(await count(db, 'SELECT count(*) AS n FROM leases')).toBe(0);
    },
  );
});

import { describe, expect, it } from 'vitest';
import { Live } from '../../src/platform/live/live.ts';
import { Bus } from '../../src/platform/live/bus.ts';
import { Leases } from '../../src/platform/leases/leases.ts';
import { Database } from '../../src/platform/database/database.ts';
import { ChangeReader } from '../../src/posts/changed-posts.ts';
import { monthOfPost } from '../../src/posts/months.ts';
import { logChanges, makeRoom } from '../../src/posts/bulk-posts.ts';
import { storePosts } from '../posts.ts';
import { openTestDatabase, testDatabaseUrl } from '../database.ts';
import { onTestFinished } from 'vitest';

const NOW = Date.parse('2026-11-24T08:10:00+08:00');
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function twoOnOne(): Promise<[Database, Database, string]> {
  const databaseUrl = (await testDatabaseUrl()) ?? '';
  const open = async () => {
    const db = await Database.open({ dataDir: '', databaseUrl });
    onTestFinished(() => db.close());
    return db;
  };
  return [await open(), await open(), databaseUrl];
}

describe('the change log on PostgreSQL', () => {
  it('shows no number before all lower ones, however long their transactions take', async () => {
    const [one, two] = await twoOnOne();
    const [post] = await one.write((tx) => storePosts(tx, [{ text: '停水', publishedAt: NOW }]));
    const seen: number[] = [];
    let writing = true;
    const reading = (async () => {
      for (let last = 0; ;) {
        const more = writing;
        const rows = await one.all<{ seq: number }>('SELECT seq FROM post_changes WHERE seq > ? ORDER BY seq', [last]);
        seen.push(...rows.map((r) => r.seq));
        last = rows.at(-1)?.seq ?? last;
        if (!more && rows.length === 0) return;
        await pause(1);
      }
    })();
    const writers = Array.from({ length: 10 }, async (_, w) => {
      for (let i = 0; i < 10; i++) {
        await (w % 2 === 0 ? one : two).write(async (tx) => {
          await tx.run('UPDATE settings SET value = value WHERE key = ?', [String(w)]);
          await logChanges(tx, [[post?.id ?? 0, 'engagement']]);
          await pause(Math.random() * 8);
        }, 'once');
      }
    });
    await Promise.all(writers);
    writing = false;
    await reading;
    const written = await one.all<{ seq: number }>('SELECT seq FROM post_changes ORDER BY seq');
    expect(written).toHaveLength(100);
    expect(seen).toEqual(written.map((r) => r.seq));
  });

  it('lets one of two readers commit, and the other notice that it was outrun', async () => {
    const [one, two] = await twoOnOne();
    await one.write(async (tx) => {
      const posts = await storePosts(tx, [
        { text: '停水', publishedAt: NOW },
        { text: '停电', publishedAt: NOW },
      ]);
      await logChanges(
        tx,
        posts.map((p) => [p.id, 'stored']),
      );
    }, 'once');
    const [a, b] = [new ChangeReader(one, 'topics'), new ChangeReader(two, 'topics')];
    const [{ changes }, other] = [await a.next(1), await b.next(1)];
    expect(other.changes).toEqual(changes);
    const worked: string[] = [];
    const work = (reader: ChangeReader, name: string) =>
      reader.commit(changes[0]?.seq ?? 0, async () => {
        await pause(30);
        worked.push(name);
      });
    const results = await Promise.all([work(a, 'a'), work(b, 'b')]);
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(worked).toHaveLength(1);
    const loser = results[0] ? b : a;
    const next = await loser.next(1);
    expect(next.stale).toBe(true);
    expect(next.changes[0]?.text).not.toBe(changes[0]?.text);
  });

  it('lets one process hold a lease until it is handed back', async () => {
    const [one, two] = await twoOnOne();
    const [a, b] = [new Leases(one), new Leases(two)];
    const both = await Promise.all([a.hold('detection'), b.hold('detection')]);
    expect(both.filter(Boolean)).toHaveLength(1);
    const [holder, other] = both[0] ? [a, b] : [b, a];
    expect(await other.hold('detection')).toBe(false);
    await holder.release();
    expect(await other.hold('detection')).toBe(true);
    expect(await holder.hold('detection')).toBe(false);
  });

  it('carries hints to the other replica once, and not back', async () => {
    const [, , url] = await twoOnOne();
    const [one, two] = [await Bus.open(url), await Bus.open(url)];
    onTestFinished(async () => {
      await one.close();
      await two.close();
    });
    const heard: [string, string][] = [];
    for (const [name, bus] of [
      ['one', one],
      ['two', two],
    ] as const)
      new Live(bus).events.subscribe((event) => heard.push([name, event.type]));
    // The second `Live` on the same bus stands for the desk that tells.
    const teller = new Live(one);
    teller.tell({ type: 'topics' });
    teller.tell({ type: 'posts', stored: 1 });
    // Hints come in order: with the second one here, whatever the first has caused is here as well.
    await expect
      .poll(() => heard.filter(([, type]) => type === 'posts').length, { timeout: 20_000 })
      .toBeGreaterThan(0);
    expect(heard).toEqual([
      ['two', 'topics'],
      ['two', 'posts'],
    ]);
  });
});

describe('months', () => {
  it('moves early posts into the partition of their month, and keeps one post per item across months', async () => {
    const db = await openTestDatabase();
    const [early] = await db.write((tx) => storePosts(tx, [{ text: '停水', publishedAt: NOW, nativeId: '1' }]));
    expect(await db.all('SELECT tableoid::regclass::text AS t FROM posts')).toEqual([{ t: 'posts_default' }]);
    await makeRoom(db, monthOfPost(NOW));
    await makeRoom(db, monthOfPost(NOW));
    expect(await db.all('SELECT tableoid::regclass::text AS t FROM posts')).toEqual([{ t: 'posts_2026_11' }]);
    const again = db.write((tx) =>
      storePosts(tx, [{ text: '又一条', publishedAt: NOW - 90 * 86_400_000, nativeId: '1' }]),
    );
    await expect(again).rejects.toThrow(/post_natives_pkey/u);
    expect(await db.all('SELECT post_id FROM post_natives')).toEqual([{ post_id: early?.id }]);
    await db.write((tx) => tx.run('DELETE FROM posts'));
    expect(await db.all('SELECT post_id FROM post_natives')).toEqual([]);
  });
});

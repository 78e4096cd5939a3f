import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTestDatabase } from '../../test/database.ts';
import { firstIdAt, idRange, publishedAtOf, wishedId } from './post-id.ts';
import { PostEntity } from './post.entity.ts';

describe('post ids', () => {
  it('orders posts by time and stays a safe integer until 2099', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.parse('2099-12-31') }), fc.string(), (ms, origin) => {
        const id = wishedId(ms, origin);
        expect(Number.isSafeInteger(id)).toBe(true);
        expect(publishedAtOf(id)).toBe(Math.floor(ms / 1000) * 1000);
        const { min, end } = idRange(ms, ms + 1000);
        expect(id).toBeGreaterThanOrEqual(min);
        expect(id).toBeLessThan(end);
      }),
    );
  });

  it('survives the database unchanged', async () => {
    const db = await openTestDatabase();
    const id = wishedId(Date.parse('2026-11-24T08:10:00+08:00'), 'weibo:1');
    await db.write((tx) =>
      tx.run(
        `INSERT INTO posts (id, platform, kind, native_id, published_at, fetched_at, text, keywords) VALUES (?, 'weibo', 'comment', '1', ?, 0, 'x', '["停水"]')`,
        [id, publishedAtOf(id)],
      ),
    );
    const post = await db.repo(PostEntity).findOneByOrFail({ id });
    expect(post.id).toBe(id);
    expect(post.keywords).toEqual(['停水']);
    expect(await db.all('SELECT count(*) AS n FROM posts WHERE id >= ?', [firstIdAt(publishedAtOf(id))])).toEqual([
      { n: 1 },
    ]);
  });
});

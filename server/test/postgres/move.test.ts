import 'reflect-metadata';
import { expect, it } from 'vitest';
import { move } from '../../src/archive/move.ts';
import { open } from '../../src/open.ts';
import { Database } from '../../src/platform/database/database.ts';
import { testDatabaseUrl } from '../database.ts';
import { configOf, grow, POSTS, sums } from '../office.ts';

it(
  'a move brings every row, though it is killed again and again, and says so table by table',
  { timeout: 240_000 },
  async () => {
    const config = await configOf(false);
    const opened = await grow(config);
    const before = await sums(opened.core.db);
    await opened.close();
    const databaseUrl = await testDatabaseUrl(true);
    const source = await Database.open(config);
    let kills = 0;
    let result;
    for (let allowed = 1; result === undefined; allowed = Math.ceil(allowed * 1.6)) {
      const target = await Database.open({ ...config, databaseUrl });
      let writes = 0;
      const write = target.write.bind(target);
      // Killed between the work and its commit: what was written in that transaction is gone, what was committed before stays.
      target.write = (work, mode) =>
        write(async (tx) => {
          const done = await work(tx);
          if (++writes > allowed) throw new Error('killed');
          return done;
        }, mode);
      result = await move(source, target, () => undefined).catch((error: unknown) => {
        if (!String(error).includes('killed')) throw error;
        kills++;
        return undefined;
      });
      await target.close();
    }
    expect(kills).toBeGreaterThan(4);
    expect(result.equal).toBe(true);
    expect(result.ledger.find((l) => l.table === 'posts')).toMatchObject({ rows: POSTS, equal: true });
    const target = await Database.open({ ...config, databaseUrl });
    expect(await sums(target)).toEqual(before);
    expect(await target.all('SELECT count(*) AS n FROM posts_default')).toEqual([{ n: 0 }]);
    await expect(move(source, target, () => undefined)).rejects.toThrow('已有数据');
    await target.close();
    await source.close();
    // And the office opens there with its own key, and finds everything before anybody has asked for a new index.
    const there = await open({ ...config, databaseUrl });
    expect(await there.core.engine.settle()).toMatchObject({ documents: POSTS, behind: 0, problem: null });
    await there.core.pipeline.accept({
      arrivals: [
        {
          at: '0',
          item: {
            platform: 'weibo',
            kind: 'comment',
            id: 'new',
            publishedAt: new Date().toISOString(),
            text: '搬家之后的一条',
          },
        },
      ],
      sourceId: null,
    });
    await there.close();
  },
);

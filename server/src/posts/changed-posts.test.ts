import { expect, it } from 'vitest';
import { openTestDatabase } from '../../test/database.ts';
import { advance, ChangeReader, disturb } from './changed-posts.ts';

it('notices what another process wrote since the position was last looked at', async () => {
  const db = await openTestDatabase();
  const mine = new ChangeReader(db, 'topics');
  expect(await mine.look()).toEqual({ seq: 0, stale: false });
  // Here memory would be read; then another process goes on with the log.
  expect(await db.write((tx) => advance(tx, 'topics', 0, 7))).toBe(true);
  expect((await mine.next(10)).stale).toBe(true);
  expect(await mine.look()).toEqual({ seq: 7, stale: false });
  await db.write((tx) => disturb(tx, 'topics'));
  expect((await mine.look()).stale).toBe(true);
});

it('writes nothing when another process was faster', async () => {
  const db = await openTestDatabase();
  const [mine, theirs] = [new ChangeReader(db, 'topics'), new ChangeReader(db, 'topics')];
  await Promise.all([mine.look(), theirs.look()]);
  let worked = 0;
  const work = () => Promise.resolve(void worked++);
  expect([await theirs.commit(5, work), await mine.commit(5, work)]).toEqual([true, false]);
  expect(worked).toBe(1);
});

import { expect, it } from 'vitest';
import { openTestDatabase } from '../../test/database.ts';
import { createEnricher } from '../enrich/enricher.ts';
import type { Caller } from '../platform/auth/caller.ts';
import { Clock, hourOf } from '../platform/clock.ts';
import { ConfigHolder } from '../platform/config-holder.ts';
import { readConfig } from '../platform/config.ts';
import { HOUR } from '../platform/time-window.ts';
import { asCorrected } from '../posts/corrected.ts';
import { PostEntity } from '../posts/post.entity.ts';
import { writtenOf } from '../posts/post-store.ts';
import { RollupReader } from '../rollups/rollup-reader.ts';
import { Rollups } from '../rollups/rollups.ts';
import { SearchWriter } from '../search/search-writer.ts';
import { LabelsController } from './labels.controller.ts';
import { OwnLabels } from './own-labels.ts';

const NOW = Date.now();
const ID = NOW * 1000;
const CALLER: Caller = {
  userId: 1,
  username: 'zhang',
  displayName: '张',
  roles: ['officer'],
  departmentId: null,
  sessionId: 1,
};

it('a correction moves the counts of charts and words, and undoing it moves them back, whatever happens to the post', async () => {
  const db = await openTestDatabase();
  const rollups = new Rollups(new Clock());
  const reader = new RollupReader(db);
  const config = new ConfigHolder(readConfig({}));
  const desk = new LabelsController(db, new OwnLabels(db), createEnricher(), rollups, new Clock(), config);
  const window = { from: NOW - HOUR, to: NOW + HOUR };
  const counts = async () => {
    const { positive, neutral, negative } = await reader.totals(window);
    const [word] = await reader.words(window, true, 1);
    const [topic] = await db.all('SELECT positive, neutral, negative FROM topic_hours');
    // The topic counts neither more nor fewer than there are, and moves with the charts.
    expect([topic?.['positive'], topic?.['neutral'], topic?.['negative']].map(Number)).toEqual(
      positive + neutral + negative === 0 ? expect.anything() : [positive, neutral, negative],
    );
    return [positive, neutral, negative, word?.split.positive, word?.split.negative];
  };
  for (const n of [1, 2]) {
    await db.write((tx) =>
      tx.run(
        `INSERT INTO posts (id, platform, kind, native_id, published_at, fetched_at, text, sentiment, keywords, topic_id)
         VALUES (?, 'weibo', 'comment', ?, ?, ?, '停水了', -1, '["停水"]', 1)`,
        [ID + n, String(n), NOW, NOW],
      ),
    );
  }
  await db.write(async (tx) => {
    await tx.run(
      `INSERT INTO topics (id, title, title_by, features, own, first_seen, last_seen, stage) VALUES (1, '停水', '1', '{}', 0, ?, ?, 'calm')`,
      [NOW, NOW],
    );
    await tx.run(
      'INSERT INTO topic_hours (topic_id, hour, posts, positive, neutral, negative, uncertain, official) VALUES (1, ?, 2, 0, 0, 2, 0, 0)',
      [hourOf(NOW)],
    );
  });
  const written = async () => {
    const posts = await db.repo(PostEntity).find({ order: { id: 'ASC' } });
    return posts.map((post) => writtenOf(post, '', 'stored'));
  };
  await db.write(async (tx) => rollups.add(tx, await written()));
  expect(await counts()).toEqual([0, 0, 2, 0, 2]);

  const correct = (label: 'positive' | 'neutral' | 'negative') =>
    desk.correct({ params: { id: String(ID + 1) }, query: undefined, body: { label } }, CALLER);
  await correct('positive');
  await correct('positive');
  expect(await counts()).toEqual([1, 0, 1, 1, 1]);
  await correct('neutral');
  expect(await counts()).toEqual([0, 1, 1, 0, 1]);

  // Edited, or counted anew: under what staff said.
  const writer = new SearchWriter(
    { write: () => Promise.resolve(), remove: () => Promise.resolve() } as never,
    rollups,
  );
  const posts = await written();
  await db.write((tx) => writer.retract(tx, posts));
  expect(await counts()).toEqual([0, 0, 0, undefined, undefined]);
  await db.write((tx) => writer.write(tx, posts));
  expect(await counts()).toEqual([0, 1, 1, 0, 1]);
  expect((await asCorrected(db, posts)).map((post) => post.sentiment)).toEqual([0, -1]);

  await desk.undo({ params: { id: String(ID + 1) }, query: {}, body: undefined } as never);
  expect(await counts()).toEqual([0, 0, 2, 0, 2]);
});

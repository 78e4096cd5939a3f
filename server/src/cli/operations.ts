/** In: an opened product. Out: the index built anew from the posts, or the schema brought up to date. Called by: cli.ts. */
import { And, LessThan, MoreThan } from 'typeorm';
import type { Core } from '../app.module.ts';
import { open } from '../open.ts';
import { dayOf, startOfDay } from '../platform/clock.ts';
import { readConfig, type Config } from '../platform/config.ts';
import type { Tx } from '../platform/database/database.ts';
import { asCorrected } from '../posts/corrected.ts';
import { PostEntity } from '../posts/post.entity.ts';
import { firstIdAt, idRange, publishedAtOf } from '../posts/post-id.ts';
import { writtenOf, type WrittenPost } from '../posts/post-store.ts';
import { DAY } from '../platform/time-window.ts';
import { answer, parsed, say, type Verb } from './verb.ts';

const BATCH = 2000;

export const reindexVerb: Verb = {
  usage: '',
  summary: '由帖文重建检索索引与统计',
  async run(args) {
    parsed(args, {});
    answer({ reindexed: await reindex(readConfig(), true) });
    return 0;
  },
};

export const migrateVerb: Verb = {
  usage: '',
  summary: '升级数据库结构（启动时也会自动进行）',
  async run(args) {
    parsed(args, {});
    const { core, close } = await open(readConfig());
    const applied = await core.db.all<{ name: string }>('SELECT name FROM migrations ORDER BY id');
    await close();
    answer({ migrations: applied.map((m) => m.name) });
    return 0;
  },
};

/** @param counters false after a restore or a move, which bring them along: of purged texts they cannot be counted again. */
export async function reindex(config: Config, counters: boolean): Promise<number> {
  const { core, close } = await open(config, (step) => say(`· ${step}`));
  try {
    if (counters) await recount(core);
    return await core.engine.rebuild((looked) => {
      if (looked % 20_000 === 0) say(`· 已重建 ${looked} 条的索引`);
    });
  } finally {
    await close();
  }
}

/** Later than any post can be. */
const NEVER = publishedAtOf(Number.MAX_SAFE_INTEGER);

/** Day by day, so that the product may go on working. Gone at the source: no longer found, still counted. */
async function recount({ db, rollups }: Core): Promise<void> {
  for (let from = 0; from < NEVER;) {
    const next = await db.one<{ id: number }>('SELECT id FROM posts WHERE id >= ? ORDER BY id LIMIT 1', [
      firstIdAt(from),
    ]);
    // With the days before it, of which posts may arrive meanwhile.
    const to = next === undefined ? NEVER : startOfDay(dayOf(publishedAtOf(Number(next.id)))) + DAY;
    const start = from;
    await db.untilWritten(() =>
      db.write((tx) => rollups.recount(tx, start, to, () => storedOf(tx, start, to)), 'once'),
    );
    from = to;
  }
  say('· 已重建统计');
}

async function* storedOf(tx: Tx, from: number, to: number): AsyncGenerator<readonly WrittenPost[]> {
  const { min, end } = idRange(from, to);
  for (let last = min - 1; ;) {
    const posts = await tx
      .repo(PostEntity)
      .find({ where: { id: And(MoreThan(last), LessThan(end)) }, order: { id: 'ASC' }, take: BATCH });
    yield await asCorrected(
      tx,
      posts.map((post) => writtenOf(post, '', 'stored')),
    );
    if (posts.length < BATCH) return;
    last = posts.at(-1)?.id ?? end;
  }
}

/** In: an opened product. Out: the index built anew from the posts, or the schema brought up to date. Called by: cli.ts. */
import { MoreThan } from 'typeorm';
import type { Core } from '../app.module.ts';
import { open } from '../open.ts';
import { readConfig, type Config } from '../platform/config.ts';
import type { Database } from '../platform/database/database.ts';
import { asCorrected } from '../posts/corrected.ts';
import { PostEntity } from '../posts/post.entity.ts';
import { writtenOf } from '../posts/post-store.ts';
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

/** Gone at the source: no longer found, still counted. */
async function recount({ db, rollups }: Core): Promise<void> {
  await db.write((tx) => rollups.clear(tx));
  for (let last = 0, posts; (posts = await next(db, last)).length > 0; last = posts.at(-1)?.id ?? last) {
    const counted = posts.map((post) => writtenOf(post, '', 'stored'));
    await db.write(async (tx) => rollups.add(tx, await asCorrected(tx, counted)));
  }
  say('· 已重建统计');
}

function next(db: Database, after: number): Promise<PostEntity[]> {
  return db.repo(PostEntity).find({ where: { id: MoreThan(after) }, order: { id: 'ASC' }, take: BATCH });
}

/** In: an opened product. Out: the index built anew from the posts, or the schema brought up to date. Called by: cli.ts. */
import { MoreThan } from 'typeorm';
import { open } from '../open.ts';
import { readConfig } from '../platform/config.ts';
import { PostEntity } from '../posts/post.entity.ts';
import { writtenOf } from '../posts/post-store.ts';
import { answer, parsed, say, type Verb } from './verb.ts';

const BATCH = 2000;

export const reindexVerb: Verb = {
  usage: '',
  summary: '由帖文重建检索索引与统计',
  async run(args) {
    parsed(args, {});
    const { core, close } = await open(readConfig(), (step) => say(`· ${step}`));
    try {
      const { db, engine, rollups } = core;
      await db.write((tx) => rollups.clear(tx));
      let last = 0;
      let count = 0;
      for (;;) {
        const posts = await db
          .repo(PostEntity)
          .find({ where: { id: MoreThan(last) }, order: { id: 'ASC' }, take: BATCH });
        if (posts.length === 0) break;
        last = posts.at(-1)?.id ?? last;
        count += posts.length;
        // Gone at the source: no longer found, still counted.
        const counted = posts.map((p) => writtenOf(p, '', 'stored'));
        await db.write((tx) => rollups.add(tx, counted));
      }
      say(`· 已重建 ${count} 条的统计`);
      await engine.rebuild((looked) => {
        if (looked % 20_000 === 0) say(`· 已重建 ${looked} 条的索引`);
      });
      answer({ reindexed: count });
      return 0;
    } finally {
      await close();
    }
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

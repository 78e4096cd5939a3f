/** In: an opened product. Out: the index built anew from the posts, or the schema brought up to date. Called by: cli.ts. */
import { open } from '../open.ts';
import { readConfig, type Config } from '../platform/config.ts';
import { PostEntity } from '../posts/post.entity.ts';
import { writtenOf } from '../posts/post-store.ts';
import { SearchWriter } from '../search/search-writer.ts';
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
    const { db, engine, rollups } = core;
    const enricher = core.enricher();
    const writer = new SearchWriter(engine, counters ? rollups : null);
    await db.write(async (tx) => {
      await engine.clear(tx);
      if (counters) await rollups.clear(tx);
    });
    let last = 0;
    let count = 0;
    for (;;) {
      const posts = await db
        .repo(PostEntity)
        .createQueryBuilder('p')
        .where('p.id > :last', { last })
        .orderBy('p.id', 'ASC')
        .take(BATCH)
        .getMany();
      if (posts.length === 0) break;
      last = posts.at(-1)?.id ?? last;
      count += posts.length;
      const written = posts.map((p) =>
        writtenOf(p, enricher.searchTokens(p.title === null ? p.text : `${p.title}\n${p.text}`), 'stored'),
      );
      const hidden = posts.filter((p) => p.state === 'deleted' || p.state === 'restricted').map((p) => p.id);
      await db.write(async (tx) => {
        await writer.write(tx, written);
        // Gone at the source: still counted, no longer found.
        if (hidden.length > 0) await writer.remove(tx, hidden);
      });
      if (count % 20_000 === 0) say(`· 已重建 ${count} 条`);
    }
    await db.write((tx) => engine.optimize(tx));
    return count;
  } finally {
    await close();
  }
}

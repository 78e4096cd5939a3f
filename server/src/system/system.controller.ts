/**
 * In: what the system administrator tends. Out: status, settings, the dictionary. Called by: the web's 系统 pages.
 */
import {
  routes,
  type DictionaryEntry,
  type OfficeSettings,
  type RouteAnswer,
  type RouteInput,
  type SystemStatus,
} from '@minsheng/contracts';
import { Controller } from '@nestjs/common';
import { statfs, stat } from 'node:fs/promises';
import { Enricher } from '../enrich/enricher.ts';
import type { Caller } from '../platform/auth/caller.ts';
import { Clock, toInstant } from '../platform/clock.ts';
import { ConfigHolder } from '../platform/config-holder.ts';
import { Database } from '../platform/database/database.ts';
import { notFound, UserError } from '../platform/errors.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { Settings } from '../platform/settings/settings.ts';
import { VERSION } from '../platform/version.ts';
import { dictionaryOf } from './dictionary.ts';
import { WordEntity } from './word.entity.ts';

const startedAt = Date.now();

@Controller()
export class SystemController {
  constructor(
    private readonly db: Database,
    private readonly settings: Settings,
    private readonly enricher: Enricher,
    private readonly config: ConfigHolder,
    private readonly clock: Clock,
  ) {}

  @Endpoint(routes.system.status)
  async status(): Promise<SystemStatus> {
    const [posts] = await this.db.all<{ n: number }>('SELECT COALESCE(SUM(posts), 0) AS n FROM rollup_days');
    const count = Number(posts?.n ?? 0);
    const disk = await statfs(this.config.value.dataDir).catch(() => null);
    const file = this.db.file === null ? null : await stat(this.db.file).catch(() => null);
    const segmenter = this.enricher.segmenterName();
    return {
      version: VERSION,
      node: process.version,
      startedAt: toInstant(startedAt),
      demo: await this.settings.demo(),
      dataDir: this.config.value.dataDir,
      database: {
        engine: this.db.dialect === 'sqlite' ? 'SQLite' : 'PostgreSQL',
        bytes: file?.size ?? null,
        posts: count,
      },
      search: { engine: 'SQLite FTS5（内置）', documents: count, behind: 0 },
      segmenter,
      segmenterNote: segmenter === 'nodejieba' ? null : '未能编译 nodejieba，正在使用内置的 @node-rs/jieba。',
      diskFreeBytes: disk === null ? null : disk.bavail * disk.bsize,
    };
  }

  @Endpoint(routes.system.settings)
  office(): Promise<OfficeSettings> {
    return this.settings.office();
  }

  @Endpoint(routes.system.saveSettings)
  async save(@Input() { body }: RouteInput<typeof routes.system.saveSettings>): Promise<OfficeSettings> {
    await this.settings.set('office', body);
    return this.settings.office();
  }

  @Endpoint(routes.system.dictionary)
  async dictionary(
    @Input() { query }: RouteInput<typeof routes.system.dictionary>,
  ): Promise<RouteAnswer<typeof routes.system.dictionary>> {
    const find = this.db
      .repo(WordEntity)
      .createQueryBuilder('w')
      .where('w.id < :before', { before: Number(query.cursor ?? Number.MAX_SAFE_INTEGER) })
      .orderBy('w.id', 'DESC')
      .take(query.limit + 1);
    if (query.q) find.andWhere('lower(w.word) LIKE lower(:q)', { q: `%${query.q}%` });
    const rows = await find.getMany();
    const items = rows.slice(0, query.limit).map(view);
    return { items, nextCursor: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Endpoint(routes.system.addWord)
  async addWord(
    @Input() { body }: RouteInput<typeof routes.system.addWord>,
    @CallerParam() caller: Caller,
  ): Promise<DictionaryEntry> {
    const word = await this.db.write(async (tx) => {
      const [taken] = await tx.all('SELECT 1 AS one FROM dictionary WHERE word = ? AND kind = ?', [
        body.word,
        body.kind,
      ]);
      if (taken !== undefined) throw new UserError('conflict', `词典里已有“${body.word}”，没有重复添加。`);
      return tx.repo(WordEntity).save({
        word: body.word,
        kind: body.kind,
        tag: null,
        createdAt: this.clock.now(),
        createdBy: caller.displayName,
      });
    });
    await this.reload();
    return view(word);
  }

  @Endpoint(routes.system.removeWord)
  async removeWord(@Input() { params }: RouteInput<typeof routes.system.removeWord>): Promise<{ ok: true }> {
    const word = await this.db.repo(WordEntity).findOneBy({ id: Number(params.id) });
    if (word === null) throw notFound('个词语');
    await this.db.write((tx) => tx.run('DELETE FROM dictionary WHERE id = ?', [word.id]));
    await this.reload();
    return { ok: true };
  }

  @Endpoint(routes.system.cut)
  cut(@Input() { body }: RouteInput<typeof routes.system.cut>): RouteAnswer<typeof routes.system.cut> {
    const { tokens, keywords, places } = this.enricher.enrich(body.text, { official: true, kind: 'post' });
    return { tokens, keywords, places };
  }

  private async reload(): Promise<void> {
    this.enricher.setDictionary(await dictionaryOf(this.db));
  }
}

function view(word: WordEntity): DictionaryEntry {
  return { ...word, id: String(word.id), createdAt: toInstant(word.createdAt) };
}

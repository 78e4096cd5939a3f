/**
 * In: the configuration and the records. Out: the search engine that is configured; the other one is not even loaded. Called by: open.ts.
 */
import type { Clock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import type { Database } from '../platform/database/database.ts';
import { UserError } from '../platform/errors.ts';
import type { Log } from '../platform/logging.ts';
import { SqliteFtsEngine } from './engines/sqlite-fts.ts';
import type { SearchEngine } from './search-engine.ts';
import { PostDocuments } from './stored-documents.ts';

/** @param cut cuts a text as the enricher does */
export async function openSearch(
  config: Pick<Config, 'elasticsearchUrl' | 'elasticsearch'>,
  parts: { db: Database; cut: (text: string) => string; clock: Clock; log: Log },
): Promise<SearchEngine> {
  const { db, clock, log } = parts;
  const documents = new PostDocuments(db, parts.cut);
  const url = config.elasticsearchUrl;
  if (url !== undefined) {
    const { ElasticsearchEngine } = await import('./engines/elasticsearch.ts');
    return ElasticsearchEngine.open({ url, config: config.elasticsearch, db, documents, clock, log });
  }
  if (db.dialect !== 'sqlite')
    throw new UserError('invalid-input', '使用 PostgreSQL 时检索需要 Elasticsearch，没有启动。', {
      kept: '数据没有改动。',
      todo: '请设置 ELASTICSEARCH_URL；单个单位使用可去掉 DATABASE_URL，检索即在内置数据库里。',
    });
  return new SqliteFtsEngine(db, documents);
}

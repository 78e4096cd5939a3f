/**
 * In: the configuration and the records. Out: the one search engine of this installation; a client that is not configured is not even loaded.
 * Called by: open.ts.
 */
import type { Clock } from '../platform/clock.ts';
import type { Config } from '../platform/config.ts';
import type { Database } from '../platform/database/database.ts';
import type { Leases } from '../platform/leases/leases.ts';
import type { Log } from '../platform/logging.ts';
import { PostgresTextEngine } from './engines/postgres-text.ts';
import type { SqlEngine } from './engines/sql-engine.ts';
import { SqliteFtsEngine } from './engines/sqlite-fts.ts';
import type { SearchEngine, StoredDocuments } from './search-engine.ts';
import { PostDocuments } from './stored-documents.ts';

/** @param cut cuts a text as the enricher does */
export async function openSearch(
  config: Pick<Config, 'elasticsearchUrl' | 'elasticsearch'>,
  parts: { db: Database; leases: Leases; cut: (text: string) => string; clock: Clock; log: Log },
): Promise<SearchEngine> {
  const { db, leases, cut, clock, log } = parts;
  const documents = new PostDocuments(db, cut);
  const url = config.elasticsearchUrl;
  if (url === undefined) {
    const engine = searchEngineFor(db, documents);
    await engine.resume(leases, log);
    return engine;
  }
  const { ElasticsearchEngine } = await import('./engines/elasticsearch.ts');
  return ElasticsearchEngine.open({ url, config: config.elasticsearch, db, leases, documents, clock, log });
}

/** The engine inside the records' own database. */
export function searchEngineFor(db: Database, documents: StoredDocuments | null = null): SqlEngine {
  return db.dialect === 'postgres' ? new PostgresTextEngine(db, documents) : new SqliteFtsEngine(db, documents);
}

/**
 * In: the configuration and the opened database. Out: the one search engine of this installation. Called by: app.module.ts.
 */
import type { Database } from '../platform/database/database.ts';
import { PostgresTextEngine } from './engines/postgres-text.ts';
import { SqliteFtsEngine } from './engines/sqlite-fts.ts';
import type { SearchEngine } from './search-engine.ts';

export function searchEngineFor(db: Database): SearchEngine {
  return db.dialect === 'postgres' ? new PostgresTextEngine(db) : new SqliteFtsEngine(db);
}

/**
 * In: nothing. Out: one real Elasticsearch server for a test file, and engines on it, each with an index of its own.
 * Used by: tests named `*.elasticsearch.test.ts`, which run when ENGINES names elasticsearch.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { startElasticsearch, type ElasticsearchServer } from '../scripts/elasticsearch.ts';
import { Clock } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/database/database.ts';
import { createLog } from '../src/platform/logging.ts';
import { DEFAULTS } from '../src/search/engines/elasticsearch-client.ts';
import { ElasticsearchEngine } from '../src/search/engines/elasticsearch.ts';
import { documentsOf } from '../src/search/search-engine.contract.ts';

export function elasticsearchForTests(): { server(): ElasticsearchServer } {
  let started: ElasticsearchServer | undefined;
  beforeAll(async () => {
    started = await startElasticsearch();
  }, 180_000);
  afterAll(() => started?.stop());
  return {
    server: () => {
      if (started === undefined) throw new Error('the server starts before the tests');
      return started;
    },
  };
}

/** @param index the same name opens the same index again */
export function openElasticsearch(
  db: Database,
  url: string,
  index = `test-${randomUUID().slice(0, 8)}`,
): Promise<ElasticsearchEngine> {
  const parts = { db, documents: documentsOf(db), clock: new Clock(), log: createLog('silent') };
  return ElasticsearchEngine.open({ url, config: { ...DEFAULTS, index }, ...parts });
}

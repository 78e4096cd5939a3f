/** In: a database and a server's address. Out: the engine on an index of its own. Used by: the tests beside it. */
import { randomUUID } from 'node:crypto';
import { Clock } from '../../src/platform/clock.ts';
import type { ElasticsearchConfig } from '../../src/platform/config.ts';
import type { Database } from '../../src/platform/database/database.ts';
import { Leases } from '../../src/platform/leases/leases.ts';
import { createLog } from '../../src/platform/logging.ts';
import { DEFAULTS } from '../../src/search/engines/elasticsearch-client.ts';
import { ElasticsearchEngine } from '../../src/search/engines/elasticsearch.ts';
import { documentsOf } from '../../src/search/search-engine.contract.ts';

export function newIndex(): string {
  return `test-${randomUUID().slice(0, 8)}`;
}

/** @param index the same name opens the same index again */
export function openElasticsearch(
  db: Database,
  url: string,
  index = newIndex(),
  config: Partial<ElasticsearchConfig> = {},
): Promise<ElasticsearchEngine> {
  const parts = {
    db,
    leases: new Leases(db),
    documents: documentsOf(db),
    clock: new Clock(),
    log: createLog('silent'),
  };
  return ElasticsearchEngine.open({ url, config: { ...DEFAULTS, ...config, index }, ...parts });
}

/**
 * In: nothing. Out: a real PostgreSQL and a real Elasticsearch together, as a province has them. Called by: Vitest once per run (globalSetup), when
 * ENGINES names both.
 */
import type { TestProject } from 'vitest/node';
import elasticsearch from './elasticsearch.ts';
import postgres from './postgres.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [stopPostgres, stopElasticsearch] = await Promise.all([postgres(project), elasticsearch(project)]);
  return async () => {
    await Promise.all([stopPostgres(), stopElasticsearch()]);
  };
}

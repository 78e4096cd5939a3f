/**
 * In: nothing. Out: one real Elasticsearch server for all tests of the run. Called by: Vitest once per run (globalSetup), for each series that ENGINES names.
 */
import type { TestProject } from 'vitest/node';
import { startElasticsearch } from '../scripts/elasticsearch.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    elasticsearch: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const version = project.config.env?.['ELASTICSEARCH_TEST_VERSION'];
  const server = await startElasticsearch(version === undefined ? {} : { version });
  project.provide('elasticsearch', server.url);
  return () => server.stop();
}

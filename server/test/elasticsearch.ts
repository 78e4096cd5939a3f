/**
 * In: nothing. Out: one real Elasticsearch server for all tests of the run. Called by: Vitest once per run (globalSetup), when ENGINES names elasticsearch.
 */
import type { TestProject } from 'vitest/node';
import { startElasticsearch } from '../scripts/elasticsearch.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    elasticsearch: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startElasticsearch();
  project.provide('elasticsearch', server.url);
  return () => server.stop();
}

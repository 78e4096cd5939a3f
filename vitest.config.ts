import { fileURLToPath } from 'node:url';
import vue from './web/node_modules/@vitejs/plugin-vue/dist/index.mjs';
import { defineConfig } from 'vitest/config';
import { VERSIONS } from './server/scripts/elasticsearch.ts';
import { enginesOf } from './server/test/engines.ts';

const resolve = { conditions: ['source'] };
const engines = enginesOf(process.env['ENGINES']);

/** Suites that run on every database: none of them knows which one it is. */
const onEveryDatabase = [
  'src/posts/**/*.test.ts',
  'src/rollups/**/*.test.ts',
  'src/labels/corrections.test.ts',
  'src/collect/*.test.ts',
  'src/inbox/{inbox,deliveries}.test.ts',
  'src/briefings/**/*.test.ts',
  'src/dashboard/**/*.test.ts',
  'src/platform/database/**/*.test.ts',
  'src/search/engines/sql.test.ts',
  'test/{pipeline,detection,product,desks-module,archive,engine-change,doors,authorization}.test.ts',
];

const ssr = { resolve: { conditions: ['source'], externalConditions: ['source'] } };

export default defineConfig({
  test: {
    projects: [
      { resolve, ssr, test: { name: 'contracts', root: 'server/contracts', include: ['src/**/*.test.ts'] } },
      {
        resolve,
        ssr,
        test: { name: 'crawlers', root: 'crawlers', include: ['src/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'server',
          root: 'server',
          include: ['src/**/*.test.ts', 'test/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      ...([8, 9] as const)
        .filter((series) => engines.includes(series === 8 ? 'elasticsearch' : 'elasticsearch9'))
        .map((series) => ({
          resolve,
          ssr,
          test: {
            name: series === 8 ? 'server on Elasticsearch' : 'server on Elasticsearch 9',
            root: 'server',
            include: ['test/elasticsearch/**/*.test.ts'],
            globalSetup: 'test/elasticsearch.ts',
            env: { ELASTICSEARCH_TEST_VERSION: VERSIONS[series] },
            testTimeout: 300_000,
            hookTimeout: 360_000,
          },
        })),
      ...(engines.includes('postgres') && engines.includes('elasticsearch')
        ? [
            {
              resolve,
              ssr,
              test: {
                name: 'server as a province',
                root: 'server',
                include: ['test/province/**/*.test.ts'],
                globalSetup: 'test/provincial-servers.ts',
                env: { TEST_DATABASE: 'postgres' },
                testTimeout: 300_000,
                hookTimeout: 360_000,
              },
            },
          ]
        : []),
      ...(engines.includes('postgres')
        ? [
            {
              resolve,
              ssr,
              test: {
                name: 'server on PostgreSQL',
                root: 'server',
                include: [...onEveryDatabase, 'test/postgres/**/*.test.ts'],
                globalSetup: fileURLToPath(new URL('server/test/postgres.ts', import.meta.url)),
                env: { TEST_DATABASE: 'postgres' },
                testTimeout: 60_000,
              },
            },
          ]
        : []),
      {
        plugins: [vue()],
        resolve,
        test: {
          name: 'web',
          root: 'web',
          include: ['src/**/*.test.ts'],
          environment: 'happy-dom',
          setupFiles: fileURLToPath(new URL('web/test/no-warnings.ts', import.meta.url)),
        },
      },
    ],
  },
});

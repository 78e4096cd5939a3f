import vue from './web/node_modules/@vitejs/plugin-vue/dist/index.mjs';
import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['source'] };
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
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        plugins: [vue()],
        resolve,
        test: { name: 'web', root: 'web', include: ['src/**/*.test.ts'], environment: 'happy-dom' },
      },
    ],
  },
});

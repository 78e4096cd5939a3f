/**
 * In: web/src. Out: web/dist (static files the server serves), or a dev server. Called by: `pnpm build`, `pnpm dev`, screenshots.
 * `--mode fake` answers /api from test/fake-api.ts inside the dev server, so the fake never reaches a bundle.
 */
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

interface FakeModule {
  handleNode: (req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse) => void;
}

function fakeApi(): Plugin {
  return {
    name: 'minsheng-fake-api',
    configureServer(server) {
      server.middlewares.use((req, res, next) => {
        if (!req.url?.startsWith('/api/')) return next();
        server
          .ssrLoadModule('/test/fake-http.ts')
          .then((module) => (module as FakeModule).handleNode(req, res))
          .catch(next);
      });
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: mode === 'fake' ? [vue(), fakeApi()] : [vue()],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: mode === 'fake' ? undefined : { '/api': { target: 'http://127.0.0.1:3000', changeOrigin: false } },
  },
  build: {
    outDir: 'dist',
    manifest: true,
    emptyOutDir: true,
    target: 'es2022',
    // ECharts is one library; it loads after the words are there.
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      output: {
        // Two long-lived chunks that change with dependencies, not with our pages. Charts split by themselves: see charts/ChartCanvas.vue.
        codeSplitting: {
          groups: [
            { name: 'vue', test: /node_modules[\\/](@vue|vue|vue-router|pinia)[\\/]/, priority: 3 },
            { name: 'contracts', test: /(node_modules[\\/]zod[\\/]|contracts[\\/]src[\\/])/, priority: 2 },
          ],
        },
      },
    },
  },
}));

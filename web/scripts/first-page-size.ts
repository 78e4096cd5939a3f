/**
 * In: dist/ with its manifest. Out: the JavaScript that sign-in and overview load, in gzip bytes; exit code 1 above the budget.
 * Called by: `pnpm --filter @minsheng/web size`, after a build.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET = 300 * 1024;
const FIRST = [
  'index.html',
  'src/features/login/LoginPage.vue',
  'src/features/overview/OverviewPage.vue',
  'src/charts/ChartCanvas.vue',
];

interface Chunk {
  file: string;
  imports?: string[];
}

const dist = new URL('../dist/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8')) as Record<string, Chunk>;
const files = new Set<string>();

function add(name: string): void {
  const chunk = manifest[name];
  if (!chunk) throw new Error(`dist 中没有 ${name}，请先构建。`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const next of chunk.imports ?? []) add(next);
}
for (const name of FIRST) add(name);

const sizes = [...files].map((file) => ({ file, gzip: gzipSync(readFileSync(new URL(file, dist))).length }));
const total = sizes.reduce((n, s) => n + s.gzip, 0);
for (const { file, gzip } of sizes.toSorted((a, b) => b.gzip - a.gzip))
  console.log(`${String(gzip).padStart(8)}  ${file}`);
console.log(JSON.stringify({ gzipBytes: total, budget: BUDGET, files: files.size }));
process.exitCode = total > BUDGET ? 1 : 0;

#!/usr/bin/env node
/**
 * In: the name of a root script. Out: that script on the pinned Node, with everything installed and built. Called by: `npm test`, `npm run check`.
 */
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { node, prepare, root } from './prepare.mjs';

prepare();
const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
const done = spawnSync('npx', ['-y', 'pnpm@12.21.0', 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: path },
  shell: process.platform === 'win32',
});
process.exit(done.status ?? 1);

#!/usr/bin/env node
/**
 * In: a verb. Out: the product, prepared if need be, running it on the pinned Node. Called by: `npm start`, `npm run minsheng -- VERB`.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { node, prepare, root } from './prepare.mjs';

prepare();

const child = spawn(
  node,
  ['--disable-warning=ExperimentalWarning', join(root, 'server/dist/main.js'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
    cwd: process.env.INIT_CWD ?? process.cwd(),
  },
);
// Ctrl-C reaches the child from the terminal itself; other signals are passed on. Either way the child ends first.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));

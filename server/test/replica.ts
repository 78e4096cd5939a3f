/**
 * In: an environment. Out: the built product as a process of its own, as an office starts it, gone after the test. Used by: tests of replicas.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { node, root } from '../bin/prepare.mjs';
import type { Database } from '../src/platform/database/database.ts';

export interface Replica {
  process: ChildProcess;
  url: string;
  said: string;
}

export async function startReplica(env: Record<string, string>): Promise<Replica> {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, 'server/dist/main.js'), 'serve'], {
    env: { ...process.env, LOG_LEVEL: 'warn', ...env, PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const replica = { process: child, url: '', said: '' };
  child.stderr.setEncoding('utf8');
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text: string) => {
      replica.said += text;
      replica.url = /民声 {2}(http:\S+)/u.exec(replica.said)?.[1] ?? '';
      if (replica.said.includes('按 Ctrl-C')) resolve();
    });
    child.on('exit', () => reject(new Error(`the replica ended: ${replica.said}`)));
  });
  return replica;
}

export async function until(what: string, ready: () => Promise<boolean>, ms = 50_000, every = 200): Promise<void> {
  const end = performance.now() + ms;
  while (!(await ready())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** The administrator's, as the first start shows it. */
export function passwordOf(said: string): string {
  return /admin\s+一次性口令 (\S+)/u.exec(said)?.[1] ?? '';
}

export const count = async (db: Database, sql: string) => Number((await db.one<{ n: number }>(sql))?.n ?? 0);

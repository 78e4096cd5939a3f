import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { expect, it, onTestFinished } from 'vitest';
import { ingestFile } from '../../src/cli/ingest.ts';
import { open } from '../../src/open.ts';
import { testConfig } from '../database.ts';
import { startPostgres } from '../postgres.ts';

const ROWS = 12_000;

it(
  'loses nothing and stores nothing twice when PostgreSQL is restarted during an import',
  { timeout: 120_000 },
  async () => {
    const server = await startPostgres();
    const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-restart-'));
    const opened = await open(testConfig(dataDir, server.url));
    onTestFinished(async () => {
      await opened.close();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    });
    const file = join(dataDir, 'rows.ndjson');
    const rows = Array.from({ length: ROWS }, (_, i) =>
      JSON.stringify({
        platform: 'weibo',
        kind: 'comment',
        id: String(i),
        author: `u${i % 97}`,
        publishedAt: new Date(Date.now() - i * 60_000).toISOString(),
        text: `望江路停水第 ${i} 天`,
      }),
    );
    writeFileSync(file, rows.join('\n'));
    const { db } = opened.core;
    const stored = async () => (await db.one<{ n: number }>('SELECT count(*) AS n FROM posts'))?.n ?? 0;
    // With the first lot committed and the others on their way.
    let restarted: Promise<void> | undefined;
    const restart = async () => {
      await server.halt();
      await new Promise((resolve) => setTimeout(resolve, 500));
      await server.start();
    };
    const importing = ingestFile(opened, file, () => {
      restarted ??= restart();
    });
    const report = await importing;
    expect(restarted).toBeDefined();
    await restarted;
    expect(report.read).toBe(ROWS);
    expect(report.stored + report.duplicate).toBe(ROWS);
    expect(await stored()).toBe(ROWS);
    expect(await db.all('SELECT count(*) AS n FROM post_changes')).toEqual([{ n: ROWS }]);
    expect(await db.all('SELECT count(*) AS n FROM search_words')).toEqual([{ n: ROWS }]);
    expect(await db.all('SELECT sum(posts) AS n FROM rollup_days')).toEqual([{ n: ROWS }]);
  },
);

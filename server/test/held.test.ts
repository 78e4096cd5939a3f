import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { expect, it, onTestFinished } from 'vitest';
import { open } from '../src/open.ts';
import { testConfig } from './database.ts';

it('says in one sentence that another process holds the data directory: SQLite has one writer', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-held-'));
  const opened = await open(testConfig(dataDir, undefined));
  onTestFinished(async () => {
    await opened.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  await expect(open(testConfig(dataDir, undefined))).rejects.toThrow(/正被另一个进程/u);
});

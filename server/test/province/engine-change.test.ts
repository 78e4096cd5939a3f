import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { expect, inject, it, onTestFinished } from 'vitest';
import { open, type Opened } from '../../src/open.ts';
import { readConfig, type Config } from '../../src/platform/config.ts';
import { testConfig, testDatabaseUrl } from '../database.ts';
import { newIndex } from '../elasticsearch/open.ts';
import { engineChangeContract } from '../engine-change.contract.ts';

engineChangeContract('PostgreSQL');

it('a replica that was left with the other engine stores nothing, so that no post is missing from the index that is searched', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-mixed-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const embedded = testConfig(dataDir, await testDatabaseUrl());
  const { elasticsearch } = readConfig({ ELASTICSEARCH_INDEX: newIndex() });
  const clustered = { ...embedded, elasticsearchUrl: inject('elasticsearch'), elasticsearch };
  const start = async (config: Config) => {
    const opened = await open(config);
    onTestFinished(() => opened.close());
    return opened;
  };
  const store = ({ core }: Opened, id: string) => {
    const [at, publishedAt] = ['1', new Date().toISOString()];
    const item = { platform: 'weibo', kind: 'comment', id, author: 'u', publishedAt, text: `望江路停水 ${id}` };
    return core.pipeline.accept({ arrivals: [{ at, item }], sourceId: null });
  };
  const old = await start(embedded);
  await store(old, '1');
  const changed = await start(clustered);
  await expect(store(old, '2')).rejects.toThrow('检索已改用Elasticsearch，这台服务仍在用内置检索，没有写入');
  await store(changed, '2');
  expect(await changed.core.engine.settle()).toMatchObject({ documents: 2, behind: 0 });
  // And the other way.
  const back = await start(embedded);
  await expect(store(changed, '3')).rejects.toThrow('检索已改用内置检索，这台服务仍在用Elasticsearch，没有写入');
  await store(back, '3');
  expect(await back.core.engine.settle()).toMatchObject({ documents: 3, behind: 0, problem: null });
});

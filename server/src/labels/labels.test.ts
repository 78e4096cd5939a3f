import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../enrich/linear-model.ts';
import { modelPath } from '../enrich/model-files.ts';
import { readConfig } from '../platform/config.ts';
import { Database } from '../platform/database/database.ts';
import { ModelStore } from './model-store.ts';
import { OwnLabels } from './own-labels.ts';

let directory: string;
let db: Database;
const ID = 1_790_000_000_000_000;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'minsheng-labels-'));
  db = await Database.open({ ...readConfig({}), dataDir: directory });
  await db.write(async (tx) => {
    const post = (n: number, text: string, state = 'live', account: number | null = null) =>
      tx.run(
        `INSERT INTO posts (id, platform, kind, native_id, published_at, fetched_at, text, state, account_id)
         VALUES (?, 'weibo', 'comment', ?, ?, ?, ?, ?, ?)`,
        [ID + n, String(n), ID / 1e6, ID / 1e6, text, state, account],
      );
    for (let n = 1; n <= 9; n++) await post(n, `第 ${n} 条`);
    await post(10, '［已按保存期限清除］', 'expired');
    await post(11, '官方通报', 'live', 1);
    await post(12, '演示城市的帖文');
    await tx.run(
      `INSERT INTO sources (id, kind, name, settings, schedule, demo, created_at) VALUES (1, 'weibo', '演示', '{}', '{}', 1, 0)`,
    );
    await tx.run('UPDATE posts SET source_id = 1 WHERE id = ?', [ID + 12]);
    for (const n of [1, 10, 12]) {
      await tx.run(
        'INSERT INTO sentiment_labels (post_id, label, was, confidence, at, user_id) VALUES (?, -1, 1, 0.6, 0, 1)',
        [ID + n],
      );
    }
    await tx.run(
      `INSERT INTO claims (id, statement, features, first_seen, last_seen, verdict, dismissed) VALUES
       (1, 'a', '[]', 0, 0, 'false', NULL), (2, 'b', '[]', 0, 0, 'pending', '闲聊'), (3, 'c', '[]', 0, 0, 'pending', NULL)`,
      [],
    );
    for (const [claim, n] of [
      ...[12, 1, 2, 3, 4, 5, 6, 11].map((n) => [1, n] as const),
      [2, 7] as const,
      [3, 8] as const,
    ]) {
      await tx.run(`INSERT INTO claim_posts (claim_id, post_id, stance) VALUES (?, ?, 'spreading')`, [claim, ID + n]);
    }
  });
});

afterAll(async () => {
  await db.close();
  rmSync(directory, { recursive: true, force: true });
});

describe('own labels', () => {
  it('are corrections whose texts are still kept, none of the demo city', async () => {
    expect(await new OwnLabels(db).of('sentiment')).toEqual([
      { id: String(ID + 1), text: '第 1 条', label: 'negative', publishedAt: expect.any(String) as string },
    ]);
  });

  it('are decided claims, a few of the public’s posts each; what waits is no label', async () => {
    const labels = await new OwnLabels(db).of('rumor');
    expect(labels.map(({ text, label }) => [text, label])).toEqual([
      ...[1, 2, 3, 4, 5].map((n) => [`第 ${n} 条`, 'rumor']),
      ['第 7 条', 'nonrumor'],
    ]);
    expect(await new OwnLabels(db).count('rumor')).toBe(6);
    expect(await new OwnLabels(db).count('routing')).toBe(0);
  });
});

describe('model versions', () => {
  it('are switched and switched back, and a damaged one is never put to use', () => {
    const store = new ModelStore(directory);
    expect(store.active('sentiment')).toBe('shipped');
    const id = store.newId('sentiment', Date.parse('2026-11-25T08:10:00+08:00'));
    expect(id).toBe('sentiment-20261125-081000');
    mkdirSync(store.versionsDirectory, { recursive: true });
    const model = loadModel(modelPath('sentiment.model'));
    saveModel(store.pathOf('sentiment', id), {
      ...model,
      meta: { id, rows: 40, macroF1: 0.8, startedFrom: 'shipped' },
    });
    store.use('sentiment', id);
    expect(store.versions('sentiment')).toMatchObject([
      { id: 'shipped', madeAt: null, active: false },
      {
        id,
        madeAt: '2026-11-25T08:10:00+08:00',
        figure: '在随附模型上续训，40 条标注，五折 macro-F1 0.800',
        active: true,
      },
    ]);
    const damaged = store.newId('sentiment', Date.parse('2026-11-25T09:00:00+08:00'));
    writeFileSync(store.pathOf('sentiment', damaged), 'nonsense');
    expect(() => store.use('sentiment', damaged)).toThrow('损坏');
    expect(store.active('sentiment')).toBe(id);
    expect(() => store.use('sentiment', 'rumor-20261125-081000')).toThrow();
    store.use('sentiment', 'shipped');
    expect(store.active('sentiment')).toBe('shipped');
    expect(existsSync(store.pathOf('sentiment', id))).toBe(true);
  });
});

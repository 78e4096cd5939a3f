import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEnricher, type Enricher } from './enricher.ts';
import { runEval } from './evaluate.ts';
import { loadModel } from './linear-model.ts';
import { runTrain } from './train.ts';

let enricher: Enricher;
let directory: string;
let file: string;

beforeAll(() => {
  enricher = createEnricher({ segmenter: '@node-rs/jieba' });
  directory = mkdtempSync(join(tmpdir(), 'minsheng-train-'));
  file = join(directory, 'labels.ndjson');
  const rows: string[] = [];
  for (let i = 0; i < 40; i++) {
    rows.push(JSON.stringify({ text: `${i} 号路灯不亮，路面坑洼，请城管处理\u2028谢谢`, label: '城市管理' }));
    rows.push(JSON.stringify({ text: `${i} 班的孩子没有学位，学校食堂也不好`, label: '教育' }));
  }
  rows.push(JSON.stringify({ text: '没有标注的一行' }));
  writeFileSync(file, rows.join('\n') + '\n');
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('train', () => {
  it('learns an office’s own departments, the same model every time, and enrich uses it', async () => {
    const first = await runTrain('routing', { files: [file], out: join(directory, 'a'), enricher });
    const second = await runTrain('routing', { files: [file], out: join(directory, 'b'), enricher });
    expect(first.rows).toBe(80);
    expect(first.ignored).toBe(1);
    expect(first.crossValidation.accuracy).toBeGreaterThan(0.9);
    expect(readFileSync(first.model).equals(readFileSync(second.model))).toBe(true);
    const own = createEnricher({ segmenter: '@node-rs/jieba', models: join(directory, 'a') });
    const { department } = own.enrich('门口的路灯坏了，请城管来修', { official: false, kind: 'message' });
    expect(department?.[0]?.id).toBe('城市管理');
    const report = await runEval('routing', { file, enricher: own });
    expect(report.rows).toBe(80);
    expect(report.accuracy).toBe(1);
  });

  it('goes on from a model with a few labels and without the data it was taught with', async () => {
    const few = join(directory, 'corrections.ndjson');
    const rows = Array.from({ length: 30 }, (_, i) => ({
      text: i % 2 === 0 ? `无人机 ${i} 扰民，城管怎么不管` : `${i} 班的无人机课停了`,
      label: i % 2 === 0 ? '城市管理' : '教育',
    }));
    writeFileSync(few, rows.map((row) => JSON.stringify(row)).join('\n'));
    const base = loadModel(join(directory, 'a', 'routing.model'));
    const options = { files: [few], out: join(directory, 'c'), enricher, base, startedFrom: 'a', id: 'routing-x' };
    const report = await runTrain('routing', options);
    expect(report.before?.accuracy).toBeLessThanOrEqual(report.crossValidation.accuracy);
    const taught = loadModel(report.model);
    expect(taught.meta).toMatchObject({ id: 'routing-x', startedFrom: 'a', rows: 30 });
    // What the first model knew is still known.
    writeFileSync(join(directory, 'c', 'routing.model'), readFileSync(report.model));
    const own = createEnricher({ segmenter: '@node-rs/jieba', models: join(directory, 'c') });
    const { department } = own.enrich('3 号路灯不亮，路面坑洼', { official: false, kind: 'message' });
    expect(department?.[0]?.id).toBe('城市管理');
    const strange = join(directory, 'strange.ndjson');
    writeFileSync(strange, JSON.stringify({ text: '水管破裂', label: '水务' }));
    await expect(runTrain('routing', { ...options, files: [strange] })).rejects.toThrow('水务');
  });

  it('joins labels that are kept apart from their texts, and learns only from those that are not kept for testing', async () => {
    const texts = join(directory, 'texts.ndjson');
    const labels = join(directory, 'labels.ndjson');
    const label = (i: number) => (i % 2 === 0 ? '教育' : '城市管理');
    const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
    const ids = Array.from({ length: 44 }, (_, i) => i);
    writeFileSync(
      texts,
      lines(
        ids.map((i) => ({ id: `t${i}`, text: i % 2 === 0 ? `${i} 年级的课停了` : `${i} 号路灯不亮`, label: '别的' })),
      ),
    );
    writeFileSync(
      labels,
      lines(ids.map((i) => ({ id: `t${i}`, label: label(i), split: i < 4 ? 'test' : 'train', weight: 2 }))),
    );
    const out = join(directory, 'joined');
    const report = await runTrain('routing', { files: [texts], labels, out, enricher });
    expect(report).toMatchObject({ rows: 40, ignored: 4, labels: { 教育: 20, 城市管理: 20 } });
    const own = createEnricher({ segmenter: '@node-rs/jieba', models: out });
    const measured = await runEval('routing', { file: texts, labels, enricher: own });
    expect(measured['testSplit']).toMatchObject({ rows: 4, accuracy: 1 });
  });

  it('works on with the shipped model when the office’s own cannot be read', () => {
    const broken = join(directory, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'sentiment.model'), 'MINSHENG-LINEAR-1\n{}\n');
    const own = createEnricher({ segmenter: '@node-rs/jieba', models: broken });
    expect(own.enrich('太感谢了，点赞！', { official: false, kind: 'comment' }).sentiment).toBe('positive');
  });

  it('refuses too few labels and says what to do', async () => {
    const few = join(directory, 'few.ndjson');
    writeFileSync(few, '{"text":"一","label":"positive"}\n');
    await expect(runTrain('sentiment', { files: [few], out: directory, enricher })).rejects.toThrow('标注不足');
  });

  it('names the malformed line', async () => {
    const bad = join(directory, 'bad.ndjson');
    writeFileSync(bad, '{"text":"一","label":"positive"}\n{oops\n');
    await expect(runEval('sentiment', { file: bad, enricher })).rejects.toThrow('第 2 行');
  });

  it('refuses a truncated model file', async () => {
    const cut = join(directory, 'cut.model');
    writeFileSync(cut, readFileSync(join(directory, 'a', 'routing.model')).subarray(0, -10));
    expect(() => loadModel(cut)).toThrow('不完整');
  });
});

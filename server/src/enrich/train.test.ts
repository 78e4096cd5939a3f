import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    writeFileSync(cut, readFileSync(join(directory, 'a', 'routing.model')).subarray(0, 5000));
    expect(() => loadModel(cut)).toThrow('不完整');
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { evaluateClaims } from './evaluate-claims.ts';

it('tells labelled texts among a stream and counts which of them the claims desk lists', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'minsheng-eval-claims-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const lines = (rows: object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
  const [file, into] = [join(directory, 'told.ndjson'), join(directory, 'stream.ndjson')];
  writeFileSync(
    file,
    lines([
      { text: '紧急扩散！听说青石水库大坝裂了，已经淹死多人，官方压着不报，下游的赶紧跑，转给家人', label: 'rumor' },
      { text: '今天的晚霞太美了，和朋友在江边拍了好多照片，晚上一起去吃火锅', label: 'nonrumor' },
    ]),
  );
  writeFileSync(
    into,
    lines(
      Array.from({ length: 20 }, (_, i) => ({
        platform: 'weibo',
        kind: 'comment',
        id: `s${i}`,
        author: `u${i}`,
        publishedAt: `2026-11-2${Math.floor(i / 10)}T0${i % 10}:00:00+08:00`,
        text: `第 ${i} 天坚持跑步，天气不错`,
      })),
    ),
  );
  const report = await evaluateClaims({ file, into, copies: 8 });
  expect(report).toMatchObject({ rows: 2, stream: 20, rumors: 1, recall: 1, others: 1, falseShare: 0, fromStream: 0 });
  // Seven of the eight tell it in other words: cut, marked, forwarded.
  expect(report.edited).toEqual({ recall: 1, falseShare: 0, fromStream: 0 });
});

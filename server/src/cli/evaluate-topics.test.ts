/** The detector as production runs it, on a file whose groups are known. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluateTopics } from './evaluate-topics.ts';

const dir = mkdtempSync(join(tmpdir(), 'minsheng-topics-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const LETTERS = [
  [
    'plant',
    '2026/3/1 9:05:00',
    '泉塘小区旁建搅拌站噪音扰民',
    '泉塘小区北门新建的混凝土搅拌站夜间施工，噪音粉尘严重。',
    12,
  ],
  [
    'plant',
    '2026-03-09 20:11:00',
    '投诉泉塘小区附近搅拌站粉尘污染',
    '搅拌站离泉塘小区不到百米，粉尘飘进家里，请环保局查处。',
    30,
  ],
  ['plant', '2026-03-20 07:40:00', '请关停泉塘小区搅拌站', '搅拌站罐车整夜进出泉塘小区门口，老人孩子睡不着。', 9],
  [
    'plant',
    '2026-04-15 22:00:00',
    '泉塘小区搅拌站又开工了',
    '整改没几天，泉塘小区旁的搅拌站夜里又开工，噪音比以前还大。',
    15,
  ],
  ['parking', '2026-03-02 10:00:00', '柳岸华府捆绑销售车位', '柳岸华府开发商要求买房必须买车位，捆绑销售合法吗？', 5],
  [
    'parking',
    '2026-03-05 11:30:00',
    '反映柳岸华府强制购买车位',
    '不买车位不给选房，柳岸华府捆绑销售车位，请住建局处理。',
    3,
  ],
  ['parking', '2026-03-12 15:20:00', '柳岸华府车位捆绑销售何时解决', '柳岸华府车位十八万一个，不买不让签购房合同。', 2],
  ['bus', '2026-03-03 08:00:00', '石桥镇到县城的公交能否加一班', '石桥镇末班公交五点半就收车，上班的人赶不上。', 0],
  [
    'plant-elsewhere',
    '2026-03-15 08:00:00',
    '青山新村的垃圾站臭味扰民',
    '青山新村门口垃圾站夏天臭味难闻，希望搬走。',
    1,
  ],
] as const;

describe('eval topics', () => {
  it('runs the shipped detector, scores it, and names the hottest with places, dates and counts', async () => {
    const file = join(dir, 'letters.ndjson');
    const rows = LETTERS.map(([label, publishedAt, title, text, likes]) => ({
      label,
      publishedAt,
      title,
      text,
      likes,
      dislikes: 0,
    }));
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
    const report = await evaluateTopics({ file });
    expect(report).toMatchObject({ task: 'topics', rows: 9, labelled: 9, rejected: 0 });
    expect(report.bcubed?.f1).toBeGreaterThan(0.9);
    const [first, second] = report.hottest;
    expect(first).toMatchObject({ posts: 4, votes: 66 });
    expect(first?.title).toContain('泉塘小区');
    expect(first?.title).toContain('搅拌站');
    expect(first?.places[0]).toContain('泉塘小区');
    expect(first?.firstSeenAt.slice(0, 10)).toBe('2026-03-01');
    expect(second?.title).toContain('柳岸华府');
  }, 60_000);

  it('joins labels kept apart from their texts by id, and tells what nothing was tuned on from the rest', async () => {
    const file = join(dir, 'unlabelled.ndjson');
    const labels = join(dir, 'labels.ndjson');
    const rows = LETTERS.map(([, publishedAt, title, text], i) => ({ id: `letter-${i}`, publishedAt, title, text }));
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
    const given = LETTERS.map(([label], i) => ({
      id: `letter-${i}`,
      label,
      ...(label === 'plant' ? { split: 'test' } : {}),
    }));
    writeFileSync(labels, given.map((row) => JSON.stringify(row)).join('\n'));
    const told: { kind: string; name: string; parts: Record<string, string[]> }[] = [];
    const report = await evaluateTopics({ file, labels, onError: (row) => told.push(row) });
    expect(report).toMatchObject({ labelled: 9, splits: { test: { labelled: 4 }, tuned: { labelled: 5 } } });
    expect(report.known).toEqual({ events: 2, recallAt10: 1, recallAt20: 1, recallAt50: 1 });
    expect(told).toEqual([]);
  }, 60_000);

  it('prints only the list for files without labels, and counts what it cannot read', async () => {
    const file = join(dir, 'plain.ndjson');
    writeFileSync(
      file,
      `${JSON.stringify({ publishedAt: 1_772_000_000, text: '青龙水库大坝出现裂缝，下游请注意' })}\n{"text":"没有日期"}\n`,
    );
    const report = await evaluateTopics({ file });
    expect(report).toMatchObject({ rows: 1, labelled: 0, rejected: 1 });
    expect(report.bcubed).toBeUndefined();
  }, 60_000);
});

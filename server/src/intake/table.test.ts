import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { guessMapping, itemOf } from './mapping.ts';
import { readTable, tableTime, type Table, type TableRow } from './table.ts';

async function rowsOf(table: Table): Promise<TableRow[]> {
  const rows: TableRow[] = [];
  for await (const row of table.rows()) rows.push(row);
  return rows;
}

/** 「编号,内容」「1,路灯不亮」 in GBK, as Excel on Chinese Windows saves it. */
const GBK = Buffer.from('b1e0bac52cc4dac8dd0d0a312cc2b7b5c6b2bbc1c10d0a', 'hex');

describe('a table that somebody exported', () => {
  it('is read in GBK, UTF-8 and UTF-16 without being told', async () => {
    const gbk = await readTable(GBK, 'a.csv');
    expect(gbk).toMatchObject({ encoding: 'GB18030（GBK）', columns: ['编号', '内容'], total: 1 });
    expect(await rowsOf(gbk)).toMatchObject([{ cells: ['1', '路灯不亮'] }]);
    const text = '编号\t内容\n1\t路灯不亮\n';
    for (const bytes of [Buffer.from(`\ufeff${text}`), Buffer.from(`\ufeff${text}`, 'utf16le')])
      expect(await rowsOf(await readTable(bytes, 'a.csv'))).toMatchObject([{ cells: ['1', '路灯不亮'] }]);
  });

  it('keeps quoted commas and line breaks, and says in words what it cannot read', async () => {
    const table = await readTable(Buffer.from('编号,内容\n1,"路灯不亮，\n已三天, 请修"\n'), 'a.csv');
    expect((await rowsOf(table))[0]?.cells).toEqual(['1', '路灯不亮，\n已三天, 请修']);
    await expect(readTable(Buffer.alloc(0), 'a.csv')).rejects.toThrow(/文件是空的/u);
    await expect(readTable(Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'a.xls')).rejects.toThrow(/旧版 Excel/u);
    await expect(readTable(Buffer.from('PK\u0003\u0004 not a workbook'), 'a.xlsx')).rejects.toThrow(/Excel/u);
  });

  it('reads NDJSON by name or by its first character, a broken line as an empty row', async () => {
    const table = await readTable(
      Buffer.from('{"id":"1","text":"路灯"}\n{broken\n{"text":"井盖","likes":3}\n'),
      'a.ndjson',
    );
    expect(table).toMatchObject({ format: 'ndjson', columns: ['id', 'text', 'likes'] });
    const read = async () => (await rowsOf(table)).map((r) => r.cells);
    expect(await read()).toEqual([['1', '路灯'], [], ['', '井盖', '3']]);
    expect(await read()).toEqual(await read());
  });

  it.each([
    ['UTF-8 with a mark', (text: string) => Buffer.from(`\ufeff${text}`)],
    ['UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    // Two bytes per character as on Chinese Windows: 「路」 is c2b7 there.
    [
      'GBK',
      (text: string) =>
        Buffer.from(text.replaceAll('路', '\u00c2\u00b7').replaceAll('编号', '\u00b1\u00e0\u00ba\u00c5'), 'latin1'),
    ],
  ])('of 100,000 rows in %s, with line breaks in quotes, is read row by row and never held', async (_, encode) => {
    const count = 100_000;
    const body = Array.from({ length: count }, (_, i) => `${i},"路\n, ""${i}"" 路${'x'.repeat(40)}"`).join('\r\n');
    const bytes = encode(`编号,路\r\n${body}\r\n`);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = held();
    const table = await readTable(bytes, 'a.csv');
    expect(table).toMatchObject({ total: count, columns: ['编号', '路'] });
    let most = held();
    let read = 0;
    for await (const { cells } of table.rows()) {
      if (read % 9973 === 0) {
        most = Math.max(most, held());
        expect(cells).toEqual([String(read), `路\n, "${read}" 路${'x'.repeat(40)}`]);
      }
      read++;
    }
    expect(read).toBe(count);
    expect((most - before) / 1024 / 1024).toBeLessThan(4);
  });

  it.each([
    ['a.csv', '编号,内容\n', (i: number) => `${i},路灯不亮\n`],
    ['a.ndjson', '', (i: number) => `{"id":"${i}","text":"路灯不亮"}\n`],
  ])('leaves this thread free to answer while %s is read', async (name, head, line) => {
    const bytes = Buffer.from(head + Array.from({ length: 150_000 }, (_, i) => line(i)).join(''));
    let answered = 0;
    const timer = setInterval(() => answered++, 5);
    expect(await readTable(bytes, name)).toMatchObject({ total: 150_000 });
    clearInterval(timer);
    expect(answered).toBeGreaterThan(5);
  });

  it('with a quotation that never ends, or with too many rows, is refused in words', async () => {
    const open = Buffer.from(`编号,内容\n1,"路灯不亮\n${'2,井盖丢失\n'.repeat(200_000)}`);
    await expect(readTable(open, 'a.csv')).rejects.toThrow(/引号没有成对/u);
    const many = Buffer.from(`编号\n${'1\n'.repeat(200_001)}`);
    await expect(readTable(many, 'a.csv')).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('200000 行') as string,
    });
  });

  it('never throws anything but words, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom('a.csv', 'a.ndjson', 'a.xlsx'),
        async (bytes, name) => {
          try {
            await readTable(Buffer.from(bytes), name);
          } catch (error) {
            expect(error).toMatchObject({ name: 'UserError' });
          }
        },
      ),
    );
  });

  it('reads the times that offices write', () => {
    for (const [given, read] of [
      ['2026年11月4日 8时5分', '2026-11-04T08:05:00+08:00'],
      ['2026/11/4', '2026-11-04T00:00:00+08:00'],
      ['2026.11.04 18:05:09', '2026-11-04T18:05:09+08:00'],
      ['46330.5', '2026-11-04T04:00:00.000Z'],
      ['昨天', '昨天'],
    ] as const)
      expect(tableTime(given)).toBe(read);
  });
});

describe('which column is what', () => {
  it('is guessed from the heads of common exports', () => {
    expect(guessMapping(['工单编号', '来电人', '来电时间', '诉求标题', '诉求内容', '评论数'])).toEqual({
      kind: 'message',
      columns: { id: 0, author: 1, publishedAt: 2, title: 3, text: 4, comments: 5 },
    });
    expect(guessMapping(['发布单位', '发布时间', '正文', '阅读量']).columns).toEqual({
      account: 0,
      publishedAt: 1,
      text: 2,
      reads: 3,
    });
  });

  it('gives a row without an id the same id every time, and another row another', () => {
    const mapping = { kind: 'message' as const, columns: { text: 0, publishedAt: 1, likes: 2 } };
    const row = { line: 2, cells: ['路灯不亮', '2026-11-04', '1.2万'] };
    const item = itemOf(row, mapping, 'hotline');
    expect(item).toMatchObject({ platform: 'hotline', text: '路灯不亮', likes: 12_000 });
    expect(itemOf({ ...row, line: 9 }, mapping, 'hotline')['id']).toBe(item['id']);
    expect(itemOf({ line: 2, cells: ['井盖丢失', '2026-11-04', ''] }, mapping, 'hotline')['id']).not.toBe(item['id']);
  });
});

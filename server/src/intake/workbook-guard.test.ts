/**
 * Workbooks as Excel writes them are read; archives that were made to fill the memory are refused before they do, in words.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { node } from '../../bin/prepare.mjs';
import { readTable } from './table.ts';
import { workbookHead } from './workbook.ts';

const MB = 1024 * 1024;

interface Part {
  name: string;
  body: Buffer | string;
  /** What the archive says of its size. */
  says?: number;
  /** In the archive, but not in its directory. */
  hidden?: true;
  /** In the directory, with the bytes of another part. */
  as?: string;
}

/** An archive as the format describes it, and as liars write it. */
function zip(parts: readonly Part[], wide = false): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  const places = new Map<string, { offset: number; packed: Buffer; raw: Buffer }>();
  let offset = 0;
  for (const part of parts) {
    const raw = Buffer.from(part.body);
    const known = part.as === undefined ? undefined : places.get(part.as);
    const packed = known?.packed ?? deflateRawSync(raw);
    const name = Buffer.from(part.name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(raw), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(part.says ?? (known?.raw ?? raw).length, 18);
    fields.writeUInt16LE(name.length, 22);
    if (known === undefined) {
      files.push(Buffer.from('504b0304', 'hex'), fields, name, packed);
      places.set(part.name, { offset, packed, raw });
    }
    if (part.hidden !== true) {
      const rest = Buffer.alloc(14);
      rest.writeUInt32LE(known?.offset ?? offset, 10);
      const listed = Buffer.from(fields);
      const extra = Buffer.alloc(wide ? 20 : 0);
      if (wide) {
        extra.writeUInt16LE(1, 0);
        extra.writeUInt16LE(16, 2);
        extra.writeBigUInt64LE(BigInt(listed.readUInt32LE(18)), 4);
        extra.writeBigUInt64LE(BigInt(listed.readUInt32LE(14)), 12);
        listed.fill(0xff, 14, 22);
        listed.writeUInt16LE(extra.length, 24);
      }
      directory.push(Buffer.from('504b01021400', 'hex'), listed, rest, name, extra);
    }
    if (known === undefined) offset += 30 + name.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32BE(0x504b0506, 0);
  const count = parts.filter((p) => p.hidden !== true).length;
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, listed, end]);
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships';

/** The parts of a workbook with one sheet. */
function workbook(sheet: Buffer | string, strings = '<si><t>编号</t></si><si><t>内容</t></si>'): Part[] {
  return [
    {
      name: '[Content_Types].xml',
      body: '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    },
    {
      name: '_rels/.rels',
      body: `<Relationships xmlns="${PACKAGE}"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    },
    {
      name: 'xl/workbook.xml',
      body: `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="清单" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      body: `<Relationships xmlns="${PACKAGE}"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
    },
    { name: 'xl/sharedStrings.xml', body: `<sst xmlns="${MAIN}">${strings}</sst>` },
    { name: 'xl/worksheets/sheet1.xml', body: sheet },
  ];
}

const sheetOf = (rows: string) => `<worksheet xmlns="${MAIN}"><sheetData>${rows}</sheetData></worksheet>`;
const HEAD = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>';
const line = (n: number) =>
  `<row r="${n}"><c r="A${n}"><v>${n}</v></c><c r="B${n}" t="inlineStr"><is><t>第 ${n} 号路灯不亮</t></is></c></row>`;
const refused = (bytes: Buffer) =>
  readTable(bytes, 'a.xlsx').then(
    () => 'read',
    (error: unknown) => error as { code: string; message: string; todo: string },
  );

describe('a workbook', () => {
  it('is read as Excel writes it', async () => {
    const table = await readTable(zip(workbook(sheetOf(HEAD + [2, 3, 4].map(line).join('')))), 'a.xlsx');
    // Java's export libraries write the sizes in the wide fields of the format, whether they need them or not.
    expect(await readTable(zip(workbook(sheetOf(HEAD + line(2))), true), 'a.xlsx')).toMatchObject({ total: 1 });
    expect(table).toMatchObject({ format: 'xlsx', columns: ['编号', '内容'], total: 3 });
    let last;
    for await (const row of table.rows()) last = row;
    expect(last).toEqual({ line: 4, cells: ['4', '第 4 号路灯不亮'] });
  });

  it('leaves this thread free to answer while it is read', async () => {
    const bytes = zip(workbook(sheetOf(HEAD + Array.from({ length: 60_000 }, (_, i) => line(i + 2)).join(''))));
    let answered = 0;
    const timer = setInterval(() => answered++, 10);
    const { total } = await workbookHead(bytes);
    clearInterval(timer);
    expect(total).toBe(60_000);
    expect(answered).toBeGreaterThan(20);
  });

  const zeros = (size: number) => Buffer.alloc(size, ' ');
  const bombs: [string, () => Buffer, RegExp][] = [
    ['that holds more than it may, and says so', () => zip(workbook(zeros(300 * MB))), /解压后有 301 MB，最多 256 MB/u],
    [
      'that holds more than it says',
      () =>
        zip(
          workbook(sheetOf(HEAD)).map((p) =>
            p.name.endsWith('sheet1.xml') ? { ...p, body: zeros(300 * MB), says: 100 } : p,
          ),
        ),
      /解压后超过 256 MB/u,
    ],
    [
      'whose picture is the bomb',
      () => zip([...workbook(sheetOf(HEAD)), { name: 'xl/media/image1.png', body: zeros(300 * MB), says: 9 }]),
      /解压后超过 256 MB/u,
    ],
    [
      'of thousands of parts',
      () =>
        zip([...workbook(sheetOf(HEAD)), ...Array.from({ length: 2500 }, (_, i) => ({ name: `x${i}.xml`, body: '' }))]),
      /2506 个部件，最多 2000 个/u,
    ],
    [
      'with millions of shared texts',
      () => zip(workbook(sheetOf(HEAD), '<si><t/></si>'.repeat(2_000_001))),
      /超过 2000000 段共享文字/u,
    ],
    [
      'with a cell at the end of the world',
      () => zip(workbook(sheetOf(`${HEAD}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>`))),
      /超过 200000 行/u,
    ],
    [
      'with too many columns',
      () => zip(workbook(sheetOf(`${HEAD}<row r="2"><c r="XFD2"><v>1</v></c></row>`))),
      /超过 200 列/u,
    ],
    [
      'that says one long text in every row',
      () =>
        zip(
          workbook(
            sheetOf(
              HEAD +
                Array.from(
                  { length: 30_000 },
                  (_, i) => `<row r="${i + 2}"><c r="B${i + 2}" t="s"><v>2</v></c></row>`,
                ).join(''),
            ),
            `<si><t>编号</t></si><si><t>内容</t></si><si><t>${'长'.repeat(30_000)}</t></si>`,
          ),
        ),
      /展开后有 900000000 个字/u,
    ],
  ];

  it.each(bombs)('%s is refused with the limit and what to do', async (_, make, said) => {
    const bytes = make();
    expect(bytes.length).toBeLessThan(2 * MB);
    const error = await refused(bytes);
    expect(error).toMatchObject({ code: 'too-large', todo: expect.stringMatching(/另存|拆成/u) as string });
    expect(error).toMatchObject({ message: expect.stringMatching(said) as string });
    expect(error).toMatchObject({ message: expect.stringContaining('没有导入') as string });
  });

  it.each([
    [
      'parts that its directory does not list',
      zip([{ name: 'xl/evil.xml', body: 'x', hidden: true }, ...workbook(sheetOf(HEAD))]),
    ],
    [
      'a part that is listed twice',
      zip([...workbook(sheetOf(HEAD)), { name: 'xl/two.xml', body: '', as: 'xl/sharedStrings.xml' }]),
    ],
    ['half of it', zip(workbook(sheetOf(HEAD))).subarray(0, 600)],
    ['no directory', Buffer.from('PK\u0003\u0004 not a workbook')],
  ])('with %s is no workbook', async (_, bytes) => {
    expect(await refused(bytes)).toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('Excel') as string,
    });
  });

  it('never takes more memory than a small one, whatever it unpacks to', { timeout: 120_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'minsheng-bomb-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'bomb.xlsx');
    const bomb = workbook(sheetOf(HEAD)).map((p) =>
      p.name.endsWith('sheet1.xml') ? { ...p, body: zeros(1024 * MB), says: 100 } : p,
    );
    writeFileSync(file, zip(bomb));
    // A process of its own: what this one took before does not count.
    const code = `
      import { readFileSync } from 'node:fs';
      const { guardWorkbook } = await import(${JSON.stringify(new URL('workbook-guard.ts', import.meta.url).href)});
      const bytes = readFileSync(${JSON.stringify(file)});
      const before = process.memoryUsage.rss();
      let most = before;
      const watch = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()); }, 5);
      let said = '';
      await guardWorkbook(bytes, { rows: 200001, columns: 200 }).catch((error) => { said = error.message; });
      clearInterval(watch);
      most = Math.max(most, process.memoryUsage.rss());
      console.log(JSON.stringify({ said, grew: Math.round((most - before) / 1024 / 1024) }));`;
    const run = spawnSync(
      node,
      ['--conditions=source', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code],
      {
        encoding: 'utf8',
      },
    );
    const result = JSON.parse(run.stdout || JSON.stringify({ said: run.stderr, grew: Infinity })) as {
      said: string;
      grew: number;
    };
    expect(result.said).toContain('解压后超过 256 MB');
    expect(result.grew).toBeLessThan(100);
  });
});

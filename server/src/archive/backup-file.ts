/**
 * In: tables as lots of rows. Out: a backup file and back: gzipped NDJSON that either database can be restored from, with a sum per table and one over
 * everything, so that half a file is refused. Used by: backup.ts, restore.ts.
 *
 * Lines: a header · for each table `{table, columns, key}`, its rows as arrays, `{end, rows, sum}` · at last `{end: true, sha256}` over all before.
 * The key that opens sealed columns is not in it unless a passphrase seals it (scrypt, AES-256-GCM).
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { createReadStream, createWriteStream, renameSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { UserError } from '../platform/errors.ts';
import { Sum, type Shape, type Values } from './tables.ts';

const Header = z.object({
  minsheng: z.literal('backup'),
  format: z.literal(1),
  version: z.string(),
  createdAt: z.string(),
  migrations: z.array(z.string()),
  key: z.string().nullable(),
  keyMark: z.string(),
});
export type Header = z.infer<typeof Header>;

const Line = z.union([
  z.array(z.union([z.string(), z.number(), z.null()])),
  z.object({ table: z.string(), columns: z.array(z.string()), key: z.array(z.string()) }),
  z.object({ end: z.string(), rows: z.int(), sum: z.string() }),
  z.object({ end: z.literal(true), rows: z.int(), sha256: z.string() }),
]);

/** Writes beside the file and renames at the end: a file of that name is a whole one. */
export class BackupWriter {
  private readonly hash = createHash('sha256');
  private readonly zip = createGzip({ level: 6 });
  private readonly done: Promise<void>;
  private sum = new Sum();
  rows = 0;

  private constructor(private readonly file: string) {
    this.done = finished(this.zip.pipe(createWriteStream(`${file}.part`, { mode: 0o600 })));
    this.done.catch(() => undefined);
  }

  static async create(file: string, header: Omit<Header, 'minsheng' | 'format'>): Promise<BackupWriter> {
    const writer = new BackupWriter(file);
    await writer.line({ minsheng: 'backup', format: 1, ...header });
    return writer;
  }

  async table(shape: Shape, lots: AsyncIterable<{ rows: Values[] }>): Promise<number> {
    await this.line(shape);
    this.sum = new Sum();
    for await (const { rows } of lots) {
      for (const row of rows) {
        this.sum.add(row);
        await this.line(row);
      }
    }
    this.rows += this.sum.rows;
    await this.line({ end: shape.table, rows: this.sum.rows, sum: this.sum.sum });
    return this.sum.rows;
  }

  async finish(): Promise<void> {
    this.zip.end(`${JSON.stringify({ end: true, rows: this.rows, sha256: this.hash.digest('hex') })}\n`);
    await this.done;
    renameSync(`${this.file}.part`, this.file);
  }

  abandon(): void {
    this.zip.destroy();
    rmSync(`${this.file}.part`, { force: true });
  }

  private async line(value: unknown): Promise<void> {
    const text = `${JSON.stringify(value)}\n`;
    this.hash.update(text);
    if (!this.zip.write(text)) await Promise.race([once(this.zip, 'drain'), this.done]);
  }
}

function broken(why: string, cause?: unknown): UserError {
  return new UserError('invalid-input', `备份文件不完整或已损坏（${why}），没有恢复任何内容。`, {
    kept: '现有数据没有改动。',
    todo: '请换一份备份文件，或从原处重新复制后再试。',
    cause,
  });
}

export type BackupPart = { header: Header } | { begin: Shape } | { row: Values } | { end: Sum };

/** Everything in the file, in its order. @throws UserError as soon as something does not fit, at the latest at its end. */
export async function* readBackup(file: string): AsyncGenerator<BackupPart> {
  const hash = createHash('sha256');
  const source = createReadStream(file);
  const unzipped = createGunzip();
  const lines = createInterface({ input: source.pipe(unzipped), crlfDelay: Infinity });
  // A reader of lines does not say why they end.
  let failed: Error | null = null;
  for (const stream of [source, unzipped]) {
    stream.on('error', (error) => {
      failed ??= error;
      lines.close();
    });
  }
  let first = true;
  let whole = false;
  let rows = 0;
  let sum = new Sum();
  try {
    for await (const text of lines) {
      if (whole) throw broken('结尾之后还有内容');
      const json: unknown = JSON.parse(text);
      if (first) {
        const header = Header.safeParse(json);
        if (!header.success) throw broken('不是本程序的备份');
        first = false;
        hash.update(`${text}\n`);
        yield { header: header.data };
        continue;
      }
      const line = Line.parse(json);
      if (Array.isArray(line)) {
        sum.add(line);
        rows++;
        yield { row: line };
      } else if ('table' in line) {
        sum = new Sum();
        yield { begin: line };
      } else if ('sum' in line) {
        if (line.rows !== sum.rows || line.sum !== sum.sum) throw broken(`${line.end} 的校验和不符`);
        yield { end: sum };
      } else {
        if (line.rows !== rows || line.sha256 !== hash.digest('hex')) throw broken('总校验和不符');
        whole = true;
        continue;
      }
      hash.update(`${text}\n`);
    }
  } catch (error) {
    if (error instanceof UserError || (error instanceof Error && 'path' in error)) throw error;
    throw broken('内容无法读取', error);
  }
  if (failed !== null && 'path' in failed) throw failed as Error;
  if (!whole || failed !== null) throw broken('没有结尾', failed);
}

const SCRYPT = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

export function sealKey(key: Buffer, passphrase: string): string {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, SCRYPT), iv);
  const body = Buffer.concat([cipher.update(key), cipher.final()]);
  return Buffer.concat([salt, iv, cipher.getAuthTag(), body]).toString('base64url');
}

export function openKey(sealed: string, passphrase: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv(
    'aes-256-gcm',
    scryptSync(passphrase, bytes.subarray(0, 16), 32, SCRYPT),
    bytes.subarray(16, 28),
  );
  decipher.setAuthTag(bytes.subarray(28, 44));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(44)), decipher.final()]);
  } catch (cause) {
    throw new UserError('wrong-credentials', '备份口令不正确，没有恢复任何内容。', {
      kept: '现有数据没有改动。',
      todo: '请核对口令文件。',
      cause,
    });
  }
}

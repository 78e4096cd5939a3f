/**
 * In: an office's database, also while it is in use. Out: one file with everything as it was at one moment, or an office restored from it.
 * Called by: cli/archive.ts.
 */
import type { Config } from '../platform/config.ts';
import { Database } from '../platform/database/database.ts';
import { UserError } from '../platform/errors.ts';
import { Secrets } from '../platform/secrets.ts';
import { VERSION } from '../platform/version.ts';
import { IndexOwner } from '../search/index-owner.ts';
import { BackupWriter, openKey, readBackup, sealKey, type Header } from './backup-file.ts';
import {
  continueNumbers,
  lotsOf,
  requireEmpty,
  shapeOf,
  typesOf,
  writeLot,
  type Shape,
  type Values,
} from './tables.ts';

/** Signed-in browsers are not worth keeping, and nobody should be signed in again by an old file. */
const LEFT_OUT = new Set(['sessions']);
const LOT = 2000;

export interface ArchiveReport {
  tables: Record<string, number>;
  rows: number;
}

/** @param passphrase seals the key that opens credentials and reply handles into the file; null leaves the key out. */
export async function backup(
  db: Database,
  secrets: Secrets,
  file: string,
  passphrase: string | null,
): Promise<ArchiveReport> {
  const names = (await db.tables()).filter((table) => !LEFT_OUT.has(table));
  return db.snapshot(async (read) => {
    const migrations = await read<{ name: string }>('SELECT name FROM migrations ORDER BY id');
    const writer = await BackupWriter.create(file, {
      version: VERSION,
      createdAt: new Date().toISOString(),
      migrations: migrations.map((m) => m.name),
      key: passphrase === null ? null : sealKey(secrets.key32(), passphrase),
      keyMark: secrets.mark(),
    });
    const tables: Record<string, number> = {};
    try {
      for (const name of names) {
        const shape = await shapeOf(db, name);
        tables[name] = await writer.table(shape, lotsOf(read, shape));
      }
      await writer.finish();
    } catch (error) {
      writer.abandon();
      throw error;
    }
    return { tables, rows: writer.rows };
  });
}

/**
 * Restores into an empty database, whole or not at all. The schema is brought to the file's version first and to this program's afterwards, so that an
 * older backup goes through the same upgrades as an older office.
 */
export async function restore(config: Config, file: string, passphrase: string | null): Promise<ArchiveReport> {
  // The whole file is checked before anything is touched.
  let header: Header | undefined;
  for await (const part of readBackup(file)) if ('header' in part) header = part.header;
  if (header === undefined) throw new Error('a checked file without a header');
  restoreKey(config.dataDir, header, passphrase);
  const db = await Database.open(config, new Set(header.migrations));
  let report;
  try {
    await requireEmpty(db, config.databaseUrl === undefined ? '数据目录' : '目标库');
    report = await fill(db, file);
  } finally {
    await db.close();
  }
  const restored = await Database.open(config);
  await new IndexOwner(restored).forget().finally(() => restored.close());
  return report;
}

function restoreKey(dataDir: string, header: Header, passphrase: string | null): void {
  if (header.key !== null && passphrase !== null) Secrets.keep(dataDir, openKey(header.key, passphrase));
  if (Secrets.open(dataDir).mark() === header.keyMark) return;
  throw new UserError('conflict', '数据目录中的 secret.key 与这份备份的密钥不同，没有恢复任何内容。', {
    kept: '现有数据没有改动。',
    todo:
      header.key === null
        ? '这份备份不含密钥：请先把原来的 secret.key 复制到数据目录（覆盖现有的），再恢复。'
        : '请用 --passphrase-file 给出备份时的口令；数据目录中若有别的密钥，请先移走。',
  });
}

function fill(db: Database, file: string): Promise<ArchiveReport> {
  return db.write(async (tx) => {
    const known = new Set(await db.tables());
    const tables: Record<string, number> = {};
    let shape: Shape | null = null;
    let types: string[] = [];
    let lot: Values[] = [];
    const flush = async () => {
      if (shape !== null && lot.length > 0) await writeLot(tx, shape, types, lot);
      lot = [];
    };
    for await (const part of readBackup(file)) {
      if ('begin' in part) {
        shape = part.begin;
        if (!known.has(shape.table)) throw new Error(`no table ${shape.table}`);
        types = await typesOf(db, shape);
        // Migrations write some rows of their own; the file has them as the office left them.
        await tx.run(`DELETE FROM "${shape.table}"`);
      } else if ('row' in part) {
        lot.push(part.row);
        if (lot.length >= LOT) await flush();
      } else if ('end' in part && shape !== null) {
        await flush();
        tables[shape.table] = part.end.rows;
      }
    }
    await tx.run('DELETE FROM author_keys WHERE expires_at <= ?', [Date.now()]);
    await continueNumbers(tx, Object.keys(tables));
    return { tables, rows: Object.values(tables).reduce((a, b) => a + b, 0) };
  }, 'once');
}

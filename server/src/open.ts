/**
 * In: the configuration. Out: an opened product: data directory held, schema up to date, dictionary and models loaded.
 * Called by: main.ts and every verb of the command line.
 */
import { openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { wire, type Core } from './app.module.ts';
import { Demo } from './demo/demo.ts';
import { startCity } from './demo/city.ts';
import { createEnricher, type Enricher } from './enrich/enricher.ts';
import { ModelStore } from './labels/model-store.ts';
import { Clock } from './platform/clock.ts';
import { ensureDataDir, type Config } from './platform/config.ts';
import { Database } from './platform/database/database.ts';
import { UserError } from './platform/errors.ts';
import { Bus } from './platform/live/bus.ts';
import { Leases } from './platform/leases/leases.ts';
import { createLog } from './platform/logging.ts';
import { Secrets } from './platform/secrets.ts';
import { Settings } from './platform/settings/settings.ts';
import { openSearch } from './search/search-choice.ts';
import { dictionaryOf } from './system/dictionary.ts';

export interface Opened {
  core: Core;
  settings: Settings;
  close(): Promise<void>;
}

/** @param onStep told what is being done, in zh-CN, before each long step. */
export async function open(config: Config, onStep: (step: string) => void = () => undefined): Promise<Opened> {
  ensureDataDir(config);
  const release = holdAlone(config);
  try {
    onStep('打开数据库');
    const db = await Database.open(config);
    const secrets = Secrets.open(config.dataDir);
    await sameKey(db, secrets, config.dataDir);
    const log = createLog(config.logLevel);
    const settings = new Settings(db);
    const dictionary = await dictionaryOf(db);
    let made: Enricher | undefined;
    const enricher = () => (made ??= createEnricher({ dictionary, models: new ModelStore(config.dataDir).directory }));
    const leases = new Leases(db, config.leaseMs);
    const demo = new Demo(db, settings, secrets, config, log, startCity, leases);
    const bus = config.databaseUrl === undefined ? null : await Bus.open(config.databaseUrl);
    const clock = new Clock();
    const engine = await openSearch(config, { db, leases, cut: (text) => enricher().searchTokens(text), clock, log });
    const core = wire({ config, db, secrets, log, enricher, demo, leases, clock, engine }, bus);
    // The data directory is held: whoever had a lease is gone.
    if (db.dialect === 'sqlite') await core.collector.reclaim();
    return {
      core,
      settings,
      close: async () => {
        await core.collector.stop();
        await demo.stop();
        await engine.close();
        await leases.release().catch(() => undefined);
        await bus?.close();
        await db.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * What one process seals another must be able to open, so all replicas on one database need one key. On SQLite key and database lie side by side.
 * @throws UserError when this directory's key is not the one the database was begun with.
 */
async function sameKey(db: Database, secrets: Secrets, dataDir: string): Promise<void> {
  if (db.dialect === 'sqlite') return;
  const mark = JSON.stringify(secrets.mark());
  const [kept] = await db.write(async (tx) => {
    await tx.run(`INSERT INTO settings (key, value) VALUES ('keyMark', ?) ON CONFLICT (key) DO NOTHING`, [mark]);
    return tx.all<{ value: string }>(`SELECT value FROM settings WHERE key = 'keyMark'`);
  });
  if (kept?.value === mark) return;
  throw new UserError('unavailable', `数据目录 ${dataDir} 中的 secret.key 与这个数据库使用的密钥不同，没有启动。`, {
    kept: '数据没有改动。',
    todo: '请把第一台服务的 secret.key 复制到这个数据目录（覆盖刚生成的），或让各台共用一个数据目录，然后重新启动。',
  });
}

/** On PostgreSQL several processes may share a directory: it only holds the key and temporary files. */
export function holdAlone(config: Config): () => void {
  return config.databaseUrl === undefined ? hold(config.dataDir) : () => undefined;
}

/** Data directories that this process holds, and the files that say so. */
const held = new Map<string, string>();

process.once('exit', () => {
  for (const file of held.values()) rmSync(file, { force: true });
});

/** One process at a time per data directory: a file with its number, stale when that process is gone. */
function hold(dataDir: string): () => void {
  const file = join(dataDir, 'minsheng.pid');
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, String(process.pid));
      closeSync(handle);
      held.set(dataDir, file);
      return () => {
        if (held.delete(dataDir)) rmSync(file, { force: true });
      };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'EEXIST') throw error;
      const pid = Number(readFileSync(file, 'utf8'));
      // In a container every process may have had our number before us; only a directory we hold ourselves is really held by it.
      if (attempt === 0 && (!alive(pid) || (pid === process.pid && !held.has(dataDir)))) {
        rmSync(file, { force: true });
        continue;
      }
      throw new UserError('storage-busy', `数据目录 ${dataDir} 正被另一个进程（编号 ${pid}）使用，没有启动。`, {
        kept: '数据没有改动。',
        todo: '请先停止那个进程（在它的窗口按 Ctrl-C），或用 DATA_DIR 指定别的目录。',
      });
    }
  }
}

function alive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** In: an office. Out: one file of it, an office from such a file, or the office on PostgreSQL. Called by: cli.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { backup, restore } from '../archive/backup.ts';
import { move } from '../archive/move.ts';
import { holdAlone } from '../open.ts';
import { Audit } from '../platform/audit/audit.service.ts';
import { Clock } from '../platform/clock.ts';
import { ensureDataDir, readConfig, type Config } from '../platform/config.ts';
import { Database } from '../platform/database/database.ts';
import { UserError } from '../platform/errors.ts';
import { Secrets } from '../platform/secrets.ts';
import { reindex } from './operations.ts';
import { answer, parsed, required, say, type Verb } from './verb.ts';

function passphraseOf(file: string | undefined): string | null {
  if (file === undefined) return null;
  const passphrase = readFileSync(file, 'utf8').trim();
  if (passphrase.length < 12)
    throw new UserError('invalid-input', '备份口令太短，没有执行。', { todo: '请在口令文件里写至少 12 个字符。' });
  return passphrase;
}

function requireOffice(config: Config): void {
  if (config.databaseUrl !== undefined || existsSync(`${config.dataDir}/minsheng.sqlite`)) return;
  throw new UserError('not-found', `数据目录 ${config.dataDir} 里没有数据库。`, { todo: '请检查 DATA_DIR。' });
}

/** The command line's own line in the audit record. */
async function record(db: Database, action: string, detail: string): Promise<void> {
  await new Audit(db, new Clock()).record({
    userId: null,
    username: '命令行',
    action,
    target: null,
    outcome: 'ok',
    detail,
    correlationId: `cli-${process.pid}`,
  });
}

export const backupVerb: Verb = {
  usage: '文件 [--passphrase-file F]',
  summary: '备份全部数据（服务运行中也可），给出口令文件时一并封存密钥',
  async run(args) {
    const { positionals, values } = parsed(args, { 'passphrase-file': { type: 'string' } });
    const file = required(positionals[0], '备份文件名');
    const config = readConfig();
    requireOffice(config);
    const passphrase = passphraseOf(values['passphrase-file']);
    const db = await Database.open(config);
    try {
      const report = await backup(db, Secrets.open(config.dataDir), file, passphrase);
      await record(db, 'system.backup', passphrase === null ? '不含密钥' : '含密钥');
      answer({ file, key: passphrase !== null, ...report });
      if (passphrase === null)
        say('· 备份不含密钥。请另行妥善保管数据目录中的 secret.key：没有它，授权信息和联系方式无法解密。');
      return 0;
    } finally {
      await db.close();
    }
  },
};

export const restoreVerb: Verb = {
  usage: '文件 [--passphrase-file F]',
  summary: '把备份恢复到空的数据目录或空的 PostgreSQL 库，并重建索引',
  async run(args) {
    const { positionals, values } = parsed(args, { 'passphrase-file': { type: 'string' } });
    const file = required(positionals[0], '备份文件名');
    const config = readConfig();
    ensureDataDir(config);
    const release = holdAlone(config);
    const report = await restore(config, file, passphraseOf(values['passphrase-file'])).finally(release);
    say(`· 已恢复 ${report.rows} 行，正在重建索引`);
    const indexed = await reindex(config, false);
    const db = await Database.open(config);
    await record(db, 'system.restore', `${report.rows} 行`).finally(() => db.close());
    answer({ file, ...report, indexed });
    return 0;
  },
};

export const moveVerb: Verb = {
  usage: '--to postgres://…',
  summary: '把本机 SQLite 里的数据搬到 PostgreSQL，可中断续搬，逐表核对',
  async run(args) {
    const { values } = parsed(args, { to: { type: 'string' } });
    const databaseUrl = required(values.to, '参数 --to');
    const config = { ...readConfig(), databaseUrl: undefined };
    requireOffice(config);
    const release = holdAlone(config);
    const source = await Database.open(config);
    const target = await Database.open({ ...config, databaseUrl });
    let moved;
    try {
      moved = await target.alone('move', () => move(source, target, (line) => say(`· ${line}`)));
    } finally {
      await target.close();
      await source.close();
      release();
    }
    for (const { table, rows, before, from, to, equal } of moved.ledger)
      say(
        `  ${equal ? '相符' : '不符'}  ${table.padEnd(20)} ${String(rows).padStart(9)} 行  ${from}${equal ? '' : ` ≠ ${to}`}${before > 0 ? `（其中 ${before} 行由上次搬来）` : ''}`,
      );
    if (!moved.equal) {
      throw new UserError('conflict', '有的表两边不相符：搬迁期间原来的数据有改动。', {
        kept: '原来的 SQLite 数据完整保留。',
        todo: '请停掉正在使用原数据的服务，清空目标库后重新搬迁。',
      });
    }
    say('· 正在目标库重建索引');
    const indexed = await reindex({ ...config, databaseUrl }, false);
    answer({ ledger: moved.ledger, equal: true, indexed });
    say('· 搬迁完成。今后用 DATABASE_URL 启动；数据目录中的 secret.key 仍需使用，minsheng.sqlite 可留作存档。');
    return 0;
  },
};

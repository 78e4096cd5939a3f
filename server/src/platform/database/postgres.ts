/**
 * In: `DATABASE_URL`, and SQL written once for both dialects. Out: a pool whose answers look like SQLite's, SQL as PostgreSQL takes it, and
 * which failures pass by themselves. Used by: database.ts, live (a connection of its own).
 */
import pg from 'pg';
import { DataSource } from 'typeorm';
import { UserError } from '../errors.ts';
import { entities } from './entities.ts';
import type { migrations } from './migrations.ts';

/** Connections per process: reads of a dashboard, four crawls, detection, and the lease upkeep. */
const CONNECTIONS = 12;
/** Oldest server that has everything used here; identity columns, partition pruning at run time, `MERGE`-free upserts. */
const OLDEST = 14;

const INT8 = 20;
const NUMERIC = 1700;
const BOOL = 16;

/** Whole numbers fit in 2^53 and a truth is 0 or 1, as on SQLite: one SQL text, one shape of answer. */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8 || oid === NUMERIC) return Number;
    if (oid === BOOL) return (value: string) => (value === 't' ? 1 : 0);
    return pg.types.getTypeParser(oid, format as 'text');
  }) as typeof pg.types.getTypeParser,
};

/** What every connection of this product says of itself; `sslmode`, `sslrootcert` and the like are read from the URL. */
export function connectionOf(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    types,
    application_name: 'minsheng',
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  };
}

export async function openPool(url: string, wanted: typeof migrations): Promise<DataSource> {
  if (!/^postgres(?:ql)?:\/\//u.test(url)) {
    throw new UserError('invalid-input', 'DATABASE_URL 应以 postgres:// 开头。', {
      todo: '例如 DATABASE_URL=postgres://用户:口令@主机:5432/库名；不用 PostgreSQL 时请去掉该变量。',
    });
  }
  const source = new DataSource({
    type: 'postgres',
    url,
    entities,
    migrations: wanted,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    // An idle connection that the server closed is replaced at the next use; nothing is to be said about it.
    poolErrorHandler: () => undefined,
    extra: { ...connectionOf(url), max: CONNECTIONS, idle_in_transaction_session_timeout: 120_000 },
  });
  try {
    await source.initialize();
  } catch (cause) {
    throw unreachable(cause);
  }
  const [{ version } = { version: 0 }] = await source.query<{ version: number }[]>(
    `SELECT current_setting('server_version_num')::bigint / 10000 AS version`,
  );
  if (version < OLDEST) {
    await source.destroy();
    throw new UserError('unavailable', `PostgreSQL ${version} 版本过旧，没有启动。`, {
      kept: '数据没有改动。',
      todo: `请使用 PostgreSQL ${OLDEST} 或更新的版本。`,
    });
  }
  return source;
}

function unreachable(cause: unknown): UserError {
  const code = codeOf(cause);
  const why =
    code === '28P01' || code === '28000'
      ? '用户名或口令不正确'
      : code === '3D000'
        ? '库不存在'
        : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
          ? '找不到该主机'
          : code === 'ECONNREFUSED'
            ? '没有程序在该地址监听'
            : cause instanceof Error
              ? cause.message
              : '原因不明';
  return new UserError('unavailable', `无法连接 DATABASE_URL 指定的 PostgreSQL：${why}。`, {
    kept: '数据没有改动。',
    todo: '请检查地址、账号与库名，并确认数据库已启动。',
    cause,
  });
}

const translated = new Map<string, string>();

/** `?` becomes `$1`, `$2`…, and LIKE ignores case as it does on SQLite. Text in quotes stays as it is. */
export function forPostgres(sql: string): string {
  let made = translated.get(sql);
  if (made === undefined) {
    let n = 0;
    made = sql.replace(/'(?:[^']|'')*'|"[^"]*"|\?|\bLIKE\b/gu, (found) =>
      found === '?' ? `$${String(++n)}` : found === 'LIKE' ? 'ILIKE' : found,
    );
    // Lists of any length make ever new texts; they are not worth keeping for ever.
    if (translated.size >= 2000) translated.clear();
    translated.set(sql, made);
  }
  return made;
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('driverError' in error && error.driverError !== error) return codeOf(error.driverError);
  return 'code' in error ? String(error.code) : '';
}

/** Two transactions met; the one that lost did nothing and may be tried again. A unique key counts: the other one wrote it first. */
export function lostRace(error: unknown): boolean {
  return ['40001', '40P01', '23505'].includes(codeOf(error));
}

const AWAY = /^(?:57P0[123]|08\w{3}|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/u;

/** The server went away, restarts or has no room: it will be back. */
export function serverAway(error: unknown): boolean {
  if (AWAY.test(codeOf(error))) return true;
  return (
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|connection is closed|Query runner already released/iu.test(
      error.message,
    )
  );
}

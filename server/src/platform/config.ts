/**
 * In: environment variables. Out: the configuration, read once, each value with its default. Used by: everything in the server.
 */
import { mkdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from './errors.ts';

const Flag = z
  .enum(['1', '0', 'true', 'false', 'on', 'off', ''])
  .transform((v) => (v === '' ? undefined : v === '1' || v === 'true' || v === 'on'));

const Environment = z.object({
  /** Port of the dashboard. */
  PORT: z
    .string()
    .regex(/^\d{1,5}$/u, '端口应为 0 到 65535 的整数')
    .transform(Number)
    .refine((port) => port <= 65_535, '端口应为 0 到 65535 的整数')
    .default(3000),
  /** Address it listens on; only this machine unless changed. */
  HOST: z.string().min(1).default('127.0.0.1'),
  /** Where the database, keys and exports live. */
  DATA_DIR: z.string().min(1).default('./data'),
  /** `postgres://…`; unset = the SQLite file in DATA_DIR. */
  DATABASE_URL: z.string().optional(),
  /** `http://…`, several nodes separated by commas; unset = full-text search inside the SQLite file. */
  ELASTICSEARCH_URL: z.string().optional(),
  /** An API key, or a user and a password; none = a cluster without security. */
  ELASTICSEARCH_API_KEY: z.string().optional(),
  ELASTICSEARCH_USERNAME: z.string().optional(),
  ELASTICSEARCH_PASSWORD: z.string().optional(),
  /** File of the authority (PEM) that signed the cluster's certificate. */
  ELASTICSEARCH_CA: z.string().optional(),
  /** Name of the alias, and the beginning of every index; one office each when several share a cluster. */
  ELASTICSEARCH_INDEX: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,60}$/u, '应以小写字母开头，只含小写字母、数字和连字符')
    .default('minsheng-posts'),
  /** Primary shards of each month's index; see the sizing page. */
  ELASTICSEARCH_SHARDS: z
    .string()
    .regex(/^[1-9]\d{0,2}$/u, '应为 1 到 999 的整数')
    .transform(Number)
    .default(1),
  /** With several processes: one that dies loses its work to another after so many seconds, and a source after twice as many. */
  LEASE_SECONDS: z
    .string()
    .regex(/^\d{1,3}$/u, '应为 2 到 999 的整数')
    .transform(Number)
    .refine((seconds) => seconds >= 2, '应为 2 到 999 的整数')
    .default(30),
  /** The demo city: on until a real source exists. `0` never shows it, `1` insists. */
  DEMO: Flag.optional(),
  /** Lets a monitor on another machine read `/metrics`; without it only this machine can. */
  METRICS_TOKEN: z.string().min(16, '至少 16 个字符').optional(),
  /** `trace` `debug` `info` `warn` `error` `silent` */
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

export interface ElasticsearchConfig {
  apiKey: string | undefined;
  username: string | undefined;
  password: string | undefined;
  ca: string | undefined;
  index: string;
  shards: number;
}

export interface Config {
  port: number;
  host: string;
  dataDir: string;
  databaseUrl: string | undefined;
  elasticsearchUrl: string | undefined;
  /** How the cluster is reached and divided; without it, the defaults of `readConfig`. */
  elasticsearch?: ElasticsearchConfig;
  metricsToken?: string | undefined;
  /** How long a dead process's work waits for another; without it, the default of `readConfig`. */
  leaseMs?: number;
  demo: boolean | undefined;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** @throws UserError that names each wrong variable in zh-CN. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, v]) => v !== ''));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    const what = parsed.error.issues.map((i) => `${i.path.join('.')}：${i.message}`).join('；');
    throw new UserError('invalid-input', `配置有误：${what}`, {
      todo: '请改正环境变量后重新启动；各变量的含义见 README。',
    });
  }
  const e = parsed.data;
  const base = env['INIT_CWD'] ?? process.cwd();
  return {
    port: e.PORT,
    host: e.HOST,
    dataDir: absolute(e.DATA_DIR, base),
    databaseUrl: e.DATABASE_URL,
    elasticsearchUrl: e.ELASTICSEARCH_URL,
    elasticsearch: {
      apiKey: e.ELASTICSEARCH_API_KEY,
      username: e.ELASTICSEARCH_USERNAME,
      password: e.ELASTICSEARCH_PASSWORD,
      ca: e.ELASTICSEARCH_CA === undefined ? undefined : absolute(e.ELASTICSEARCH_CA, base),
      index: e.ELASTICSEARCH_INDEX,
      shards: e.ELASTICSEARCH_SHARDS,
    },
    metricsToken: e.METRICS_TOKEN,
    leaseMs: e.LEASE_SECONDS * 1000,
    demo: e.DEMO,
    logLevel: e.LOG_LEVEL,
  };
}

function absolute(path: string, base: string): string {
  return isAbsolute(path) ? path : resolve(base, path);
}

/** Makes the data directory, readable by this user only. */
export function ensureDataDir(config: Config): void {
  try {
    mkdirSync(join(config.dataDir, 'tmp'), { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new UserError('unavailable', `无法使用数据目录 ${config.dataDir}。`, {
      todo: '请检查该目录是否存在、是否可写、磁盘是否已满，或用 DATA_DIR 指定别的目录。',
      cause,
    });
  }
}

/**
 * In: the configuration. Out: one `Database`: reads, exclusive write transactions, raw SQL for hot paths, migrations.
 * Used by: every module that keeps something. TypeORM itself is only met here and in entity and migration files.
 */
import BetterSqlite3 from 'better-sqlite3';
import { join } from 'node:path';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral, type Repository } from 'typeorm';
import type { Config } from '../config.ts';
import { UserError } from '../errors.ts';
import { entities } from './entities.ts';
import { migrations } from './migrations.ts';

export type Param = string | number | null | Buffer;
export type Row = Record<string, string | number | null>;

/** Inside a write transaction: entities through `manager`, hot paths through `run` and `all`, bulk paths through `sqlite`. */
export interface Tx {
  manager: EntityManager;
  repo<T extends ObjectLiteral>(entity: EntityTarget<T>): Repository<T>;
  all<T extends object = Row>(sql: string, params?: readonly Param[]): Promise<T[]>;
  run(sql: string, params?: readonly Param[]): Promise<void>;
  /** The writing connection's prepared statements, for bulk paths; null on PostgreSQL. Synchronous. */
  sqlite: SqliteHandle | null;
}

/** The two calls bulk paths need; statements are prepared once per connection and kept. */
export interface SqliteHandle {
  prepare(sql: string): BetterSqlite3.Statement;
}

export class Database {
  private queue: Promise<unknown> = Promise.resolve();
  private readonly statements = new Map<string, BetterSqlite3.Statement>();

  private constructor(
    readonly dialect: 'sqlite' | 'postgres',
    private readonly writer: DataSource,
    private readonly reader: DataSource,
    /** The SQLite file; null on PostgreSQL. */
    readonly file: string | null,
  ) {}

  /** Opens, checks that nobody else holds it, and brings the schema up to date. */
  static async open(config: Pick<Config, 'dataDir' | 'databaseUrl'>): Promise<Database> {
    if (config.databaseUrl !== undefined) {
      throw new UserError('unavailable', '本版本尚不支持 DATABASE_URL（PostgreSQL）。', {
        todo: '请去掉该变量，使用内置数据库。',
      });
    }
    const file = join(config.dataDir, 'minsheng.sqlite');
    const open = async (readonly: boolean) => {
      const source = new DataSource({
        type: 'better-sqlite3',
        database: file,
        entities,
        migrations: readonly ? [] : migrations,
        migrationsTransactionMode: 'each',
        synchronize: false,
        prepareDatabase: (db: BetterSqlite3.Database) => {
          db.pragma('busy_timeout = 5000');
          db.pragma('journal_mode = WAL');
          db.pragma('synchronous = NORMAL');
          db.pragma('foreign_keys = ON');
          db.pragma('temp_store = MEMORY');
          db.pragma(`cache_size = ${readonly ? -32_768 : -65_536}`);
          // Only reading gains from mapped pages.
          db.pragma(`mmap_size = ${readonly ? 268_435_456 : 0}`);
          // Pages that a bulk import writes again and again are folded into the file once per 64 MB of log instead of once per 16.
          db.pragma('wal_autocheckpoint = 16000');
          if (readonly) db.pragma('query_only = ON');
        },
      });
      await source.initialize();
      return source;
    };
    const writer = await open(false);
    await writer.runMigrations();
    const reader = await open(true);
    return new Database('sqlite', writer, reader, file);
  }

  /** Reads outside a transaction; on SQLite a connection of its own, which never sees half of a write. */
  get read(): EntityManager {
    return this.reader.manager;
  }

  repo<T extends ObjectLiteral>(entity: EntityTarget<T>): Repository<T> {
    return this.reader.getRepository(entity);
  }

  /** Raw read with `?` placeholders. */
  async all<T extends object = Row>(sql: string, params: readonly Param[] = []): Promise<T[]> {
    return (await this.reader.query(sql, [...params])) as T[];
  }

  async one<T extends object = Row>(sql: string, params: readonly Param[] = []): Promise<T | undefined> {
    return (await this.all<T>(sql, params))[0];
  }

  /**
   * One write transaction. On SQLite they run one after another (a single connection cannot hold two), so keep them short:
   * never await anything but the database inside.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const run = this.queue.then(() => this.writer.transaction((manager) => work(this.txOf(manager))));
    this.queue = run.catch(() => undefined);
    return run;
  }

  private txOf(manager: EntityManager): Tx {
    return {
      manager,
      repo: (entity) => manager.getRepository(entity),
      all: async (sql, params = []) => (await manager.query(sql, [...params])) as never,
      run: async (sql, params = []) => {
        await manager.query(sql, [...params]);
      },
      sqlite: this.dialect === 'sqlite' ? { prepare: (sql) => this.prepare(sql) } : null,
    };
  }

  private prepare(sql: string): BetterSqlite3.Statement {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.raw(this.writer).prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  private raw(source: DataSource): BetterSqlite3.Database {
    const driver = source.driver as unknown as { databaseConnection: BetterSqlite3.Database };
    return driver.databaseConnection;
  }

  /** Maintenance between writes: lets SQLite refresh its statistics and fold the log back into the file. */
  async optimize(): Promise<void> {
    if (this.dialect !== 'sqlite') return;
    await this.queue;
    this.raw(this.writer).pragma('optimize');
    this.raw(this.writer).pragma('wal_checkpoint(PASSIVE)');
  }

  async close(): Promise<void> {
    await this.queue;
    await this.reader.destroy();
    await this.writer.destroy();
  }
}

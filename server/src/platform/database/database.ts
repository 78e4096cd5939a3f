/**
 * In: the configuration. Out: one `Database`: reads, exclusive write transactions, raw SQL for hot paths, migrations.
 * Used by: every module that keeps something. TypeORM itself is only met here and in entity and migration files.
 */
import BetterSqlite3 from 'better-sqlite3';
import { join } from 'node:path';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral, type Repository } from 'typeorm';
import type { Config } from '../config.ts';
import { entities } from './entities.ts';
import { migrations } from './migrations.ts';
import { forPostgres, lostRace, openPool, serverAway } from './postgres.ts';

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
  /** PostgreSQL's own SQL with `$1` and whole columns as arrays, for bulk paths; null on SQLite. */
  postgres: PostgresHandle | null;
  /**
   * From here to its commit this transaction is alone among those that called it. So rows that number themselves (`post_changes.seq`) appear in
   * the order of their numbers: no reader passes a lower number that commits later. Nothing to do on SQLite, where writers queue anyway.
   */
  inOrder(): Promise<void>;
}

/** The two calls bulk paths need; statements are prepared once per connection and kept. */
export interface SqliteHandle {
  prepare(sql: string): BetterSqlite3.Statement;
}

export interface PostgresHandle {
  query<T extends object = Row>(sql: string, params?: readonly (Param | readonly Param[])[]): Promise<T[]>;
}

/** `again` may be run several times, so it must not change anything but the database; `once` is run once, and its caller copes with a lost race. */
export type WriteMode = 'again' | 'once';

/** Search indexes, the guard of unique items, leases of running processes, TypeORM's and SQLite's own. */
const DERIVED =
  /^(?:search_index\w*|search_marks|search_words|post_natives|leases|migrations|move_progress|sqlite_\w+)$/u;

const TRIES = 6;
/** A restart of the server is waited for this long before a write gives up; nothing was begun by then. */
const WAIT_FOR_SERVER_MS = 60_000;
/** Advisory locks of this product: the order of the change log, and work that one process does at a time. */
const IN_ORDER = 7_315_001;
const ALONE = 7_315_002;

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

  /**
   * Opens, checks that nobody else holds it, and brings the schema up to date.
   * @param only restoring an older backup: the migrations it had seen, and no others.
   */
  static async open(config: Pick<Config, 'dataDir' | 'databaseUrl'>, only?: ReadonlySet<string>): Promise<Database> {
    const wanted = migrations.filter((m) => only?.has(m.name) ?? true);
    if (config.databaseUrl !== undefined) {
      const pool = await openPool(config.databaseUrl, wanted);
      const db = new Database('postgres', pool, pool, null);
      // Replicas start together; one of them brings the schema up to date and the others wait.
      await db.alone('migrations', () => pool.runMigrations());
      return db;
    }
    const file = join(config.dataDir, 'minsheng.sqlite');
    const open = async (readonly: boolean) => {
      const source = new DataSource({
        type: 'better-sqlite3',
        database: file,
        entities,
        migrations: readonly ? [] : wanted,
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
    return (await this.reader.query(this.dialect === 'postgres' ? forPostgres(sql) : sql, [...params])) as T[];
  }

  async one<T extends object = Row>(sql: string, params: readonly Param[] = []): Promise<T | undefined> {
    return (await this.all<T>(sql, params))[0];
  }

  /**
   * One write transaction. On SQLite they run one after another (a single connection cannot hold two), so keep them short:
   * never await anything but the database inside. On PostgreSQL they run side by side and as if one after another (serialisable), a lost race
   * is tried again; `once` is for long ones that keep state in memory.
   */
  write<T>(work: (tx: Tx) => Promise<T>, mode: WriteMode = 'again'): Promise<T> {
    if (this.dialect === 'postgres') return this.transact(work, mode);
    const run = this.queue.then(() => this.writer.transaction((manager) => work(this.txOf(manager))));
    this.queue = run.catch(() => undefined);
    return run;
  }

  private async transact<T>(work: (tx: Tx) => Promise<T>, mode: WriteMode): Promise<T> {
    for (let tries = 1; ; tries++) {
      const runner = await this.begin(mode === 'once' ? 'READ COMMITTED' : 'SERIALIZABLE');
      try {
        const result = await work(this.txOf(runner.manager));
        await runner.commitTransaction();
        return result;
      } catch (error) {
        await runner.rollbackTransaction().catch(() => undefined);
        if (mode === 'once' || tries >= TRIES || !lostRace(error)) throw error;
        await pause(Math.random() * 20 * 2 ** tries);
      } finally {
        await runner.release().catch(() => undefined);
      }
    }
  }

  /** Does something again that is whole or not at all, while it fails for reasons that pass: a lost race, a server that is restarting. */
  async untilWritten<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        const passes = this.dialect === 'postgres' && (lostRace(error) || serverAway(error));
        if (!passes || tries >= TRIES) throw error;
        await pause(Math.random() * 20 * 2 ** tries);
      }
    }
  }

  /** Waits for a server that is away: nothing has been done yet, so waiting cannot do anything twice. */
  private async begin(isolation: 'READ COMMITTED' | 'SERIALIZABLE') {
    const until = performance.now() + WAIT_FOR_SERVER_MS;
    for (let wait = 50; ; wait = Math.min(2 * wait, 2000)) {
      const runner = this.writer.createQueryRunner();
      try {
        await runner.startTransaction(isolation);
        return runner;
      } catch (error) {
        await runner.release().catch(() => undefined);
        if (!serverAway(error) || performance.now() > until) throw error;
        await pause(wait);
      }
    }
  }

  /** Work that only one process does at a time; others wait their turn. On SQLite there is only one process. */
  async alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.dialect === 'sqlite') return work();
    const runner = this.writer.createQueryRunner();
    try {
      await runner.query('SELECT pg_advisory_lock($1, hashtext($2))', [ALONE, name]);
      try {
        return await work();
      } finally {
        await runner.query('SELECT pg_advisory_unlock($1, hashtext($2))', [ALONE, name]).catch(() => undefined);
      }
    } finally {
      await runner.release();
    }
  }

  private txOf(manager: EntityManager): Tx {
    if (this.dialect === 'postgres') return this.postgresTx(manager);
    return {
      manager,
      repo: (entity) => manager.getRepository(entity),
      all: async (sql, params = []) => (await manager.query(sql, [...params])) as never,
      run: async (sql, params = []) => {
        await manager.query(sql, [...params]);
      },
      sqlite: { prepare: (sql) => this.prepare(sql) },
      postgres: null,
      inOrder: () => Promise.resolve(),
    };
  }

  private postgresTx(manager: EntityManager): Tx {
    const { queryRunner: runner } = manager;
    if (runner === undefined) throw new Error('a transaction without a connection');
    const query = async (sql: string, params: readonly unknown[] = []) =>
      (await runner.query(sql, [...params], true)).records as never;
    let ordered = false;
    return {
      manager,
      repo: (entity) => manager.getRepository(entity),
      all: (sql, params) => query(forPostgres(sql), params),
      run: async (sql, params) => {
        await query(forPostgres(sql), params);
      },
      sqlite: null,
      postgres: { query },
      inOrder: async () => {
        if (ordered) return;
        await query('SELECT pg_advisory_xact_lock($1)', [IN_ORDER]);
        ordered = true;
      },
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

  /** The tables that hold the record: not the search index and what else follows from it, nor this program's own book-keeping. By name. */
  async tables(): Promise<string[]> {
    const rows = await this.all<{ name: string }>(
      this.dialect === 'sqlite'
        ? `SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name`
        : `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace
           ORDER BY relname COLLATE "C"`,
    );
    return rows.map((r) => r.name).filter((name) => !DERIVED.test(name));
  }

  /** A table's columns in alphabetical order, and those of its primary key. */
  async columns(table: string): Promise<{ names: string[]; key: string[] }> {
    const rows = await this.all<{ name: string; pk: number }>(
      this.dialect === 'sqlite'
        ? 'SELECT name, pk FROM pragma_table_info(?)'
        : `SELECT a.attname AS name, coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0) AS pk FROM pg_attribute a
           LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
           WHERE a.attrelid = CAST(? AS regclass) AND a.attnum > 0 AND NOT a.attisdropped`,
      [table],
    );
    const key = rows.filter((r) => r.pk > 0).sort((a, b) => a.pk - b.pk);
    return { names: rows.map((r) => r.name).sort(), key: key.map((r) => r.name) };
  }

  /** Many reads of one moment, while others go on writing. */
  async snapshot<T>(
    work: (read: <R extends object>(sql: string, params?: readonly Param[]) => Promise<R[]>) => Promise<T>,
  ): Promise<T> {
    if (this.file !== null) {
      const connection = new BetterSqlite3(this.file, { readonly: true });
      try {
        connection.exec('BEGIN');
        return await work((sql, params = []) => Promise.resolve(connection.prepare(sql).all(...params) as never));
      } finally {
        connection.close();
      }
    }
    const runner = this.writer.createQueryRunner();
    try {
      await runner.startTransaction('REPEATABLE READ');
      await runner.query('SET TRANSACTION READ ONLY');
      return await work(
        async (sql, params = []) => (await runner.query(forPostgres(sql), [...params], true)).records as never,
      );
    } finally {
      await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
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
    if (this.reader !== this.writer) await this.reader.destroy();
    await this.writer.destroy();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

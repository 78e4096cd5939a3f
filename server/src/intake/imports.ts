/**
 * In: an uploaded table and which column is what. Out: its rows as posts, batch by batch, with a ledger; killed anywhere it goes on.
 * Called by: imports.controller. The file lies in the data directory until it is imported, a day at most, and is then deleted.
 */
import type { ImportMapping, ImportPreview, ImportView, IngestReport } from '@minsheng/contracts';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Clock, toInstant, toInstantOrNull } from '../platform/clock.ts';
import { ConfigHolder } from '../platform/config-holder.ts';
import { Database, type Row } from '../platform/database/database.ts';
import { conflict, notFound, UserError } from '../platform/errors.ts';
import { Live } from '../platform/live/live.ts';
import { Log } from '../platform/logging.ts';
import { addReports, emptyReport, Pipeline } from '../pipeline.ts';
import { connectorOf } from '../sources/kinds.ts';
import type { SourceEntity } from '../sources/source.entity.ts';
import { refusalWords } from './refusal.ts';
import { guessMapping, itemOf } from './mapping.ts';
import { readTable, type Table, type TableRow } from './table.ts';

const BATCH = 500;
const PREVIEW = 20;
const KEPT_MS = 24 * 3_600_000;
const SHOWN = 20;

@Injectable()
export class Imports implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly dir: string;
  private stopping = false;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly pipeline: Pipeline,
    private readonly clock: Clock,
    private readonly live: Live,
    private readonly log: Log,
    config: ConfigHolder,
  ) {
    this.dir = join(config.value.dataDir, 'tmp');
  }

  /** What was under way when the process ended goes on; uploads that nobody confirmed are deleted. */
  async onApplicationBootstrap(): Promise<void> {
    if (existsSync(this.dir))
      for (const name of readdirSync(this.dir))
        if (name.startsWith('import-') && this.clock.now() - statSync(join(this.dir, name)).mtimeMs > KEPT_MS)
          rmSync(join(this.dir, name), { force: true });
    const open = await this.db.all<{ id: number; source_id: number }>(
      `SELECT id, source_id FROM source_imports WHERE state = 'running' ORDER BY id`,
    );
    for (const { id } of open) this.follow(Number(id));
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private file(id: number): string {
    return join(this.dir, `import-${id}`);
  }

  async upload(source: SourceEntity, name: string, bytes: Buffer, askedBy: string): Promise<ImportPreview> {
    const table = await readTable(bytes, name);
    const id = await this.db.write(async (tx) => {
      await tx.run(
        `INSERT INTO source_imports (source_id, file, bytes, state, total, asked_by, asked_at) VALUES (?, ?, ?, 'uploaded', ?, ?, ?)`,
        [source.id, name, bytes.length, table.total, askedBy, this.clock.now()],
      );
      const [row] = await tx.all<{ id: number }>('SELECT max(id) AS id FROM source_imports WHERE source_id = ?', [
        source.id,
      ]);
      return Number(row?.id);
    });
    writeFileSync(this.file(id), bytes, { mode: 0o600 });
    return this.show(source, id, name, table, guessMapping(table.columns));
  }

  async preview(source: SourceEntity, id: number, mapping: ImportMapping): Promise<ImportPreview> {
    const row = await this.find(source.id, id);
    return this.show(source, id, String(row['file']), await this.table(id, String(row['file'])), mapping);
  }

  /** Intake itself judges the first rows, so the preview cannot differ from the import. Nothing is stored. */
  private async show(
    source: SourceEntity,
    id: number,
    file: string,
    table: Table,
    mapping: ImportMapping,
  ): Promise<ImportPreview> {
    const first: TableRow[] = [];
    for await (const row of table.rows()) if (first.push(row) === PREVIEW) break;
    const platform = platformOf(source);
    const { accepted, rejected } = await this.pipeline.prepare({
      arrivals: first.map((row) => ({ at: String(row.line), item: itemOf(row, mapping, platform) })),
      sourceId: source.id,
    });
    const why = new Map(rejected.map((r) => [Number(r.at), refusalWords(r)]));
    let next = 0;
    return {
      id: String(id),
      file,
      format: table.format,
      encoding: table.encoding,
      columns: table.columns,
      rows: table.total,
      mapping,
      preview: first.map(({ line }) => {
        const reason = why.get(line) ?? null;
        const item = reason === null ? accepted[next++] : undefined;
        return {
          line,
          publishedAt: toInstantOrNull(item?.publishedAt),
          title: item?.title ?? null,
          text: item?.text.slice(0, 200) ?? null,
          account: item?.account ?? null,
          reason,
        };
      }),
    };
  }

  async start(source: SourceEntity, id: number, mapping: ImportMapping): Promise<ImportView> {
    await this.find(source.id, id);
    if (mapping.columns.text === undefined || mapping.columns.publishedAt === undefined)
      throw new UserError('invalid-input', '还没有指定正文列和时间列，没有开始导入。', {
        todo: '请在“各列对应”中选择正文和发布时间。',
      });
    await this.db.write(async (tx) => {
      const [row] = await tx.all<{ state: string }>('SELECT state FROM source_imports WHERE id = ?', [id]);
      if (row?.state !== 'uploaded') throw conflict('这个文件已经开始导入，没有重复导入。');
      await tx.run(`UPDATE source_imports SET state = 'running', mapping = ? WHERE id = ?`, [
        JSON.stringify(mapping),
        id,
      ]);
    });
    this.follow(id);
    return view(await this.find(source.id, id));
  }

  async list(sourceId: number): Promise<ImportView[]> {
    const rows = await this.db.all(
      `SELECT * FROM source_imports WHERE source_id = ? AND state <> 'uploaded' ORDER BY id DESC LIMIT ?`,
      [sourceId, SHOWN],
    );
    return rows.map(view);
  }

  /** One import after another. */
  private follow(id: number): void {
    this.running = this.running.then(() =>
      this.work(id).catch(async (error: unknown) => {
        this.log.error({ err: error, import: id }, 'an import failed');
        const told = error instanceof UserError ? error.message : '程序出错，已导入的行保留，其余没有导入。';
        await this.db.write((tx) =>
          tx.run(`UPDATE source_imports SET state = 'failed', message = ?, ended_at = ? WHERE id = ?`, [
            told,
            this.clock.now(),
            id,
          ]),
        );
      }),
    );
  }

  private async work(id: number): Promise<void> {
    const row = await this.db.one(
      'SELECT i.*, s.settings, s.kind FROM source_imports i JOIN sources s ON s.id = i.source_id WHERE i.id = ?',
      [id],
    );
    if (row === undefined || row['state'] !== 'running') return;
    const table = await this.table(id, String(row['file']));
    const mapping = JSON.parse(String(row['mapping'])) as ImportMapping;
    const sourceId = Number(row['source_id']);
    const platform = platformOf({ kind: String(row['kind']), settings: JSON.parse(String(row['settings'])) as object });
    let total = row['report'] === null ? emptyReport(0) : (JSON.parse(String(row['report'])) as IngestReport);
    let done = Number(row['done']);
    for await (const rows of batchesOf(table.rows(), done)) {
      if (this.stopping) return;
      await this.pipeline.accept({
        arrivals: rows.map((r) => ({ at: `第 ${r.line} 行`, item: itemOf(r, mapping, platform) })),
        sourceId,
        alongside: async (tx, report) => {
          const sum = addReports(total, report);
          const now = this.clock.now();
          const [source] = await tx.all('SELECT id FROM sources WHERE id = ?', [sourceId]);
          if (source === undefined) throw new UserError('not-found', '采集源已被删除，导入停止。');
          await tx.run('UPDATE source_imports SET done = ?, report = ? WHERE id = ?', [
            done + rows.length,
            JSON.stringify(sum),
            id,
          ]);
          await tx.run(
            'UPDATE sources SET posts = posts + ?, last_run_at = ?, last_success_at = ?, last_new_at = CASE WHEN ? > 0 THEN ? ELSE last_new_at END WHERE id = ?',
            [report.stored, now, now, report.stored, now, sourceId],
          );
          total = sum;
        },
      });
      done += rows.length;
      this.live.tell({ type: 'source', id: String(sourceId) });
    }
    if (this.stopping) return;
    await this.db.write((tx) =>
      tx.run(`UPDATE source_imports SET state = 'done', ended_at = ? WHERE id = ?`, [this.clock.now(), id]),
    );
    rmSync(this.file(id), { force: true });
    this.live.tell({ type: 'source', id: String(sourceId) });
  }

  private table(id: number, name: string): Promise<Table> {
    if (!existsSync(this.file(id)))
      throw new UserError('not-found', '上传的文件已不在（保留 24 小时），没有导入。', { todo: '请重新选择文件。' });
    return readTable(readFileSync(this.file(id)), name);
  }

  private async find(sourceId: number, id: number): Promise<Row> {
    const row = await this.db.one('SELECT * FROM source_imports WHERE id = ? AND source_id = ?', [id, sourceId]);
    if (row === undefined) throw notFound('次导入');
    return row;
  }
}

/** @param skip rows that are imported already. */
async function* batchesOf(rows: AsyncIterable<TableRow>, skip: number): AsyncGenerator<TableRow[]> {
  let batch: TableRow[] = [];
  let passed = 0;
  for await (const row of rows) {
    if (passed++ < skip) continue;
    if (batch.push(row) < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function platformOf(source: { kind: string; settings: object }): string {
  return (connectorOf(source.kind).settings.parse(source.settings) as { platform: string }).platform;
}

function view(r: Row): ImportView {
  return {
    id: String(r['id']),
    file: String(r['file']),
    state: String(r['state']) as ImportView['state'],
    total: Number(r['total']),
    done: Number(r['done']),
    report: r['report'] === null ? null : (JSON.parse(String(r['report'])) as IngestReport),
    askedBy: String(r['asked_by']),
    askedAt: toInstant(Number(r['asked_at'])),
    endedAt: toInstantOrNull(r['ended_at'] === null ? null : Number(r['ended_at'])),
    message: r['message'] === null ? null : String(r['message']),
  };
}

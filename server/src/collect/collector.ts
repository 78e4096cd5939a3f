/**
 * In: sources that are due. Out: their pages, taken through the pipeline, with a coverage record per run.
 * Called by: the scheduler's tick, 「立即采集」, and `minsheng crawl`.
 */
import {
  ConnectorError,
  connectors,
  createHttpClient,
  Pacer,
  type AccountInfo,
  type ConnectorDefinition,
  type Page,
  type RunContext,
} from '@minsheng/crawlers';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';
import { storageError, UserError } from '../platform/errors.ts';
import type { Live } from '../platform/live/live.ts';
import type { Log } from '../platform/logging.ts';
import type { Secrets } from '../platform/secrets.ts';
import { VERSION } from '../platform/version.ts';
import type { Pipeline } from '../pipeline.ts';
import { RunEntity, SourceEntity, type StoredGap } from '../sources/source.entity.ts';
import { nextRunAt } from './schedule.ts';

/** A run renews its lease with every page; a process that dies loses it after this long. */
const LEASE_MS = 90_000;
/** Runs of one source at a time, sources side by side. */
const PARALLEL = 4;
const GAPS_KEPT = 50;

/** Errors that no retry mends: the source waits for a person. */
const NEEDS_PERSON = new Set(['blocked', 'login-needed', 'permission', 'config', 'gone', 'refused-address']);

export interface RunSummary {
  sourceId: number;
  outcome: RunEntity['outcome'];
  stored: number;
  duplicate: number;
  rejected: number;
  updated: number;
  fetched: number;
  requests: number;
  message: string | null;
}

export class Collector {
  /** The demo city's addresses are only good on the machine that serves it. */
  demoHere: () => boolean = () => true;
  /** With the process number, so that an operator can tell whose lease it is. */
  private readonly owner = `${String(process.pid)}/${randomUUID()}`;
  private readonly pacer = new Pacer();
  private readonly stopping = new AbortController();
  private readonly running = new Map<number, Promise<RunSummary>>();

  constructor(
    private readonly db: Database,
    private readonly pipeline: Pipeline,
    private readonly secrets: Secrets,
    private readonly live: Live,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Starts every due source that nobody else runs, as far as there is room. @returns how many were started. */
  async tick(): Promise<number> {
    if (this.stopping.signal.aborted) return 0;
    const now = this.clock.now();
    const room = PARALLEL - this.running.size;
    if (room <= 0) return 0;
    const due = await this.db.all<{ id: number }>(
      'SELECT id FROM sources WHERE paused = 0 AND next_run_at <= ? AND lease_until < ? AND demo <= ? ORDER BY next_run_at LIMIT ?',
      [now, now, Number(this.demoHere()), room],
    );
    let started = 0;
    for (const { id } of due) {
      const source = await this.claim(id, now);
      if (source === null) continue;
      started++;
      const run = this.run(source).finally(() => this.running.delete(id));
      this.running.set(id, run);
      run.catch((error: unknown) => this.log.error({ err: error, source: id }, 'a run ended without a record'));
    }
    return started;
  }

  /** Runs one source now and waits for it; @throws UserError when somebody else is running it. */
  async runNow(id: number): Promise<RunSummary> {
    const already = this.running.get(id);
    if (already !== undefined) return already;
    const source = await this.claim(id, this.clock.now());
    if (source === null) {
      throw new UserError('conflict', '这个采集源正在采集中，没有重复启动。', { todo: '请等本次采集结束后再试。' });
    }
    const run = this.run(source).finally(() => this.running.delete(id));
    this.running.set(id, run);
    return run;
  }

  /** Takes the lease in one statement, so exactly one process gets it. */
  private claim(id: number, now: number): Promise<SourceEntity | null> {
    return this.db.write(async (tx) => {
      await tx.run('UPDATE sources SET lease_owner = ?, lease_until = ? WHERE id = ? AND lease_until < ?', [
        this.owner,
        now + LEASE_MS,
        id,
        now,
      ]);
      return tx.repo(SourceEntity).findOneBy({ id, leaseOwner: this.owner, leaseUntil: now + LEASE_MS });
    });
  }

  private async run(source: SourceEntity): Promise<RunSummary> {
    const { id: sourceId } = source;
    const startedAt = this.clock.now();
    const runId = await this.db.write(async (tx) => {
      await tx.run(
        `UPDATE source_runs SET outcome = 'interrupted', ended_at = ?, message = '进程中断，本次从断点继续。' WHERE source_id = ? AND outcome = 'running'`,
        [startedAt, sourceId],
      );
      const run = await tx.repo(RunEntity).save({
        sourceId,
        startedAt,
        endedAt: null,
        outcome: 'running',
        expected: null,
        gaps: null,
        errorKind: null,
        message: null,
      });
      return run.id;
    });
    this.live.tell({ type: 'source', id: String(sourceId) });
    const total = {
      pages: 0,
      fetched: 0,
      stored: 0,
      duplicate: 0,
      updated: 0,
      rejected: 0,
      expected: null as number | null,
    };
    const gaps: StoredGap[] = [];
    let failure: unknown = null;
    const prepared = this.prepare(source);
    try {
      const { connector, context, accounts } = prepared;
      for await (const page of connector.crawl(context)) {
        await this.keep(source, runId, page, accounts.splice(0), total, gaps);
        if (this.stopping.signal.aborted) break;
      }
    } catch (error) {
      failure = error;
    } finally {
      await prepared.close();
    }
    return this.finish(source, runId, total, gaps, failure, prepared.requests());
  }

  /** One page: its items, the cursor behind them and the run's figures, in one transaction. */
  private async keep(
    source: SourceEntity,
    runId: number,
    page: Page<unknown>,
    accounts: AccountInfo[],
    total: {
      pages: number;
      fetched: number;
      stored: number;
      duplicate: number;
      updated: number;
      rejected: number;
      expected: number | null;
    },
    gaps: StoredGap[],
  ): Promise<void> {
    const now = this.clock.now();
    for (const gap of page.gaps ?? [])
      gaps.push({ what: gap.what, size: gap.size ?? null, cause: gap.cause, since: now });
    const report = await this.pipeline.accept({
      arrivals: page.items.map((item) => ({ at: item.id, item })),
      sourceId: source.id,
      ...(page.engagement === undefined ? {} : { engagement: page.engagement }),
      ...(page.gone === undefined ? {} : { gone: page.gone }),
      accounts,
      demo: source.demo === 1,
      alongside: async (tx, { read, stored, duplicate, updated, rejected }) => {
        const [mine] = await tx.all('SELECT 1 AS one FROM sources WHERE id = ? AND lease_owner = ?', [
          source.id,
          this.owner,
        ]);
        if (mine === undefined)
          throw new ConnectorError('unreachable', '这个采集源已由另一个进程接手或已删除，本次停止。');
        await tx.run(
          `UPDATE sources SET position = ?, lease_until = ?, posts = posts + ?, last_new_at = CASE WHEN ? > 0 THEN ? ELSE last_new_at END WHERE id = ?`,
          [JSON.stringify(page.cursor ?? null), now + LEASE_MS, stored, stored, now, source.id],
        );
        await tx.run(
          `UPDATE source_runs SET pages = pages + 1, fetched = fetched + ?, stored = stored + ?, duplicate = duplicate + ?, updated = updated + ?, rejected = rejected + ? WHERE id = ?`,
          [read, stored, duplicate, updated, rejected, runId],
        );
      },
    });
    total.pages++;
    total.fetched += report.read;
    total.stored += report.stored;
    total.duplicate += report.duplicate;
    total.updated += report.updated;
    total.rejected += report.rejected;
    if (page.expected !== undefined) total.expected = (total.expected ?? 0) + page.expected;
  }

  private async finish(
    source: SourceEntity,
    runId: number,
    total: {
      fetched: number;
      stored: number;
      duplicate: number;
      updated: number;
      rejected: number;
      expected: number | null;
    },
    gaps: StoredGap[],
    failure: unknown,
    requests: number,
  ): Promise<RunSummary> {
    const now = this.clock.now();
    const stopped = this.stopping.signal.aborted;
    const told = failure === null || stopped ? null : tell(failure);
    if (told?.unexpected === true)
      this.log.error({ err: failure, source: source.id }, 'a run failed for a reason of our own');
    const outcome: RunEntity['outcome'] = stopped
      ? 'interrupted'
      : told === null
        ? total.stored > 0
          ? 'ok'
          : 'nothing-new'
        : told.kind === 'retry-after'
          ? 'waiting'
          : 'failed';
    const failures = outcome === 'failed' ? source.failures + 1 : 0;
    let next = nextRunAt(source.schedule, now, failures, Math.random());
    if (told?.retryAfterSeconds !== undefined) next = Math.max(next, now + told.retryAfterSeconds * 1000);
    if (told !== null && NEEDS_PERSON.has(told.kind)) next = Math.max(next, now + 6 * 3_600_000);
    if (stopped) next = now;
    const ok = outcome === 'ok' || outcome === 'nothing-new';
    const message = told?.message ?? null;
    await this.db.write(async (tx) => {
      await tx.run(
        `UPDATE source_runs SET outcome = ?, ended_at = ?, requests = ?, expected = ?, gaps = ?, error_kind = ?, message = ? WHERE id = ?`,
        [
          outcome,
          now,
          requests,
          total.expected,
          JSON.stringify(gaps.slice(0, GAPS_KEPT)),
          told?.kind ?? null,
          message,
          runId,
        ],
      );
      await tx.run(
        `UPDATE sources SET lease_owner = NULL, lease_until = 0, next_run_at = ?, last_run_at = ?, last_success_at = CASE WHEN ? = 1 THEN ? ELSE last_success_at END,
           failures = ?, error_kind = ?, message = ?, gaps = ? WHERE id = ? AND lease_owner = ?`,
        [
          next,
          now,
          ok ? 1 : 0,
          now,
          failures,
          told?.kind ?? null,
          message,
          JSON.stringify(gaps.slice(0, GAPS_KEPT)),
          source.id,
          this.owner,
        ],
      );
    });
    this.live.tell({ type: 'source', id: String(source.id) });
    const { stored, duplicate, rejected, updated, fetched } = total;
    return { sourceId: source.id, outcome, stored, duplicate, rejected, updated, fetched, requests, message };
  }

  /** One cheap request with the settings as given; @returns what the platform answered, in words. */
  async probe(kind: string, settings: unknown, credentials: unknown): Promise<string> {
    const prepared = this.prepareWith(kind, settings, credentials, undefined);
    try {
      return await prepared.connector.probe(prepared.context);
    } finally {
      await prepared.close();
    }
  }

  private prepare(source: SourceEntity) {
    const credentials: unknown =
      source.credentials === null ? {} : JSON.parse(this.secrets.open('source-credentials', source.credentials));
    return this.prepareWith(source.kind, source.settings, credentials, source.position ?? undefined);
  }

  private prepareWith(kind: string, settings: unknown, credentials: unknown, position: unknown) {
    const connector = connectorOf(kind);
    const parsed = connector.settings.parse(settings) as { allowPrivateNetwork?: boolean; respectRobots?: boolean };
    const accounts: AccountInfo[] = [];
    const local = parsed.allowPrivateNetwork === true;
    const http = createHttpClient({
      userAgent: `Minsheng/${VERSION} (government public-opinion dashboard)`,
      allowPrivateNetwork: local,
      respectRobots: parsed.respectRobots === true,
      pacer: this.pacer,
      pace: local ? { minIntervalMs: 0, jitterMs: 0 } : { minIntervalMs: 1000, jitterMs: 500 },
    });
    const cursor = position === undefined ? undefined : connector.cursor.safeParse(position).data;
    const context: RunContext<unknown, unknown, unknown> = {
      settings: parsed,
      credentials: connector.credentials.parse(credentials),
      cursor,
      http,
      signal: this.stopping.signal,
      now: () => new Date(this.clock.now()),
      account: (info) => accounts.push(info),
      log: (message) => this.log.debug({ kind }, message),
    };
    return { connector, context, accounts, close: () => http.close(), requests: () => http.requests };
  }

  /** Lets running pages finish, keeps their cursors and gives the leases back. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.running.values());
  }
}

export function connectorOf(kind: string): ConnectorDefinition {
  const connector = connectors.find((c) => c.kind === kind);
  if (connector === undefined) {
    throw new UserError('invalid-input', `没有“${kind}”这种采集源。`, {
      todo: `可用的种类：${connectors.map((c) => c.kind).join('、')}。`,
    });
  }
  return connector;
}

/** Any failure of a run in the words of 采集状态. */
function tell(error: unknown): { kind: string; message: string; retryAfterSeconds?: number; unexpected?: true } {
  if (error instanceof ConnectorError) {
    const { retryAfterSeconds } = error.details;
    return {
      kind: error.kind,
      message: error.message,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    };
  }
  const known = storageError(error) ?? (error instanceof UserError ? error : null);
  if (known !== null)
    return { kind: known.code, message: [known.message, known.kept, known.todo].filter(Boolean).join('') };
  return {
    kind: 'our-bug',
    message: '程序处理这个源时出错，已保存到上一页，稍后自动重试。请把时间告诉系统维护方。',
    unexpected: true,
  };
}

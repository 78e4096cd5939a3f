/**
 * In: sources that are due. Out: their pages, taken through the pipeline, with a coverage record per run.
 * Called by: the scheduler's tick, 「立即采集」, and `minsheng crawl`.
 */
import {
  ConnectorError,
  createHttpClient,
  type AccountInfo,
  type ConnectorDefinition,
  type Page,
  type PaceOptions,
  type RunContext,
} from '@minsheng/crawlers';
import type { IngestReport } from '@minsheng/contracts';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database/database.ts';
import { UserError } from '../platform/errors.ts';
import type { Live } from '../platform/live/live.ts';
import type { Log } from '../platform/logging.ts';
import { neverLog } from '../platform/redaction.ts';
import type { Secrets } from '../platform/secrets.ts';
import { VERSION } from '../platform/version.ts';
import type { Pipeline } from '../pipeline.ts';
import { openCredentials } from '../sources/credentials.ts';
import { connectorOf, passiveKinds } from '../sources/kinds.ts';
import { SourceEntity } from '../sources/source.entity.ts';
import { Backfills, type Backfill } from './backfills.ts';
import { Courtesy } from './courtesy.ts';
import { Lease, type StopReason } from './lease.ts';
import { needsPerson, tell } from './outcome.ts';
import { asked, duePosts, enterRefresh } from './refresh.ts';
import { RunRecord, type Outcome } from './run-record.ts';
import { nextRunAt } from './schedule.ts';

export interface CollectOptions {
  /** Work on a source renews its lease; a process that dies loses it after this long. */
  leaseMs: number;
  /** Sources side by side; one source is worked on by one process at a time. */
  parallel: number;
  /** A source that needs a person is looked at again after `first`, in case it was a passing fault, then every `then`. */
  lookAgainMs: { first: number; then: number };
  /** Requests for counters in one turn, so that news is not kept waiting. */
  refreshBatches: number;
  /** A back-fill yields to the regular schedule after this long, between two pages. */
  sliceMs: number;
  /** The shortest wait after a failure. */
  backoffMs: number;
  /** How slowly a host is asked that says nothing itself; `local`: within the office's own network. */
  pace: (local: boolean) => PaceOptions;
  /** Which kinds there are; tests bring their own. */
  connectorOf: (kind: string) => ConnectorDefinition;
}

const DEFAULTS: CollectOptions = {
  leaseMs: 60_000,
  parallel: 8,
  lookAgainMs: { first: 5 * 60_000, then: 6 * 3_600_000 },
  refreshBatches: 10,
  sliceMs: 30_000,
  backoffMs: 30_000,
  pace: (local) => (local ? { minIntervalMs: 0, jitterMs: 0 } : { minIntervalMs: 1000, jitterMs: 500 }),
  connectorOf,
};

export interface RunSummary {
  sourceId: number;
  outcome: Outcome;
  stored: number;
  duplicate: number;
  rejected: number;
  updated: number;
  fetched: number;
  requests: number;
  message: string | null;
}

type Prepared = ReturnType<Collector['prepareExchange']>;

export class Collector {
  /** The demo city's addresses are only good on the machine that serves it. */
  demoHere: () => boolean = () => true;
  /** With the process number, so that an operator can tell whose lease it is. */
  private readonly self = `${String(process.pid)}/${randomUUID()}`;
  private claims = 0;
  private readonly options: CollectOptions;
  private readonly working = new Map<number, { lease: Lease; done: Promise<RunSummary | null> }>();
  private stopping = false;
  /** There was more to do than room for it: the next is started as soon as one ends. */
  private hungry = false;
  readonly courtesy: Courtesy;
  readonly backfills: Backfills;

  constructor(
    private readonly db: Database,
    private readonly pipeline: Pipeline,
    private readonly secrets: Secrets,
    private readonly live: Live,
    private readonly clock: Clock,
    private readonly log: Log,
    options: Partial<CollectOptions> = {},
  ) {
    this.options = { ...DEFAULTS, ...options };
    this.courtesy = new Courtesy(db, secrets, clock);
    this.backfills = new Backfills(db, clock);
  }

  /** For a process that is known to be the only one: whoever held a lease before is gone, so nobody waits for it to run out. */
  async reclaim(): Promise<void> {
    await this.db.write(async (tx) => {
      await tx.run('UPDATE sources SET lease_owner = NULL, lease_until = 0 WHERE lease_until > 0');
      await RunRecord.settle(tx, null, this.clock.now());
    });
  }

  /** Starts every due source that nobody else works on, as far as there is room. @returns how many were started. */
  async tick(): Promise<number> {
    if (this.stopping) return 0;
    const now = this.clock.now();
    const room = this.options.parallel - this.working.size;
    this.hungry = room <= 0;
    if (room <= 0) return 0;
    const due = await this.db.all<{ id: number }>(
      `SELECT id FROM sources s WHERE paused = 0 AND lease_until < ? AND demo <= ? AND kind NOT IN (${passiveKinds.map(() => '?').join(', ')}) AND (next_run_at <= ? OR (
         hold_until <= ? AND failures = 0 AND (
           EXISTS (SELECT 1 FROM collect_refresh r WHERE r.source_id = s.id AND r.due_at <= ?)
           OR EXISTS (SELECT 1 FROM source_backfills b WHERE b.source_id = s.id AND b.state = 'waiting' AND b.next_at <= ?))))
       ORDER BY next_run_at LIMIT ?`,
      [now, Number(this.demoHere()), ...passiveKinds, now, now, now, now, room],
    );
    this.hungry = due.length === room;
    let started = 0;
    for (const { id } of due) {
      if (this.working.has(Number(id))) continue;
      const work = await this.begin(Number(id), false);
      if (work === null) continue;
      started++;
      work.done.catch((error: unknown) => this.log.error({ err: error, source: id }, 'work ended without a record'));
    }
    return started;
  }

  /** Runs one source now and waits for it; @throws UserError when somebody else is running it. */
  async runNow(id: number): Promise<RunSummary> {
    const work = this.working.get(id) ?? (await this.begin(id, true));
    const summary = await work?.done;
    if (summary == null)
      throw new UserError('conflict', '这个采集源正在采集中，没有重复启动。', { todo: '请等本次采集结束后再试。' });
    return summary;
  }

  private async begin(id: number, forced: boolean) {
    const source = await this.claim(id);
    if (source === null) return null;
    const lease = new Lease(
      this.db,
      () => this.clock.now(),
      id,
      source.leaseOwner ?? '',
      source.revision,
      this.options.leaseMs,
    );
    const done = this.work(source, lease, forced).finally(() => {
      lease.end();
      this.working.delete(id);
      if (this.hungry && !this.stopping)
        this.tick().catch((error: unknown) => this.log.error({ err: error }, 'tick failed'));
    });
    const work = { lease, done };
    this.working.set(id, work);
    if (this.stopping) lease.stop('shutdown');
    return work;
  }

  /** Takes the lease in one statement, so exactly one process gets it; the name is new each time, so that even we cannot mistake an old lease for it. */
  private claim(id: number): Promise<SourceEntity | null> {
    const now = this.clock.now();
    const owner = `${this.self}/${++this.claims}`;
    return this.db.write(async (tx) => {
      await tx.run('UPDATE sources SET lease_owner = ?, lease_until = ? WHERE id = ? AND lease_until < ?', [
        owner,
        now + this.options.leaseMs,
        id,
        now,
      ]);
      return tx.repo(SourceEntity).findOneBy({ id, leaseOwner: owner });
    });
  }

  /** Everything that is due of one source: news first, then counters, then a slice of the past. */
  private async work(source: SourceEntity, lease: Lease, forced: boolean): Promise<RunSummary | null> {
    let summary: RunSummary | null = null;
    try {
      const news = forced || source.nextRunAt <= this.clock.now();
      if (news) summary = await this.regular(source, lease);
      const well = news ? summary?.outcome === 'ok' || summary?.outcome === 'nothing-new' : true;
      if (well && lease.reason === null) await this.refreshDue(source, lease);
      if (well && lease.reason === null) await this.backfillSlice(source, lease);
    } finally {
      await this.release(lease);
    }
    return summary;
  }

  private async release(lease: Lease): Promise<void> {
    await this.db.write((tx) =>
      tx.run('UPDATE sources SET lease_owner = NULL, lease_until = 0 WHERE id = ? AND lease_owner = ?', [
        lease.sourceId,
        lease.owner,
      ]),
    );
    this.live.tell({ type: 'source', id: String(lease.sourceId) });
  }

  private async regular(source: SourceEntity, lease: Lease): Promise<RunSummary> {
    const record = await RunRecord.start(this.db, source.id, 'regular', this.clock.now());
    this.live.tell({ type: 'source', id: String(source.id) });
    let failure: unknown = null;
    let prepared: Prepared | null = null;
    try {
      // What was saved by an earlier version may not fit any more: that, too, is told as this source's failure.
      prepared = this.prepare(source, lease, source.position ?? undefined);
      const { connector, context, accounts } = prepared;
      for await (const page of connector.crawl(context)) {
        await this.keep(source, lease, record, page, accounts.splice(0), (tx, report, now) =>
          tx.run(
            `UPDATE sources SET position = ?, posts = posts + ?, last_new_at = CASE WHEN ? > 0 THEN ? ELSE last_new_at END WHERE id = ?`,
            [JSON.stringify(page.cursor ?? null), report.stored, report.stored, now, source.id],
          ),
        );
        if (lease.signal.aborted) break;
      }
    } catch (error) {
      failure = error;
    } finally {
      await prepared?.close();
    }
    return this.finish(source, lease, record, failure, prepared);
  }

  /** One page: its items, the cursor behind them and the run's figures, in one transaction, and only while the lease is ours. */
  private async keep(
    source: SourceEntity,
    lease: Lease,
    record: RunRecord,
    page: Page<unknown>,
    accounts: AccountInfo[],
    position: (tx: Tx, report: IngestReport, now: number) => Promise<unknown>,
  ): Promise<void> {
    const now = this.clock.now();
    const { refresh } = this.options.connectorOf(source.kind);
    const report = await this.pipeline.accept({
      arrivals: page.items.map((item) => ({ at: item.id, item })),
      sourceId: source.id,
      ...(page.engagement === undefined ? {} : { engagement: page.engagement }),
      ...(page.gone === undefined ? {} : { gone: page.gone }),
      accounts,
      demo: source.demo === 1,
      alongside: async (tx, counts) => {
        await this.stillOurs(tx, lease);
        await position(tx, counts, now);
        await record.page(tx, page, counts, now);
        if (refresh !== undefined) await enterRefresh(tx, source.id, page.items, refresh.kinds, now);
      },
    });
    record.add(page, report);
  }

  private async stillOurs(tx: Tx, lease: Lease): Promise<void> {
    const [mine] = await tx.all('SELECT 1 AS one FROM sources WHERE id = ? AND lease_owner = ?', [
      lease.sourceId,
      lease.owner,
    ]);
    if (mine === undefined) {
      lease.stop('lost');
      throw new ConnectorError('unreachable', '这个采集源已由另一个进程接手或已删除，本次停止。');
    }
    await tx.run('UPDATE sources SET lease_until = ? WHERE id = ?', [
      this.clock.now() + this.options.leaseMs,
      lease.sourceId,
    ]);
  }

  private async finish(
    source: SourceEntity,
    lease: Lease,
    record: RunRecord,
    failure: unknown,
    prepared: Prepared | null,
  ): Promise<RunSummary> {
    const now = this.clock.now();
    const requests = prepared?.requests() ?? 0;
    const told = failure === null || lease.reason !== null ? null : tell(failure);
    if (told?.unexpected === true)
      this.log.error({ err: failure, source: source.id }, 'a run failed for a reason of our own');
    const outcome = outcomeOf(lease.reason, told?.kind ?? null, record.total.stored);
    const ok = outcome === 'ok' || outcome === 'nothing-new';
    // Waiting and interruptions are no failures, and they mend none either.
    const failures = outcome === 'failed' ? source.failures + 1 : ok ? 0 : source.failures;
    let next = nextRunAt(
      source.schedule,
      now,
      outcome === 'failed' ? failures : 0,
      Math.random(),
      this.options.backoffMs,
    );
    let hold = 0;
    if (told?.retryAfterSeconds !== undefined) {
      hold = now + told.retryAfterSeconds * 1000;
      next = outcome === 'waiting' ? hold : Math.max(next, hold);
    }
    if (told !== null && needsPerson(told.kind)) {
      const { first, then } = this.options.lookAgainMs;
      next = Math.max(next, now + (failures === 1 ? first : then));
    }
    if (outcome === 'interrupted') next = now;
    const message = told?.message ?? (outcome === 'interrupted' ? stopWords(lease.reason) : null);
    await this.db.write(async (tx) => {
      await record.end(tx, { outcome, requests, errorKind: told?.kind ?? null, message }, now);
      const [mine] = await tx.all('SELECT 1 AS one FROM sources WHERE id = ? AND lease_owner = ?', [
        source.id,
        lease.owner,
      ]);
      if (mine === undefined) return;
      if (outcome === 'interrupted') {
        await tx.run('UPDATE sources SET next_run_at = ? WHERE id = ?', [next, source.id]);
        return;
      }
      await tx.run(
        `UPDATE sources SET next_run_at = ?, hold_until = ?, last_run_at = ?, last_success_at = CASE WHEN ? = 1 THEN ? ELSE last_success_at END,
           failures = ?, error_kind = ?, message = ?, budget_names = ? WHERE id = ?`,
        [
          next,
          hold,
          now,
          ok ? 1 : 0,
          now,
          failures,
          told?.kind ?? (failures > 0 ? source.errorKind : null),
          message ?? (failures > 0 ? source.message : null),
          JSON.stringify(prepared?.drawn() ?? []),
          source.id,
        ],
      );
      const ends = prepared?.ends() ?? null;
      if (ends !== null) await tx.run('UPDATE sources SET expires_at = ? WHERE id = ?', [ends, source.id]);
      if (ok) await record.settleGaps(tx, now);
      else if (outcome === 'failed' && told !== null) await record.outage(tx, source, told.kind, now);
    });
    this.live.tell({ type: 'source', id: String(source.id) });
    const { stored, duplicate, rejected, updated, fetched } = record.total;
    return { sourceId: source.id, outcome, stored, duplicate, rejected, updated, fetched, requests, message };
  }

  /** Counters of posts whose turn has come, and which of them are gone. */
  private async refreshDue(source: SourceEntity, lease: Lease): Promise<void> {
    const { refresh } = this.options.connectorOf(source.kind);
    if (refresh === undefined) return;
    let due = await duePosts(this.db, source.id, this.clock.now(), refresh.batch);
    if (due.length === 0) return;
    const record = await RunRecord.start(this.db, source.id, 'refresh', this.clock.now());
    let failure: unknown = null;
    let prepared: Prepared | null = null;
    try {
      prepared = this.prepare(source, lease, source.position ?? undefined);
      for (let n = 0; n < this.options.refreshBatches && due.length > 0 && !lease.signal.aborted; n++) {
        const posts = due;
        const { engagement, gone } = await refresh.ask(
          prepared.context,
          posts.map((p) => p.ref),
        );
        const now = this.clock.now();
        const away = new Set(gone.map((g) => `${g.kind} ${g.id}`));
        const page = { items: [], cursor: null, engagement, gone };
        const report = await this.pipeline.accept({
          arrivals: [],
          sourceId: source.id,
          engagement,
          gone,
          demo: source.demo === 1,
          alongside: async (tx, counts) => {
            await this.stillOurs(tx, lease);
            await asked(tx, posts, away, now);
            await record.page(tx, page, counts, now);
          },
        });
        record.add(page, report);
        due = await duePosts(this.db, source.id, this.clock.now(), refresh.batch);
      }
    } catch (error) {
      failure = error;
    } finally {
      await prepared?.close();
    }
    const told = failure === null || lease.reason !== null ? null : tell(failure);
    const now = this.clock.now();
    const outcome = outcomeOf(lease.reason, told?.kind ?? null, record.total.updated);
    const requests = prepared?.requests() ?? 0;
    await this.db.write(async (tx) => {
      await record.end(tx, { outcome, requests, errorKind: told?.kind ?? null, message: told?.message ?? null }, now);
      if (told === null) return;
      // A failing refresh must not run every second, nor cost the news its turn: its posts are put off.
      await tx.run('UPDATE collect_refresh SET due_at = ? WHERE source_id = ? AND due_at <= ?', [
        now + Math.max((told.retryAfterSeconds ?? 0) * 1000, 10 * 60_000),
        source.id,
        now,
      ]);
    });
  }

  /** Some pages of a range of the past, until the news is due again. Its cursor is its own. */
  private async backfillSlice(source: SourceEntity, lease: Lease): Promise<void> {
    const connector = this.options.connectorOf(source.kind);
    if (connector.backfill === undefined) return;
    const job = await this.backfills.next(source.id);
    if (job === null) return;
    const [fresh] = await this.db.all<{ next_run_at: number }>('SELECT next_run_at FROM sources WHERE id = ?', [
      source.id,
    ]);
    const until = Math.min(Number(fresh?.next_run_at ?? 0), this.clock.now() + this.options.sliceMs);
    const record = await RunRecord.start(this.db, source.id, 'backfill', this.clock.now());
    let failure: unknown = null;
    let complete = false;
    let prepared: Prepared | null = null;
    try {
      prepared = this.prepare(source, lease, job.position, job);
      const { context, accounts } = prepared;
      const pages = connector.crawl(context)[Symbol.asyncIterator]();
      for (;;) {
        const { done, value: page } = await pages.next();
        if (done === true) {
          complete = !lease.signal.aborted;
          break;
        }
        let wanted = true;
        await this.keep(source, lease, record, page, accounts.splice(0), async (tx, report) => {
          await tx.run('UPDATE sources SET posts = posts + ? WHERE id = ?', [report.stored, source.id]);
          wanted = await this.backfills.page(tx, job.id, page.cursor, report, middleOf(page));
        });
        if (!wanted) lease.stop('cancelled');
        if (lease.signal.aborted || this.clock.now() >= until) {
          await pages.return?.();
          break;
        }
      }
    } catch (error) {
      failure = error;
    } finally {
      await prepared?.close();
    }
    const told = failure === null || lease.reason !== null ? null : tell(failure);
    if (told?.unexpected === true)
      this.log.error({ err: failure, source: source.id }, 'a back-fill failed for a reason of our own');
    const now = this.clock.now();
    const requests = prepared?.requests() ?? 0;
    const outcome = outcomeOf(lease.reason, told?.kind ?? null, record.total.stored);
    await this.db.write(async (tx) => {
      await record.end(tx, { outcome, requests, errorKind: told?.kind ?? null, message: told?.message ?? null }, now);
      const error =
        told === null
          ? null
          : {
              message: told.message,
              retryAt: told.retryAfterSeconds === undefined ? null : now + told.retryAfterSeconds * 1000,
              person: needsPerson(told.kind),
            };
      await this.backfills.slice(tx, job.id, { requests, complete, error });
      if (complete) await record.filled(tx, job.range, now);
    });
  }

  /** One cheap request with the settings as given; @returns what the platform answered, in words. */
  async probe(kind: string, settings: unknown, credentials: unknown): Promise<string> {
    const prepared = this.prepareWith(kind, settings, credentials, undefined, AbortSignal.timeout(60_000));
    try {
      return await prepared.connector.probe(prepared.context);
    } finally {
      await prepared.close();
    }
  }

  /** Opens a source's credentials for a moment. */
  credentialsOf(source: Pick<SourceEntity, 'credentials'>): Record<string, unknown> {
    return openCredentials(this.secrets, source);
  }

  private prepare(source: SourceEntity, lease: Lease, position: unknown, job?: Backfill) {
    const credentials = this.credentialsOf(source);
    return this.prepareWith(source.kind, source.settings, credentials, position, lease.signal, { lease, job });
  }

  connectorOf(kind: string): ConnectorDefinition {
    return this.options.connectorOf(kind);
  }

  /** A client and context for one exchange outside a run: of a code, before a source has complete credentials, or a reply. */
  prepareExchange(source: SourceEntity) {
    return this.prepareWith(
      source.kind,
      source.settings,
      this.credentialsOf(source),
      undefined,
      AbortSignal.timeout(60_000),
    );
  }

  /** @param of.job a back-fill: its range goes into the context. @param of.lease asked before every request whether the work is still wanted. */
  private prepareWith(
    kind: string,
    settings: unknown,
    given: unknown,
    position: unknown,
    signal: AbortSignal,
    { lease, job }: { lease?: Lease; job?: Backfill | undefined } = {},
  ) {
    const connector = this.options.connectorOf(kind);
    const parsed = connector.settings.parse(settings) as { allowPrivateNetwork?: boolean; respectRobots?: boolean };
    const credentials = connector.credentials.parse(given) as Record<string, unknown>;
    neverLog(credentials);
    const accounts: AccountInfo[] = [];
    let ends: number | null = null;
    const local = parsed.allowPrivateNetwork === true;
    const courtesy = this.courtesy.forRun(kind, credentials, connector.budgets?.(parsed) ?? [], lease);
    const http = createHttpClient({
      userAgent: `Minsheng/${VERSION} (government public-opinion dashboard)`,
      allowPrivateNetwork: local,
      respectRobots: parsed.respectRobots === true,
      pacer: courtesy.pacer,
      onOutcome: courtesy.onOutcome,
      pace: this.options.pace(local),
    });
    const cursor = position === undefined ? undefined : connector.cursor.safeParse(position);
    if (cursor?.success === false)
      this.log.warn({ kind }, 'a cursor of an earlier version was not understood: this source is read from the start');
    const context: RunContext<unknown, unknown, unknown> = {
      settings: parsed,
      credentials,
      cursor: cursor?.data,
      http,
      signal,
      now: () => new Date(this.clock.now()),
      ...(job === undefined ? {} : { range: job.range }),
      account: (info) => accounts.push(info),
      credentialsEnd: (at) => (ends = at.getTime()),
      log: (message) => this.log.debug({ kind }, message),
    };
    return {
      connector,
      context,
      accounts,
      close: () => http.close(),
      requests: () => http.requests,
      drawn: courtesy.drawn,
      ends: () => ends,
    };
  }

  /** A change was saved: work with the old settings stops after its page and begins anew. */
  async changed(sourceId: number): Promise<void> {
    await this.working.get(sourceId)?.lease.beat();
  }

  /** Lets running pages finish, keeps their cursors and gives the leases back. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const { lease } of this.working.values()) lease.stop('shutdown');
    await Promise.allSettled([...this.working.values()].map((w) => w.done));
  }

  /** Waits for what is running; for tests and one-off verbs. */
  async idle(): Promise<void> {
    while (this.working.size > 0) await Promise.allSettled([...this.working.values()].map((w) => w.done));
  }
}

function outcomeOf(stopped: StopReason | null, kind: string | null, news: number): Outcome {
  if (stopped !== null) return 'interrupted';
  if (kind === null) return news > 0 ? 'ok' : 'nothing-new';
  return kind === 'retry-after' ? 'waiting' : 'failed';
}

function stopWords(reason: StopReason | null): string {
  switch (reason) {
    case 'changed':
      return '设置或凭据已更改，本次停止，马上用新的继续。';
    case 'paused':
      return '已暂停，恢复后从断点继续。';
    case 'lost':
      return '已由另一个进程接手，本次停止。';
    default:
      return '程序停止，下次从断点继续。';
  }
}

/** The publishing time in the middle of a page: a pinned post or a stray one does not mislead. */
function middleOf(page: Page<unknown>): number | null {
  const times = page.items
    .map((item) =>
      Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/u.test(item.publishedAt) ? item.publishedAt : `${item.publishedAt}+08:00`),
    )
    .filter((t) => !Number.isNaN(t))
    .sort((a, b) => a - b);
  return times[times.length >> 1] ?? null;
}

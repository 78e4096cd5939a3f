/**
 * In: what an administrator configures on 采集状态. Out: sources, their health in one sentence, runs and coverage. Called by: the web.
 */
import {
  Platform,
  routes,
  type ProbeResult,
  type RouteAnswer,
  type RouteInput,
  type RunView,
  type BackfillView,
  type GapView,
  type SourceHealth,
  type SourcesOverview,
  type SourceView,
} from '@minsheng/contracts';
import { ConnectorError } from '@minsheng/crawlers';
import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Collector } from '../collect/collector.ts';
import { needsPerson } from '../collect/outcome.ts';
import { closeGaps, copyGaps } from '../collect/gaps.ts';
import { Enricher } from '../enrich/enricher.ts';
import type { Caller } from '../platform/auth/caller.ts';
import { Clock, hourOf, toInstant, toInstantOrNull } from '../platform/clock.ts';
import { Database, type Row } from '../platform/database/database.ts';
import { conflict, notFound, UserError } from '../platform/errors.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { Demo } from '../demo/demo.ts';
import { Authorizations } from './authorizations.ts';
import { connectorOf, isPassive, sourceKinds } from './kinds.ts';
import { PushKeys } from './push-keys.ts';
import { SearchEngine } from '../search/search-engine.ts';
import { SourceBook } from './source-book.ts';
import { RunEntity, SourceEntity } from './source.entity.ts';

const HOUR = 3_600_000;
/** The end of credentials is told this long before. */
const EXPIRY_TOLD_MS = 7 * 24 * HOUR;

@Controller()
export class SourcesController {
  constructor(
    private readonly db: Database,
    private readonly collector: Collector,
    private readonly clock: Clock,
    private readonly enricher: Enricher,
    private readonly demo: Demo,
    private readonly book: SourceBook,
    private readonly keys: PushKeys,
    private readonly authorizations: Authorizations,
    private readonly engine: SearchEngine,
  ) {}

  @Endpoint(routes.sources.overview)
  async overview(): Promise<SourcesOverview> {
    const now = this.clock.now();
    const sources = await this.db.repo(SourceEntity).find({ order: { id: 'ASC' } });
    const hours = Array.from({ length: 24 }, (_, i) => hourOf(now) - (23 - i) * HOUR);
    const first = hours[0] ?? now;
    const rows = await this.db.all<{ hour: number; source_id: number; posts: number }>(
      'SELECT at AS hour, source_id, SUM(posts) AS posts FROM rollup_hours WHERE at >= ? AND source_id <> 0 GROUP BY at, source_id',
      [first],
    );
    const perHour = sources.map((s) =>
      hours.map((h) => rows.find((r) => Number(r.source_id) === s.id && Number(r.hour) === h)?.posts ?? 0).map(Number),
    );
    const search = await this.engine.status();
    const views = await Promise.all(
      sources.map((s, i) =>
        this.view(
          s,
          (perHour[i] ?? []).reduce((a, b) => a + b, 0),
        ),
      ),
    );
    const name = this.enricher.segmenterName();
    return {
      sources: views,
      hours: hours.map(toInstant),
      perHour,
      segmenter: {
        name,
        note:
          name === 'nodejieba' ? null : '未能编译 nodejieba，正在使用内置的 @node-rs/jieba，分词结果相同，不影响使用。',
      },
      searchEngine: {
        name: search.name,
        documents: search.documents ?? 0,
        behind: search.behind,
        since: toInstantOrNull(search.since),
        note: search.problem,
      },
    };
  }

  @Endpoint(routes.sources.kinds)
  kinds(): RouteAnswer<typeof routes.sources.kinds> {
    return {
      items: sourceKinds.map((connector) => {
        const { kind, platform, manual, defaultIntervalSeconds, settings, credentials } = connector;
        return {
          kind,
          platform,
          ...manual,
          requestsPerItem: manual.requestsPerItem ?? null,
          defaultIntervalSeconds,
          passive: isPassive(kind),
          backfill: connector.backfill ?? null,
          refreshes: connector.refresh !== undefined,
          authorizes: connector.authorize !== undefined,
          receives: connector.receive !== undefined,
          settingsSchema: z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>,
          credentialsSchema: z.toJSONSchema(credentials, { io: 'input', unrepresentable: 'any' }) as Record<
            string,
            unknown
          >,
        };
      }),
    };
  }

  @Endpoint(routes.sources.create)
  async create(@Input() { body }: RouteInput<typeof routes.sources.create>): Promise<SourceView> {
    return this.view(await this.book.add(body), 0);
  }

  @Endpoint(routes.sources.update)
  async update(@Input() { params, body }: RouteInput<typeof routes.sources.update>): Promise<SourceView> {
    const source = await this.find(params.id);
    const credentials =
      body.credentials !== undefined && Object.keys(body.credentials).length > 0
        ? this.book.completed(source, body.credentials)
        : undefined;
    const settings = body.settings ?? source.settings;
    this.book.checked(source.kind, settings, credentials, body.schedule);
    await this.db.write(async (tx) => {
      await tx.run(
        'UPDATE sources SET name = ?, settings = ?, schedule = ?, paused = ?, next_run_at = ?, revision = revision + ? WHERE id = ?',
        [
          body.name ?? source.name,
          JSON.stringify(settings),
          JSON.stringify(body.schedule ?? source.schedule),
          body.paused === undefined ? source.paused : Number(body.paused),
          body.paused === true ? source.nextRunAt : this.clock.now(),
          body.settings === undefined && credentials === undefined ? 0 : 1,
          source.id,
        ],
      );
      if (credentials !== undefined) await this.book.rotate(tx, source, credentials);
    });
    await this.collector.changed(source.id);
    return this.view(await this.find(params.id), 0);
  }

  @Endpoint(routes.sources.clearCredential)
  async clearCredential(@Input() { params }: RouteInput<typeof routes.sources.clearCredential>): Promise<SourceView> {
    const source = await this.find(params.id);
    await this.book.clear(source, params.name);
    await this.collector.changed(source.id);
    return this.view(await this.find(params.id), 0);
  }

  @Endpoint(routes.sources.remove)
  async remove(@Input() { params }: RouteInput<typeof routes.sources.remove>): Promise<{ ok: true }> {
    const source = await this.find(params.id);
    await this.db.write(async (tx) => {
      for (const table of [
        'source_runs',
        'source_gaps',
        'source_backfills',
        'source_imports',
        'source_authorizations',
        'collect_refresh',
        'push_keys',
        'push_receipts',
      ])
        await tx.run(`DELETE FROM ${table} WHERE source_id = ?`, [source.id]);
      await tx.run('DELETE FROM sources WHERE id = ?', [source.id]);
    });
    await this.collector.changed(source.id);
    return { ok: true };
  }

  @Endpoint(routes.sources.probe)
  async probe(@Input() { body }: RouteInput<typeof routes.sources.probe>): Promise<ProbeResultAnswer> {
    const credentials =
      body.id === undefined ? body.credentials : this.book.completed(await this.find(body.id), body.credentials);
    this.book.checked(body.kind, body.settings, credentials, body.schedule);
    try {
      return { ok: true, message: await this.collector.probe(body.kind, body.settings, credentials), errorKind: null };
    } catch (error) {
      if (error instanceof ConnectorError) return { ok: false, message: error.message, errorKind: error.kind };
      throw error;
    }
  }

  @Endpoint(routes.sources.run)
  async run(@Input() { params }: RouteInput<typeof routes.sources.run>): Promise<SourceView> {
    const source = await this.find(params.id);
    if (isPassive(source.kind))
      throw conflict('这个采集源由对方推送或手工导入，没有可以立即采集的内容。', '请等待对方推送，或导入文件。');
    if (source.paused === 1) throw conflict('这个采集源已暂停，没有采集。', '请先恢复。');
    await this.db.write((tx) => tx.run('UPDATE sources SET next_run_at = 0 WHERE id = ?', [source.id]));
    await this.collector.tick();
    return this.view(await this.find(params.id), 0);
  }

  @Endpoint(routes.sources.runs)
  async runs(
    @Input() { params, query }: RouteInput<typeof routes.sources.runs>,
  ): Promise<RouteAnswer<typeof routes.sources.runs>> {
    const before = Number(query.cursor ?? Number.MAX_SAFE_INTEGER);
    const rows = await this.db
      .repo(RunEntity)
      .createQueryBuilder('r')
      .where('r.sourceId = :id AND r.id < :before', { id: Number(params.id), before })
      .orderBy('r.id', 'DESC')
      .take(query.limit + 1)
      .getMany();
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return {
      items: items.map(runView),
      nextCursor: rows.length > query.limit && last !== undefined ? String(last.id) : null,
    };
  }

  @Endpoint(routes.sources.gaps)
  async gaps(
    @Input() { params, query }: RouteInput<typeof routes.sources.gaps>,
  ): Promise<RouteAnswer<typeof routes.sources.gaps>> {
    const rows = await this.db.all(
      'SELECT * FROM source_gaps WHERE source_id = ? AND id < ? ORDER BY id DESC LIMIT ?',
      [Number(params.id), Number(query.cursor ?? Number.MAX_SAFE_INTEGER), query.limit + 1],
    );
    const items = rows.slice(0, query.limit).map(gapView);
    return { items, nextCursor: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Endpoint(routes.sources.closeGap)
  async closeGap(
    @Input() { params, body }: RouteInput<typeof routes.sources.closeGap>,
    @CallerParam() caller: Caller,
  ): Promise<{ ok: true }> {
    const source = await this.find(params.id);
    await this.db.write(async (tx) => {
      const [gap] = await tx.all<{ name: string }>(
        'SELECT name FROM source_gaps WHERE id = ? AND source_id = ? AND closed_at IS NULL',
        [Number(params.gapId), source.id],
      );
      if (gap === undefined) throw notFound('处缺口');
      await closeGaps(tx, source.id, gap.name, `${caller.displayName}注明：${body.reason}`, this.clock.now());
      await copyGaps(tx, source.id);
    });
    return { ok: true };
  }

  @Endpoint(routes.sources.backfills)
  async backfills(
    @Input() { params }: RouteInput<typeof routes.sources.backfills>,
  ): Promise<RouteAnswer<typeof routes.sources.backfills>> {
    return { items: await this.collector.backfills.list(Number(params.id)) };
  }

  @Endpoint(routes.sources.backfill)
  async backfill(
    @Input() { params, body }: RouteInput<typeof routes.sources.backfill>,
    @CallerParam() caller: Caller,
  ): Promise<BackfillView> {
    const source = await this.find(params.id);
    if (connectorOf(source.kind).backfill === undefined)
      throw conflict('这类采集源不能按日期补采，没有新增。', '平台不提供历史内容；可改用文件导入。');
    const from = Date.parse(body.from);
    const to = Math.min(Date.parse(body.to), this.clock.now());
    if (from >= to)
      throw new UserError('invalid-input', '补采的起始日期晚于现在，没有新增。', { todo: '请选择过去的一段时间。' });
    const asked = await this.collector.backfills.ask(source.id, from, to, caller.displayName);
    await this.collector.tick();
    return asked;
  }

  @Endpoint(routes.sources.cancelBackfill)
  cancelBackfill(@Input() { params }: RouteInput<typeof routes.sources.cancelBackfill>): Promise<BackfillView> {
    return this.collector.backfills.cancel(Number(params.id), Number(params.backfillId));
  }

  @Endpoint(routes.sources.resumeBackfill)
  resumeBackfill(@Input() { params }: RouteInput<typeof routes.sources.resumeBackfill>): Promise<BackfillView> {
    return this.collector.backfills.resume(Number(params.id), Number(params.backfillId));
  }

  @Endpoint(routes.sources.makePushKey)
  async makePushKey(
    @Input() { params }: RouteInput<typeof routes.sources.makePushKey>,
  ): Promise<RouteAnswer<typeof routes.sources.makePushKey>> {
    const source = await this.find(params.id);
    if (source.kind !== 'push') throw conflict('只有“接口推送”类的采集源使用推送密钥，没有生成。');
    const { key, previousEndsAt } = await this.keys.make(source.id);
    return { key, address: `/api/push/${source.id}`, previousEndsAt: toInstantOrNull(previousEndsAt) };
  }

  @Endpoint(routes.sources.authorize)
  async authorize(
    @Input() { params, body }: RouteInput<typeof routes.sources.authorize>,
    @CallerParam() caller: Caller,
  ): Promise<{ url: string }> {
    return { url: await this.authorizations.start(await this.find(params.id), caller.sessionId, body.redirect) };
  }

  @Endpoint(routes.sources.authorized)
  async authorized(
    @Input() { body }: RouteInput<typeof routes.sources.authorized>,
    @CallerParam() caller: Caller,
  ): Promise<SourceView> {
    const id = await this.authorizations.finish(body.state, body.code, caller.sessionId);
    await this.collector.changed(id);
    return this.view(await this.find(String(id)), 0);
  }

  @Endpoint(routes.sources.leaveDemo)
  async leaveDemo(@Input() _input: RouteInput<typeof routes.sources.leaveDemo>): Promise<{ ok: true }> {
    await this.demo.leaveFor('管理员选择离开演示');
    return { ok: true };
  }

  private async find(id: string): Promise<SourceEntity> {
    const source = await this.db.repo(SourceEntity).findOneBy({ id: Number(id) });
    if (source === null) throw notFound('个采集源');
    return source;
  }

  private async view(source: SourceEntity, posts24h: number): Promise<SourceView> {
    const lastRun = await this.db.repo(RunEntity).findOne({
      where: { sourceId: source.id, purpose: 'regular' },
      order: { id: 'DESC' },
    });
    const now = this.clock.now();
    const open = await this.db.all(
      'SELECT * FROM source_gaps WHERE source_id = ? AND closed_at IS NULL ORDER BY since DESC LIMIT 50',
      [source.id],
    );
    const { health, text } = healthOf(
      source,
      lastRun,
      now,
      open.find((g) => g['cause'] === 'silence'),
    );
    const connector = sourceKinds.find((c) => c.kind === source.kind);
    const budgets = await this.collector.courtesy.left(source.budgetNames ?? []);
    const [backfill] = (await this.collector.backfills.list(source.id)).filter((b) => b.state === 'waiting');
    return {
      id: String(source.id),
      kind: source.kind,
      kindName: connector?.manual.name ?? source.kind,
      platform: platformOf(source, connector?.platform ?? 'other'),
      name: source.name,
      settings: source.settings,
      savedCredentials: this.book.savedNames(source),
      schedule: source.schedule,
      demo: source.demo === 1,
      health,
      healthText: text,
      nextRunAt: source.paused === 1 || isPassive(source.kind) ? null : toInstantOrNull(source.nextRunAt || null),
      lastRunAt: toInstantOrNull(source.lastRunAt),
      lastSuccessAt: toInstantOrNull(source.lastSuccessAt),
      lastNewItemAt: toInstantOrNull(source.lastNewAt),
      consecutiveFailures: source.failures,
      posts: source.posts,
      posts24h,
      openGaps: open.map(gapView),
      budgets: budgets.map((b) => ({ ...b, resetsAt: toInstant(b.resetsAt) })),
      credentialsEndAt: toInstantOrNull(source.expiresAt),
      backfill: backfill ?? null,
      pushKeys: source.kind === 'push' ? await this.keys.list(source.id) : [],
      lastRun: lastRun === null ? null : runView(lastRun),
    };
  }
}

/** What others bring is of the channel that the administrator named. */
function platformOf(source: SourceEntity, usual: SourceView['platform']): SourceView['platform'] {
  const named = isPassive(source.kind) ? Platform.safeParse(source.settings['platform']) : undefined;
  return named?.data ?? usual;
}

type ProbeResultAnswer = z.infer<typeof ProbeResult>;

function span(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} 分钟`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} 小时` : `${Math.round(minutes / 1440)} 天`;
}

function ago(ms: number): string {
  return ms < 30_000 ? '刚刚' : `${span(ms)}前`;
}

/** Health and the one sentence that says it. "No new data" and "broken" never look alike. */
export function healthOf(
  source: SourceEntity,
  lastRun: RunEntity | null,
  now: number,
  silence?: Row,
): { health: SourceHealth; text: string } {
  if (source.paused === 1) return { health: 'paused', text: '已暂停采集。' };
  if (isPassive(source.kind)) return broughtHealth(source, now, silence);
  if (source.failures > 0)
    return {
      health: needsPerson(source.errorKind) ? 'stopped' : 'failing',
      text: source.message ?? '采集失败，稍后自动重试。',
    };
  if (source.lastRunAt === null) {
    const running = lastRun?.outcome === 'running';
    return { health: 'new', text: running ? `首次采集中，已取得 ${lastRun.stored} 条。` : '尚未采集，等待首次运行。' };
  }
  if (source.holdUntil > now) return { health: 'waiting', text: source.message ?? '平台要求稍后再采，已排队等待。' };
  const ends = source.expiresAt === null ? null : source.expiresAt - now;
  const expiry =
    ends === null || ends > EXPIRY_TOLD_MS
      ? ''
      : ends <= 0
        ? '授权已到期，请重新授权。'
        : `授权还有 ${Math.max(1, Math.ceil(ends / 86_400_000))} 天到期，请提前重新授权。`;
  const silent = source.lastNewAt === null ? null : now - source.lastNewAt;
  if (silent !== null && silence !== undefined)
    return { health: 'quiet', text: `采集正常，但 ${span(silent)}没有新内容，比这个源平时久。${expiry}` };
  const done = lastRun === null || lastRun.outcome === 'running' ? null : lastRun;
  const when = ago(now - source.lastRunAt);
  const news = done !== null && done.stored > 0 ? `取得 ${done.stored.toLocaleString('en-US')} 条新内容` : '没有新内容';
  // A run that names something missing has not heard everything: its silence is no proof of none.
  const missing = (done?.gaps ?? []).some((g) => g.size !== 0);
  const last = missing
    ? `${when}采集完成，${news}，但有内容没有取到，见缺口。`
    : news === '没有新内容'
      ? `${when}采集正常，没有新内容。`
      : `${when}${news}。`;
  return { health: 'ok', text: last + expiry };
}

/** What others bring cannot break on our side; it can only stay away. */
function broughtHealth(source: SourceEntity, now: number, silence?: Row): { health: SourceHealth; text: string } {
  const { lastNewAt } = source;
  if (lastNewAt === null)
    return { health: 'new', text: source.kind === 'push' ? '还没有收到推送。' : '还没有导入过文件。' };
  if (silence !== undefined)
    return {
      health: 'quiet',
      text: `已 ${span(now - lastNewAt)}没有收到新内容，比平时久。请联系对方确认推送是否正常。`,
    };
  return { health: 'ok', text: `${ago(now - lastNewAt)}收到新内容。` };
}

function gapView(r: Row): GapView {
  return {
    id: String(r['id']),
    what: String(r['what']),
    size: r['size'] === null ? null : Number(r['size']),
    cause: String(r['cause']),
    since: toInstant(Number(r['since'])),
    closedAt: toInstantOrNull(r['closed_at'] === null ? null : Number(r['closed_at'])),
    closedHow: r['closed_how'] === null ? null : String(r['closed_how']),
  };
}

function runView(run: RunEntity): RunView {
  const { requests, pages, expected, fetched, stored, duplicate, updated, rejected, outcome, errorKind, message } = run;
  return {
    id: String(run.id),
    purpose: run.purpose,
    startedAt: toInstant(run.startedAt),
    endedAt: toInstantOrNull(run.endedAt),
    outcome,
    requests,
    pages,
    expected,
    fetched,
    stored,
    duplicate,
    updated,
    rejected,
    gaps: (run.gaps ?? []).map((g) => ({ ...g, since: toInstantOrNull(g.since) })),
    errorKind,
    message,
  };
}

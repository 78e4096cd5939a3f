/**
 * In: what an administrator configures on 采集状态. Out: sources, their health in one sentence, runs and coverage. Called by: the web.
 */
import {
  routes,
  type ProbeResult,
  type RouteAnswer,
  type RouteInput,
  type RunView,
  type SourceHealth,
  type SourcesOverview,
  type SourceView,
} from '@minsheng/contracts';
import { ConnectorError, connectors } from '@minsheng/crawlers';
import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Collector } from '../collect/collector.ts';
import { Enricher } from '../enrich/enricher.ts';
import { Clock, hourOf, toInstant, toInstantOrNull } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { notFound } from '../platform/errors.ts';
import { Endpoint, Input } from '../platform/http/endpoint.ts';
import { Demo } from '../demo/demo.ts';
import { Secrets } from '../platform/secrets.ts';
import { SearchEngine } from '../search/search-engine.ts';
import { SourceBook } from './source-book.ts';
import { RunEntity, SourceEntity } from './source.entity.ts';

const HOUR = 3_600_000;
/** A source that brought something before and has been silent this much longer than it runs is called quiet. */
const QUIET_MS = 24 * HOUR;

type Credentials = Record<string, unknown>;

@Controller()
export class SourcesController {
  constructor(
    private readonly db: Database,
    private readonly collector: Collector,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
    private readonly enricher: Enricher,
    private readonly demo: Demo,
    private readonly book: SourceBook,
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
        note: search.problem,
      },
    };
  }

  @Endpoint(routes.sources.kinds)
  kinds(): RouteAnswer<typeof routes.sources.kinds> {
    return {
      items: connectors.map(({ kind, platform, manual, defaultIntervalSeconds, settings, credentials }) => ({
        kind,
        platform,
        ...manual,
        defaultIntervalSeconds,
        settingsSchema: z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>,
        credentialsSchema: z.toJSONSchema(credentials, { io: 'input', unrepresentable: 'any' }) as Record<
          string,
          unknown
        >,
      })),
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
      body.credentials !== undefined && Object.keys(body.credentials).length > 0 ? body.credentials : undefined;
    const settings = body.settings ?? source.settings;
    this.book.checked(source.kind, settings, credentials, body.schedule);
    await this.db.write(async (tx) => {
      await tx.run(
        'UPDATE sources SET name = ?, settings = ?, schedule = ?, paused = ?, next_run_at = ? WHERE id = ?',
        [
          body.name ?? source.name,
          JSON.stringify(settings),
          JSON.stringify(body.schedule ?? source.schedule),
          body.paused === undefined ? source.paused : Number(body.paused),
          body.paused === true ? source.nextRunAt : this.clock.now(),
          source.id,
        ],
      );
      if (credentials !== undefined) {
        await tx.run(
          'UPDATE sources SET credentials = ?, failures = 0, error_kind = NULL, message = NULL WHERE id = ?',
          [this.book.seal(credentials), source.id],
        );
      }
    });
    return this.view(await this.find(params.id), 0);
  }

  @Endpoint(routes.sources.remove)
  async remove(@Input() { params }: RouteInput<typeof routes.sources.remove>): Promise<{ ok: true }> {
    const source = await this.find(params.id);
    await this.db.write(async (tx) => {
      await tx.run('DELETE FROM source_runs WHERE source_id = ?', [source.id]);
      await tx.run('DELETE FROM sources WHERE id = ?', [source.id]);
    });
    return { ok: true };
  }

  @Endpoint(routes.sources.probe)
  async probe(@Input() { body }: RouteInput<typeof routes.sources.probe>): Promise<ProbeResultAnswer> {
    let { credentials } = body;
    if (body.id !== undefined && Object.keys(credentials).length === 0) {
      const stored = (await this.find(body.id)).credentials;
      if (stored !== null) credentials = JSON.parse(this.secrets.open('source-credentials', stored)) as Credentials;
    }
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
    const lastRun = await this.db.repo(RunEntity).findOne({ where: { sourceId: source.id }, order: { id: 'DESC' } });
    const { health, text } = healthOf(source, lastRun, this.clock.now());
    const connector = connectors.find((c) => c.kind === source.kind);
    return {
      id: String(source.id),
      kind: source.kind,
      kindName: connector?.manual.name ?? source.kind,
      platform: connector?.platform ?? 'other',
      name: source.name,
      settings: source.settings,
      hasCredentials: source.credentials !== null,
      schedule: source.schedule,
      demo: source.demo === 1,
      health,
      healthText: text,
      nextRunAt: source.paused === 1 ? null : toInstantOrNull(source.nextRunAt || null),
      lastRunAt: toInstantOrNull(source.lastRunAt),
      lastSuccessAt: toInstantOrNull(source.lastSuccessAt),
      lastNewItemAt: toInstantOrNull(source.lastNewAt),
      consecutiveFailures: source.failures,
      posts: source.posts,
      posts24h,
      openGaps: (source.gaps ?? []).map((g) => ({ ...g, since: toInstantOrNull(g.since) })),
      lastRun: lastRun === null ? null : runView(lastRun),
    };
  }
}

type ProbeResultAnswer = z.infer<typeof ProbeResult>;

function ago(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return '刚刚';
  if (minutes < 60) return `${minutes} 分钟前`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} 小时前` : `${Math.round(minutes / 1440)} 天前`;
}

/** Health and the one sentence that says it. "No new data" and "broken" never look alike. */
export function healthOf(
  source: SourceEntity,
  lastRun: RunEntity | null,
  now: number,
): { health: SourceHealth; text: string } {
  if (source.paused === 1) return { health: 'paused', text: '已暂停采集。' };
  if (source.lastRunAt === null) {
    const running = lastRun?.outcome === 'running';
    return { health: 'new', text: running ? `首次采集中，已取得 ${lastRun.stored} 条。` : '尚未采集，等待首次运行。' };
  }
  if (source.failures > 0) {
    const needsPerson = ['blocked', 'login-needed', 'permission', 'config', 'gone', 'refused-address'].includes(
      source.errorKind ?? '',
    );
    return { health: needsPerson ? 'stopped' : 'failing', text: source.message ?? '采集失败，稍后自动重试。' };
  }
  if (lastRun?.outcome === 'waiting')
    return { health: 'waiting', text: source.message ?? '平台要求稍后再采，已排队等待。' };
  const silent = source.lastNewAt === null ? null : now - source.lastNewAt;
  if (silent !== null && silent > QUIET_MS)
    return { health: 'quiet', text: `采集正常，但 ${ago(silent).replace('前', '')}没有新内容。` };
  const last =
    lastRun === null
      ? ''
      : lastRun.stored > 0
        ? `${ago(now - source.lastRunAt)}取得 ${lastRun.stored} 条新内容。`
        : `${ago(now - source.lastRunAt)}采集正常，没有新内容。`;
  return { health: 'ok', text: last };
}

function runView(run: RunEntity): RunView {
  const { requests, pages, expected, fetched, stored, duplicate, updated, rejected, outcome, errorKind, message } = run;
  return {
    id: String(run.id),
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

/**
 * In: the modules of the house. Out: each module's ports bound to the neighbour that serves it. Called by: app.module.ts; nothing else knows who serves whom.
 */
import { Global, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { DESK_ROLES, type ClaimRow, type Coverage, type TopicRow } from '@minsheng/contracts';
import { Alerts } from './alerts/alerts.ts';
import { BriefingFigures, type BriefedClaim, type BriefedTopic, type Volume } from './briefings/ports.ts';
import { ClaimReader } from './claims/claim-rows.ts';
import { ClaimsModule } from './claims/claims.module.ts';
import {
  ClaimRows,
  InboxRows,
  OfficialMarks,
  SourceHealthPort,
  TopicRows,
  type FailingSource,
  type VolumeMark,
} from './dashboard/ports.ts';
import { deskBindings, OpenCases } from './desk-bindings.ts';
import { InboxModule } from './inbox/inbox.module.ts';
import { AlertsPort } from './inbox/ports.ts';
import { toInstantOrNull } from './platform/clock.ts';
import { Database } from './platform/database/database.ts';
import { HOUR, type Window } from './platform/time-window.ts';
import { idRange } from './posts/post-id.ts';
import { SmallCells } from './posts/small-cells.ts';
import { CoveragePort, RollupCoverage } from './rollups/coverage.ts';
import { RollupReader } from './rollups/rollup-reader.ts';
import { QuickSearch } from './search/quick-search.ts';
import { SearchModule } from './search/search.module.ts';
import { SourceEntity } from './sources/source.entity.ts';
import { TopicRowsReader } from './topics/topic-rows.ts';
import { TopicsModule } from './topics/topics.module.ts';

@Injectable()
class HotTopics extends TopicRows {
  constructor(private readonly topics: TopicRowsReader) {
    super();
  }
  hottest(limit: number, window?: Window): Promise<TopicRow[]> {
    return window === undefined
      ? this.topics.hottest(limit)
      : this.topics.list({ ...window, sort: 'heat', muted: 'hide', limit });
  }
}

@Injectable()
class OpenClaims extends ClaimRows {
  constructor(private readonly claims: ClaimReader) {
    super();
  }
  urgent(limit: number): Promise<ClaimRow[]> {
    return this.claims.urgent(limit);
  }
  openCount(): Promise<number> {
    return this.claims.openCount();
  }
}

@Injectable()
class BrokenSources extends SourceHealthPort {
  constructor(private readonly db: Database) {
    super();
  }
  async failing(): Promise<FailingSource[]> {
    const sources = await this.db.repo(SourceEntity).find({ where: { paused: 0 } });
    return sources.flatMap((s) =>
      s.failures > 0 ? [{ id: s.id, name: s.name, reason: s.message ?? '采集失败', since: s.lastSuccessAt }] : [],
    );
  }
}

@Injectable()
class SpokenMarks extends OfficialMarks {
  constructor(private readonly db: Database) {
    super();
  }
  async between({ from, to }: Window): Promise<VolumeMark[]> {
    const { min, end } = idRange(from, to);
    const rows = await this.db.all(
      `SELECT id, published_at, title, text, topic_id FROM posts WHERE account_id IS NOT NULL AND kind = 'post' AND topic_id IS NOT NULL AND id >= ? AND id < ?
       ORDER BY comments + reposts DESC LIMIT 8`,
      [min, end],
    );
    return rows.map((r) => ({
      at: Number(r['published_at']),
      text: String(r['title'] ?? r['text']).slice(0, 28),
      href: `/topics/${String(r['topic_id'])}`,
    }));
  }
}

/** Coverage with what collecting knows: unhealthy sources and their gaps. */
@Injectable()
class SourceCoverage extends CoveragePort {
  constructor(
    private readonly db: Database,
    private readonly counted: RollupCoverage,
  ) {
    super();
  }
  async of(window: Window): Promise<Coverage> {
    const [base, sources] = await Promise.all([
      this.counted.of(window),
      this.db.repo(SourceEntity).find({ where: { paused: 0 } }),
    ]);
    if (sources.length === 0) return base;
    const gaps = sources.flatMap((s) => {
      if (s.failures > 0)
        return [
          {
            sourceId: String(s.id),
            sourceName: s.name,
            reason: s.message ?? '采集失败',
            since: toInstantOrNull(s.lastSuccessAt),
          },
        ];
      return (s.gaps ?? [])
        .slice(0, 1)
        .map((g) => ({ sourceId: String(s.id), sourceName: s.name, reason: g.what, since: toInstantOrNull(g.since) }));
    });
    const last = Math.max(0, ...sources.map((s) => s.lastSuccessAt ?? 0));
    return {
      ...base,
      sources: sources.length,
      healthySources: sources.filter((s) => s.failures === 0 && s.lastSuccessAt !== null).length,
      lastFetchedAt: last === 0 ? base.lastFetchedAt : toInstantOrNull(last),
      gaps: gaps.slice(0, 20),
    };
  }
}

@Injectable()
class DayFigures extends BriefingFigures {
  constructor(
    private readonly db: Database,
    private readonly rollups: RollupReader,
    private readonly topics: TopicRowsReader,
    private readonly claims: ClaimReader,
    private readonly cells: SmallCells,
  ) {
    super();
  }
  async volume(from: number, to: number): Promise<Volume> {
    const { min, end } = idRange(from, to);
    const [buckets, totals] = await Promise.all([this.rollups.series({ from, to }), this.rollups.totals({ from, to })]);
    const ids = async (condition: string) => {
      const rows = await this.db.all<{ id: number }>(
        `SELECT id FROM posts WHERE id >= ? AND id < ? AND ${condition} ORDER BY id DESC LIMIT 20`,
        [min, end],
      );
      return rows.map((r) => Number(r.id));
    };
    const [authors] = await this.db.all<{ n: number }>(
      'SELECT count(DISTINCT author_key) AS n FROM posts WHERE id >= ? AND id < ? AND author_key IS NOT NULL',
      [min, end],
    );
    const { positive, neutral, negative, uncertain } = totals;
    return {
      total: totals.posts,
      public: { positive, neutral, negative, uncertain },
      official: totals.official,
      authors: authors === undefined ? null : Number(authors.n),
      buckets: await Promise.all(
        buckets.map(async (b) => ({ at: b.at, ...(await this.cells.shown(b, { from: b.at, to: b.at + HOUR })) })),
      ),
      postIds: await ids('1 = 1'),
      negativeIds: await ids('account_id IS NULL AND sentiment = -1'),
      uncertainIds: await ids('account_id IS NULL AND sentiment = 9'),
      officialIds: await ids('account_id IS NOT NULL'),
    };
  }
  async topTopics(from: number, to: number, limit: number): Promise<BriefedTopic[]> {
    const rows = await this.topics.list({ from, to, sort: 'heat', muted: 'hide', limit });
    const { min, end } = idRange(from, to);
    return Promise.all(
      rows.map(async (t) => {
        const posts = await this.db.all<{ id: number }>(
          'SELECT id FROM posts WHERE topic_id = ? AND id >= ? AND id < ? ORDER BY copies DESC, id DESC LIMIT 20',
          [Number(t.id), min, end],
        );
        const [count] = await this.db.all<{ n: number; distinct_texts: number }>(
          'SELECT count(*) AS n, sum(CASE WHEN copy_of IS NULL THEN 1 ELSE 0 END) AS distinct_texts FROM posts WHERE topic_id = ? AND id >= ? AND id < ?',
          [Number(t.id), min, end],
        );
        return {
          id: Number(t.id),
          title: t.title,
          posts: Number(count?.n ?? 0),
          opinions: Number(count?.distinct_texts ?? 0),
          firstSeenAt: Date.parse(t.firstSeenAt),
          officialAnswer: t.officialAnswer,
          postIds: posts.map((p) => Number(p.id)),
        };
      }),
    );
  }
  openClaims(): Promise<BriefedClaim[]> {
    return this.claims.briefed();
  }
}

@Injectable()
class OverdueAlerts extends AlertsPort {
  constructor(private readonly alerts: Alerts) {
    super();
  }
  raise(alert: Parameters<AlertsPort['raise']>[0]): Promise<void> {
    return this.alerts.raise(alert);
  }
  close(subject: string): Promise<void> {
    return this.alerts.close(subject);
  }
}

/** Ctrl+K finds topics, claims, messages and debunks by words of their titles. */
@Injectable()
class QuickNouns implements OnModuleInit {
  constructor(
    private readonly quick: QuickSearch,
    private readonly db: Database,
  ) {}

  onModuleInit(): void {
    this.register(
      'topic',
      '话题',
      `SELECT id, title, posts || ' 条' AS detail FROM topics WHERE merged_into IS NULL AND posts >= 3 AND title LIKE ? ORDER BY heat DESC, posts DESC LIMIT ?`,
      '/topics/',
    );
    this.register(
      'claim',
      '说法',
      `SELECT id, statement AS title, posts || ' 条转述' AS detail FROM claims WHERE listed = 1 AND statement LIKE ? ORDER BY last_seen DESC LIMIT ?`,
      '/claims/',
    );
    this.register(
      'message',
      '留言',
      `SELECT max(id) AS id, min(title) AS title, count(*) || ' 件' AS detail FROM inbox_cases WHERE title LIKE ? GROUP BY group_id ORDER BY max(id) DESC LIMIT ?`,
      '/inbox/',
    );
    this.register(
      'debunk',
      '辟谣',
      `SELECT id, claim AS title, verdict AS detail FROM debunks WHERE claim LIKE ? ORDER BY id DESC LIMIT ?`,
      null,
    );
  }

  private register(
    type: 'topic' | 'claim' | 'message' | 'debunk',
    name: string,
    sql: string,
    path: string | null,
  ): void {
    this.quick.register({
      roles: DESK_ROLES,
      find: async (q, limit) => {
        const rows = await this.db.all<{ id: number; title: string; detail: string }>(sql, [`%${q}%`, limit]);
        return rows.map((r) => ({
          type,
          title: r.title.slice(0, 60),
          detail: `${name} · ${r.detail}`,
          href: path === null ? `/debunks?q=${encodeURIComponent(q)}` : `${path}${r.id}`,
        }));
      },
    });
  }
}

const bound = [
  { provide: TopicRows, useClass: HotTopics },
  { provide: ClaimRows, useClass: OpenClaims },
  { provide: InboxRows, useClass: OpenCases },
  ...deskBindings,
  { provide: SourceHealthPort, useClass: BrokenSources },
  { provide: OfficialMarks, useClass: SpokenMarks },
  { provide: BriefingFigures, useClass: DayFigures },
  { provide: AlertsPort, useClass: OverdueAlerts },
];

@Global()
@Module({
  imports: [TopicsModule, ClaimsModule, InboxModule, SearchModule],
  providers: [QuickNouns, RollupCoverage, { provide: CoveragePort, useClass: SourceCoverage }, ...bound],
  exports: [CoveragePort, ...bound],
})
export class PortsModule {}

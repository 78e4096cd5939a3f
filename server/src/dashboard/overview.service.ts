/**
 * In: a window and what the desks know. Out: 总览: one sentence, what to do, what is said, how it changes. Called by: dashboard.controller.ts.
 */
import type { Overview, TimeWindow } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { Clock, hourOf, toInstant, toInstantOrNull } from '../platform/clock.ts';
import type { Window } from '../platform/time-window.ts';
import { HOURLY_WINDOW, RollupReader } from '../rollups/rollup-reader.ts';
import { SmallCells } from '../posts/small-cells.ts';
import { AccountsService } from './accounts.service.ts';
import { DashboardService } from './dashboard.service.ts';
import { headline } from './headline.ts';
import { ClaimRows, InboxRows, SourceHealthPort, TopicRows } from './ports.ts';
import { spanOf, type Span } from './span.ts';
import { todoList } from './todo.ts';

const TOPICS = 10;
const CLAIMS = 5;
const MESSAGES = 5;

@Injectable()
export class OverviewService {
  constructor(
    private readonly rollups: RollupReader,
    private readonly charts: DashboardService,
    private readonly accounts: AccountsService,
    private readonly topics: TopicRows,
    private readonly claims: ClaimRows,
    private readonly inbox: InboxRows,
    private readonly sources: SourceHealthPort,
    private readonly cells: SmallCells,
    private readonly clock: Clock,
  ) {}

  /** @param given as asked for, to name the window; what is to be done is always as of now. */
  async overview(window: Window, given: TimeWindow = {}): Promise<Overview> {
    const now = this.clock.now();
    const span = spanOf(given, window, now);
    const [counted, topics, claims, openClaims, messages, inbox, failing, accounts, volume] = await Promise.all([
      this.counted(window, span),
      this.topics.hottest(TOPICS, span.today ? undefined : window),
      this.claims.urgent(CLAIMS),
      this.claims.openCount(),
      this.inbox.todo(MESSAGES),
      this.inbox.counts(),
      this.sources.failing(),
      this.accounts.list(),
      this.charts.volume(window),
    ]);
    const top = topics[0];
    return {
      headline: headline({
        span: span.name,
        posts: counted.posts,
        usual: span.usual?.name ?? null,
        before: counted.before,
        since: counted.since,
        latest: counted.latest,
        now,
        top: top === undefined ? null : { title: top.title, posts24h: span.today ? top.posts24h : null },
        failingSources: failing.length,
      }),
      comparedWith: span.usual?.name ?? null,
      figures: {
        posts: counted.posts,
        postsBefore: counted.before,
        publicPosts: counted.public,
        officialPosts: counted.official,
        negativeShare: counted.negativeShare,
        openClaims,
        dueToday: inbox.dueToday,
        overdue: inbox.overdue,
        failingSources: failing.length,
      },
      // Without a source nobody looks whether an account still publishes, so its silence is not known.
      todo: todoList({ claims, inbox, failing, accounts: volume.coverage.sources === 0 ? [] : accounts.items }),
      topics,
      claims,
      messages,
      volume,
      coverage: volume.coverage,
      latestAt: toInstantOrNull(counted.latest),
      generatedAt: toInstant(now),
    };
  }

  private async counted(window: Window, { usual }: Span) {
    const [totals, since, latest, before] = await Promise.all([
      this.rollups.totals(window),
      this.rollups.earliest(),
      this.rollups.latest(),
      usual === null ? null : this.before(usual.window),
    ]);
    return {
      posts: totals.posts,
      public: totals.public,
      official: totals.official,
      /** Of all public posts, those that could not be told included, as in the charts. */
      negativeShare: (await this.cells.enough(window)) ? totals.negative / totals.public : null,
      before: usual === null || since === null || since > usual.window.from ? null : before,
      since,
      latest,
    };
  }

  /** An unfinished hour is compared with as much of the same hour; over weeks an hour does not matter. */
  private async before(window: Window): Promise<number> {
    return window.to - window.from <= HOURLY_WINDOW
      ? this.rollups.postsBetween(hourOf(window.from), window.to)
      : (await this.rollups.totals(window)).posts;
  }
}

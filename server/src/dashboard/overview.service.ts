/**
 * In: a window and what the desks know. Out: 总览: one sentence, what to do, what is said, how it changes. Called by: dashboard.controller.ts.
 */
import type { Overview } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { Clock, hourOf, toInstant } from '../platform/clock.ts';
import { DAY, HOUR, type Window } from '../platform/time-window.ts';
import { CoveragePort } from '../rollups/coverage.ts';
import { RollupReader } from '../rollups/rollup-reader.ts';
import { AccountsService } from './accounts.service.ts';
import { DashboardService } from './dashboard.service.ts';
import { headline } from './headline.ts';
import { ClaimRows, InboxRows, SourceHealthPort, TopicRows } from './ports.ts';
import { todoList } from './todo.ts';

const TOPICS = 10;
const CLAIMS = 5;
const MESSAGES = 5;

@Injectable()
export class OverviewService {
  constructor(
    private readonly rollups: RollupReader,
    private readonly charts: DashboardService,
    private readonly coverage: CoveragePort,
    private readonly accounts: AccountsService,
    private readonly topics: TopicRows,
    private readonly claims: ClaimRows,
    private readonly inbox: InboxRows,
    private readonly sources: SourceHealthPort,
    private readonly clock: Clock,
  ) {}

  async overview(window: Window): Promise<Overview> {
    const now = this.clock.now();
    const [today, topics, claims, openClaims, messages, inbox, failing, accounts, volume] = await Promise.all([
      this.today(now),
      this.topics.hottest(TOPICS),
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
        posts: today.posts,
        lastWeek: today.lastWeek,
        since: today.since,
        now,
        top: top === undefined ? null : { title: top.title, posts24h: top.posts24h },
        failingSources: failing.length,
      }),
      figures: {
        posts: today.posts,
        postsSameDayLastWeek: today.lastWeek,
        publicPosts: today.public,
        officialPosts: today.official,
        negativeShare: today.negativeShare,
        openClaims,
        dueToday: inbox.dueToday,
        overdue: inbox.overdue,
        failingSources: failing.length,
      },
      todo: todoList({ claims, inbox, failing, accounts: accounts.items }),
      topics,
      claims,
      messages,
      volume,
      coverage: await this.coverage.of(today.window),
      generatedAt: toInstant(now),
    };
  }

  /** The hour at hand and the 23 before it, and the same stretch one week earlier. */
  private async today(now: number) {
    const from = hourOf(now) - 23 * HOUR;
    const window: Window = { from, to: hourOf(now) + HOUR };
    const [totals, since, lastWeek] = await Promise.all([
      this.rollups.totals(window),
      this.rollups.earliest(),
      this.rollups.postsBetween(from - 7 * DAY, now - 7 * DAY),
    ]);
    const judged = totals.positive + totals.neutral + totals.negative;
    return {
      window,
      posts: totals.posts,
      public: totals.public,
      official: totals.official,
      /** Of the public posts whose sentiment could be told. */
      negativeShare: judged === 0 ? null : totals.negative / judged,
      lastWeek: since === null || since > from - 7 * DAY ? null : lastWeek,
      since,
    };
  }
}

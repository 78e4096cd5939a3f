/**
 * In: official accounts and counters. Out: 政务账号: who published when, and where each stands against the two-week rule. Called by: controller, overview.
 */
import { Platform, type AccountList, type AccountRow } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { AccountEntity } from '../accounts/account.entity.ts';
import { Clock, dayStart, toInstantOrNull } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { DAY } from '../platform/time-window.ts';
import { firstIdAt } from '../posts/post-id.ts';
import { activityOf, daysSilent, RULE_TEXT } from './activity.ts';

/** Comments are counted under at most this many of the newest posts of all accounts. */
const RECENT_POSTS = 2000;

const URGENCY = { veto: 0, critical: 1, urgent: 2, warn: 3, unknown: 4, ok: 5 } as const;

interface Counts {
  posts7d: number;
  posts30d: number;
  replies7d: number;
}

@Injectable()
export class AccountsService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async list(): Promise<z.infer<typeof AccountList>> {
    const now = this.clock.now();
    const [accounts, counts, comments] = await Promise.all([
      this.db.repo(AccountEntity).find(),
      this.counts(now),
      this.comments(now),
    ]);
    const rows = accounts.map((a): AccountRow => {
      const silent = daysSilent(a.lastPostAt, now);
      const counted = counts.get(a.id) ?? { posts7d: 0, posts30d: 0, replies7d: 0 };
      return {
        id: String(a.id),
        platform: Platform.catch('other').parse(a.platform),
        name: a.name,
        followers: a.followers,
        lastPostAt: toInstantOrNull(a.lastPostAt),
        daysSilent: silent,
        activity: activityOf(silent),
        ...counted,
        comments7d: comments.get(a.id) ?? 0,
        demo: a.demo !== 0,
      };
    });
    rows.sort((a, b) => URGENCY[a.activity] - URGENCY[b.activity] || (b.daysSilent ?? 0) - (a.daysSilent ?? 0));
    return { items: rows, rule: RULE_TEXT };
  }

  /** Whole office days, today included. */
  private async counts(now: number): Promise<Map<number, Counts>> {
    const month = dayStart(now) - 29 * DAY;
    const week = dayStart(now) - 6 * DAY;
    const rows = await this.db.all<Record<keyof Counts | 'account', number | string>>(
      `SELECT account_id AS account,
         sum(CASE WHEN kind = 'post' AND at >= ? THEN posts ELSE 0 END) AS posts7d,
         sum(CASE WHEN kind = 'post' THEN posts ELSE 0 END) AS posts30d,
         sum(CASE WHEN kind <> 'post' AND at >= ? THEN posts ELSE 0 END) AS replies7d
       FROM rollup_days WHERE at >= ? AND account_id <> 0 GROUP BY account_id`,
      [week, week, month],
    );
    return new Map(
      rows.map((r) => [
        Number(r.account),
        { posts7d: Number(r.posts7d), posts30d: Number(r.posts30d), replies7d: Number(r.replies7d) },
      ]),
    );
  }

  /** The public's comments of the last seven days, under each account's newest posts. */
  private async comments(now: number): Promise<Map<number, number>> {
    const since = firstIdAt(dayStart(now) - 6 * DAY);
    const rows = await this.db.all<{ account: number | string; n: number | string }>(
      `SELECT p.account_id AS account, count(*) AS n
       FROM (SELECT id, account_id FROM posts WHERE account_id IS NOT NULL AND id >= ? AND kind = 'post'
             ORDER BY id DESC LIMIT ${String(RECENT_POSTS)}) p
       JOIN posts c ON c.parent_id = p.id AND c.id >= ?
       WHERE c.account_id IS NULL GROUP BY p.account_id`,
      [firstIdAt(now - 30 * DAY), since],
    );
    return new Map(rows.map((r) => [Number(r.account), Number(r.n)]));
  }
}

/**
 * In: the state of every source. Out: gaps that no single run can see (silence, comments that never came), and alerts, one per event.
 * Called by: the scheduler, every few seconds for alerts and every few minutes for gaps.
 */
import { Injectable } from '@nestjs/common';
import { Alerts } from '../alerts/alerts.ts';
import { Clock } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { firstIdAt } from '../posts/post-id.ts';
import { isPassive } from '../sources/kinds.ts';
import { SourceEntity } from '../sources/source.entity.ts';
import { closeGaps, copyGaps, openGap } from './gaps.ts';
import { needsPerson } from './outcome.ts';
import { isUnusual, RHYTHM_DAYS, silenceOf } from './rhythm.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ALERTS_EVERY_MS = 5000;
const GAPS_EVERY_MS = 5 * 60_000;
/** A passing fault is no news; three failures in a row are. */
const FAILURES_TOLD = 3;
const EXPIRY_TOLD_DAYS = 7;
/** Comments of posts this young are compared with the platform's counters. */
const COMMENT_DAYS = 7;
/** Counters and comments are never read in the same moment: less than this is no gap. */
const COMMENT_SLACK = { items: 3, share: 0.05 };
const RECEIPT_DAYS = 7;

@Injectable()
export class SourceWatch {
  private alertsAt = 0;
  private gapsAt = 0;
  /** Subjects that this process has raised or seen open. */
  private open: Set<string> | null = null;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly alerts: Alerts,
  ) {}

  async tick(): Promise<void> {
    const now = this.clock.now();
    if (now - this.gapsAt >= GAPS_EVERY_MS) {
      this.gapsAt = now;
      await this.findGaps();
    }
    if (now - this.alertsAt >= ALERTS_EVERY_MS) {
      this.alertsAt = now;
      await this.tellAlerts();
    }
  }

  async findGaps(): Promise<void> {
    const now = this.clock.now();
    const sources = await this.db.repo(SourceEntity).find({ where: { paused: 0 } });
    const comments = await this.missingComments(now);
    for (const source of sources) {
      const silence = await this.silence(source, now);
      const missing = comments.get(source.id);
      const [had] = await this.db.all<{ n: number }>(
        `SELECT count(*) AS n FROM source_gaps WHERE source_id = ? AND closed_at IS NULL AND name IN ('silence', 'comments')`,
        [source.id],
      );
      if (silence === null && missing === undefined && Number(had?.n ?? 0) === 0) continue;
      await this.db.write(async (tx) => {
        if (silence === null) await closeGaps(tx, source.id, 'silence', '已有新内容', now);
        else await openGap(tx, source.id, { name: 'silence', cause: 'silence', ...silence }, now);
        if (missing === undefined) await closeGaps(tx, source.id, 'comments', '评论已与平台计数相符', now);
        else
          await openGap(
            tx,
            source.id,
            {
              name: 'comments',
              what: `近 ${COMMENT_DAYS} 天 ${missing.posts} 条帖文下，平台计数多于取得的评论`,
              size: missing.missing,
              cause: 'platform-limit',
              since: missing.since,
            },
            now,
          );
        await copyGaps(tx, source.id);
      });
    }
    await this.db.write((tx) => tx.run('DELETE FROM push_receipts WHERE at < ?', [now - RECEIPT_DAYS * DAY]));
  }

  /** Longer without news than this source's own rhythm explains. A source that is down has an outage, not a silence. */
  private async silence(source: SourceEntity, now: number) {
    const { lastNewAt } = source;
    if (lastNewAt === null || source.failures > 0 || source.kind === 'file' || now - lastNewAt < HOUR) return null;
    const rows = await this.db.all<{ at: number; posts: number }>(
      'SELECT at, SUM(posts) AS posts FROM rollup_hours WHERE source_id = ? AND at >= ? GROUP BY at',
      [source.id, lastNewAt - RHYTHM_DAYS * DAY],
    );
    const history = new Map(rows.map((r) => [Number(r.at), Number(r.posts)]));
    const first = Math.min(...history.keys(), lastNewAt);
    const silence = silenceOf(history, first, lastNewAt, now);
    if (silence === null || !isUnusual(silence)) return null;
    return { what: '比平时久没有新内容（按过去四周同时段估计）', size: Math.round(silence.expected), since: lastNewAt };
  }

  /** Official posts whose platform counter says more comments than were seen, of sources that do bring comments. */
  private async missingComments(now: number) {
    const rows = await this.db.all<{ source_id: number; posts: number; missing: number; since: number }>(
      `SELECT source_id, count(*) AS posts, sum(comments - seen) AS missing, min(published_at) AS since FROM (
         SELECT p.source_id, p.published_at, p.comments,
           (SELECT count(*) FROM posts c WHERE c.parent_id = p.id AND c.kind = 'comment') AS seen
         FROM posts p WHERE p.id >= ? AND p.id < ? AND p.kind = 'post' AND p.comments > 0 AND p.source_id IS NOT NULL AND p.state IN ('live', 'edited')) AS counted
       WHERE comments - seen > ? AND comments - seen > CAST(? AS REAL) * comments GROUP BY source_id`,
      [firstIdAt(now - COMMENT_DAYS * DAY), firstIdAt(now - HOUR), COMMENT_SLACK.items, COMMENT_SLACK.share],
    );
    const brings = new Set(
      (
        await this.db.all<{ source_id: number }>(
          `SELECT DISTINCT source_id FROM posts WHERE kind = 'comment' AND id >= ? AND source_id IS NOT NULL`,
          [firstIdAt(now - 4 * COMMENT_DAYS * DAY)],
        )
      ).map((r) => Number(r.source_id)),
    );
    return new Map(
      rows
        .filter((r) => brings.has(Number(r.source_id)))
        .map((r) => [
          Number(r.source_id),
          { posts: Number(r.posts), missing: Number(r.missing), since: Number(r.since) },
        ]),
    );
  }

  /** Raises what is wrong and closes what is right again. What an alert says does not change with the hour, so it is told once. */
  async tellAlerts(): Promise<void> {
    this.open ??= new Set(
      (
        await this.db.all<{ subject: string }>(
          `SELECT subject FROM alerts WHERE subject LIKE 'source:%' AND state <> 'closed'`,
        )
      ).map((r) => r.subject),
    );
    const now = this.clock.now();
    const wanted = new Set<string>();
    const raise = async (subject: string, level: 'low' | 'medium' | 'high', title: string, text: string) => {
      wanted.add(subject);
      await this.alerts.raise({ subject, kind: 'source', level, title, text, href: '/sources' });
    };
    const sources = await this.db.repo(SourceEntity).find({ where: { paused: 0 } });
    const silent = new Set(
      (
        await this.db.all<{ source_id: number }>(
          `SELECT source_id FROM source_gaps WHERE closed_at IS NULL AND name = 'silence'`,
        )
      ).map((r) => Number(r.source_id)),
    );
    for (const s of sources) {
      const person = needsPerson(s.errorKind);
      // The second look at a source that needs a person confirms it.
      if (s.failures >= (person ? 2 : FAILURES_TOLD))
        await raise(
          `source:${s.id}`,
          person ? 'high' : 'medium',
          `采集源“${s.name}”${person ? '已停止采集' : '连续采集失败'}`,
          s.message ?? '采集失败，稍后自动重试。',
        );
      if (silent.has(s.id))
        await raise(
          `source:${s.id}:silence`,
          'low',
          `采集源“${s.name}”比平时久没有新内容`,
          isPassive(s.kind) ? '请联系对方确认推送是否正常。' : '采集本身正常。请核对平台上是否确实没有新内容。',
        );
      if (s.expiresAt !== null && s.expiresAt - now < EXPIRY_TOLD_DAYS * DAY)
        await raise(
          `source:${s.id}:expiry`,
          s.expiresAt <= now ? 'high' : 'medium',
          `采集源“${s.name}”的授权${s.expiresAt <= now ? '已' : '将'}到期`,
          `到期日 ${new Date(s.expiresAt + 8 * HOUR).toISOString().slice(0, 10)}。请在“采集状态”中重新授权，以免采集中断。`,
        );
    }
    for (const subject of this.open) if (!wanted.has(subject)) await this.alerts.close(subject);
    this.open = wanted;
  }
}

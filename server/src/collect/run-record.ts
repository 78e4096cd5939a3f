/**
 * In: the pages of one run. Out: its row among the runs, page by page, and what it says about gaps. Called by: the collector.
 */
import type { IngestReport } from '@minsheng/contracts';
import type { DateRange, Gap, Page } from '@minsheng/crawlers';
import type { Database, Tx } from '../platform/database/database.ts';
import { RunEntity, type RunPurpose, type SourceEntity, type StoredGap } from '../sources/source.entity.ts';
import { closeGaps, copyGaps, openGap, toldName } from './gaps.ts';

export type Outcome = RunEntity['outcome'];

const GAPS_KEPT = 50;

export class RunRecord {
  readonly total = { fetched: 0, stored: 0, duplicate: 0, updated: 0, rejected: 0 };
  private expected: number | null = null;
  /** What the platform counted in pages that say so, less what these pages brought and named as missing. */
  private uncounted = 0;
  private readonly gaps: StoredGap[] = [];

  private constructor(
    private readonly id: number,
    private readonly sourceId: number,
    private readonly startedAt: number,
  ) {}

  /** Runs that say they are running, of a source that nobody runs: their process died. */
  static async settle(tx: Tx, sourceId: number | null, now: number): Promise<void> {
    await tx.run(
      `UPDATE source_runs SET outcome = 'interrupted', ended_at = ?, message = '进程中断，本次从断点继续。' WHERE outcome = 'running'${sourceId === null ? '' : ' AND source_id = ?'}`,
      sourceId === null ? [now] : [now, sourceId],
    );
  }

  static async start(db: Database, sourceId: number, purpose: RunPurpose, now: number): Promise<RunRecord> {
    const id = await db.write(async (tx) => {
      await RunRecord.settle(tx, sourceId, now);
      const run = await tx.repo(RunEntity).save({
        sourceId,
        purpose,
        startedAt: now,
        endedAt: null,
        outcome: 'running',
        expected: null,
        gaps: null,
        errorKind: null,
        message: null,
      });
      return run.id;
    });
    return new RunRecord(id, sourceId, now);
  }

  /** In the transaction that stores the page: its figures, and the gaps it names. */
  async page(tx: Tx, page: Page<unknown>, counts: IngestReport, now: number): Promise<void> {
    const { read, stored, duplicate, updated, rejected } = counts;
    await tx.run(
      `UPDATE source_runs SET pages = pages + 1, fetched = fetched + ?, stored = stored + ?, duplicate = duplicate + ?, updated = updated + ?, rejected = rejected + ? WHERE id = ?`,
      [read, stored, duplicate, updated, rejected, this.id],
    );
    for (const gap of page.gaps ?? []) await this.told(tx, gap, now);
    if (rejected > 0) {
      const [example] = counts.examples;
      await openGap(
        tx,
        this.sourceId,
        {
          name: 'rejected',
          what: `取得但无法入库的内容${example === undefined ? '' : `（例如：${example.detail}）`}`,
          size: rejected,
          cause: 'rejected',
          since: now,
          mode: 'add',
        },
        now,
      );
    }
    if ((page.gaps?.length ?? 0) > 0 || rejected > 0) await copyGaps(tx, this.sourceId);
  }

  private async told(tx: Tx, gap: Gap, now: number): Promise<void> {
    const name = toldName(gap);
    if (gap.size === 0) return closeGaps(tx, this.sourceId, name, '已补齐', now);
    // The second page of this run that names it adds to the first; texts cut off never come back, so those add up over runs as well.
    const again = this.gaps.some((g) => g.what === gap.what && g.cause === gap.cause);
    await openGap(
      tx,
      this.sourceId,
      {
        name,
        what: gap.what,
        size: gap.size ?? null,
        cause: gap.cause,
        since: now,
        ...(again || gap.cause === 'truncated' ? { mode: 'add' as const } : {}),
      },
      now,
    );
  }

  /** After the page is committed. */
  add(page: Page<unknown>, report: IngestReport): void {
    this.total.fetched += report.read;
    this.total.stored += report.stored;
    this.total.duplicate += report.duplicate;
    this.total.updated += report.updated;
    this.total.rejected += report.rejected;
    for (const { what, size, cause } of page.gaps ?? [])
      this.gaps.push({ what, size: size ?? null, cause, since: this.startedAt });
    if (page.expected !== undefined) {
      this.expected = (this.expected ?? 0) + page.expected;
      const named = (page.gaps ?? []).reduce((sum, g) => sum + (g.size ?? 0), 0);
      this.uncounted += Math.max(0, page.expected - page.items.length - named);
    }
  }

  async end(
    tx: Tx,
    end: { outcome: Outcome; requests: number; errorKind: string | null; message: string | null },
    now: number,
  ): Promise<void> {
    await tx.run(
      `UPDATE source_runs SET outcome = ?, ended_at = ?, requests = ?, expected = ?, gaps = ?, error_kind = ?, message = ? WHERE id = ?`,
      [
        end.outcome,
        now,
        end.requests,
        this.expected,
        JSON.stringify(this.gaps.slice(0, GAPS_KEPT)),
        end.errorKind,
        end.message,
        this.id,
      ],
    );
  }

  /** After a regular run that came to its end: what was down is caught up, and what it no longer names is filled. */
  async settleGaps(tx: Tx, now: number): Promise<void> {
    await closeGaps(tx, this.sourceId, 'outage', '采集已恢复，断点之后的内容已补采', now);
    if (this.total.fetched > 0) {
      for (const cause of ['platform-limit', 'login-needed', 'deleted', 'skipped', 'unknown'])
        await closeGaps(tx, this.sourceId, `told:${cause}:*`, '后续采集中已不再缺', now, this.startedAt);
    }
    if (this.expected !== null) {
      if (this.uncounted > 0)
        await openGap(
          tx,
          this.sourceId,
          { name: 'counted', what: '平台计数多于取得的内容', size: this.uncounted, cause: 'unknown', since: now },
          now,
        );
      else await closeGaps(tx, this.sourceId, 'counted', '平台计数与取得一致', now);
    }
    await copyGaps(tx, this.sourceId);
  }

  /** While a source is down, everything since its last success may be missing. */
  async outage(tx: Tx, source: SourceEntity, kind: string, now: number): Promise<void> {
    await openGap(
      tx,
      this.sourceId,
      {
        name: 'outage',
        what: `采集中断期间的内容（${OUTAGE[kind] ?? '采集失败'}）`,
        size: null,
        cause: 'outage',
        since: source.lastSuccessAt ?? source.createdAt,
      },
      now,
    );
    await copyGaps(tx, this.sourceId);
  }

  /** A range was collected after the fact: what was missing only inside it is missing no more. */
  async filled(tx: Tx, range: DateRange, now: number): Promise<void> {
    await tx.run(
      `UPDATE source_gaps SET closed_at = ?, closed_how = '已补采' WHERE source_id = ? AND closed_at IS NULL AND since >= ? AND seen_at < ?
         AND cause IN ('platform-limit', 'unknown', 'silence')`,
      [now, this.sourceId, range.from.getTime(), range.to.getTime()],
    );
    await copyGaps(tx, this.sourceId);
  }
}

const OUTAGE: Record<string, string> = {
  blocked: '平台拒绝访问',
  'login-needed': '登录失效',
  'layout-changed': '页面或接口格式变化',
  permission: '缺少权限',
  config: '设置有误',
  gone: '来源已关闭',
  unreachable: '连接不上',
  'too-large': '内容过大',
  'refused-address': '地址被拒绝',
  'our-bug': '程序出错',
};

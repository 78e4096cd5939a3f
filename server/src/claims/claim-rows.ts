/**
 * In: the claims' tables. Out: claims as lists, the overview and briefings show them. Called by: claims.controller, ports.module.
 */
import type { CaseStep, ClaimRow, DebunkMatch, EventGrade, RiskLevel, Verdict } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import type { BriefedClaim } from '../briefings/ports.ts';
import { Clock, hourOf, toInstant, toInstantOrNull } from '../platform/clock.ts';
import { Database, type Param, type Row } from '../platform/database/database.ts';
import { publishedAtOf } from '../posts/post-id.ts';
import { responseClock } from './response-clock.ts';

const HOUR = 3_600_000;
const OPEN = `listed = 1 AND dismissed IS NULL AND (verdict = 'pending' OR step <> 'closed') AND verdict = 'pending'`;

const num = (v: string | number | null | undefined): number | null =>
  v === null || v === undefined ? null : Number(v);
const str = (v: string | number | null | undefined): string | null =>
  v === null || v === undefined ? null : String(v);

@Injectable()
export class ClaimReader {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async list(filter: {
    status: 'open' | 'decided' | 'all';
    risk?: string | undefined;
    sort: 'urgency' | 'recent' | 'spread';
    q?: string | undefined;
    offset: number;
    limit: number;
  }): Promise<{ rows: ClaimRow[]; more: boolean }> {
    const where = [
      filter.status === 'open'
        ? OPEN
        : filter.status === 'decided'
          ? `listed = 1 AND (verdict <> 'pending' OR dismissed IS NOT NULL)`
          : 'listed = 1',
    ];
    const params: Param[] = [];
    if (filter.risk !== undefined) {
      where.push('risk = ?');
      params.push(filter.risk);
    }
    if (filter.q !== undefined && filter.q !== '') {
      where.push('statement LIKE ?');
      params.push(`%${filter.q}%`);
    }
    const order = {
      urgency:
        'CASE WHEN grade IS NOT NULL THEN 1 ELSE 0 END DESC, last_seen / 86400000 DESC, risk_order DESC, last_seen DESC',
      recent: 'last_seen DESC',
      spread: 'posts DESC',
    }[filter.sort];
    const rows = await this.db.all(
      `SELECT * FROM claims WHERE ${where.join(' AND ')} ORDER BY ${order}, id DESC LIMIT ? OFFSET ?`,
      [...params, filter.limit + 1, filter.offset],
    );
    return { rows: await this.views(rows.slice(0, filter.limit)), more: rows.length > filter.limit };
  }

  /** Claims of the last three days that wait for people. */
  async urgent(limit: number): Promise<ClaimRow[]> {
    const rows = await this.db.all(
      `SELECT * FROM claims WHERE ${OPEN} AND last_seen >= ? ORDER BY risk_order DESC, last_seen DESC LIMIT ?`,
      [this.clock.now() - 72 * HOUR, limit],
    );
    return this.views(rows);
  }

  async openCount(): Promise<number> {
    const [row] = await this.db.all<{ n: number }>(
      `SELECT count(*) AS n FROM claims WHERE ${OPEN} AND last_seen >= ?`,
      [this.clock.now() - 72 * HOUR],
    );
    return Number(row?.n ?? 0);
  }

  async one(id: number): Promise<ClaimRow | undefined> {
    return (await this.views(await this.db.all('SELECT * FROM claims WHERE id = ? AND listed = 1', [id])))[0];
  }

  async briefed(): Promise<BriefedClaim[]> {
    const rows = await this.urgent(10);
    return Promise.all(
      rows.map(async (c) => {
        const posts = await this.db.all<{ post_id: number }>(
          'SELECT post_id FROM claim_posts WHERE claim_id = ? ORDER BY post_id DESC LIMIT 20',
          [Number(c.id)],
        );
        const [said] = await this.db.all<{ n: number }>(
          `SELECT count(*) AS n FROM claim_posts WHERE claim_id = ? AND stance = 'official'`,
          [Number(c.id)],
        );
        return {
          id: Number(c.id),
          statement: c.statement,
          posts: c.posts,
          firstSeenAt: Date.parse(c.firstSeenAt),
          dueAt: c.clock.state === 'running' && c.clock.dueAt !== null ? Date.parse(c.clock.dueAt) : null,
          matched: c.bestMatch !== null || Number(said?.n ?? 0) > 0,
          postIds: posts.map((p) => Number(p.post_id)),
        };
      }),
    );
  }

  async matches(id: number): Promise<DebunkMatch[]> {
    const rows = await this.db.all(
      'SELECT m.score, m.relation, m.sentence, d.* FROM claim_matches m JOIN debunks d ON d.id = m.debunk_id WHERE m.claim_id = ? ORDER BY m.score DESC',
      [id],
    );
    return rows.map((r) => ({
      debunk: {
        id: String(r['id']),
        claim: String(r['claim']),
        verdict: String(r['verdict']),
        summary: String(r['summary']),
        source: String(r['source']),
        url: str(r['url']),
        publishedAt: toInstantOrNull(num(r['published_at'])),
        demo: Number(r['demo']) === 1,
      },
      score: Number(r['score']),
      relation: String(r['relation']) as DebunkMatch['relation'],
      matchedSentence: String(r['sentence']),
    }));
  }

  private async views(rows: readonly Row[]): Promise<ClaimRow[]> {
    const now = this.clock.now();
    return Promise.all(
      rows.map(async (r) => {
        const id = Number(r['id']);
        const end = now - Number(r['last_seen']) > 24 * HOUR ? hourOf(Number(r['last_seen'])) : hourOf(now);
        const posts = await this.db.all<{ post_id: number }>(
          `SELECT post_id FROM claim_posts WHERE claim_id = ? AND stance <> 'official' AND post_id >= ?`,
          [id, ((end - 24 * HOUR) / 1000) * 1_000_000],
        );
        const spark = new Array<number>(24).fill(0);
        for (const p of posts) {
          const slot = 23 - (end - hourOf(publishedAtOf(Number(p.post_id)))) / HOUR;
          if (slot >= 0 && slot < 24) spark[slot] = (spark[slot] ?? 0) + 1;
        }
        const lastHour = posts.filter((p) => publishedAtOf(Number(p.post_id)) > now - HOUR).length;
        const hourBefore = posts.filter((p) => publishedAtOf(Number(p.post_id)) > now - 2 * HOUR).length - lastHour;
        const [alert] = await this.db.all<{ id: number }>(
          `SELECT id FROM alerts WHERE subject = ? AND state <> 'closed'`,
          [`claim:${id}`],
        );
        const [department] =
          r['department_id'] === null
            ? []
            : await this.db.all<{ name: string }>('SELECT name FROM departments WHERE id = ?', [
                Number(r['department_id']),
              ]);
        const [assignee] =
          r['assignee_id'] === null
            ? []
            : await this.db.all<{ display_name: string }>('SELECT display_name FROM users WHERE id = ?', [
                Number(r['assignee_id']),
              ]);
        const matches = (await this.matches(id)).filter((m) => m.relation !== 'rejected');
        return {
          id: String(id),
          statement: String(r['statement']),
          verdict: String(r['verdict']) as Verdict,
          step: String(r['step']) as CaseStep,
          risk: String(r['risk']) as RiskLevel,
          reasons: JSON.parse(String(r['reasons'])) as string[],
          posts: Number(r['posts']),
          doubts: Number(r['doubts']),
          postsLastHour: lastHour,
          growth: hourBefore === 0 ? null : Math.round((lastHour / hourBefore) * 10) / 10,
          firstSeenAt: toInstant(Number(r['first_seen'])),
          lastSeenAt: toInstant(Number(r['last_seen'])),
          spark,
          places: JSON.parse(String(r['places'])) as string[],
          topicId: str(r['topic_id']),
          clock: responseClock(
            {
              grade: str(r['grade']) as EventGrade | null,
              eventAt: num(r['event_at']),
              respondedAt: num(r['responded_at']),
              pausedAt: num(r['paused_at']),
              pausedMs: Number(r['paused_ms']),
              pausedReason: str(r['paused_reason']),
            },
            now,
          ),
          assigneeId: str(r['assignee_id']),
          assigneeName: assignee?.display_name ?? null,
          departmentId: str(r['department_id']),
          departmentName: department?.name ?? null,
          bestMatch: matches[0] ?? null,
          alertId: alert === undefined ? null : String(alert.id),
        };
      }),
    );
  }
}

/**
 * In: what an officer opens, decides and writes. Out: claims with their dossier and history; the debunk library. Called by: the web's 待核实说法.
 */
import {
  routes,
  type CaseStep,
  type ClaimDetail,
  type ClaimRow,
  type Debunk,
  type Post,
  type RouteAnswer,
  type RouteInput,
} from '@minsheng/contracts';
import { Controller } from '@nestjs/common';
import { Alerts } from '../alerts/alerts.ts';
import type { Caller } from '../platform/auth/caller.ts';
import { Clock, hourOf, toInstant, toInstantOrNull } from '../platform/clock.ts';
import { Database, type Param, type Row } from '../platform/database/database.ts';
import { conflict, notFound } from '../platform/errors.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { Live } from '../platform/live/live.ts';
import { publishedAtOf } from '../posts/post-id.ts';
import { PostViews } from '../posts/post-view.ts';
import { CoveragePort } from '../rollups/coverage.ts';
import { ClaimReader } from './claim-rows.ts';

const HOUR = 3_600_000;
const VERDICT_NAME = {
  pending: '待核实',
  false: '不实',
  misleading: '误导',
  true: '属实',
  'true-after-doubt': '属实（曾被质疑）',
  unverifiable: '无法核实',
};

@Controller()
export class ClaimsController {
  constructor(
    private readonly db: Database,
    private readonly claims: ClaimReader,
    private readonly views: PostViews,
    private readonly coverage: CoveragePort,
    private readonly alerts: Alerts,
    private readonly live: Live,
    private readonly clock: Clock,
  ) {}

  @Endpoint(routes.claims.list)
  async list(
    @Input() { query }: RouteInput<typeof routes.claims.list>,
  ): Promise<RouteAnswer<typeof routes.claims.list>> {
    const offset = Number(query.cursor ?? 0);
    const { status, risk, sort, q, limit } = query;
    const { rows, more } = await this.claims.list({ status, risk, sort, q, offset, limit });
    const now = this.clock.now();
    return {
      items: rows,
      nextCursor: more ? String(offset + limit) : null,
      coverage: await this.coverage.of({ from: now - 72 * HOUR, to: now }),
    };
  }

  @Endpoint(routes.claims.detail)
  async detail(@Input() { params }: RouteInput<typeof routes.claims.detail>): Promise<ClaimDetail> {
    const claim = await this.row(params.id);
    const id = Number(claim.id);
    const links = await this.db.all<{ post_id: number; stance: string }>(
      'SELECT post_id, stance FROM claim_posts WHERE claim_id = ? ORDER BY post_id',
      [id],
    );
    const of = (stance: string) => links.filter((l) => l.stance === stance).map((l) => Number(l.post_id));
    const spreading = of('spreading');
    const history = await this.db.all('SELECT * FROM claim_history WHERE claim_id = ? ORDER BY id DESC LIMIT 100', [
      id,
    ]);
    const [earliest, representative, doubting, officialPosts] = await Promise.all([
      this.views.load(spreading.slice(0, 3)),
      this.views.load(await this.distinct(spreading)),
      this.views.load(of('doubting').slice(-5).reverse()),
      this.views.load(of('official').slice(-5)),
    ]);
    const first = Date.parse(claim.firstSeenAt);
    return {
      claim,
      summary: summaryOf(claim, officialPosts.length),
      earliest,
      representative,
      doubting,
      curve: curveOf(links),
      marks: [
        { at: claim.firstSeenAt, kind: 'first-seen' as const, text: '首次出现', postId: earliest[0]?.id ?? null },
        ...officialPosts.map((p) => ({
          at: p.publishedAt,
          kind: 'official' as const,
          text: `${p.accountName ?? '官方'}发声`,
          postId: p.id,
        })),
        ...history
          .filter((h) => h['action'] === 'claims.verdict')
          .map((h) => ({
            at: toInstant(Number(h['at'])),
            kind: 'verdict' as const,
            text: String(h['text']),
            postId: null,
          })),
      ],
      matches: await this.claims.matches(id),
      officialPosts,
      history: history.map((h) => ({
        at: toInstant(Number(h['at'])),
        username: h['username'] === null ? null : String(h['username']),
        action: String(h['action']),
        text: String(h['text']),
      })),
      nextSteps: nextSteps(claim),
      coverage: await this.coverage.of({ from: hourOf(first), to: Math.max(this.clock.now(), first + HOUR) }),
    };
  }

  /** Different wordings, the most copied first. */
  private async distinct(ids: readonly number[]): Promise<number[]> {
    if (ids.length === 0) return [];
    const some = ids.slice(-400);
    const rows = await this.db.all<{ id: number }>(
      `SELECT id FROM posts WHERE id IN (${some.map(() => '?').join(',')}) AND copy_of IS NULL AND state <> 'deleted' ORDER BY copies DESC, likes DESC LIMIT 6`,
      some,
    );
    return rows.map((r) => Number(r.id));
  }

  @Endpoint(routes.claims.posts)
  async posts(
    @Input() { params, query }: RouteInput<typeof routes.claims.posts>,
  ): Promise<{ items: Post[]; nextCursor: string | null }> {
    const rows = await this.db.all<{ post_id: number }>(
      'SELECT post_id FROM claim_posts WHERE claim_id = ? AND post_id < ? ORDER BY post_id DESC LIMIT ?',
      [Number(params.id), Number(query.cursor ?? Number.MAX_SAFE_INTEGER), query.limit + 1],
    );
    const ids = rows.slice(0, query.limit).map((r) => Number(r.post_id));
    return { items: await this.views.load(ids), nextCursor: rows.length > query.limit ? String(ids.at(-1)) : null };
  }

  @Endpoint(routes.claims.grade)
  grade(
    @Input() { params, body }: RouteInput<typeof routes.claims.grade>,
    @CallerParam() caller: Caller,
  ): Promise<ClaimRow> {
    const eventAt = Date.parse(body.eventAt);
    if (eventAt > this.clock.now() + 60_000) throw conflict('事件时间晚于现在，没有保存。', '请核对事件发生时间。');
    const name = body.grade === 'major' ? '重大及以上突发事件（5 小时）' : '其他政务舆情（48 小时）';
    return this.change(
      params.id,
      { grade: body.grade, event_at: eventAt, step: 'consulting' },
      caller,
      'claims.grade',
      `定级为${name}，自 ${toInstant(eventAt).slice(5, 16).replace('T', ' ')} 起算${body.note ? `：${body.note}` : ''}`,
    );
  }

  @Endpoint(routes.claims.assign)
  async assign(
    @Input() { params, body }: RouteInput<typeof routes.claims.assign>,
    @CallerParam() caller: Caller,
  ): Promise<ClaimRow> {
    const [department] =
      body.departmentId === null
        ? []
        : await this.db.all<{ name: string }>('SELECT name FROM departments WHERE id = ?', [Number(body.departmentId)]);
    if (body.departmentId !== null && department === undefined) throw notFound('个承办单位');
    return this.change(
      params.id,
      {
        department_id: body.departmentId === null ? null : Number(body.departmentId),
        assignee_id: body.assigneeId === null ? null : Number(body.assigneeId),
        step: 'consulting',
      },
      caller,
      'claims.assign',
      `转请${department?.name ?? '（未指定单位）'}核实${body.note ? `：${body.note}` : ''}`,
    );
  }

  @Endpoint(routes.claims.match)
  async match(
    @Input() { params, body }: RouteInput<typeof routes.claims.match>,
    @CallerParam() caller: Caller,
  ): Promise<ClaimRow> {
    await this.db.write((tx) =>
      tx.run('UPDATE claim_matches SET relation = ? WHERE claim_id = ? AND debunk_id = ?', [
        body.decision,
        Number(params.id),
        Number(body.debunkId),
      ]),
    );
    return this.change(
      params.id,
      body.decision === 'confirmed' ? { debunk_id: Number(body.debunkId) } : {},
      caller,
      'claims.match',
      body.decision === 'confirmed' ? '确认与辟谣库条目相关' : '排除一条辟谣建议',
    );
  }

  @Endpoint(routes.claims.verdict)
  async verdict(
    @Input() { params, body }: RouteInput<typeof routes.claims.verdict>,
    @CallerParam() caller: Caller,
  ): Promise<ClaimRow> {
    const row = await this.change(
      params.id,
      {
        verdict: body.verdict,
        basis: body.basis,
        step: body.verdict === 'pending' ? 'judging' : 'responding',
        ...(body.debunkId ? { debunk_id: Number(body.debunkId) } : {}),
      },
      caller,
      'claims.verdict',
      `核查结论：${VERDICT_NAME[body.verdict]}。依据：${body.basis}`,
    );
    if (body.verdict !== 'pending') await this.alerts.close(`claim:${row.id}`);
    return row;
  }

  @Endpoint(routes.claims.respond)
  respond(
    @Input() { params, body }: RouteInput<typeof routes.claims.respond>,
    @CallerParam() caller: Caller,
  ): Promise<ClaimRow> {
    return this.change(
      params.id,
      { responded_at: Date.parse(body.respondedAt), evidence: body.evidence, step: 'reviewing' },
      caller,
      'claims.respond',
      `登记回应：${body.evidence}`,
    );
  }

  @Endpoint(routes.claims.pause)
  async pause(
    @Input() { params, body }: RouteInput<typeof routes.claims.pause>,
    @CallerParam() caller: Caller,
  ): Promise<ClaimRow> {
    const [raw] = await this.db.all('SELECT paused_at, paused_ms, grade FROM claims WHERE id = ?', [Number(params.id)]);
    if (raw === undefined) throw notFound('条说法');
    if (raw['grade'] === null) throw conflict('尚未定级，时限没有起算，不能暂停。', '请先定级。');
    const now = this.clock.now();
    const running = raw['paused_at'] === null;
    if (body.paused === !running) throw conflict(body.paused ? '时限已经处于暂停状态。' : '时限没有暂停。');
    const values: Record<string, Param> = body.paused
      ? { paused_at: now, paused_reason: body.reason }
      : { paused_at: null, paused_ms: Number(raw['paused_ms']) + now - Number(raw['paused_at']) };
    return this.change(
      params.id,
      values,
      caller,
      'claims.pause',
      `${body.paused ? '暂停' : '恢复'}时限：${body.reason}`,
    );
  }

  @Endpoint(routes.claims.note)
  note(
    @Input() { params, body }: RouteInput<typeof routes.claims.note>,
    @CallerParam() caller: Caller,
  ): Promise<ClaimRow> {
    const step: Record<string, CaseStep> = body.step === undefined ? {} : { step: body.step };
    return this.change(params.id, step, caller, 'claims.note', body.text);
  }

  @Endpoint(routes.claims.dismiss)
  async dismiss(
    @Input() { params, body }: RouteInput<typeof routes.claims.dismiss>,
    @CallerParam() caller: Caller,
  ): Promise<ClaimRow> {
    const row = await this.change(
      params.id,
      { dismissed: body.reason, step: 'closed' },
      caller,
      'claims.dismiss',
      `不予核查：${body.reason}`,
    );
    await this.alerts.close(`claim:${row.id}`);
    return row;
  }

  /** One change with its line of history, in one transaction. */
  private async change(
    id: string,
    values: Record<string, Param>,
    caller: Caller,
    action: string,
    text: string,
  ): Promise<ClaimRow> {
    await this.row(id);
    await this.db.write(async (tx) => {
      const names = Object.keys(values);
      if (names.length > 0)
        await tx.run(`UPDATE claims SET ${names.map((n) => `${n} = ?`).join(', ')} WHERE id = ?`, [
          ...Object.values(values),
          Number(id),
        ]);
      await tx.run('INSERT INTO claim_history (claim_id, at, username, action, text) VALUES (?, ?, ?, ?, ?)', [
        Number(id),
        this.clock.now(),
        caller.displayName,
        action,
        text,
      ]);
    });
    this.live.tell({ type: 'claim', id });
    return this.row(id);
  }

  private async row(id: string): Promise<ClaimRow> {
    const row = await this.claims.one(Number(id));
    if (row === undefined) throw notFound('条说法');
    return row;
  }

  @Endpoint(routes.debunks.list)
  async debunks(
    @Input() { query }: RouteInput<typeof routes.debunks.list>,
  ): Promise<RouteAnswer<typeof routes.debunks.list>> {
    const like = `%${query.q ?? ''}%`;
    const rows = await this.db.all(
      'SELECT * FROM debunks WHERE id < ? AND (claim LIKE ? OR summary LIKE ?) ORDER BY id DESC LIMIT ?',
      [Number(query.cursor ?? Number.MAX_SAFE_INTEGER), like, like, query.limit + 1],
    );
    const items = rows.slice(0, query.limit).map(debunkView);
    return { items, nextCursor: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Endpoint(routes.debunks.create)
  async createDebunk(@Input() { body }: RouteInput<typeof routes.debunks.create>): Promise<Debunk> {
    const row = await this.db.write(async (tx) => {
      await tx.run(
        'INSERT INTO debunks (claim, verdict, summary, source, url, published_at) VALUES (?, ?, ?, ?, ?, ?)',
        [
          body.claim,
          body.verdict,
          body.summary,
          body.source,
          body.url ?? null,
          body.publishedAt ? Date.parse(body.publishedAt) : null,
        ],
      );
      return (await tx.all('SELECT * FROM debunks ORDER BY id DESC LIMIT 1'))[0];
    });
    if (row === undefined) throw notFound('条辟谣');
    return debunkView(row);
  }

  @Endpoint(routes.debunks.remove)
  async removeDebunk(@Input() { params }: RouteInput<typeof routes.debunks.remove>): Promise<{ ok: true }> {
    await this.db.write(async (tx) => {
      await tx.run('DELETE FROM claim_matches WHERE debunk_id = ?', [Number(params.id)]);
      await tx.run('DELETE FROM debunks WHERE id = ?', [Number(params.id)]);
    });
    return { ok: true };
  }
}

function debunkView(r: Row): Debunk {
  return {
    id: String(r['id']),
    claim: String(r['claim']),
    verdict: String(r['verdict']),
    summary: String(r['summary']),
    source: String(r['source']),
    url: r['url'] === null ? null : String(r['url']),
    publishedAt: toInstantOrNull(r['published_at'] === null ? null : Number(r['published_at'])),
    demo: Number(r['demo']) === 1,
  };
}

function summaryOf(claim: ClaimRow, official: number): string {
  const clock = (i: string) => `${Number(i.slice(5, 7))} 月 ${Number(i.slice(8, 10))} 日 ${i.slice(11, 16)}`;
  return [
    `${clock(claim.firstSeenAt)} 首次出现，至今 ${claim.posts} 条转述、${claim.doubts} 条质疑，最近一小时 ${claim.postsLastHour} 条。`,
    official > 0 ? `官方账号已有 ${official} 条相关发声。` : '尚未发现官方账号的相关发声。',
    claim.bestMatch === null
      ? '辟谣库中没有相近的条目。'
      : `辟谣库中有相近条目（相似度 ${Math.round(claim.bestMatch.score * 100)}%），是否相关由人判断。`,
  ].join('');
}

function curveOf(links: readonly { post_id: number; stance: string }[]): ClaimDetail['curve'] {
  const buckets = new Map<number, { spreading: number; doubting: number; official: number }>();
  for (const { post_id, stance } of links) {
    const hour = hourOf(publishedAtOf(Number(post_id)));
    const b = buckets.get(hour) ?? { spreading: 0, doubting: 0, official: 0 };
    if (stance === 'spreading') b.spreading++;
    else if (stance === 'doubting') b.doubting++;
    else b.official++;
    buckets.set(hour, b);
  }
  const hours = [...buckets.keys()].sort((a, b) => a - b);
  const curve: ClaimDetail['curve'] = [];
  let cumulative = 0;
  const first = hours[0] ?? 0;
  const last = hours.at(-1) ?? -1;
  const step = last - first > 400 * HOUR ? Math.ceil((last - first) / HOUR / 400) * HOUR : HOUR;
  for (let at = first; at <= last; at += step) {
    const sum = { spreading: 0, doubting: 0, official: 0 };
    for (let h = at; h < at + step; h += HOUR) {
      const b = buckets.get(h);
      if (b === undefined) continue;
      sum.spreading += b.spreading;
      sum.doubting += b.doubting;
      sum.official += b.official;
    }
    cumulative += sum.spreading;
    curve.push({ at: toInstant(at), ...sum, cumulative });
  }
  return curve;
}

function nextSteps(claim: ClaimRow): ClaimDetail['nextSteps'] {
  const steps: ClaimDetail['nextSteps'] = [];
  if (claim.verdict === 'pending') {
    if (claim.clock.state === 'not-graded') steps.push({ text: '定级：确认事件时间，起算回应时限', action: 'grade' });
    if (claim.departmentId === null) steps.push({ text: '转请主管单位核实', action: 'assign' });
    if (claim.bestMatch !== null && claim.bestMatch.relation !== 'confirmed')
      steps.push({ text: '判断辟谣库中的相近条目是否相关', action: 'match' });
    steps.push({ text: '收到核实情况后，给出核查结论', action: 'verdict' });
  } else if (claim.clock.respondedAt === null) {
    steps.push({ text: '由官方账号发布回应，并在此登记', action: 'respond' });
  } else {
    steps.push({ text: '评估回应效果，办结', action: 'close' });
  }
  return steps;
}

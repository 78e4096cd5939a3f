/**
 * In: cases. Out: the inbox list with its counts, one case's page, and what briefings and the overview need to know.
 * Called by: inbox.controller.ts, briefings, dashboard.
 */
import { Injectable } from '@nestjs/common';
import type { InboxDetail, InboxList, InboxRow, routes, RouteInput } from '@minsheng/contracts';
import { Platform, PostKind } from '@minsheng/contracts';
import type { Caller } from '../platform/auth/caller.ts';
import { People } from '../platform/auth/people.ts';
import { Clock, dayOf, startOfDay, toInstant, toInstantOrNull } from '../platform/clock.ts';
import { Database, type Param } from '../platform/database/database.ts';
import { notFound, UserError } from '../platform/errors.ts';
import { CoveragePort } from '../rollups/coverage.ts';
import { ReplyHandleEntity } from '../posts/post.entity.ts';
import { PostViews } from '../posts/post-view.ts';
import { AnswerBank } from './answer-bank.ts';
import { channelName } from './channel.ts';
import { Deliveries } from './deliveries.ts';
import { dueSentence } from './due-rules.ts';
import { dueState, workingDaysLeft } from './due-state.ts';
import { CaseEntity, CaseHistoryEntity, DepartmentEntity, ReplyEntity, RuleEntity } from './inbox.entity.ts';
import { DepartmentRouter } from './ports.ts';
import { Viewers } from './viewers.ts';

type ListQuery = RouteInput<typeof routes.inbox.list>['query'];
type Counts = InboxList['counts'];

const OPEN = `('received', 'assigned', 'review')`;
const DAY_MS = 86_400_000;
const COVERAGE_MS = 30 * DAY_MS;
const SAME_SHOWN = 50;

@Injectable()
export class CaseViews {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly people: People,
    private readonly posts: PostViews,
    private readonly coverage: CoveragePort,
    private readonly answers: AnswerBank,
    private readonly router: DepartmentRouter,
    private readonly viewers: Viewers,
    private readonly deliveries: Deliveries,
  ) {}

  /**
   * To-do views start with what is due first, the others with what arrived last. Paging is by key: rows that arrive or leave
   * meanwhile neither repeat nor hide others.
   */
  async list(query: ListQuery, userId: number): Promise<InboxList> {
    const now = this.clock.now();
    const byDue = !['answered', 'all'].includes(query.view);
    const where = this.conditions(query, userId, now);
    const outer = where('c');
    const params = [...outer.params];
    let sql = `SELECT c.id FROM inbox_cases c${query.q === undefined || query.q === '' ? '' : ' JOIN posts p ON p.id = c.post_id'} WHERE ${outer.sql}`;
    if (query.q !== undefined && query.q !== '') {
      sql += ` AND (p.text LIKE ? ESCAPE '\\' OR c.title LIKE ? ESCAPE '\\')`;
      const like = `%${query.q.replaceAll(/[\\%_]/gu, (m) => `\\${m}`)}%`;
      params.push(like, like);
    }
    if (query.grouped === true) {
      const inner = where('e');
      const before = byDue ? '(e.due_at < c.due_at OR (e.due_at = c.due_at AND e.id < c.id))' : 'e.id > c.id';
      sql += ` AND NOT EXISTS (SELECT 1 FROM inbox_cases e WHERE e.group_id = c.group_id AND ${before} AND ${inner.sql})`;
      params.push(...inner.params);
    }
    if (query.cursor !== undefined) {
      const [due, id] = readCursor(query.cursor);
      sql += byDue ? ' AND (c.due_at > ? OR (c.due_at = ? AND c.id > ?))' : ' AND c.id < ?';
      params.push(...(byDue ? [due, due, id] : [id]));
    }
    sql += byDue ? ' ORDER BY c.due_at, c.id' : ' ORDER BY c.id DESC';
    const ids = (await this.db.all<{ id: number }>(`${sql} LIMIT ${query.limit + 1}`, params)).map((r) => Number(r.id));
    const cases = await this.load(ids.slice(0, query.limit));
    const last = cases.at(-1);
    return {
      items: await this.rows(cases, now),
      nextCursor: ids.length > query.limit && last !== undefined ? `${last.dueAt}.${last.id}` : null,
      counts: await this.counts(userId, now),
      coverage: await this.coverage.of({ from: now - COVERAGE_MS, to: now }),
    };
  }

  async counts(userId: number | null, now = this.clock.now()): Promise<Counts> {
    const endOfToday = startOfDay(dayOf(now)) + DAY_MS;
    const byState = await this.db.all<{ state: string; n: number }>(
      'SELECT state, count(*) AS n FROM inbox_cases GROUP BY state',
    );
    const of = (state: string) => Number(byState.find((r) => r.state === state)?.n ?? 0);
    const [due] = await this.db.all<{ overdue: number | null; today: number | null }>(
      `SELECT sum(CASE WHEN due_at < ? THEN 1 ELSE 0 END) AS overdue, sum(CASE WHEN due_at >= ? THEN 1 ELSE 0 END) AS today
       FROM inbox_cases WHERE state IN ${OPEN} AND due_at < ?`,
      [now, now, endOfToday],
    );
    const [mine] = await this.db.all<{ n: number }>(
      `SELECT count(*) AS n FROM inbox_cases WHERE assignee_id = ? AND state IN ${OPEN}`,
      [userId ?? -1],
    );
    return {
      todo: of('received') + of('assigned') + of('review'),
      mine: Number(mine?.n ?? 0),
      overdue: Number(due?.overdue ?? 0),
      dueToday: Number(due?.today ?? 0),
      review: of('review'),
      answered: of('answered') + of('closed'),
      all: byState.reduce((sum, r) => sum + Number(r.n), 0),
    };
  }

  async detail(id: number, caller: Caller): Promise<InboxDetail> {
    const now = this.clock.now();
    const [c] = await this.load([id]);
    if (c === undefined) throw notFound('件留言');
    const wanted = c.parentPostId === null ? [c.postId] : [c.postId, c.parentPostId];
    const posts = new Map((await this.posts.load(wanted)).map((p) => [p.id, p]));
    const post = posts.get(String(c.postId));
    if (post === undefined) throw notFound('件留言的原文');
    const [row] = await this.rows([c], now);
    if (row === undefined) throw notFound('件留言');
    const text = `${post.title ?? ''} ${post.text}`;
    const rule = await this.db.repo(RuleEntity).findOneBy({ key: c.ruleKey });
    const replies = await this.db.repo(ReplyEntity).find({ where: { caseId: id }, order: { id: 'DESC' } });
    const history = await this.db.repo(CaseHistoryEntity).find({ where: { caseId: id }, order: { id: 'ASC' } });
    const same = await this.db.all<{ id: number }>(
      `SELECT id FROM inbox_cases WHERE group_id = ? AND id <> ? ORDER BY CASE WHEN state IN ${OPEN} THEN 0 ELSE 1 END, id DESC LIMIT ${SAME_SHOWN}`,
      [c.groupId, id],
    );
    const suggested = await this.router.suggest(text);
    return {
      row,
      post,
      parent: c.parentPostId === null ? null : (posts.get(String(c.parentPostId)) ?? null),
      departments: (suggested.length > 0 ? suggested : c.suggested).map((d) => ({
        departmentId: String(d.departmentId),
        name: d.name,
        probability: d.probability,
        reason: d.reason,
      })),
      suggestions: await this.answers.suggest(text, now),
      replies: replies.map((r) => ({
        id: String(r.id),
        text: r.text,
        authorName: r.authorName,
        createdAt: toInstant(r.createdAt),
        state: r.state,
        reviewerName: r.reviewerName,
        reviewNote: r.reviewNote,
        sentAt: toInstantOrNull(r.sentAt),
        problem: r.problem,
      })),
      delivery: await this.deliveries.of(c, replies),
      sameQuestion: await this.rows(await this.load(same.map((r) => Number(r.id))), now),
      history: history.map((h) => ({ at: toInstant(h.at), username: h.username, action: h.action, text: h.text })),
      hasProtected: (await this.db.repo(ReplyHandleEntity).countBy({ postId: c.postId })) > 0,
      dueRule: rule === null ? '' : `${dueSentence(rule, c)}${c.missed === 1 ? '此件曾超期答复。' : ''}`,
      viewers: this.viewers.see(id, caller),
    };
  }

  /** Rows for the overview and briefings: due first, first `limit`. */
  async dueFirst(limit: number): Promise<InboxRow[]> {
    const ids = await this.db.all<{ id: number }>(
      `SELECT id FROM inbox_cases WHERE state IN ${OPEN} ORDER BY due_at, id LIMIT ${Math.trunc(limit)}`,
    );
    return this.rows(await this.load(ids.map((r) => Number(r.id))), this.clock.now());
  }

  /** Cases in the order of their ids as given. */
  private async load(ids: readonly number[]): Promise<CaseEntity[]> {
    if (ids.length === 0) return [];
    const found = await this.db
      .repo(CaseEntity)
      .createQueryBuilder('c')
      .where('c.id IN (:...ids)', { ids: [...ids] })
      .getMany();
    const byId = new Map(found.map((c) => [c.id, c]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  private async rows(cases: readonly CaseEntity[], now: number): Promise<InboxRow[]> {
    if (cases.length === 0) return [];
    const departments = new Map((await this.db.repo(DepartmentEntity).find()).map((d) => [d.id, d.name]));
    const groups = [...new Set(cases.map((c) => c.groupId))];
    const same = new Map(
      (
        await this.db.all<{ group_id: number; n: number }>(
          `SELECT group_id, count(*) AS n FROM inbox_cases WHERE group_id IN (${groups.map(() => '?').join(',')}) AND state IN ${OPEN} GROUP BY group_id`,
          groups,
        )
      ).map((r) => [Number(r.group_id), Number(r.n)]),
    );
    const names = new Map<number, string | null>();
    for (const id of new Set(cases.flatMap((c) => c.assigneeId ?? []))) names.set(id, await this.people.userName(id));
    return cases.map((c) => ({
      id: String(c.id),
      channel: channelName(c.platform, c.kind),
      platform: Platform.parse(c.platform),
      kind: PostKind.parse(c.kind),
      title: c.title,
      excerpt: c.excerpt,
      receivedAt: toInstant(c.receivedAt),
      state: c.state,
      dueAt: toInstant(c.dueAt),
      due: dueState(c, now),
      workingDaysLeft: workingDaysLeft(c, now),
      departmentId: c.departmentId === null ? null : String(c.departmentId),
      departmentName: c.departmentId === null ? null : (departments.get(c.departmentId) ?? null),
      assigneeId: c.assigneeId === null ? null : String(c.assigneeId),
      assigneeName: c.assigneeId === null ? null : (names.get(c.assigneeId) ?? null),
      sameQuestion: same.get(c.groupId) ?? 0,
      groupId: String(c.groupId),
    }));
  }

  /** The list's filter for a table alias; a chosen state stands in for the state that the view implies. */
  private conditions(query: ListQuery, userId: number, now: number) {
    const endOfToday = startOfDay(dayOf(now)) + DAY_MS;
    return (alias: string): { sql: string; params: Param[] } => {
      const parts: string[] = [];
      const params: Param[] = [];
      const add = (sql: string, ...values: Param[]) => {
        parts.push(sql.replaceAll('@', `${alias}.`));
        params.push(...values);
      };
      if (query.view === 'answered' && query.state === undefined) add(`@state IN ('answered', 'closed')`);
      else if (query.state !== undefined) add('@state = ?', query.state);
      else if (query.view !== 'all') add(`@state IN ${OPEN}`);
      if (query.view === 'mine') add('@assignee_id = ?', userId);
      if (query.view === 'overdue') add('@due_at < ?', now);
      if (query.view === 'due-today') add('@due_at >= ? AND @due_at < ?', now, endOfToday);
      if (query.departmentId !== undefined) add('@department_id = ?', Number(query.departmentId));
      if (query.groupId !== undefined) add('@group_id = ?', Number(query.groupId));
      return { sql: parts.length === 0 ? '1 = 1' : parts.join(' AND '), params };
    };
  }
}

function readCursor(cursor: string): [due: number, id: number] {
  const found = /^(\d{1,15})\.(\d{1,15})$/u.exec(cursor);
  if (found === null) throw new UserError('invalid-input', '翻页位置无效。', { todo: '请从第一页重新打开。' });
  return [Number(found[1]), Number(found[2])];
}

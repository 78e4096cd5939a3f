/**
 * In: requests about cases, answers and departments. Out: their pages. Called by: the web client.
 */
import { Controller } from '@nestjs/common';
import { routes, type RouteAnswer, type RouteInput } from '@minsheng/contracts';
import type { Caller } from '../platform/auth/caller.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { AnswerBank } from './answer-bank.ts';
import { Cases } from './cases.ts';
import { CaseViews } from './case-views.ts';
import { Deliveries } from './deliveries.ts';
import { Departments } from './departments.ts';
import { Staff } from './ports.ts';

const r = routes.inbox;
type In<K extends keyof typeof r> = RouteInput<(typeof r)[K]>;
type Out<K extends keyof typeof r> = Promise<RouteAnswer<(typeof r)[K]>>;

@Controller()
export class InboxController {
  constructor(
    private readonly views: CaseViews,
    private readonly cases: Cases,
    private readonly answerBank: AnswerBank,
    private readonly departmentList: Departments,
    private readonly people: Staff,
    private readonly deliveries: Deliveries,
  ) {}

  @Endpoint(r.list) list(@Input() { query }: In<'list'>, @CallerParam() caller: Caller): Out<'list'> {
    return this.views.list(query, caller.userId);
  }

  @Endpoint(r.detail) detail(@Input() { params }: In<'detail'>, @CallerParam() caller: Caller): Out<'detail'> {
    return this.views.detail(Number(params.id), caller);
  }

  @Endpoint(r.assign) async assign(@Input() { params, body }: In<'assign'>, @CallerParam() by: Caller): Out<'assign'> {
    await this.cases.assign(Number(params.id), body, by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.draft) async draft(@Input() { params, body }: In<'draft'>, @CallerParam() by: Caller): Out<'draft'> {
    await this.cases.draft(Number(params.id), body, by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.review) async review(@Input() { params, body }: In<'review'>, @CallerParam() by: Caller): Out<'review'> {
    await this.cases.review(Number(params.id), body, by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.answered)
  async answered(@Input() { params, body }: In<'answered'>, @CallerParam() by: Caller): Out<'answered'> {
    await this.cases.answered(Number(params.id), body, by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.deliver)
  async deliver(@Input() { params, body }: In<'deliver'>, @CallerParam() by: Caller): Out<'deliver'> {
    await this.deliveries.deliver(Number(params.id), body, by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.decide) async decide(@Input() { params, body }: In<'decide'>, @CallerParam() by: Caller): Out<'decide'> {
    await this.deliveries.decide(Number(params.id), body, by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.close) async close(@Input() { params }: In<'close'>, @CallerParam() by: Caller): Out<'close'> {
    await this.cases.close(Number(params.id), by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.dismiss)
  async dismiss(@Input() { params, body }: In<'dismiss'>, @CallerParam() by: Caller): Out<'dismiss'> {
    await this.cases.dismiss(Number(params.id), body, by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.reopen) async reopen(@Input() { params }: In<'reopen'>, @CallerParam() by: Caller): Out<'reopen'> {
    await this.cases.reopen(Number(params.id), by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.extend) async extend(@Input() { params, body }: In<'extend'>, @CallerParam() by: Caller): Out<'extend'> {
    await this.cases.extend(Number(params.id), body, by);
    return this.views.detail(Number(params.id), by);
  }

  @Endpoint(r.reveal) reveal(@Input() { params }: In<'reveal'>, @CallerParam() by: Caller): Out<'reveal'> {
    return this.cases.reveal(Number(params.id), by);
  }

  @Endpoint(r.answers) answers(@Input() { query }: In<'answers'>): Out<'answers'> {
    return this.answerBank.list(query);
  }

  @Endpoint(r.createAnswer) createAnswer(@Input() { body }: In<'createAnswer'>): Out<'createAnswer'> {
    return this.answerBank.create(body);
  }

  @Endpoint(r.removeAnswer) async removeAnswer(@Input() { params }: In<'removeAnswer'>): Out<'removeAnswer'> {
    await this.answerBank.remove(Number(params.id));
    return { ok: true };
  }

  @Endpoint(r.departments) async departments(): Out<'departments'> {
    return { items: await this.departmentList.list() };
  }

  @Endpoint(r.createDepartment) createDepartment(@Input() { body }: In<'createDepartment'>): Out<'createDepartment'> {
    return this.departmentList.create(body);
  }

  @Endpoint(r.removeDepartment)
  async removeDepartment(@Input() { params }: In<'removeDepartment'>): Out<'removeDepartment'> {
    await this.departmentList.remove(Number(params.id));
    return { ok: true };
  }

  @Endpoint(r.staff) async staff(): Out<'staff'> {
    const people = await this.people.staff();
    return {
      items: people.map((p) => ({
        id: String(p.id),
        displayName: p.displayName,
        departmentId: p.departmentId === null ? null : String(p.departmentId),
      })),
    };
  }
}

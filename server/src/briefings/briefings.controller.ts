/**
 * In: requests about briefings. Out: the day's page, the list, remarks, issuing, links. Called by: the web client.
 */
import { Controller } from '@nestjs/common';
import { routes, type RouteAnswer, type RouteInput } from '@minsheng/contracts';
import type { Caller } from '../platform/auth/caller.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { BriefingDesk } from './briefing-desk.ts';

const r = routes.briefings;
type In<K extends keyof typeof r> = RouteInput<(typeof r)[K]>;
type Out<K extends keyof typeof r> = Promise<RouteAnswer<(typeof r)[K]>>;

@Controller()
export class BriefingsController {
  constructor(private readonly desk: BriefingDesk) {}

  @Endpoint(r.list) list(@Input() { query }: In<'list'>): Out<'list'> {
    return this.desk.list(query);
  }

  @Endpoint(r.day) day(@Input() { params }: In<'day'>): Out<'day'> {
    return this.desk.day(params.day);
  }

  @Endpoint(r.edit) edit(@Input() { params, body }: In<'edit'>): Out<'edit'> {
    return this.desk.edit(params.day, body.remark);
  }

  @Endpoint(r.regenerate) regenerate(@Input() { params }: In<'regenerate'>): Out<'regenerate'> {
    return this.desk.generate(params.day);
  }

  @Endpoint(r.issue) issue(@Input() { params }: In<'issue'>, @CallerParam() caller: Caller): Out<'issue'> {
    return this.desk.issue(params.day, caller);
  }

  @Endpoint(r.share) share(@Input() { params }: In<'share'>): Out<'share'> {
    return this.desk.share(params.day);
  }

  @Endpoint(r.shared) shared(@Input() { params }: In<'shared'>): Out<'shared'> {
    return this.desk.shared(params.token);
  }
}

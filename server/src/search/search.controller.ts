/**
 * In: requests for 全文检索, Ctrl+K and single posts. Out: their answers. Called by: the web client.
 */
import { routes, type RouteAnswer, type RouteInput } from '@minsheng/contracts';
import { Controller } from '@nestjs/common';
import type { Caller } from '../platform/auth/caller.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { QuickSearch } from './quick-search.ts';
import { SearchService } from './search.service.ts';

@Controller()
export class SearchController {
  constructor(
    private readonly service: SearchService,
    private readonly quickSearch: QuickSearch,
  ) {}

  @Endpoint(routes.search.posts)
  posts(@Input() input: RouteInput<typeof routes.search.posts>): Promise<RouteAnswer<typeof routes.search.posts>> {
    return this.service.search(input.query);
  }

  @Endpoint(routes.search.quick)
  async quick(
    @Input() input: RouteInput<typeof routes.search.quick>,
    @CallerParam() caller: Caller,
  ): Promise<RouteAnswer<typeof routes.search.quick>> {
    return { items: await this.quickSearch.find(input.query.q, caller) };
  }

  @Endpoint(routes.search.post)
  post(@Input() input: RouteInput<typeof routes.search.post>): Promise<RouteAnswer<typeof routes.search.post>> {
    return this.service.post(Number(input.params.id));
  }
}

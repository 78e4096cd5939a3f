/**
 * In: requests for 总览, its charts and 政务账号. Out: their answers. Called by: the web client.
 */
import { routes, type RouteAnswer, type RouteInput } from '@minsheng/contracts';
import { Controller } from '@nestjs/common';
import { Endpoint, Input } from '../platform/http/endpoint.ts';
import { AccountsService } from './accounts.service.ts';
import { DashboardService } from './dashboard.service.ts';
import { OverviewService } from './overview.service.ts';

@Controller()
export class DashboardController {
  constructor(
    private readonly overviews: OverviewService,
    private readonly charts: DashboardService,
    private readonly accountList: AccountsService,
  ) {}

  @Endpoint(routes.dashboard.overview)
  overview(
    @Input() input: RouteInput<typeof routes.dashboard.overview>,
  ): Promise<RouteAnswer<typeof routes.dashboard.overview>> {
    return this.overviews.overview(this.charts.window(input.query), input.query);
  }

  @Endpoint(routes.dashboard.volume)
  volume(
    @Input() input: RouteInput<typeof routes.dashboard.volume>,
  ): Promise<RouteAnswer<typeof routes.dashboard.volume>> {
    return this.charts.volume(this.charts.window(input.query));
  }

  @Endpoint(routes.dashboard.channels)
  channels(
    @Input() input: RouteInput<typeof routes.dashboard.channels>,
  ): Promise<RouteAnswer<typeof routes.dashboard.channels>> {
    return this.charts.channels(this.charts.window(input.query));
  }

  @Endpoint(routes.dashboard.words)
  words(
    @Input() input: RouteInput<typeof routes.dashboard.words>,
  ): Promise<RouteAnswer<typeof routes.dashboard.words>> {
    return this.charts.words(this.charts.window(input.query));
  }

  @Endpoint(routes.accounts.list)
  accounts(): Promise<RouteAnswer<typeof routes.accounts.list>> {
    return this.accountList.list();
  }
}

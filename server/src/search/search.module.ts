/**
 * In: the search engine, posts and coverage, which the app module provides to all. Out: the search routes, Ctrl+K (for every module to register with).
 */
import { DESK_ROLES } from '@minsheng/contracts';
import { Module, type OnModuleInit } from '@nestjs/common';
import { ClaimReasons, EnricherReasons } from './claim-reasons.ts';
import { EnricherCutter, QueryCutter } from './query-cutter.ts';
import { pageProvider, QuickSearch } from './quick-search.ts';
import { SearchController } from './search.controller.ts';
import { SearchService } from './search.service.ts';

@Module({
  controllers: [SearchController],
  providers: [
    SearchService,
    QuickSearch,
    { provide: QueryCutter, useClass: EnricherCutter },
    { provide: ClaimReasons, useClass: EnricherReasons },
  ],
  exports: [SearchService, QuickSearch, QueryCutter],
})
export class SearchModule implements OnModuleInit {
  constructor(
    private readonly quick: QuickSearch,
    private readonly service: SearchService,
  ) {}

  onModuleInit(): void {
    this.quick.register(pageProvider);
    this.quick.register({ roles: DESK_ROLES, find: (q, limit) => this.service.quick(q, limit) });
  }
}

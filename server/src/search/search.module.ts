/**
 * In: the platform and posts. Out: the search engine (for the pipeline), the search routes, Ctrl+K (for every module to register with).
 */
import { Module, type OnModuleInit } from '@nestjs/common';
import { PostsModule } from '../posts/posts.module.ts';
import { RollupsModule } from '../rollups/rollups.module.ts';
import { SqliteFtsEngine } from './engines/sqlite-fts.ts';
import { QueryCutter, UnicodeCutter } from './query-cutter.ts';
import { DESK_ROLES, pageProvider, QuickSearch } from './quick-search.ts';
import { SearchController } from './search.controller.ts';
import { SearchEngine } from './search-engine.ts';
import { SearchService } from './search.service.ts';

@Module({
  imports: [PostsModule, RollupsModule],
  controllers: [SearchController],
  providers: [
    SearchService,
    QuickSearch,
    { provide: SearchEngine, useClass: SqliteFtsEngine },
    { provide: QueryCutter, useClass: UnicodeCutter },
  ],
  exports: [SearchEngine, SearchService, QuickSearch, QueryCutter],
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

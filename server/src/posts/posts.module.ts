/**
 * In: the platform. Out: posts as pages show them, and the names of sources and accounts.
 */
import { Module } from '@nestjs/common';
import { PostViews, SourceNames, StoredNames } from './post-view.ts';

@Module({
  providers: [PostViews, { provide: SourceNames, useClass: StoredNames }],
  exports: [PostViews, SourceNames],
})
export class PostsModule {}

/**
 * In: ids of posts. Out: the posts as pages show them, in the order asked, missing ones left out. Used by: desks.
 */
import type { Post } from '@minsheng/contracts';

export abstract class PostViews {
  abstract load(ids: readonly number[]): Promise<Post[]>;
}

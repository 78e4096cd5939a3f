/**
 * In: words to look for. Out: the routes of 检索 and of one post. Used by: routes/index.
 */
import { z } from 'zod';
import * as search from '../search.ts';
import { Post } from '../post.ts';
import { defineRoute } from '../route.ts';
import { ById, DESK } from './access.ts';

export const searchRoutes = {
  posts: defineRoute({
    method: 'GET',
    path: '/search',
    summary: '全文检索',
    tag: '检索',
    access: DESK,
    query: search.SearchQuery,
    response: search.SearchAnswer,
  }),
  quick: defineRoute({
    method: 'GET',
    path: '/search/quick',
    summary: '快速查找',
    tag: '检索',
    access: 'signed-in',
    query: search.QuickSearchQuery,
    response: search.QuickSearchAnswer,
  }),
  post: defineRoute({
    method: 'GET',
    path: '/posts/:id',
    summary: '一条帖文',
    tag: '检索',
    access: DESK,
    params: ById,
    response: z.object({
      post: Post,
      parent: Post.nullable(),
      replies: z.array(Post),
      edits: z.array(z.object({ at: z.string(), text: z.string() })),
      /** Why the text asks to be checked; empty when `claimScore` is low. */
      claimReasons: z.array(z.string()),
    }),
  }),
};

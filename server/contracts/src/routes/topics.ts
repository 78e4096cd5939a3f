/**
 * In: topics and what officers change on them. Out: the routes of 话题. Used by: routes/index.
 */
import * as topics from '../topics.ts';
import { PageQuery, pageOf } from '../common.ts';
import { Post } from '../post.ts';
import { defineRoute } from '../route.ts';
import { ById, DESK, OFFICER } from './access.ts';

export const topicsRoutes = {
  list: defineRoute({
    method: 'GET',
    path: '/topics',
    summary: '热点话题',
    tag: '话题',
    access: DESK,
    query: topics.TopicListQuery,
    response: topics.TopicList,
  }),
  detail: defineRoute({
    method: 'GET',
    path: '/topics/:id',
    summary: '话题详情',
    tag: '话题',
    access: DESK,
    params: ById,
    response: topics.TopicDetail,
  }),
  posts: defineRoute({
    method: 'GET',
    path: '/topics/:id/posts',
    summary: '话题下的帖文',
    tag: '话题',
    access: DESK,
    params: ById,
    query: PageQuery,
    response: pageOf(Post),
  }),
  update: defineRoute({
    method: 'PATCH',
    path: '/topics/:id',
    summary: '改标题、静音',
    tag: '话题',
    access: OFFICER,
    audit: 'topics.update',
    params: ById,
    body: topics.TopicUpdate,
    response: topics.TopicRow,
  }),
  merge: defineRoute({
    method: 'POST',
    path: '/topics/:id/merge',
    summary: '并入另一话题',
    tag: '话题',
    access: OFFICER,
    audit: 'topics.merge',
    params: ById,
    body: topics.TopicMerge,
    response: topics.TopicRow,
  }),
};

/**
 * In: a day. Out: the routes of 舆情日报. Used by: routes/index.
 */
import { z } from 'zod';
import * as briefing from '../briefing.ts';
import { PageQuery, pageOf } from '../common.ts';
import { defineRoute } from '../route.ts';
import { DESK, OFFICER } from './access.ts';

const ByDay = z.object({ day: briefing.Day });

export const briefingsRoutes = {
  list: defineRoute({
    method: 'GET',
    path: '/briefings',
    summary: '往期日报',
    tag: '日报',
    access: DESK,
    query: PageQuery,
    response: pageOf(briefing.BriefingListItem),
  }),
  day: defineRoute({
    method: 'GET',
    path: '/briefings/:day',
    summary: '舆情日报',
    tag: '日报',
    access: DESK,
    params: ByDay,
    response: briefing.Briefing,
  }),
  edit: defineRoute({
    method: 'PATCH',
    path: '/briefings/:day',
    summary: '编者按',
    tag: '日报',
    access: OFFICER,
    audit: 'briefings.edit',
    params: ByDay,
    body: briefing.BriefingEdit,
    response: briefing.Briefing,
  }),
  regenerate: defineRoute({
    method: 'POST',
    path: '/briefings/:day/regenerate',
    summary: '重新生成（未签发）',
    tag: '日报',
    access: OFFICER,
    audit: 'briefings.regenerate',
    params: ByDay,
    response: briefing.Briefing,
  }),
  issue: defineRoute({
    method: 'POST',
    path: '/briefings/:day/issue',
    summary: '签发',
    tag: '日报',
    access: ['officer', 'leader'],
    audit: 'briefings.issue',
    params: ByDay,
    response: briefing.Briefing,
  }),
  share: defineRoute({
    method: 'POST',
    path: '/briefings/:day/share',
    summary: '生成限时阅读链接',
    tag: '日报',
    access: OFFICER,
    audit: 'briefings.share',
    params: ByDay,
    response: briefing.ShareLink,
  }),
  shared: defineRoute({
    method: 'GET',
    path: '/shared/briefings/:token',
    summary: '凭链接阅读日报',
    tag: '日报',
    access: 'public',
    params: z.object({ token: z.string().max(300) }),
    response: briefing.Briefing,
  }),
};

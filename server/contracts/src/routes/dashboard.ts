/**
 * In: a window of time. Out: the routes of 总览 and its charts. Used by: routes/index.
 */
import * as dashboard from '../dashboard.ts';
import { defineRoute } from '../route.ts';
import { DESK } from './access.ts';

export const dashboardRoutes = {
  overview: defineRoute({
    method: 'GET',
    path: '/overview',
    summary: '总览',
    tag: '总览',
    access: DESK,
    query: dashboard.WindowQuery,
    response: dashboard.Overview,
  }),
  volume: defineRoute({
    method: 'GET',
    path: '/charts/volume',
    summary: '声量与情感走势',
    tag: '总览',
    access: DESK,
    query: dashboard.WindowQuery,
    response: dashboard.VolumeSeries,
  }),
  channels: defineRoute({
    method: 'GET',
    path: '/charts/channels',
    summary: '渠道分布',
    tag: '总览',
    access: DESK,
    query: dashboard.WindowQuery,
    response: dashboard.Channels,
  }),
  words: defineRoute({
    method: 'GET',
    path: '/charts/words',
    summary: '高频词',
    tag: '总览',
    access: DESK,
    query: dashboard.WindowQuery,
    response: dashboard.Words,
  }),
};

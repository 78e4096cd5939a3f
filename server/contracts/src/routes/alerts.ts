/**
 * In: open alerts. Out: the routes of the bell. Used by: routes/index.
 */
import * as claims from '../claims.ts';
import { pageOf } from '../common.ts';
import { defineRoute } from '../route.ts';
import { ById, COLLECT, DESK } from './access.ts';

export const alertsRoutes = {
  list: defineRoute({
    method: 'GET',
    path: '/alerts',
    summary: '预警（系统管理员只见采集类）',
    tag: '预警',
    access: [...DESK, 'sysadmin'],
    query: claims.AlertListQuery,
    response: pageOf(claims.Alert),
  }),
  acknowledge: defineRoute({
    method: 'POST',
    path: '/alerts/:id/acknowledge',
    summary: '知悉预警（系统管理员限采集类）',
    tag: '预警',
    access: COLLECT,
    audit: 'alerts.acknowledge',
    params: ById,
    response: claims.Alert,
  }),
};

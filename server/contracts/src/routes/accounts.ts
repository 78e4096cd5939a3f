/**
 * In: the office's own accounts. Out: the routes of 政务账号. Used by: routes/index.
 */
import * as dashboard from '../dashboard.ts';
import { defineRoute } from '../route.ts';
import { DESK } from './access.ts';

export const accountsRoutes = {
  list: defineRoute({
    method: 'GET',
    path: '/accounts',
    summary: '政务账号',
    tag: '账号',
    access: [...DESK, 'sysadmin'],
    response: dashboard.AccountList,
  }),
};

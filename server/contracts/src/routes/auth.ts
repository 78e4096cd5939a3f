/**
 * In: names and passwords. Out: the routes of signing in and out. Used by: routes/index.
 */
import * as auth from '../auth.ts';
import { Done } from '../common.ts';
import { defineRoute } from '../route.ts';

export const authRoutes = {
  status: defineRoute({
    method: 'GET',
    path: '/status',
    summary: '产品与演示状态',
    tag: '登录',
    access: 'public',
    response: auth.PublicStatus,
  }),
  login: defineRoute({
    method: 'POST',
    path: '/auth/login',
    summary: '登录',
    tag: '登录',
    access: 'public',
    audit: 'auth.login',
    body: auth.LoginBody,
    response: auth.Session,
  }),
  session: defineRoute({
    method: 'GET',
    path: '/auth/session',
    summary: '当前会话',
    tag: '登录',
    access: 'signed-in',
    response: auth.Session,
  }),
  logout: defineRoute({
    method: 'POST',
    path: '/auth/logout',
    summary: '退出',
    tag: '登录',
    access: 'signed-in',
    audit: 'auth.logout',
    response: Done,
  }),
  password: defineRoute({
    method: 'POST',
    path: '/auth/password',
    summary: '修改口令',
    tag: '登录',
    access: 'signed-in',
    audit: 'auth.password',
    body: auth.ChangePasswordBody,
    response: Done,
  }),
};

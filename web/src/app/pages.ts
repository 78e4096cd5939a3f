/**
 * In: the contract's access lists. Out: every page of the product: address, title, who may open it, its place in the navigation.
 * Called by: router, navigation. To add a page: add one entry here and its component under features/.
 */
import { type Access, routes } from '@minsheng/contracts';
import type { Component } from 'vue';
import type { IconName } from '../ui/icons.ts';

export interface Page {
  path: string;
  title: string;
  /** Taken from the route that the page reads first. */
  access: Access;
  load: () => Promise<{ default: Component }>;
  nav?: { group: 'desk' | 'library' | 'system'; icon: IconName; text?: string };
  /** `bare` pages have no navigation: sign-in, and the briefing opened by link. */
  layout?: 'bare';
}

export const allPages: readonly Page[] = [
  {
    path: '/',
    title: '总览',
    access: routes.dashboard.overview.access,
    load: () => import('../features/overview/OverviewPage.vue'),
    nav: { group: 'desk', icon: 'overview' },
  },
  {
    path: '/topics',
    title: '热点话题',
    access: routes.topics.list.access,
    load: () => import('../features/topics/TopicsPage.vue'),
    nav: { group: 'desk', icon: 'topics' },
  },
  {
    path: '/topics/:id',
    title: '话题',
    access: routes.topics.detail.access,
    load: () => import('../features/topics/TopicPage.vue'),
  },
  {
    path: '/claims',
    title: '待核实说法',
    access: routes.claims.list.access,
    load: () => import('../features/claims/ClaimsPage.vue'),
    nav: { group: 'desk', icon: 'claims' },
  },
  {
    path: '/claims/:id',
    title: '说法',
    access: routes.claims.detail.access,
    load: () => import('../features/claims/ClaimPage.vue'),
  },
  {
    path: '/inbox',
    title: '留言办理',
    access: routes.inbox.list.access,
    load: () => import('../features/inbox/InboxPage.vue'),
    nav: { group: 'desk', icon: 'inbox' },
  },
  {
    path: '/inbox/:id',
    title: '留言',
    access: routes.inbox.detail.access,
    load: () => import('../features/inbox/MessagePage.vue'),
  },
  {
    path: '/briefings',
    title: '舆情日报',
    access: routes.briefings.list.access,
    load: () => import('../features/briefings/BriefingsPage.vue'),
    nav: { group: 'desk', icon: 'briefings' },
  },
  {
    path: '/briefings/:day',
    title: '舆情日报',
    access: routes.briefings.day.access,
    load: () => import('../features/briefings/BriefingPage.vue'),
  },
  {
    path: '/search',
    title: '全文检索',
    access: routes.search.posts.access,
    load: () => import('../features/search/SearchPage.vue'),
    nav: { group: 'desk', icon: 'search' },
  },
  {
    path: '/debunks',
    title: '辟谣库',
    access: routes.debunks.list.access,
    load: () => import('../features/debunks/DebunksPage.vue'),
    nav: { group: 'library', icon: 'debunks' },
  },
  {
    path: '/answers',
    title: '答复知识库',
    access: routes.inbox.answers.access,
    load: () => import('../features/answers/AnswersPage.vue'),
    nav: { group: 'library', icon: 'answers' },
  },
  {
    path: '/accounts',
    title: '政务账号',
    access: routes.accounts.list.access,
    load: () => import('../features/accounts/AccountsPage.vue'),
    nav: { group: 'library', icon: 'accounts' },
  },
  {
    path: '/sources',
    title: '采集状态',
    access: routes.sources.overview.access,
    load: () => import('../features/sources/SourcesPage.vue'),
    nav: { group: 'library', icon: 'sources' },
  },
  {
    path: '/sources/manual',
    title: '接入手册',
    access: routes.sources.kinds.access,
    load: () => import('../features/sources/SourceManualPage.vue'),
  },
  {
    path: '/system/users',
    title: '用户',
    access: routes.system.users.access,
    load: () => import('../features/system/UsersPage.vue'),
    nav: { group: 'system', icon: 'users' },
  },
  {
    path: '/system/departments',
    title: '承办单位',
    access: routes.inbox.createDepartment.access,
    load: () => import('../features/system/DepartmentsPage.vue'),
    nav: { group: 'system', icon: 'departments' },
  },
  {
    path: '/system/dictionary',
    title: '词典',
    access: routes.system.dictionary.access,
    load: () => import('../features/system/DictionaryPage.vue'),
    nav: { group: 'system', icon: 'dictionary' },
  },
  {
    path: '/system/audit',
    title: '审计记录',
    access: routes.system.audit.access,
    load: () => import('../features/system/AuditPage.vue'),
    nav: { group: 'system', icon: 'audit' },
  },
  {
    path: '/system/status',
    title: '运行状态',
    access: routes.system.status.access,
    load: () => import('../features/system/StatusPage.vue'),
    nav: { group: 'system', icon: 'status' },
  },
  {
    path: '/shared/briefings/:token',
    title: '舆情日报',
    access: 'public',
    load: () => import('../features/briefings/SharedBriefingPage.vue'),
    layout: 'bare',
  },
  {
    path: '/login',
    title: '登录',
    access: 'public',
    load: () => import('../features/login/LoginPage.vue'),
    layout: 'bare',
  },
  {
    path: '/password',
    title: '修改口令',
    access: 'signed-in',
    load: () => import('../features/login/PasswordPage.vue'),
    layout: 'bare',
  },
];

/** Pages a person may open from the navigation, in order. */
export function navPages(may: (access: Access) => boolean): Page[] {
  return allPages.filter((page) => page.nav && may(page.access));
}

/**
 * In: pages.ts and the session. Out: the router with its guards. Called by: main.
 */
import { createRouter, createWebHistory, type Router, type RouteRecordRaw } from 'vue-router';
import type { Access } from '@minsheng/contracts';
import { setSessionProblemHandler } from '../api/client.ts';
import { allPages, navPages } from './pages.ts';
import { safeNext } from './safe-next.ts';
import { useSession } from './session.ts';

declare module 'vue-router' {
  interface RouteMeta {
    title: string;
    access: Access;
    layout: 'app' | 'bare';
  }
}

const records: RouteRecordRaw[] = allPages.map((page) => ({
  path: page.path,
  component: page.load,
  meta: { title: page.title, access: page.access, layout: page.layout ?? 'app' },
}));

export function createAppRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: [
      ...records,
      // Addresses that quick search and sent messages use: one post opens beside the search, and a group opens at its first page.
      {
        path: '/posts/:id',
        redirect: (to) => ({ path: '/search', query: { range: 'all', post: String(to.params['id']) } }),
      },
      { path: '/briefing', redirect: '/briefings' },
      {
        path: '/system',
        redirect: () =>
          navPages(useSession().may).find((page) => page.nav?.group === 'system')?.path ?? '/system/status',
      },
      {
        path: '/:rest(.*)*',
        component: () => import('./NotFoundPage.vue'),
        meta: { title: '没有这一页', access: 'public', layout: 'app' },
      },
    ],
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  });

  router.beforeEach(async (to) => {
    const store = useSession();
    if (to.path.startsWith('/shared/')) {
      void store.loadStatus();
      return true;
    }
    const session = await store.ensure();
    if (to.path === '/login') return session && !session.mustChangePassword ? safeNext(to.query['next']) : true;
    if (!session) return { path: '/login', query: to.path === '/' ? {} : { next: to.fullPath } };
    if (session.mustChangePassword && to.path !== '/password')
      return { path: '/password', query: { next: to.fullPath } };
    if (!store.may(to.meta.access)) {
      // Administrators have no desk; their first page is the first of their own.
      const first = navPages(store.may)[0];
      if (to.path === '/' && first) return first.path;
      return { path: '/no-access', query: { page: to.meta.title } };
    }
    return true;
  });

  router.afterEach((to) => {
    const store = useSession();
    document.title = `${to.meta.title} · ${store.status?.office ?? '民声'}${store.status?.demo ? '（演示）' : ''}`;
  });

  setSessionProblemHandler((code) => {
    const current = router.currentRoute.value;
    if (current.path === '/login' || current.path.startsWith('/shared/')) return;
    if (code === 'password-change-required')
      return void router.push({ path: '/password', query: { next: current.fullPath } });
    const store = useSession();
    const hadSession = store.session !== null;
    store.forget();
    if (hadSession) void router.push({ path: '/login', query: { next: current.fullPath, ended: '1' } });
  });
  return router;
}

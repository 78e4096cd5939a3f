/**
 * In: a page component and its address. Out: the page mounted with router, session and the fake API as `fetch`. Called by: component tests.
 */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { vi } from 'vitest';
import { type Component, defineComponent, h } from 'vue';
import { createMemoryHistory, createRouter, type Router, RouterView } from 'vue-router';
import { useSession } from '../src/app/session.ts';
import { fakeFetch } from './fake-api.ts';
import './fake-city.ts';
import './fake-desks.ts';

export interface Mounted {
  page: VueWrapper;
  router: Router;
  /** `GET /api/topics?sort=heat`, in order. */
  asked: string[];
}

/** @param pattern the page's own path, e.g. `/claims/:id`; every other address shows nothing. */
export async function mountPage(
  component: Component,
  pattern: string,
  address: string,
  user = 'officer',
): Promise<Mounted> {
  const asked: string[] = [];
  const answer = fakeFetch(user);
  vi.stubGlobal('fetch', (input: string, init?: RequestInit) => {
    asked.push(`${init?.method ?? 'GET'} ${input}`);
    return answer(input, init);
  });
  const pinia = createPinia();
  setActivePinia(pinia);
  await useSession().ensure();
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: pattern, component, meta: { title: '', access: 'public', layout: 'app' } },
      { path: '/:rest(.*)*', component: { render: () => null }, meta: { title: '', access: 'public', layout: 'app' } },
    ],
  });
  await router.push(address);
  const page = mount(defineComponent({ render: () => h(RouterView) }), {
    global: { plugins: [router, pinia] },
    attachTo: document.body,
  });
  await flushPromises();
  return { page, router, asked };
}

import { describe, expect, it } from 'vitest';
import { defineComponent, h, nextTick } from 'vue';
import { mount } from '@vue/test-utils';
import { createMemoryHistory, createRouter } from 'vue-router';
import { navPages } from './pages.ts';
import { safeNext } from './safe-next.ts';
import { mayUse } from './session.ts';
import { carriedQuery, useQueryParam, useTimeWindow, windowOf, windowText } from './url-state.ts';

describe('windowOf', () => {
  it('reads a range, both ends, and falls back on anything else', () => {
    const from = '2026-11-20T00:00:00+08:00';
    const to = '2026-11-21T00:00:00+08:00';
    expect(windowOf({ range: '7d' })).toEqual({ range: '7d' });
    expect(windowOf({ from, to })).toEqual({ from, to });
    expect(windowOf({ from: to, to: from })).toEqual({ range: '24h' });
    expect(windowOf({ range: 'forever' })).toEqual({ range: '24h' });
    expect(windowOf({ range: ['3d', '7d'] })).toEqual({ range: '3d' });
    expect(windowText({ range: '3d' })).toBe('过去 3 天');
  });
});

describe('the address holds the state', () => {
  async function setUp(address: string) {
    const router = createRouter({
      history: createMemoryHistory(),
      routes: [{ path: '/:all(.*)*', component: { render: () => null } }],
    });
    await router.push(address);
    let window: ReturnType<typeof useTimeWindow> | undefined;
    let sort: { value: string } | undefined;
    mount(
      defineComponent({
        setup() {
          window = useTimeWindow();
          sort = useQueryParam('sort', 'heat', ['heat', 'growth']);
          return () => h('i');
        },
      }),
      { global: { plugins: [router] } },
    );
    if (!window || !sort) throw new Error('not set up');
    return { router, window, sort };
  }
  const settle = async (): Promise<void> => {
    await new Promise((done) => setTimeout(done, 0));
    await nextTick();
  };

  it('writes a filter, leaves out its default and keeps the rest', async () => {
    const { router, sort } = await setUp('/topics?range=7d&sort=nonsense');
    expect(sort.value).toBe('heat');
    sort.value = 'growth';
    await settle();
    expect(router.currentRoute.value.query).toEqual({ range: '7d', sort: 'growth' });
    sort.value = 'heat';
    await settle();
    expect(router.currentRoute.value.query).toEqual({ range: '7d' });
  });

  it('replaces a preset by own ends and back', async () => {
    const { router, window } = await setUp('/?range=7d&q=x');
    window.set({ from: '2026-11-20T00:00:00+08:00', to: '2026-11-21T00:00:00+08:00' });
    await settle();
    expect(Object.keys(router.currentRoute.value.query).toSorted()).toEqual(['from', 'q', 'to']);
    window.set({ range: '3d' });
    await settle();
    expect(router.currentRoute.value.query).toEqual({ q: 'x', range: '3d' });
  });

  it('carries only time from page to page', () => {
    expect(carriedQuery({ range: '7d', stage: 'peak', q: 'x' })).toEqual({ range: '7d' });
  });
});

describe('who sees what', () => {
  it('shows each role its own pages', () => {
    const paths = (role: 'officer' | 'secadmin' | 'auditor' | 'leader'): string[] =>
      navPages((access) => mayUse(access, [role])).map((p) => p.path);
    expect(paths('secadmin')).toEqual(['/system/users']);
    expect(paths('auditor')).toEqual(['/system/audit']);
    expect(paths('leader')).toContain('/claims');
    expect(paths('leader')).not.toContain('/system/dictionary');
    expect(paths('officer')).not.toContain('/system/users');
  });
  it('follows only own addresses after sign-in', () => {
    expect(safeNext('/claims/7?x=1')).toBe('/claims/7?x=1');
    for (const bad of ['//evil.example', '/\\evil.example', 'https://evil.example', undefined, ['/a']])
      expect(safeNext(bad)).toBe('/');
  });
});

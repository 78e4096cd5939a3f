import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { mountPage } from '../../test/mount-page.ts';
import { toasts } from '../ui/toast.ts';
import AlertsPanel from './alerts/AlertsPanel.vue';
import ClaimPage from './claims/ClaimPage.vue';
import ClaimsPage from './claims/ClaimsPage.vue';
import LoginPage from './login/LoginPage.vue';
import PasswordPage from './login/PasswordPage.vue';
import OverviewPage from './overview/OverviewPage.vue';
import TopicPage from './topics/TopicPage.vue';
import TopicsPage from './topics/TopicsPage.vue';

// happy-dom has no canvas; what is drawn is tested as options in charts.test.ts.
vi.mock('../charts/echarts.ts', () => ({ connect: () => undefined, VChart: { render: () => null } }));

/** An event stream that the test speaks through. */
class FakeStream extends EventTarget {
  static last: FakeStream | null = null;
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: MessageEvent<string>) => void) | null = null;
  constructor() {
    super();
    FakeStream.last = this;
  }
  close(): void {
    this.readyState = 2;
  }
  say(data: unknown): void {
    this.onmessage?.(new MessageEvent('message', { data: JSON.stringify(data) }));
  }
}

let open: VueWrapper | null = null;
beforeEach(() => {
  vi.stubGlobal('EventSource', FakeStream);
  toasts.value = [];
});
afterEach(() => {
  open?.unmount();
  open = null;
  document.body.innerHTML = '';
  vi.unstubAllGlobals();
});

const button = (page: VueWrapper, text: string) => {
  const found = page.findAll('button').find((b) => b.text().trim() === text);
  if (!found)
    throw new Error(
      `no button ${text}: ${page
        .findAll('button')
        .map((b) => b.text())
        .join(' | ')}`,
    );
  return found;
};

describe('总览', () => {
  it('answers its four questions in reading order', async () => {
    const { page } = await mountPage(OverviewPage, '/', '/');
    open = page;
    const headings = page.findAll('h1, h2').map((h) => h.text());
    expect(headings[0]).toContain('望江路停水');
    expect(headings.slice(1, 3)).toEqual(['要办的事', '在说什么']);
    expect(headings[3]).toMatch(/条，其中负面/);
    expect(page.text()).toContain('1 个采集源没有新数据');
    expect(page.findAll('.todo a').map((a) => a.attributes('href'))).toContain('/claims/1');
  });

  it('counts live hints and moves nothing until it is asked', async () => {
    const { page, asked } = await mountPage(OverviewPage, '/', '/');
    open = page;
    const before = asked.length;
    FakeStream.last?.say({ type: 'posts', stored: 3, at: '2026-11-24T08:10:00+08:00' });
    FakeStream.last?.say({ type: 'nonsense' });
    await flushPromises();
    expect(asked).toHaveLength(before);
    expect(page.text()).toContain('有 3 条更新');
    await button(page, '有 3 条更新').trigger('click');
    await flushPromises();
    expect(asked.length).toBeGreaterThan(before);
    expect(page.text()).not.toContain('条更新');
  });

  it('asks again when the range in the address changes', async () => {
    const { page, router, asked } = await mountPage(OverviewPage, '/', '/?range=7d');
    open = page;
    expect(asked).toContain('GET /api/overview?range=7d');
    await router.push('/?range=3d');
    await flushPromises();
    expect(asked).toContain('GET /api/overview?range=3d');
  });

  it('tells an administrator without a desk what happened and the number to quote', async () => {
    const { page } = await mountPage(OverviewPage, '/', '/', 'nobody');
    open = page;
    expect(page.find('[role=alert]').text()).toContain('请先登录');
    expect(page.find('[role=alert]').text()).toContain('fake-7f3a21');
  });
});

describe('热点话题', () => {
  it('keeps its filters in the address and says when nothing matches', async () => {
    const { page, router, asked } = await mountPage(TopicsPage, '/topics', '/topics?sort=growth');
    open = page;
    expect(page.findAll('[data-row] a.name')[0]?.text()).toBe('白石水库“出现裂缝”传言');
    await button(page, '高位').trigger('click');
    await flushPromises();
    expect(router.currentRoute.value.query).toEqual({ sort: 'growth', stage: 'peak' });
    expect(asked.at(-1)).toContain('stage=peak');
    expect(page.findAll('[data-row]')).toHaveLength(1);
    await router.replace('/topics?q=没有的事');
    await flushPromises();
    expect(page.text()).toContain('没有符合条件的话题');
  });

  it('moves with j and k and opens with Enter', async () => {
    const { page, router } = await mountPage(TopicsPage, '/topics', '/topics');
    open = page;
    for (const key of ['j', 'j', 'k', 'j']) {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      await flushPromises();
    }
    expect(
      page
        .findAll('[data-row]')
        .map((r) => r.attributes('data-selected'))
        .indexOf('true'),
    ).toBe(1);
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    await flushPromises();
    expect(router.currentRoute.value.path).toBe('/topics/2');
  });
});

describe('话题', () => {
  it('says what people say with counts, and who said it nowhere', async () => {
    const { page } = await mountPage(TopicPage, '/topics/:id', '/topics/1');
    open = page;
    expect(page.find('.opinions li').text()).toMatch(/望江路从早上六点停到现在[\s\S]*318\s*次/);
    expect(page.text()).toContain('澜川水务');
    expect(page.find('a[href="/claims/2"]').text()).toBe('停水是因为水厂进了污水，自来水不能喝');
  });

  it('mutes with an undo', async () => {
    const { page, asked } = await mountPage(TopicPage, '/topics/:id', '/topics/4');
    open = page;
    await button(page, '静音').trigger('click');
    await flushPromises();
    expect(asked).toContain('PATCH /api/topics/4');
    expect(button(page, '取消静音').exists()).toBe(true);
    toasts.value[0]?.undo?.();
    await flushPromises();
    expect(button(page, '静音').exists()).toBe(true);
  });

  it('refuses an empty title before asking the server', async () => {
    const { page, asked } = await mountPage(TopicPage, '/topics/:id', '/topics/4');
    open = page;
    await button(page, '改标题').trigger('click');
    await flushPromises();
    await page.find('#topic-title').setValue(' ');
    await page.find('#rename').trigger('submit');
    expect(page.text()).toContain('标题为 2–60 个字');
    expect(asked.some((a) => a.startsWith('PATCH'))).toBe(false);
  });

  it('gives a leader the dossier without the tools', async () => {
    const { page } = await mountPage(TopicPage, '/topics/:id', '/topics/1', 'leader');
    open = page;
    expect(page.findAll('button').map((b) => b.text())).not.toContain('改标题');
  });
});

describe('说法', () => {
  it('answers the minute that decides', async () => {
    const { page } = await mountPage(ClaimPage, '/claims/:id', '/claims/1');
    open = page;
    const facts = page.find('.facts').text();
    expect(page.find('h1').text()).toContain('白石水库大坝出现裂缝');
    expect(facts).toContain('3 小时前');
    expect(facts).toContain('402 条/小时');
    expect(facts).toContain('市水利局');
    expect(facts).toMatch(/剩 1 小时 4\d 分/);
    expect(page.find('.fact-list').text()).toMatch(/可能相关[\s\S]*低于汛限水位/);
    expect(page.text()).not.toContain('谣言的');
  });

  it('wants a basis for a verdict, reads it back, and only then sends it', async () => {
    const { page, asked } = await mountPage(ClaimPage, '/claims/:id', '/claims/4');
    open = page;
    await button(page, '给出核查结论').trigger('click');
    await flushPromises();
    await page.find('#claim-action').trigger('submit');
    expect(page.find('dialog').text()).toContain('请选择结论');
    expect(page.find('dialog').text()).toContain('请写明核查依据');
    await page.find('input[value="misleading"]').setValue();
    await page.find('#claim-note').setValue('市教育局书面答复：租房家庭按原办法登记。');
    await page.find('#claim-action').trigger('submit');
    expect(page.find('dialog').text()).toContain('结论将定为“易误解”');
    expect(asked.some((a) => a.startsWith('POST'))).toBe(false);
    await page.find('#claim-action').trigger('submit');
    await flushPromises();
    expect(asked).toContain('POST /api/claims/4/verdict');
    expect(page.find('.head').text()).toContain('易误解');
    expect(page.text()).not.toContain('不予核查');
  });

  it('starts the clock when graded, from the time of the event', async () => {
    const { page } = await mountPage(ClaimPage, '/claims/:id', '/claims/5');
    open = page;
    expect(page.find('.facts').text()).toContain('未定级');
    await button(page, '定级并起算时限').trigger('click');
    await flushPromises();
    await page.find('#claim-action').trigger('submit');
    expect(page.find('dialog').text()).toContain('请选择级别');
    await page.find('input[value="ordinary"]').setValue();
    await page.find('#claim-action').trigger('submit');
    await flushPromises();
    expect(page.find('.facts').text()).toMatch(/剩 1 天 \d+ 小时/);
  });

  it('lets people decide on a suggested debunk', async () => {
    const { page, asked } = await mountPage(ClaimPage, '/claims/:id', '/claims/1');
    open = page;
    await button(page, '确认相关').trigger('click');
    await flushPromises();
    expect(asked).toContain('POST /api/claims/1/match');
    expect(page.find('.fact-list').text()).toContain('已确认相关');
  });

  it('lets a leader read and not act', async () => {
    const { page } = await mountPage(ClaimPage, '/claims/:id', '/claims/2', 'leader');
    open = page;
    expect(page.text()).toContain('您的角色可以查看，不能办理');
    expect(page.find('.actions').exists()).toBe(false);
  });

  it('lists by urgency with overdue clocks in words', async () => {
    const { page } = await mountPage(ClaimsPage, '/claims', '/claims');
    open = page;
    expect(page.text()).toMatch(/已超 2 小时/);
    await button(page, '已有结论').trigger('click');
    await flushPromises();
    expect(page.text()).toContain('属实（曾被质疑）');
  });
});

describe('预警', () => {
  it('opens from the bell and is acknowledged', async () => {
    const { page, asked } = await mountPage(AlertsPanel, '/', '/');
    open = page;
    expect(page.find('.bell').attributes('aria-label')).toBe('预警，3 条未处理');
    await page.find('.bell').trigger('click');
    await flushPromises();
    await button(page, '知悉').trigger('click');
    await flushPromises();
    expect(asked).toContain('POST /api/alerts/1/acknowledge');
    expect(page.find('.bell').attributes('aria-label')).toBe('预警，2 条未处理');
  });
});

describe('登录', () => {
  it('explains the one-time password and tells a wrong one plainly', async () => {
    const { page } = await mountPage(LoginPage, '/login', '/login', '');
    open = page;
    expect(page.text()).toContain('一次性口令只显示一次');
    await page.find('form').trigger('submit');
    expect(page.find('[role=alert]').text()).toContain('请填写账号和口令');
    await page.find('#username').setValue('officer');
    await page.find('#password').setValue('wrong');
    await page.find('form').trigger('submit');
    await flushPromises();
    expect(page.find('[role=alert]').text()).toContain('账号或口令不对');
    expect(page.find('[role=alert]').text()).toContain('还可再试 4 次');
  });

  it('goes back to the page that was asked for, or to the password page first', async () => {
    const first = await mountPage(LoginPage, '/login', '/login?next=/claims/1', '');
    open = first.page;
    await first.page.find('#username').setValue('officer');
    await first.page.find('#password').setValue('right');
    await first.page.find('form').trigger('submit');
    await flushPromises();
    expect(first.router.currentRoute.value.fullPath).toBe('/claims/1');
    first.page.unmount();
    const second = await mountPage(LoginPage, '/login', '/login', '');
    open = second.page;
    await second.page.find('#username').setValue('fresh');
    await second.page.find('#password').setValue('one-time');
    await second.page.find('form').trigger('submit');
    await flushPromises();
    expect(second.router.currentRoute.value.path).toBe('/password');
  });

  it('checks a new password by the contract before sending it', async () => {
    const { page, asked } = await mountPage(PasswordPage, '/password', '/password', 'fresh');
    open = page;
    expect(page.text()).toContain('请先设置自己的口令');
    await page.find('#current').setValue('one-time');
    await page.find('#next').setValue('short');
    await page.find('#again').setValue('other');
    await page.find('form').trigger('submit');
    expect(page.text()).toContain('口令至少 10 位');
    expect(page.text()).toContain('两次填写的新口令不一致');
    expect(asked.some((a) => a.startsWith('POST'))).toBe(false);
    await page.find('#next').setValue('Lanchuan-2026');
    await page.find('#again').setValue('Lanchuan-2026');
    await page.find('form').trigger('submit');
    await flushPromises();
    expect(asked).toContain('POST /api/auth/password');
  });
});

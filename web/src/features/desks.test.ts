import { flushPromises, type VueWrapper } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeFetch } from '../../test/fake-api.ts';
import { mountPage, type Mounted } from '../../test/mount-page.ts';
import { createPinia, setActivePinia } from 'pinia';
import { createAppRouter } from '../app/router.ts';
import { useSession } from '../app/session.ts';
import { toasts } from '../ui/toast.ts';
import BriefingPage from './briefings/BriefingPage.vue';
import SharedBriefingPage from './briefings/SharedBriefingPage.vue';
import InboxPage from './inbox/InboxPage.vue';
import MessagePage from './inbox/MessagePage.vue';
import SearchPage from './search/SearchPage.vue';
import SourcesPage from './sources/SourcesPage.vue';
import UsersPage from './system/UsersPage.vue';

vi.mock('../charts/echarts.ts', () => ({ connect: () => undefined, VChart: { render: () => null } }));

let open: VueWrapper | null = null;
beforeEach(() => {
  vi.stubGlobal('EventSource', undefined);
  sessionStorage.clear();
  toasts.value = [];
});
afterEach(() => {
  open?.unmount();
  open = null;
  document.body.innerHTML = '';
  vi.unstubAllGlobals();
});

async function go(...wanted: Parameters<typeof mountPage>): Promise<Mounted> {
  const mounted = await mountPage(...wanted);
  open = mounted.page;
  return mounted;
}
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
const dayOfToday = (): string => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);

describe('全文检索', () => {
  it('marks the hits, says how the query was understood and over how many the counts go', async () => {
    const { page } = await go(SearchPage, '/search', '/search?q=停水');
    expect(page.findAll('mark').map((m) => m.text())).toContain('停水');
    expect(page.text()).toContain('按“停水”检索');
    expect(page.text()).toContain('条数按最新 10,000 条统计，不是全部结果');
  });

  it('keeps filters in the address and asks only for values that the contract knows', async () => {
    const { page, router, asked } = await go(SearchPage, '/search', '/search?q=停水&sentiment=negative,nonsense');
    expect(asked.at(-1)).toContain('sentiment=negative&');
    const weibo = page.findAll('.facets label').find((l) => l.text().includes('微博'));
    await weibo?.find('input').trigger('change');
    await flushPromises();
    expect(router.currentRoute.value.query['platform']).toBe('weibo');
    expect(asked.at(-1)).toContain('platform=weibo');
  });

  it('adds a page below without counting the facets again, and keeps what is read', async () => {
    const { page, asked } = await go(SearchPage, '/search', '/search?q=停水');
    const before = page.findAll('.hit').length;
    await button(page, '加载更多').trigger('click');
    await flushPromises();
    expect(asked.at(-1)).toMatch(/cursor=second.*facets=0|facets=0.*cursor=second/);
    expect(page.findAll('.hit').length).toBe(before * 2);
    expect(page.text()).toContain('条数按最新 10,000 条统计');
    expect(page.text()).toContain('已全部显示');
  });

  it('says what to do when nothing is found', async () => {
    const { page, router } = await go(SearchPage, '/search', '/search?q=没有的事');
    expect(page.text()).toContain('没有找到');
    await button(page, '查全部时间').trigger('click');
    await flushPromises();
    expect(router.currentRoute.value.query['range']).toBe('all');
  });

  it('opens a post by its address', async () => {
    const { page, asked } = await go(SearchPage, '/search', '/search?q=停水&post=5001');
    expect(asked.some((a) => a.startsWith('GET /api/posts/5001'))).toBe(true);
    expect(page.text()).toContain('所回应的帖文');
  });
});

describe('舆情日报', () => {
  it('makes every figure a link with its definition', async () => {
    const { page } = await go(BriefingPage, '/briefings/:day', `/briefings/${dayOfToday()}`);
    const figures = page.findAll('a.figure');
    expect(figures.length).toBeGreaterThanOrEqual(8);
    for (const f of figures) {
      expect(f.attributes('href')).toMatch(/^\//);
      expect(f.attributes('title')).toContain('北京时间');
    }
    expect(page.findAll('section > h2').map((h) => h.text().slice(0, 2))).toEqual([
      '一、',
      '二、',
      '三、',
      '四、',
      '五、',
    ]);
  });

  it('saves the editor’s paragraph, and is closed to changes once issued', async () => {
    const { page, asked } = await go(BriefingPage, '/briefings/:day', `/briefings/${dayOfToday()}`);
    await button(page, '编者按').trigger('click');
    await page.find('#remark-text').setValue('请各单位关注。');
    await page.find('#remark').trigger('submit');
    await flushPromises();
    expect(page.find('.remark').text()).toContain('请各单位关注。');
    await button(page, '签发').trigger('click');
    expect(asked.some((a) => a.includes('/issue'))).toBe(false);
    const confirm = page.findAll('dialog button').find((b) => b.text() === '签发');
    await confirm?.trigger('click');
    await flushPromises();
    expect(asked.filter((a) => a.startsWith('POST') && a.endsWith('/issue'))).toHaveLength(1);
    expect(page.findAll('.bar button').map((b) => b.text())).toEqual(['阅读链接', '打印']);
  });

  it('gives a staff member no button that the server would refuse', async () => {
    const { page } = await go(BriefingPage, '/briefings/:day', `/briefings/${dayOfToday()}`, 'staff');
    expect(page.findAll('.bar button').map((b) => b.text())).toEqual(['打印']);
  });

  it('shows a shared briefing without links into the desk, and an expired link in words', async () => {
    const shared = await go(SharedBriefingPage, '/shared/briefings/:token', '/shared/briefings/ok', '');
    expect(shared.page.findAll('a')).toHaveLength(0);
    await shared.page.find('.figure[role=button]').trigger('click');
    expect(shared.page.text()).toContain('这个数字怎么来的');
    shared.page.unmount();
    const { page } = await go(SharedBriefingPage, '/shared/briefings/:token', '/shared/briefings/expired', '');
    expect(page.text()).toContain('链接已失效');
  });
});

describe('留言办理', () => {
  it('keeps its view in the address and opens with j and Enter', async () => {
    const { page, router } = await go(InboxPage, '/inbox', '/inbox', 'staff');
    expect(page.findAll('[data-row]')).toHaveLength(4);
    await page.findAll('.views button')[1]?.trigger('click');
    await flushPromises();
    expect(router.currentRoute.value.query['view']).toBe('overdue');
    expect(page.text()).toContain('超期 1 个工作日');
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }));
    await flushPromises();
    expect(router.currentRoute.value.path).toBe('/inbox/1');
  });

  it('inserts an answer below what was typed, keeps the draft, and hands it in', async () => {
    const { page, asked } = await go(MessagePage, '/inbox/:id', '/inbox/2', 'staff');
    await page.find('#reply-text').setValue('您好。');
    await button(page, '插入答复').trigger('click');
    const text = page.find<HTMLTextAreaElement>('#reply-text').element.value;
    expect(text).toMatch(/^您好。\n\n主管修复后/);
    expect(sessionStorage.getItem('minsheng.reply.2')).toBe(text);
    expect(page.text()).toContain('每条评论只能回复一次');
    await button(page, '送审').trigger('submit');
    await flushPromises();
    expect(asked).toContain('POST /api/inbox/2/replies');
    expect(page.text()).toContain('待审核');
    expect(sessionStorage.getItem('minsheng.reply.2')).toBeNull();
  });

  it('does not hand in an empty answer', async () => {
    const { page, asked } = await go(MessagePage, '/inbox/:id', '/inbox/1', 'staff');
    await button(page, '送审').trigger('submit');
    expect(page.text()).toContain('请填写答复');
    expect(asked.some((a) => a.startsWith('POST'))).toBe(false);
  });

  it('asks for a note before an answer is sent back', async () => {
    const { page, asked } = await go(MessagePage, '/inbox/:id', '/inbox/3', 'leader');
    await button(page, '退回修改').trigger('click');
    expect(page.text()).toContain('退回时请写明修改意见');
    expect(asked.some((a) => a.includes('/review'))).toBe(false);
    await page.find('#review-note').setValue('请补充依据。');
    await button(page, '退回修改').trigger('click');
    await flushPromises();
    expect(asked).toContain('POST /api/inbox/3/review');
    expect(page.text()).toContain('已退回');
  });

  it('sends an approved answer only after showing account, text and rules, and asks for a look when its fate is unknown', async () => {
    const { page, asked } = await go(MessagePage, '/inbox/:id', '/inbox/2', 'staff');
    await page.find('#reply-text').setValue('您好，回执会丢失。');
    await button(page, '送审').trigger('submit');
    await flushPromises();
    page.unmount();
    const leader = await go(MessagePage, '/inbox/:id', '/inbox/2', 'officer');
    await button(leader.page, '通过').trigger('submit');
    await flushPromises();
    await button(leader.page, '通过官方账号发送').trigger('click');
    expect(leader.page.find('dialog .exact').text()).toBe('您好，回执会丢失。');
    expect(leader.page.text()).toContain('以“澜川发布”的名义答复');
    expect(leader.page.text()).toContain('只能由账号回复一次');
    expect(asked.concat(leader.asked).some((a) => a.includes('/deliver'))).toBe(false);
    await button(leader.page, '发送').trigger('click');
    await flushPromises();
    expect(leader.asked.filter((a) => a === 'POST /api/inbox/2/deliver')).toHaveLength(1);
    expect(leader.page.text()).toContain('不能确定是否已发出');
    const words = leader.page.findAll('button').map((b) => b.text());
    for (const step of ['登记已答复', '无需答复', '送审', '通过官方账号发送']) expect(words).not.toContain(step);
    await button(leader.page, '核对过：已发出').trigger('click');
    await button(leader.page, '登记').trigger('click');
    await flushPromises();
    expect(leader.asked).toContain('POST /api/inbox/2/decide');
    expect(leader.page.text()).toContain('已答复');
  });

  it('opens contact data only after saying that it is recorded, and forgets it when closed', async () => {
    const { page, asked } = await go(MessagePage, '/inbox/:id', '/inbox/1', 'staff');
    await button(page, '查看答复所需的联系信息').trigger('click');
    expect(page.text()).toContain('会记入审计记录');
    expect(page.text()).not.toContain('138 0000 0000');
    expect(asked.some((a) => a.includes('/reveal'))).toBe(false);
    await button(page, '查看并留痕').trigger('click');
    await flushPromises();
    expect(page.text()).toContain('138 0000 0000');
    await page.find('dialog[aria-label="联系信息"]').trigger('close');
    expect(page.text()).not.toContain('138 0000 0000');
  });

  it('offers a leader no step that belongs to reply staff', async () => {
    const { page } = await go(MessagePage, '/inbox/:id', '/inbox/4', 'leader');
    const words = page.findAll('button').map((b) => b.text());
    for (const step of ['转办', '送审', '登记已答复', '查看答复所需的联系信息']) expect(words).not.toContain(step);
  });
});

describe('采集状态', () => {
  it('puts broken sources first and names their gap with its cause', async () => {
    const { page } = await go(SourcesPage, '/sources', '/sources', 'admin');
    expect(page.find('h1 + p').text()).toContain('1 个没有采到，1 个等待重试');
    const first = page.find('article').text();
    expect(first).toContain('澜川发布微信评论');
    expect(first).toContain('评论缺少，214 条（登录失效）');
  });

  it('shows an officer no way to change sources', async () => {
    const { page } = await go(SourcesPage, '/sources', '/sources', 'officer');
    const words = page.findAll('button').map((b) => b.text());
    expect(words).not.toContain('添加采集源');
    expect(words).not.toContain('离开演示');
    expect(words).toContain('立即采集');
  });

  it('leaves the demo only when the words were typed', async () => {
    const { page, asked } = await go(SourcesPage, '/sources', '/sources', 'admin');
    await button(page, '离开演示').trigger('click');
    const leave = button(page, '删除演示数据并离开');
    expect(leave.attributes('disabled')).toBeDefined();
    await page.find('#leave-word').setValue('离开');
    await page.find('#leave').trigger('submit');
    expect(asked.some((a) => a.includes('/demo/leave'))).toBe(false);
    await page.find('#leave-word').setValue('离开演示');
    expect(leave.attributes('disabled')).toBeUndefined();
  });

  it('draws a kind’s form, refuses what is missing and never fills in a credential', async () => {
    const { page, asked } = await go(SourcesPage, '/sources', '/sources', 'admin');
    await button(page, '添加采集源').trigger('click');
    await flushPromises();
    const kind = page.findAll('#source-form li button').find((b) => b.text().includes('官方微博'));
    await kind?.trigger('click');
    await flushPromises();
    // What is asked of the platform, and the address that it wants to know, to the letter.
    expect(page.find('#source-form').text()).toContain('需要单位的微博开放平台授权');
    expect(page.find('#source-form code').text()).toBe(`${location.origin}/sources`);
    await page.find('#source-form').trigger('submit');
    expect(page.findAll('#source-form .problem').map((p) => p.text())).toEqual(['请填写', '请填写']);
    expect(asked.some((a) => a === 'POST /api/sources')).toBe(false);
    await page.find('#set-screenNames').setValue('澜川教育\n\n 澜川文旅 ');
    const secret = page.find<HTMLInputElement>('#secret-accessToken');
    expect(secret.attributes('type')).toBe('password');
    expect(secret.element.value).toBe('');
    await secret.setValue('token');
    await page.find('#source-form').trigger('submit');
    await flushPromises();
    expect(asked).toContain('POST /api/sources');
  });

  it('clears a saved credential that can be done without, after asking, and not one that is needed', async () => {
    const { page, asked } = await go(SourcesPage, '/sources', '/sources', 'admin');
    await button(page, '政务微博 的更多操作').trigger('click');
    await flushPromises();
    await button(page, '修改').trigger('click');
    await flushPromises();
    expect(page.findAll('.clear').map((b) => b.attributes('aria-label'))).toEqual(['清除App Secret']);
    await page.find('.clear').trigger('click');
    await flushPromises();
    expect(asked.filter((a) => a.startsWith('DELETE'))).toEqual([]);
    await page.find('.btn.danger').trigger('click');
    await flushPromises();
    expect(asked.filter((a) => a.startsWith('DELETE'))).toEqual([
      expect.stringMatching(/^DELETE \/api\/sources\/\d+\/credentials\/appSecret$/u),
    ]);
    expect(page.find('.clear').exists()).toBe(false);
    expect(page.find('#secret-appSecret').attributes('placeholder')).toBeUndefined();
    expect(page.find('#secret-accessToken').attributes('placeholder')).toContain('已保存');
  });
});

describe('用户', () => {
  it('refuses a combination that breaks the separation of the three administrators', async () => {
    const { page, asked } = await go(UsersPage, '/system/users', '/system/users', 'secadmin');
    await button(page, '新增用户').trigger('click');
    await page.find('#u-name').setValue('王芳');
    await page.find('#u-account').setValue('wangfang');
    for (const role of ['sysadmin', 'auditor']) await page.find(`input[value="${role}"]`).setValue(true);
    await page.find('#user').trigger('submit');
    expect(page.find('fieldset .problem').text()).toContain('三员分立');
    expect(asked.some((a) => a.startsWith('POST'))).toBe(false);
  });

  it('shows a one-time password once', async () => {
    const { page } = await go(UsersPage, '/system/users', '/system/users', 'secadmin');
    await button(page, '新增用户').trigger('click');
    await page.find('#u-name').setValue('王芳');
    await page.find('#u-account').setValue('wangfang');
    await page.find('input[value="staff"]').setValue(true);
    await page.find('#user').trigger('submit');
    await flushPromises();
    expect(page.text()).toContain('Tq7-Lm2x-9Rw4');
    await button(page, '我已交给本人').trigger('click');
    expect(page.text()).not.toContain('Tq7-Lm2x-9Rw4');
    expect(page.text()).toContain('王芳');
  });
});

describe('addresses that quick search answers with', () => {
  it.each([
    ['officer', '/posts/5001', '/search?range=all&post=5001'],
    ['officer', '/briefing', '/briefings'],
    ['admin', '/system', '/system/departments'],
    ['secadmin', '/system', '/system/users'],
    ['auditor', '/system', '/system/audit'],
  ])('%s: %s opens %s', async (user, given, wanted) => {
    vi.stubGlobal('fetch', fakeFetch(user));
    setActivePinia(createPinia());
    await useSession().ensure();
    const router = createAppRouter();
    await router.push(given);
    expect(router.currentRoute.value.fullPath).toBe(wanted);
  });
});

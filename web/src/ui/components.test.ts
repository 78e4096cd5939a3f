import { mount } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { nextTick } from 'vue';
import { createMemoryHistory, createRouter } from 'vue-router';
import CountText from './CountText.vue';
import CoverageLine from './CoverageLine.vue';
import PopOver from './PopOver.vue';
import PostCard from './PostCard.vue';
import { useSession } from '../app/session.ts';
import SentimentBar from './SentimentBar.vue';
import SentimentMark from './SentimentMark.vue';
import { sparkPath } from './spark.ts';

const router = createRouter({
  history: createMemoryHistory(),
  routes: [{ path: '/:all(.*)*', component: { render: () => null } }],
});
const global = { plugins: [router] };
const coverage = {
  from: '2026-11-23T08:00:00+08:00',
  to: '2026-11-24T08:00:00+08:00',
  sources: 12,
  healthySources: 11,
  posts: 12_480,
  lastFetchedAt: null,
  gaps: [{ sourceId: '9', sourceName: '市政府网站', reason: '超时', since: null }],
};
const post = {
  id: '1',
  platform: 'weibo' as const,
  kind: 'comment' as const,
  sourceId: null,
  sourceName: null,
  accountId: null,
  accountName: '不应出现的名字',
  official: false,
  parentId: null,
  publishedAt: '2026-11-24T08:00:00+08:00',
  fetchedAt: '2026-11-24T08:00:00+08:00',
  title: null,
  text: '<img src=x onerror=alert(1)>停水',
  url: null,
  likes: 0,
  comments: 0,
  reposts: 0,
  reads: 0,
  sentiment: 'negative' as const,
  sentimentConfidence: 0.9,
  claimScore: 0,
  places: [],
  keywords: [],
  hashtags: [],
  copies: 300,
  state: 'live' as const,
  topicId: null,
};

describe('ui', () => {
  beforeEach(() => setActivePinia(createPinia()));

  it('gives the exact figure on hover and to a screen reader', () => {
    const count = mount(CountText, { props: { value: 12_480, unit: '条' } });
    expect(count.attributes('title')).toBe('12,480 条');
    expect(count.find('[aria-hidden]').text()).toBe('1.2 万');
    expect(count.find('.sr-only').text()).toBe('12,480');
    expect(count.text()).toMatch(/条$/);
  });

  it('names the sources that are missing', () => {
    const line = mount(CoverageLine, { props: { coverage }, global });
    expect(line.text()).toContain('1 个采集源没有新数据（市政府网站）');
    expect(line.text()).toContain('尚未采集');
    const whole = mount(CoverageLine, { props: { coverage: { ...coverage, healthySources: 12, gaps: [] } }, global });
    expect(whole.text()).toContain('全部正常');
  });

  it('shows text as text, how often it was said, and no name of the public', () => {
    const card = mount(PostCard, { props: { post } });
    expect(card.find('img').exists()).toBe(false);
    expect(card.text()).toContain('同样内容 300');
    expect(card.text()).not.toContain('不应出现的名字');
    expect(mount(PostCard, { props: { post: { ...post, official: true } } }).text()).toContain('不应出现的名字');
  });

  it('folds a long text and unfolds it', async () => {
    const card = mount(PostCard, { props: { post: { ...post, text: '长'.repeat(400) } } });
    expect(card.find('.text').text()).toBe(`${'长'.repeat(280)}…全文`);
    await card.find('.more').trigger('click');
    expect(card.find('.text').text()).toContain('长'.repeat(400));
  });

  it('says how sure the machine is; who may says otherwise with one click, and takes it back', async () => {
    const unsure = { ...post, sentiment: 'uncertain' as const, sentimentConfidence: 0.41 };
    const reader = mount(SentimentMark, { props: { post: unsure }, attachTo: document.body });
    await reader.find('button').trigger('click');
    expect(reader.text()).toContain('把握 41%');
    expect(reader.text()).toContain('不作判断');
    expect(reader.findAll('.sheet button')).toHaveLength(0);

    const user = { id: '1', username: 'o', displayName: '甲', roles: ['officer' as const] };
    useSession().session = { user } as unknown as NonNullable<ReturnType<typeof useSession>['session']>;
    const asked: string[] = [];
    vi.stubGlobal('fetch', (url: string, init?: RequestInit) => {
      asked.push(`${init?.method ?? 'GET'} ${url} ${typeof init?.body === 'string' ? init.body : ''}`.trim());
      return Promise.resolve(Response.json({ ok: true }));
    });
    const officer = mount(SentimentMark, { props: { post: unsure }, attachTo: document.body });
    await officer.find('button').trigger('click');
    await officer.findAll('.sheet button')[2]?.trigger('click');
    await vi.waitFor(() => expect(officer.text()).toContain('负面（人工）'));
    await officer.find('button').trigger('click');
    await officer.findAll('.sheet button')[3]?.trigger('click');
    await vi.waitFor(() => expect(officer.text()).not.toContain('人工'));
    expect(asked).toEqual(['PUT /api/posts/1/sentiment {"label":"negative"}', 'DELETE /api/posts/1/sentiment']);
    vi.unstubAllGlobals();
  });

  it('reads sentiment out with its base', () => {
    const bar = mount(SentimentBar, {
      props: { split: { positive: 1, neutral: 1, negative: 2, uncertain: 0, withheld: 0 } },
    });
    expect(bar.find('[role=img]').attributes('aria-label')).toBe('正面 25%，中性 25%，负面 50%，难以判断 0%（n=4）');
    const none = mount(SentimentBar, {
      props: { split: { positive: 0, neutral: 0, negative: 0, uncertain: 0, withheld: 0 } },
    });
    expect(none.find('[role=img]').attributes('aria-label')).toBe('没有可判断情感的帖文');
  });

  it('opens a popover, and Escape gives the focus back', async () => {
    const pop = mount(PopOver, {
      props: { label: '数据口径' },
      slots: { default: '<button>内</button>' },
      attachTo: document.body,
    });
    const opener = pop.find('button');
    await opener.trigger('click');
    await nextTick();
    expect(opener.attributes('aria-expanded')).toBe('true');
    expect(document.activeElement?.textContent).toBe('内');
    await pop.find('.sheet').trigger('keydown', { key: 'Escape' });
    expect(opener.attributes('aria-expanded')).toBe('false');
    expect(document.activeElement).toBe(opener.element);
    pop.unmount();
  });

  it('draws a spark from zero, and nothing from less than two points', () => {
    expect(sparkPath([5], 100, 20)).toEqual({ line: '', area: '', tail: '', last: null });
    expect(sparkPath([0, 10], 100, 20).line).toBe('M2 18L98 2');
    expect(sparkPath([0, 0], 100, 20).line).toBe('M2 18L98 18');
  });

  it('does not draw the hour that has just begun as if it had become quiet', () => {
    expect(sparkPath([0, 10, 1], 100, 20, true)).toMatchObject({
      line: 'M2 18L50 2',
      tail: 'M50 2L98 16.4',
      last: { x: 50, y: 2 },
    });
  });
});

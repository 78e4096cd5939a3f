/**
 * An administrator connects channels in a real browser, against servers that speak as the platforms do: adds, tests, pauses, back-fills, deletes.
 */
import 'reflect-metadata';
import type { RawItem } from '@minsheng/contracts';
import { startReplay, type ReplayServer } from '@minsheng/crawlers/replay';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hindrancesOf, signIn, startJourney, tabTo, type Journey } from './browser.ts';

const HOUR = 3_600_000;
const SECRET = 'app-secret-of-the-office';
const app = { key: '1234567890', secret: SECRET, redirect: '', deny: true, tokenSeconds: 5 * 86_400 };

let journey: Journey;
let page: Page;
let platforms: ReplayServer;
/** Whatever the server sent to the browser. */
const answers: string[] = [];
const hindrances: string[] = [];

function officeTime(hoursAgo: number): string {
  return `${new Date(Date.now() - hoursAgo * HOUR + 8 * HOUR).toISOString().slice(0, 19)}+08:00`;
}
const officeDay = (daysAgo: number): string => officeTime(daysAgo * 24).slice(0, 10);

/** A column of 90 articles over fifteen days, and a Weibo account with some posts. */
function* city(): Generator<RawItem> {
  const of = { account: '澜江发布' };
  for (let i = 0; i < 90; i++)
    yield {
      ...of,
      platform: 'site',
      kind: 'post',
      id: `a${i}`,
      publishedAt: officeTime(i * 4 + 1),
      title: `第 ${i} 号通告`,
      text: `第 ${i} 号通告：望江路停水检修，请居民提前储水。`,
    };
  for (let i = 0; i < 5; i++)
    yield {
      ...of,
      platform: 'weibo',
      kind: 'post',
      id: `w${i}`,
      publishedAt: officeTime(i * 3 + 1),
      text: `早安，澜江，第 ${i} 天。`,
    };
}

beforeAll(async () => {
  journey = await startJourney({ demo: false, scheduled: true });
  ({ page } = journey);
  app.redirect = `${journey.served.url}/sources`;
  platforms = await startReplay({ items: city(), gov: { broken: ['a3'] }, weibo: { tokens: [], app } });
  page.on('response', (response) => {
    if (response.url().includes('/api/') && !response.url().endsWith('/events'))
      response.text().then(
        (text) => answers.push(text),
        () => undefined,
      );
  });
  await signIn(journey);
}, 120_000);

afterAll(async () => {
  await platforms.close();
  await journey.close();
}, 60_000);

const row = (name: string) => page.locator('article', { hasText: name });
const sheet = () => page.locator('dialog[open]');
const look = async (where: string) => hindrances.push(...(await hindrancesOf(page, where)));

/** What the page says of a source, looked at anew until it says so. */
async function shows(name: string, words: string | RegExp): Promise<void> {
  const said = async () => {
    await page.reload();
    await row(name).waitFor();
    return (await row(name).textContent()) ?? '';
  };
  const wanted = typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words);
  await expect.poll(said, { timeout: 40_000, interval: 1500 }).toEqual(wanted);
}

async function menu(name: string, item: string): Promise<void> {
  await row(name).getByRole('button', { name: '更多操作' }).click();
  await row(name).getByRole('button', { name: item, exact: true }).click();
}

/** Adds by mouse what another test is not about. */
async function add(kind: string, fields: Record<string, string>, folds: readonly string[] = []): Promise<void> {
  await page.getByRole('button', { name: '添加采集源' }).first().click();
  await sheet().getByRole('button', { name: kind }).click();
  for (const fold of folds) await sheet().locator('summary', { hasText: fold }).click();
  if (folds.length > 0) await sheet().getByLabel('允许内网地址').check();
  for (const [id, text] of Object.entries(fields)) await page.fill(`#${id}`, text);
  await sheet().getByRole('button', { name: '保存' }).click();
  await sheet().waitFor({ state: 'hidden' });
}

describe('an administrator connecting channels', () => {
  it('adds and tests a column of a website by keyboard alone, and sees what it brought', async () => {
    await page.goto(`${journey.served.url}/sources`);
    await page.getByText('还没有采集源').waitFor();
    await look('采集状态，空');
    await tabTo(page, '添加采集源');
    await page.keyboard.press('Enter');
    await sheet().waitFor();
    await look('添加，选渠道');
    await tabTo(page, '政府网站栏目');
    await page.keyboard.press('Enter');
    await look('添加，填表');
    // The name has the focus, and what the kind is called stands in it.
    await page.keyboard.press('Control+a');
    await page.keyboard.type('工作动态');
    await tabTo(page, '保存');
    await page.keyboard.press('Enter');
    await sheet().getByText('请填写').first().waitFor();
    await tabTo(page, '栏目列表页地址');
    await page.keyboard.type(`${platforms.url}/gov/gzdt/index.html`);
    await tabTo(page, '网站名称');
    await page.keyboard.type('澜江市人民政府');
    await tabTo(page, '测试连接');
    await page.keyboard.press('Enter');
    await sheet().getByText('没有连上').waitFor();
    expect(await sheet().getByRole('status').textContent()).toContain('允许内网地址');
    await tabTo(page, '更多设置');
    await page.keyboard.press('Enter');
    await tabTo(page, '允许内网地址');
    await page.keyboard.press('Space');
    await tabTo(page, '测试连接');
    await page.keyboard.press('Enter');
    await sheet().getByText('测试通过').waitFor();
    expect(await sheet().getByRole('status').textContent()).toContain('列表有 20 篇');
    await look('添加，测试通过');
    await tabTo(page, '保存');
    await page.keyboard.press('Enter');
    await sheet().waitFor({ state: 'hidden' });
    await row('工作动态').waitFor();
  }, 90_000);

  it('sees on 采集状态 what came, and the gap with its name, size and cause', async () => {
    await shows('工作动态', '取得 59 条新内容');
    const words = (await row('工作动态').textContent()) ?? '';
    expect(words).toContain('有缺口');
    expect(words).toMatch(/缺口：暂时打不开或没有正文、下次再试的文章，1 条（原因待查）/u);
    expect(words).toContain('但有内容没有取到');
    await look('采集状态');
    await menu('工作动态', '缺口');
    await sheet().getByText('未补齐').waitFor();
    await look('缺口');
    await sheet().getByRole('button', { name: '注明不再补齐' }).click();
    await look('缺口，注明');
    await page.keyboard.press('Escape');
    await menu('工作动态', '采集记录');
    await sheet().getByText('次请求').first().waitFor();
    await look('采集记录');
    await page.keyboard.press('Escape');
  }, 90_000);

  it('pauses it, and lets it go on', async () => {
    await menu('工作动态', '暂停');
    await row('工作动态').getByText('已暂停', { exact: true }).waitFor();
    expect(await row('工作动态').textContent()).not.toContain('下次 ');
    await row('工作动态').getByRole('button', { name: '恢复' }).click();
    await row('工作动态').getByText('正常', { exact: true }).waitFor();
    await row('工作动态').getByRole('button', { name: '立即采集' }).click();
    await page.getByText('工作动态 已开始采集').waitFor();
  }, 60_000);

  it('back-fills days before the first run', async () => {
    await menu('工作动态', '补采一段时间');
    await look('补采');
    await page.fill('#backfill-from', officeDay(14));
    await page.fill('#backfill-to', officeDay(12));
    await sheet().getByRole('button', { name: '开始补采' }).click();
    await sheet().getByText('已完成').waitFor({ timeout: 40_000 });
    const words = (await sheet().textContent()) ?? '';
    expect(words).toContain(`${officeDay(14)} 至 ${officeDay(12)}`);
    const [, brought] = /新增 (\d+)，/u.exec(words) ?? [];
    // Six articles a day, three days.
    expect(Number(brought)).toBe(18);
    await look('补采，已完成');
    await page.keyboard.press('Escape');
  }, 60_000);

  it('authorises Weibo: refused by the person, then granted, and its end is announced', async () => {
    await add(
      '微博开放平台',
      {
        'source-name': '政务微博',
        'set-baseUrl': platforms.url,
        'secret-appKey': app.key,
        'secret-appSecret': SECRET,
      },
      ['更多设置'],
    );
    // Without a token it asks for exactly one thing.
    await shows('政务微博', '还没有授权');
    const authorize = row('政务微博').getByRole('button', { name: '授权', exact: true });
    await authorize.click();
    await page.getByText('您在平台上没有同意授权，原有凭据没有改动').waitFor();
    expect(page.url()).toBe(`${journey.served.url}/sources`);
    app.deny = false;
    await authorize.click();
    await page.getByText('授权完成').waitFor();
    await shows('政务微博', /取得 5 条新内容.*授权还有 5 天到期/u);
    expect(await row('政务微博').textContent()).toContain('授权 5 天内到期');
    expect(await page.locator('h1 + p').textContent()).toContain('1 个授权即将或已经到期');
    await page.getByRole('button', { name: /^预警，\d+ 条未处理/u }).click();
    await sheet().getByText('采集源“政务微博”的授权将到期').waitFor();
    await look('预警');
    await page.keyboard.press('Escape');
  }, 120_000);

  it('changes a credential without ever seeing the saved ones', async () => {
    await menu('政务微博', '修改');
    await sheet().getByText('不改的项留空').waitFor();
    expect(await page.inputValue('#secret-appSecret')).toBe('');
    await look('修改');
    await page.fill('#secret-appKey', '1234567891');
    await sheet().getByRole('button', { name: '保存' }).click();
    await sheet().waitFor({ state: 'hidden' });
    const source = await journey.opened.core.db.one<{ credentials: string }>(
      `SELECT credentials FROM sources WHERE name = '政务微博'`,
    );
    // What was left empty is kept.
    expect(journey.opened.core.collector.credentialsOf({ credentials: source?.credentials ?? null })).toMatchObject({
      appKey: '1234567891',
      appSecret: SECRET,
      accessToken: expect.any(String) as string,
    });
    expect(answers.length).toBeGreaterThan(20);
    expect(answers.filter((text) => text.includes(SECRET) || /"accessToken":"/u.test(text))).toEqual([]);
  }, 60_000);

  it('imports a table: columns matched, the rows shown as they will be, personal data gone', async () => {
    await add('文件导入', { 'source-name': '热线月度清单' });
    await row('热线月度清单').getByRole('button', { name: '导入文件' }).click();
    await look('导入');
    const rows = [
      '工单号,来电时间,标题,诉求内容,备注,诉求人',
      `1,${officeDay(2)} 08:10,路灯不亮,望江路路灯不亮，电话 13812345678,望江路,张三`,
      `2,${officeDay(1)} 09:30,停水,桐荫小区停水,桐荫小区,李四`,
      '3,下周三,看不懂,时间写错了,无,王五',
    ];
    await page.setInputFiles('#import-file', {
      name: '热线.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(rows.join('\n')),
    });
    await sheet().getByText('其中 1 行不会导入').waitFor();
    const preview = () => sheet().locator('tbody').textContent();
    expect(await preview()).toContain('路灯不亮');
    expect(await preview()).not.toContain('13812345678');
    expect(await preview()).toContain('不导入：发布时间无法识别');
    await look('导入，预览');
    // Another column as the text is seen at once, then the right one again.
    await page.selectOption('#map-text', { label: '备注' });
    await expect.poll(preview).not.toContain('桐荫小区停水');
    await page.selectOption('#map-text', { label: '诉求内容' });
    await expect.poll(preview).toContain('桐荫小区停水');
    await sheet().getByRole('button', { name: '导入 3 行' }).click();
    await sheet().getByText('读取 3 行 = 新增 2 + 重复 0 + 拒收 1').waitFor();
    await look('导入，台账');
    await page.keyboard.press('Escape');
    await add('接口推送', { 'source-name': '热线推送' });
    await row('热线推送').getByRole('button', { name: '推送密钥' }).click();
    await sheet().getByRole('button', { name: '生成密钥' }).click();
    await sheet().getByText('只显示这一次').waitFor();
    await look('推送密钥');
    await page.keyboard.press('Escape');
  }, 90_000);

  it('tells a source that is down from one without news', async () => {
    await add(
      '网站订阅',
      {
        'source-name': '打不开的网站',
        'set-url': 'http://127.0.0.1:9/feed.xml',
        'set-accountName': '某网站',
      },
      ['更多设置'],
    );
    await shows('打不开的网站', '采集失败');
    const down = (await row('打不开的网站').textContent()) ?? '';
    expect(down).toContain('连不上');
    expect(down).toContain('系统会自动重试');
    expect(down).toMatch(/缺口：采集中断期间的内容（连接不上），条数未知/u);
    await look('采集状态，有中断');
  }, 60_000);

  it('deletes a source by keyboard alone, after saying what stays', async () => {
    const before = await journey.opened.core.db.one<{ n: number }>('SELECT count(*) AS n FROM posts');
    await page.goto(`${journey.served.url}/sources`);
    await row('工作动态').waitFor();
    await tabTo(page, '工作动态 的更多操作');
    await page.keyboard.press('Enter');
    await tabTo(page, '删除');
    await page.keyboard.press('Enter');
    await sheet()
      .getByText(/已采集的\s*77\s*条内容保留/u)
      .waitFor();
    await look('删除');
    // First thought better of, then meant.
    await page.keyboard.press('Escape');
    await row('工作动态').waitFor();
    await tabTo(page, '工作动态 的更多操作');
    await page.keyboard.press('Enter');
    await tabTo(page, '删除');
    await page.keyboard.press('Enter');
    await tabTo(page, '删除');
    await page.keyboard.press('Enter');
    await row('工作动态').waitFor({ state: 'detached' });
    const after = await journey.opened.core.db.one<{ n: number }>('SELECT count(*) AS n FROM posts');
    expect(Number(after?.n)).toBe(Number(before?.n));
  }, 60_000);

  it('reads in the manual what each channel asks for, costs and cannot do', async () => {
    await page.goto(`${journey.served.url}/sources/manual#weibo-official`);
    await page.getByRole('heading', { name: '微博开放平台' }).waitFor();
    for (const section of await page.locator('main section').all()) {
      const words = (await section.textContent()) ?? '';
      for (const part of ['能采到什么', '要申请的权限', '请求次数', '做不到的事', '补采历史'])
        expect(words).toContain(part);
    }
    expect(await page.locator('main section').count()).toBe(9);
    expect(await page.locator('#weibo-official').textContent()).toContain(`${journey.served.url}/sources`);
    await look('接入手册');
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['/sources/manual', '/sources']) {
      await page.goto(journey.served.url + path);
      await page.locator('h1').first().waitFor();
      await page.waitForLoadState('networkidle', { timeout: 2000 }).catch(() => undefined);
      const wider = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
      expect([path, wider]).toEqual([path, 0]);
    }
  }, 60_000);

  it('meets no script error and no serious hindrance on the way', () => {
    expect(hindrances).toEqual([]);
    expect(journey.problems).toEqual([]);
  });
});

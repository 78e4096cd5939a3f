/**
 * The users' journeys in a real browser, on the whole product with the demo city crawled by the real connectors.
 */
import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { Steps } from '../src/collect/scheduler.ts';
import { DemoDesk } from '../src/demo/demo-desk.ts';
import type { Opened } from '../src/open.ts';
import type { Served } from '../src/serve.ts';
import { hindrancesOf, signIn, startJourney, type Journey } from './browser.ts';

let journey: Journey;
let opened: Opened;
let served: Served;
let page: Page;

beforeAll(async () => {
  journey = await startJourney({ demo: undefined, scheduled: false });
  ({ opened, served, page } = journey);
  await opened.core.demo.start(served.app.get(DemoDesk));
  for (const { id } of await opened.core.db.all<{ id: number }>('SELECT id FROM sources ORDER BY id')) {
    expect(await opened.core.collector.runNow(id)).toMatchObject({ outcome: 'ok', rejected: 0 });
  }
  const { list } = served.app.get(Steps);
  for (const step of list) while ((await step.step()) > 0);
  for (const step of list) await step.refresh?.();
}, 240_000);

afterAll(() => journey.close(), 60_000);

const heading = async () => (await page.locator('h1').first().textContent())?.trim() ?? '';

describe('a press officer in the demo city', () => {
  it('signs in with the one-time password and sets her own', async () => {
    await signIn(journey);
    await page.getByText(/演示/u).first().waitFor();
    await page.getByRole('heading', { name: /过去 24 小时 [\d,]+ 条/u }).waitFor();
  }, 60_000);

  it('finds the water outage among the topics and opens its dossier', async () => {
    await page.goto(`${served.url}/topics`);
    await page.getByRole('link', { name: '望江路停水', exact: true }).first().click();
    await page.waitForURL(/\/topics\/\d+/u);
    await page
      .getByText(/共 [\d,]+ 条/u)
      .first()
      .waitFor();
    expect(await heading()).toContain('望江路停水');
  }, 60_000);

  it('finds the claim that spreads now and grades it', async () => {
    await page.goto(`${served.url}/claims`);
    await page.locator('a.statement', { hasText: '桐荫小学' }).first().click();
    await page.waitForURL(/\/claims\/\d+/u);
    await page.getByRole('button', { name: /定级/u }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await dialog
      .getByText(/48 小时/u)
      .first()
      .click();
    await dialog.locator('button[type=submit], button.primary').last().click();
    await dialog.waitFor({ state: 'hidden' });
    const [claim] = await opened.core.db.all<{ grade: string }>('SELECT grade FROM claims WHERE grade IS NOT NULL');
    expect(claim?.grade).toBe('ordinary');
  }, 60_000);

  it('finds anything with Ctrl+K, by keyboard alone', async () => {
    await page.goto(`${served.url}/`);
    await page.getByText('要办的事').waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('停水');
    await page.getByRole('dialog').getByText('望江路停水', { exact: true }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/topics\/\d+/u);
  }, 60_000);

  it('searches, and sees no phone number and no handle', async () => {
    await page.goto(`${served.url}/search?q=${encodeURIComponent('停水 望江路')}&range=all`);
    await page.locator('mark').first().waitFor();
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain('停水');
    expect(text).not.toMatch(/1[3-9]\d{9}/u);
  }, 60_000);

  it('reads the briefing, whose figures open what is behind them', async () => {
    const day = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    await page.goto(`${served.url}/briefings/${day}`);
    await page
      .getByText(/舆情日报/u)
      .first()
      .waitFor();
    await page.getByText('与平日不同').first().waitFor();
    const figure = page.locator('main a[href*="/search"], main a[href*="/topics"]').first();
    await figure.click();
    await page.waitForURL(/\/(?:search|topics)/u);
  }, 60_000);

  it('reads it on a phone, and prints it on white paper from the dark theme', async () => {
    const day = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.evaluate(() => localStorage.setItem('minsheng.theme', 'dark'));
    for (const path of [`/briefings/${day}`, '/', '/claims', '/inbox']) {
      await page.goto(served.url + path);
      await page.locator('h1').first().waitFor();
      await page.waitForLoadState('networkidle', { timeout: 2000 }).catch(() => undefined);
      const wider = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
      expect([path, wider]).toEqual([path, 0]);
    }
    await page.emulateMedia({ media: 'print' });
    const paper = await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    expect(paper).toBe('rgb(255, 255, 255)');
    await page.emulateMedia({ media: null });
    await page.setViewportSize({ width: 1440, height: 900 });
    // Two sheets at most lie on the leader's table.
    await page.goto(`${served.url}/briefings/${day}`);
    await page.getByText('不确定的情况').first().waitFor();
    const printed = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    expect(printed.match(/\/Type\s*\/Page\b/gu)?.length).toBeLessThanOrEqual(2);
  }, 60_000);

  it('opens a letter and drafts an answer to it', async () => {
    // The demo's own staff is at work on some: one that waits for an answer.
    await page.goto(`${served.url}/inbox`);
    await page.locator('li[data-row]', { hasNotText: '待审核' }).locator('a').first().click();
    await page.waitForURL(/\/inbox\/\d+/u);
    await page.locator('#reply-text').fill('您好，您反映的情况已转主管部门核实，将在期限内答复您。');
    await page
      .getByRole('button', { name: /送审|提交/u })
      .first()
      .click();
    const drafted = async () => {
      const [mine] = await opened.core.db.all<{ n: number }>(
        `SELECT count(*) AS n FROM inbox_replies WHERE author_name NOT LIKE '演示·%'`,
      );
      return Number(mine?.n);
    };
    await expect.poll(drafted, { timeout: 20_000 }).toBe(1);
  }, 60_000);

  it('meets no script error and no serious hindrance on any page', async () => {
    const paths = [
      '/',
      '/topics',
      '/claims',
      '/search?q=%E5%81%9C%E6%B0%B4',
      '/inbox',
      '/briefings',
      '/sources',
      '/accounts',
      '/debunks',
      '/answers',
      '/system/status',
      '/system/dictionary',
      '/system/departments',
    ];
    const newest = async (what: string) =>
      String((await opened.core.db.one<{ id: number }>(`SELECT max(id) AS id FROM ${what}`))?.id);
    paths.push(
      `/topics/${await newest('topics WHERE merged_into IS NULL')}`,
      `/claims/${await newest('claims WHERE listed = 1')}`,
      `/inbox/${await newest('inbox_cases')}`,
      '/nowhere',
    );
    const hindrances: string[] = [];
    await page.evaluate(() => localStorage.setItem('minsheng.theme', 'light'));
    for (const path of paths) {
      await page.goto(served.url + path);
      await page.locator('h1').first().waitFor();
      await page.waitForLoadState('networkidle', { timeout: 700 }).catch(() => undefined);
      hindrances.push(...(await hindrancesOf(page, path)));
    }
    expect(hindrances).toEqual([]);
    expect(journey.problems).toEqual([]);
  }, 240_000);
});

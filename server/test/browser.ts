/**
 * In: what a journey wants of the product. Out: the whole product, served, and a browser before it; its hindrances by axe. Used by: journeys.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import axe from 'axe-core';
import { chromium as playwright, type Page } from 'playwright-core';
import type { Opened } from '../src/open.ts';
import type { Served } from '../src/serve.ts';
import { testConfig } from './database.ts';
import { openServed } from './served.ts';

export interface Journey {
  opened: Opened;
  served: Served;
  page: Page;
  /** The administrator's one-time password. */
  password: string;
  /** Script errors met on the way. */
  problems: string[];
  close(): Promise<void>;
}

/** @param demo undefined as for a new installation; false for an empty one @param scheduled whether the product works by itself */
export async function startJourney(given: { demo: boolean | undefined; scheduled: boolean }): Promise<Journey> {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-journey-'));
  const config = { ...testConfig(dataDir, undefined), demo: given.demo };
  const { opened, served, users, close } = await openServed(config, given.scheduled);
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [...chromium.args, '--no-sandbox'],
  });
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
  });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.setDefaultTimeout(20_000);
  return {
    opened,
    served,
    page,
    password: users[0]?.oneTimePassword ?? '',
    problems,
    async close() {
      await browser.close();
      await close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** With the one-time password, then with one of her own. */
export async function signIn({ page, served, password }: Journey): Promise<void> {
  await page.goto(`${served.url}/`);
  await page.fill('#username', 'admin');
  await page.fill('#password', password);
  await page.keyboard.press('Enter');
  await page.fill('#current', password);
  await page.fill('#next', 'Lanjiang-2026!');
  await page.fill('#again', 'Lanjiang-2026!');
  await page.keyboard.press('Enter');
  await page.getByText('要办的事', { exact: true }).waitFor();
}

/** What axe finds serious on the page as it is, in both themes. */
export async function hindrancesOf(page: Page, where: string): Promise<string[]> {
  const found: string[] = [];
  // Evaluated rather than added as a script: the page's content security policy stays on.
  await page.evaluate(axe.source);
  const before = await page.evaluate<string>('document.documentElement.dataset.theme');
  for (const theme of ['light', 'dark']) {
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
    const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
    for (const v of violations) {
      if (v.impact === 'serious' || v.impact === 'critical')
        found.push(`${where} ${theme}: ${v.id} ${v.nodes[0]?.html.slice(0, 120) ?? ''}`);
    }
  }
  await page.evaluate(`document.documentElement.dataset.theme = '${before}'`);
  return found;
}

/** Goes on by Tab until what has the focus is called so. @throws Error when it is not within reach */
export async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < 80; i++) {
    const focused = await page.evaluate<string>(
      `(() => { const e = document.activeElement; return (e.getAttribute('aria-label') ?? '') + (e.labels?.[0] ?? e).textContent.trim(); })()`,
    );
    if (focused.startsWith(name)) return;
    passed.push(focused.slice(0, 20));
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never comes to “${name}”, only to ${passed.join(' | ')}`);
}

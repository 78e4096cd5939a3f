import type { RawItem } from '@minsheng/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConnectorDefinition, Page, RunContext } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import { createHttpClient } from '../http/undici-client.ts';
import { startReplay, type ReplayOptions } from '../replay/index.ts';
import { weiboOfficial } from './weibo-official.ts';

const NOW = new Date('2026-11-24T08:10:00+08:00');

function at(minutesAgo: number): string {
  return `${new Date(NOW.getTime() - minutesAgo * 60_000 + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

/** 230 posts with 0–130 comments each of the newest ones. */
function city(): RawItem[] {
  const items: RawItem[] = [];
  let id = 5_200_000_000_000_000;
  for (let p = 0; p < 230; p++) {
    const postId = String(id++ * 1);
    items.push({
      platform: 'weibo',
      kind: 'post',
      id: postId,
      account: '澜江发布',
      publishedAt: at(10_000 - p * 40),
      text: `第 ${p} 条通知`,
      likes: p,
      comments: p % 7 === 0 ? 130 : 3,
    });
    for (let c = 0; c < (p % 7 === 0 ? 130 : 3); c++) {
      items.push({
        platform: 'weibo',
        kind: 'comment',
        id: String(id++),
        parentId: postId,
        author: `u${c}`,
        publishedAt: at(10_000 - p * 40 - 1),
        text: `第 ${c} 个看法`,
      });
    }
  }
  return items;
}

async function serve(options: Partial<ReplayOptions> & Pick<ReplayOptions, 'items'>) {
  const server = await startReplay({ clock: () => NOW, ...options });
  onTestFinished(() => server.close());
  return server;
}

/** Runs a connector; `pages` stops it as a killed process would, after that many stored pages. */
async function crawl(
  connector: ConnectorDefinition,
  settings: object,
  credentials: object,
  cursor?: unknown,
  pages = Infinity,
) {
  const http = createHttpClient({
    allowPrivateNetwork: true,
    pace: { minIntervalMs: 0, jitterMs: 0 },
    retries: 1,
    sleep: () => Promise.resolve(),
  });
  onTestFinished(() => http.close());
  const context: RunContext<unknown, unknown, unknown> = {
    settings: connector.settings.parse({ allowPrivateNetwork: true, days: 3650, commentDays: 3650, ...settings }),
    credentials: connector.credentials.parse(credentials),
    cursor,
    http,
    signal: new AbortController().signal,
    now: () => NOW,
    account: () => undefined,
    log: () => undefined,
  };
  const stored: Page<unknown>[] = [];
  let last = cursor;
  for await (const page of connector.crawl(context)) {
    stored.push(page);
    last = connector.cursor.parse(JSON.parse(JSON.stringify(page.cursor)));
    if (stored.length >= pages) break;
  }
  return { items: stored.flatMap((p) => p.items), pages: stored, cursor: last, requests: http.requests };
}

const keys = (items: readonly RawItem[]) => new Set(items.map((i) => `${i.kind} ${i.id}`));

describe('weibo-official', () => {
  it('brings exactly what is served, without asking twice', async () => {
    const items = city();
    const server = await serve({ items });
    const run = await crawl(weiboOfficial, { baseUrl: server.url, pageCap: 5000 }, { accessToken: server.token });
    expect(run.items.length).toBe(items.length);
    expect(keys(run.items)).toEqual(keys(items));
    expect(
      run.items.filter((i) => i.kind === 'comment').every((i) => i.author !== undefined && i.account === undefined),
    ).toBe(true);
    const again = await crawl(weiboOfficial, { baseUrl: server.url }, { accessToken: server.token }, run.cursor);
    expect(again.items).toEqual([]);
    expect(again.requests).toBeLessThanOrEqual(5);
  });

  it('resumes after being killed at any page, without loss or duplicates', async () => {
    const items = city().slice(0, 900);
    const server = await serve({ items });
    const settings = { baseUrl: server.url, pageCap: 5000 };
    for (const killedAfter of [1, 2, 3, 5, 8, 13, 21]) {
      const first = await crawl(weiboOfficial, settings, { accessToken: server.token }, undefined, killedAfter);
      const second = await crawl(weiboOfficial, settings, { accessToken: server.token }, first.cursor);
      const all = [...first.items, ...second.items];
      expect(keys(all)).toEqual(keys(items));
      expect(all.length).toBe(items.length);
    }
  });

  it('says when the authorisation has expired', async () => {
    const server = await serve({ items: city().slice(0, 10) });
    const failed = await crawl(weiboOfficial, { baseUrl: server.url }, { accessToken: 'wrong' }).catch(
      (e: unknown) => e,
    );
    expect(failed).toBeInstanceOf(ConnectorError);
    expect(failed).toMatchObject({ kind: 'login-needed' });
  });
});

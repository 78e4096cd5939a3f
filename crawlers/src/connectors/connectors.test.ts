import type { RawItem } from '@minsheng/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ConnectorDefinition, Page, RunContext } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import { createHttpClient } from '../http/undici-client.ts';
import { startReplay, type ReplayOptions } from '../replay/index.ts';
import { feed, feedDate, readFeed } from './feed.ts';

const NOW = new Date('2026-11-24T08:10:00+08:00');

function at(minutesAgo: number): string {
  return `${new Date(NOW.getTime() - minutesAgo * 60_000 + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
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

describe('feed', () => {
  const items: RawItem[] = Array.from({ length: 12 }, (_, i) => ({
    platform: 'site',
    kind: 'post',
    id: `n${i}`,
    account: '澜江市政府网',
    publishedAt: at(500 - i),
    title: `新闻 ${i}`,
    text: `内容 ${i}`,
  }));

  it.each(['rss', 'atom', 'json'])('reads %s once, and only what changed after that', async (format) => {
    const server = await serve({ items });
    const name = server.feeds[0]?.name ?? '';
    const settings = { url: `${server.url}/feeds/${name}.${format}`, accountName: '澜江市政府网' };
    const run = await crawl(feed, settings, {});
    expect(run.items.map((i) => i.title).sort()).toEqual(items.map((i) => i.title).sort());
    expect(run.items.map((i) => i.publishedAt).sort()).toEqual(items.map((i) => i.publishedAt).sort());
    expect((await crawl(feed, settings, {}, run.cursor)).items).toEqual([]);
  });

  it('refuses pages, bombs and broken texts with one sentence', () => {
    for (const text of ['<!DOCTYPE html><html></html>', '<!DOCTYPE x [<!ENTITY a "b">]><rss/>', '{"half"', '']) {
      expect(() => readFeed(text, 'http://x/')).toThrow(ConnectorError);
    }
  });

  it.each([
    ['2026-11-23 10:00:00', '2026-11-23T10:00:00+08:00'],
    ['Mon, 23 Nov 2026 02:00:00 GMT', '2026-11-23T10:00:00+08:00'],
    ['Mon, 23 Nov 2026 10:00:00 +0800', '2026-11-23T10:00:00+08:00'],
    ['Mon, 23 Nov 2026 10:00:00', '2026-11-23T10:00:00+08:00'],
    ['昨天', undefined],
  ])('dates %s', (text, expected) => {
    expect(feedDate(text)).toBe(expected);
  });
});

/**
 * In: a connector, its settings and a cursor. Out: what its run brings, stored page by page as the server would; killed where the test says.
 * Called by: connector tests only.
 */
import type { RawItem } from '@minsheng/contracts';
import { onTestFinished } from 'vitest';
import type { AccountInfo, ConnectorDefinition, Page, RunContext } from '../connector.ts';
import { createHttpClient, type HttpOptions } from '../http/undici-client.ts';
import { RobotsCache } from '../http/robots.ts';
import { startReplay, type ReplayOptions } from '../replay/index.ts';

/** Tuesday, ten past eight in the office. */
export const NOW = new Date('2026-11-24T08:10:00+08:00');

/** `minutesAgo` before NOW, as the contract writes times. */
export function at(minutesAgo: number): string {
  return `${new Date(NOW.getTime() - minutesAgo * 60_000 + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

export async function serve(options: Partial<ReplayOptions> & Pick<ReplayOptions, 'items'>) {
  const server = await startReplay({ clock: () => NOW, ...options });
  onTestFinished(() => server.close());
  return server;
}

export interface Given {
  settings: object;
  credentials?: object;
  now?: Date;
  http?: Partial<HttpOptions>;
  range?: { from: Date; to: Date };
}

/** A run's context, with a client that neither waits nor sleeps. */
export function contextOf(connector: ConnectorDefinition, given: Given, cursor?: unknown) {
  const http = createHttpClient({
    allowPrivateNetwork: true,
    pace: { minIntervalMs: 0, jitterMs: 0 },
    retries: 1,
    sleep: () => Promise.resolve(),
    robots: new RobotsCache(),
    ...given.http,
  });
  onTestFinished(() => http.close());
  const accounts: AccountInfo[] = [];
  const context: RunContext<unknown, unknown, unknown> = {
    settings: connector.settings.parse({ allowPrivateNetwork: true, ...given.settings }),
    credentials: connector.credentials.parse(given.credentials ?? {}),
    cursor,
    http,
    signal: new AbortController().signal,
    now: () => given.now ?? NOW,
    ...(given.range === undefined ? {} : { range: given.range }),
    account: (info) => accounts.push(info),
    log: () => undefined,
  };
  return { context, http, accounts };
}

/** Runs a connector; `pages` stops it as a killed process would, after that many stored pages. An error ends the run, as it would there. */
export async function crawl(connector: ConnectorDefinition, given: Given, cursor?: unknown, pages = Infinity) {
  const { context, http, accounts } = contextOf(connector, given, cursor);
  const stored: Page<unknown>[] = [];
  let last = cursor;
  let error: unknown;
  try {
    for await (const page of connector.crawl(context)) {
      stored.push(page);
      last = connector.cursor.parse(JSON.parse(JSON.stringify(page.cursor)));
      if (stored.length >= pages) break;
    }
  } catch (caught) {
    error = caught;
  }
  return {
    items: stored.flatMap((p) => p.items),
    engagement: stored.flatMap((p) => p.engagement ?? []),
    gone: stored.flatMap((p) => p.gone ?? []),
    gaps: stored.flatMap((p) => p.gaps ?? []),
    pages: stored,
    cursor: last,
    requests: http.requests,
    accounts,
    error,
  };
}

export const keys = (items: readonly Pick<RawItem, 'kind' | 'id'>[]) => items.map((i) => `${i.kind} ${i.id}`).sort();

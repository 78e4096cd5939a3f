/**
 * In: a connector, its settings and credentials, and a clock. Out: what one run brought, where it stands, and how many requests that cost.
 * Called by: connector tests and benchmarks against a replay server; no pace, no waiting.
 */
import type { RawItem } from '@minsheng/contracts';
import type { AccountInfo, ConnectorDefinition, DateRange, Page, RunContext } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import type { HttpClient, HttpRequest } from '../http/client.ts';
import { createHttpClient } from '../http/undici-client.ts';

export interface TrialOptions {
  settings: object;
  credentials: object;
  cursor?: unknown;
  range?: DateRange;
  now: () => Date;
  /** Ends as a killed process would, after this many stored pages. */
  pages?: number;
  /** Tries after the first, per request. Default 1. */
  retries?: number;
  /** Whether the site's robots.txt is asked for and obeyed. Default no. */
  respectRobots?: boolean;
}

export interface TrialRun {
  items: RawItem[];
  pages: Page<unknown>[];
  accounts: AccountInfo[];
  /** Behind the last page that was stored. */
  cursor: unknown;
  requests: number;
  /** What was asked for, without credentials: equal texts are equal requests. */
  asked: string[];
  /** Requests per item brought; Infinity when nothing came. */
  requestsPerItem: number;
  /** What ended the run early. */
  error: ConnectorError | undefined;
}

/** Everything that a connector's functions are called with. `close` gives the connections back. */
export function trialContext(connector: ConnectorDefinition, options: TrialOptions) {
  const http = createHttpClient({
    allowPrivateNetwork: true,
    respectRobots: options.respectRobots ?? false,
    pace: { minIntervalMs: 0, jitterMs: 0 },
    retries: options.retries ?? 1,
    sleep: () => Promise.resolve(),
  });
  const asked: string[] = [];
  const listening: HttpClient = {
    request(request) {
      asked.push(nameOf(request));
      return http.request(request);
    },
  };
  const accounts: AccountInfo[] = [];
  const context: RunContext<unknown, unknown, unknown> = {
    settings: connector.settings.parse({ allowPrivateNetwork: true, ...options.settings }),
    credentials: connector.credentials.parse(options.credentials),
    cursor: options.cursor,
    http: listening,
    signal: new AbortController().signal,
    now: options.now,
    ...(options.range === undefined ? {} : { range: options.range }),
    account: (info) => accounts.push(info),
    log: () => undefined,
  };
  return { context, accounts, asked, requests: () => http.requests, close: () => http.close() };
}

/** One run; every page goes through the cursor's schema and through JSON, as it does when it is stored. */
export async function trialRun(connector: ConnectorDefinition, options: TrialOptions): Promise<TrialRun> {
  const { context, accounts, asked, requests, close } = trialContext(connector, options);
  const pages: Page<unknown>[] = [];
  let { cursor } = options;
  let error: ConnectorError | undefined;
  try {
    for await (const page of connector.crawl(context)) {
      pages.push(page);
      cursor = connector.cursor.parse(JSON.parse(JSON.stringify(page.cursor)));
      if (pages.length >= (options.pages ?? Infinity)) break;
    }
  } catch (failure) {
    if (!(failure instanceof ConnectorError)) throw failure;
    error = failure;
  } finally {
    await close();
  }
  const items = pages.flatMap((page) => page.items);
  return {
    items,
    pages,
    accounts,
    cursor,
    requests: requests(),
    asked,
    requestsPerItem: requests() / items.length,
    error,
  };
}

/** Tokens and the moment of asking are no part of what is asked for. */
function nameOf({ url, query = {}, json, form }: HttpRequest): string {
  const address = new URL(url);
  for (const [name, value] of Object.entries({ ...query, ...form }))
    if (value !== undefined) address.searchParams.set(name, String(value));
  for (const name of [...address.searchParams.keys()])
    if (/token|secret|_t$|^_$|rnd/u.test(name)) address.searchParams.delete(name);
  address.searchParams.sort();
  return `${address.pathname}${address.search}${json === undefined ? '' : ` ${JSON.stringify(json)}`}`;
}

/**
 * In: minutes before NOW, and what a test wants of a run. Out: Weibo posts and comments, and what the run brought. Called by: weibo tests only.
 */
import type { RawItem } from '@minsheng/contracts';
import type { ConnectorDefinition } from '../connector.ts';
import { at, crawl, type Given } from './crawl.ts';

let nextId = 5_200_000_000_000_000;

function item(kind: 'post' | 'comment', minutesAgo: number, more: Partial<RawItem>): RawItem {
  const id = String(nextId++);
  return { platform: 'weibo', kind, id, publishedAt: at(minutesAgo), text: `第 ${id} 号`, ...more };
}

export function post(minutesAgo: number, more: Partial<RawItem> = {}): RawItem {
  return item('post', minutesAgo, { account: '澜江发布', ...more });
}

export function comment(on: RawItem, minutesAgo: number, more: Partial<RawItem> = {}): RawItem {
  return item('comment', minutesAgo, { parentId: on.id, author: `u${nextId}`, ...more });
}

export interface Trial extends Omit<Given, 'settings'> {
  settings?: object;
  cursor?: unknown;
  /** Ends as a killed process would, after this many stored pages. */
  pages?: number;
  retries?: number;
}

export async function trial(connector: ConnectorDefinition, { cursor, pages, retries, ...given }: Trial) {
  const http = retries === undefined ? {} : { http: { retries } };
  const run = await crawl(connector, { settings: {}, ...given, ...http }, cursor, pages);
  return { ...run, error: run.error as Error | undefined, requestsPerItem: run.requests / run.items.length };
}

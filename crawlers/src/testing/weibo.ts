/**
 * In: minutes before NOW, and what a test wants of a run. Out: Weibo posts and comments, and what the run brought. Called by: weibo tests only.
 */
import type { RawItem } from '@minsheng/contracts';
import type { ConnectorDefinition } from '../connector.ts';
import { trialRun, type TrialOptions } from '../replay/index.ts';
import { at, NOW } from './crawl.ts';

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

export interface Trial extends Partial<Omit<TrialOptions, 'now'>> {
  now?: Date;
}

export async function trial(connector: ConnectorDefinition, { now = NOW, ...given }: Trial) {
  const run = await trialRun(connector, { settings: {}, credentials: {}, ...given, now: () => now });
  return {
    ...run,
    engagement: run.pages.flatMap((p) => p.engagement ?? []),
    gone: run.pages.flatMap((p) => p.gone ?? []),
    gaps: run.pages.flatMap((p) => p.gaps ?? []),
  };
}

/** Every fault that heals, each at a rate of its own: together one request in ten or so. */
export const HEALING_FAULTS = {
  'connection-reset': 0.01,
  'half-body': 0.01,
  'truncated-gzip': 0.01,
  'garbled-body': 0.01,
  'error-body-200': 0.01,
  'login-page': 0.01,
  'empty-body': 0.01,
  'too-many': 0.01,
  'bad-gateway': 0.01,
  'quota-used': 0.01,
  'duplicated-page': 0.02,
  'reordered-page': 0.02,
} as const;

/** Runs again and again, killed after one to `most` pages or ended by a fault, until a run ends by itself; nothing is asked twice of what is stored. */
export async function persist(connector: ConnectorDefinition, given: Trial, most: number) {
  const items: RawItem[] = [];
  let { cursor } = given;
  let restarts = 0;
  for (;;) {
    const pages = 1 + ((restarts * 7) % most);
    const run = await trial(connector, { ...given, cursor, pages });
    items.push(...run.items);
    cursor = run.cursor;
    if (run.error === undefined && run.pages.length < pages) return { items, restarts, cursor };
    restarts++;
  }
}

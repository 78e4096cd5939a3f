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

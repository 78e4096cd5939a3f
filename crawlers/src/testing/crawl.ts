/**
 * In: a connector, its settings and a cursor. Out: what its run brings, stored page by page as the server would; killed where the test says.
 * Called by: connector tests only.
 */
import type { RawItem } from '@minsheng/contracts';
import { onTestFinished } from 'vitest';
import type { ConnectorDefinition } from '../connector.ts';
import { startReplay, trialContext, trialRun, type ReplayOptions } from '../replay/index.ts';

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
  range?: { from: Date; to: Date };
  respectRobots?: boolean;
}

function optionsOf({ settings, credentials = {}, now = NOW, range, respectRobots = false }: Given) {
  return { settings, credentials, respectRobots, now: () => now, ...(range === undefined ? {} : { range }) };
}

/** A run's context, with a client that neither waits nor sleeps. */
export function contextOf(connector: ConnectorDefinition, given: Given) {
  const trial = trialContext(connector, optionsOf(given));
  onTestFinished(() => trial.close());
  return trial;
}

/** Runs a connector; `pages` stops it as a killed process would, after that many stored pages. */
export async function crawl(connector: ConnectorDefinition, given: Given, cursor?: unknown, pages = Infinity) {
  const run = await trialRun(connector, { ...optionsOf(given), cursor, pages });
  return {
    ...run,
    engagement: run.pages.flatMap((p) => p.engagement ?? []),
    gone: run.pages.flatMap((p) => p.gone ?? []),
    gaps: run.pages.flatMap((p) => p.gaps ?? []),
  };
}

export const keys = (items: readonly Pick<RawItem, 'kind' | 'id'>[]) => items.map((i) => `${i.kind} ${i.id}`).sort();

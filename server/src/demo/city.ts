/**
 * In: the moment the demo began. Out: the demo city's servers, and the sources that crawl them. Called by: demo.ts.
 */
import { startDemoCity } from '@minsheng/crawlers/demo-city';
import type { DemoStarter } from './demo.ts';

export const startCity: DemoStarter = async (start) => {
  const { server, sources, departments, debunks, answers } = await startDemoCity({ start });
  return { server, sources, seeds: { departments, debunks, answers } };
};

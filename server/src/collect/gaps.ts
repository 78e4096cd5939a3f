/**
 * In: holes that connectors, runs and the watch see, and signs that they are filled. Out: one open gap per source and name, with size, cause, since.
 * Called by: the collector and the source watch, inside their transactions.
 */
import type { Gap } from '@minsheng/crawlers';
import type { Tx } from '../platform/database/database.ts';

/** Why something is missing: connectors' own causes, and what the server finds by itself. */
export type GapCause = Gap['cause'] | 'outage' | 'silence' | 'rejected' | 'sequence';

export interface Sighting {
  /** Stable identity within the source. */
  name: string;
  what: string;
  size: number | null;
  cause: GapCause;
  since: number;
  /** Whether this is more of the same loss (`add`), or the whole of it as seen now. */
  mode?: 'add';
}

const COPIED = 50;

export const toldName = (gap: Gap): string => `told:${gap.cause}:${gap.what}`;

/** Opens the gap, or updates the open one; it keeps its first `since`. */
export async function openGap(tx: Tx, sourceId: number, gap: Sighting, now: number): Promise<void> {
  const [old] = await tx.all<{ id: number; size: number | null }>(
    'SELECT id, size FROM source_gaps WHERE source_id = ? AND name = ? AND closed_at IS NULL',
    [sourceId, gap.name],
  );
  if (old === undefined) {
    await tx.run(
      'INSERT INTO source_gaps (source_id, name, what, size, cause, since, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      [sourceId, gap.name, gap.what, gap.size, gap.cause, gap.since, now],
    );
  } else {
    const size = gap.mode === 'add' && gap.size !== null ? Number(old.size ?? 0) + gap.size : gap.size;
    await tx.run('UPDATE source_gaps SET size = ?, what = ?, cause = ?, seen_at = ? WHERE id = ?', [
      size,
      gap.what,
      gap.cause,
      now,
      old.id,
    ]);
  }
}

/** @param name exact, or `prefix*` @param unseenSince only those that nobody has seen since then */
export async function closeGaps(
  tx: Tx,
  sourceId: number,
  name: string,
  how: string,
  now: number,
  unseenSince = Number.MAX_SAFE_INTEGER,
): Promise<void> {
  const prefix = name.endsWith('*') ? name.slice(0, -1) : null;
  await tx.run(
    `UPDATE source_gaps SET closed_at = ?, closed_how = ? WHERE source_id = ? AND closed_at IS NULL AND seen_at < ?
       AND ${prefix === null ? 'name = ?' : 'substr(name, 1, length(?)) = ?'}`,
    [now, how, sourceId, unseenSince, ...(prefix === null ? [name] : [prefix, prefix])],
  );
}

/** Keeps the source's own copy of its open gaps, which figures with coverage read. */
export async function copyGaps(tx: Tx, sourceId: number): Promise<void> {
  const open = await tx.all(
    'SELECT what, size, cause, since FROM source_gaps WHERE source_id = ? AND closed_at IS NULL ORDER BY since DESC LIMIT ?',
    [sourceId, COPIED],
  );
  await tx.run('UPDATE sources SET gaps = ? WHERE id = ?', [JSON.stringify(open), sourceId]);
}

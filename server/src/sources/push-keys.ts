/**
 * In: a `push` source. Out: bearer keys that are shown once and kept as hashes; a new one lets the old one live for a day.
 * Called by: sources.controller (make, list) and the push door (whose key is this).
 */
import type { PushKeyView } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { createHash, randomBytes } from 'node:crypto';
import { Clock, toInstant, toInstantOrNull } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';

/** The other side changes its key without a gap. */
const OVERLAP_MS = 24 * 3_600_000;

/** Keys are 256 random bits: a plain hash of them cannot be guessed back. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

@Injectable()
export class PushKeys {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async make(sourceId: number): Promise<{ key: string; previousEndsAt: number | null }> {
    const key = `ms_${randomBytes(32).toString('base64url')}`;
    const now = this.clock.now();
    const previousEndsAt = now + OVERLAP_MS;
    const had = await this.db.write(async (tx) => {
      const live = await tx.all('SELECT 1 AS one FROM push_keys WHERE source_id = ? AND ends_at IS NULL', [sourceId]);
      await tx.run('DELETE FROM push_keys WHERE source_id = ? AND ends_at IS NOT NULL', [sourceId]);
      await tx.run('UPDATE push_keys SET ends_at = ? WHERE source_id = ?', [previousEndsAt, sourceId]);
      await tx.run('INSERT INTO push_keys (source_id, hash, hint, made_at) VALUES (?, ?, ?, ?)', [
        sourceId,
        hashOf(key),
        key.slice(-4),
        now,
      ]);
      return live.length > 0;
    });
    return { key, previousEndsAt: had ? previousEndsAt : null };
  }

  async list(sourceId: number): Promise<PushKeyView[]> {
    const rows = await this.db.all<{ hint: string; made_at: number; ends_at: number | null }>(
      'SELECT hint, made_at, ends_at FROM push_keys WHERE source_id = ? AND (ends_at IS NULL OR ends_at > ?) ORDER BY id DESC',
      [sourceId, this.clock.now()],
    );
    return rows.map((r) => ({
      hint: r.hint,
      madeAt: toInstant(Number(r.made_at)),
      endsAt: toInstantOrNull(r.ends_at === null ? null : Number(r.ends_at)),
    }));
  }

  /** Whether this key opens this source's door now. */
  async opens(sourceId: number, key: string): Promise<boolean> {
    const row = await this.db.one(
      'SELECT 1 AS one FROM push_keys WHERE hash = ? AND source_id = ? AND (ends_at IS NULL OR ends_at > ?)',
      [hashOf(key), sourceId, this.clock.now()],
    );
    return row !== undefined;
  }
}

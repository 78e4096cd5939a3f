/**
 * In: an author as the source names them. Out: a keyed pseudonym scoped to a source and a month, only good for counting distinct voices.
 * Called by: intake. The key of a month is destroyed at its expiry, after which nobody, we included, can link a pseudonym to an author.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { OFFICE_OFFSET_MS } from '../platform/clock.ts';
import type { Database } from '../platform/database/database.ts';
import type { Secrets } from '../platform/secrets.ts';

/** A month's key lives until this long after the month has ended. */
const KEPT_MS = 62 * 86_400_000;
/** Pseudonyms are worth remembering only as long as the same people are met again and again. */
const CACHE = 50_000;

/** Months by day: every item of a batch asks, and most are of the same few days. */
const monthsOfDays = new Map<number, string>();

/** The office month of a moment: `2026-11`. */
export function monthOf(ms: number): string {
  const day = Math.floor((ms + OFFICE_OFFSET_MS) / 86_400_000);
  let month = monthsOfDays.get(day);
  if (month === undefined) {
    month = new Date(day * 86_400_000).toISOString().slice(0, 7);
    if (monthsOfDays.size >= 4096) monthsOfDays.clear();
    monthsOfDays.set(day, month);
  }
  return month;
}

/** When the key of a month is destroyed. */
export function expiryOf(month: string): number {
  const [year, m] = month.split('-').map(Number) as [number, number];
  return Date.UTC(year, m, 1) - OFFICE_OFFSET_MS + KEPT_MS;
}

export class Pseudonyms {
  private readonly keys = new Map<string, Buffer>();
  private readonly known = new Map<string, string>();

  constructor(
    private readonly db: Database,
    private readonly secrets: Secrets,
  ) {}

  /** Makes sure that the keys of these months are at hand. A month already expired gets a key that is never written down. */
  async prepare(months: Iterable<string>, now: number): Promise<void> {
    for (const month of months) {
      if (this.keys.has(month)) continue;
      const expiresAt = expiryOf(month);
      const fresh = randomBytes(32);
      if (expiresAt <= now) {
        this.keys.set(month, fresh);
        continue;
      }
      const sealed = await this.db.write(async (tx) => {
        await tx.run(
          'INSERT INTO author_keys (month, sealed, expires_at) VALUES (?, ?, ?) ON CONFLICT (month) DO NOTHING',
          [month, this.secrets.seal('author-key', fresh.toString('base64url')), expiresAt],
        );
        const [row] = await tx.all<{ sealed: string }>('SELECT sealed FROM author_keys WHERE month = ?', [month]);
        return row?.sealed ?? '';
      });
      this.keys.set(month, Buffer.from(this.secrets.open('author-key', sealed), 'base64url'));
    }
  }

  /** 16 hex characters. `prepare` must have seen the month. */
  of(scope: string, author: string, publishedAt: number): string {
    const month = monthOf(publishedAt);
    const name = `${month}\n${scope}\n${author}`;
    const again = this.known.get(name);
    if (again !== undefined) return again;
    const key = this.keys.get(month);
    if (key === undefined) throw new Error(`no author key for ${month}`);
    const pseudonym = createHmac('sha256', key).update(`${scope}\n${author}`).digest('hex').slice(0, 16);
    if (this.known.size >= CACHE) this.known.clear();
    this.known.set(name, pseudonym);
    return pseudonym;
  }

  /** Destroys the keys whose time has come; called daily. @returns how many. */
  async destroyExpired(now: number): Promise<number> {
    for (const month of this.keys.keys()) if (expiryOf(month) <= now) this.keys.delete(month);
    this.known.clear();
    return this.db.write(async (tx) => {
      const rows = await tx.all('SELECT month FROM author_keys WHERE expires_at <= ?', [now]);
      await tx.run('DELETE FROM author_keys WHERE expires_at <= ?', [now]);
      return rows.length;
    });
  }
}

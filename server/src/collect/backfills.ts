/**
 * In: a range of dates that somebody wants collected after the fact. Out: its state, with a cursor of its own that the regular one never meets.
 * Called by: sources.controller (ask, cancel, resume, list) and the collector (next slice, page, end).
 */
import type { BackfillView } from '@minsheng/contracts';
import type { DateRange } from '@minsheng/crawlers';
import { toInstant, toInstantOrNull, type Clock } from '../platform/clock.ts';
import type { Database, Row, Tx } from '../platform/database/database.ts';
import { conflict, notFound } from '../platform/errors.ts';

/** Failures in a row after which a person is asked. */
const GIVES_UP_AT = 6;
const RETRY_MS = 60_000;

export interface Backfill {
  id: number;
  range: DateRange;
  position: unknown;
}

export class Backfills {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async ask(sourceId: number, from: number, to: number, askedBy: string): Promise<BackfillView> {
    const id = await this.db.write(async (tx) => {
      const [open] = await tx.all(`SELECT 1 AS one FROM source_backfills WHERE source_id = ? AND state = 'waiting'`, [
        sourceId,
      ]);
      if (open !== undefined) throw conflict('这个采集源已有一项补采正在进行，没有新增。', '请等它完成，或先取消它。');
      await tx.run(
        `INSERT INTO source_backfills (source_id, from_at, to_at, state, asked_by, asked_at) VALUES (?, ?, ?, 'waiting', ?, ?)`,
        [sourceId, from, to, askedBy, this.clock.now()],
      );
      const [row] = await tx.all<{ id: number }>('SELECT max(id) AS id FROM source_backfills WHERE source_id = ?', [
        sourceId,
      ]);
      return Number(row?.id);
    });
    return this.find(sourceId, id);
  }

  /** Cancelled back-fills keep what they brought and where they were. */
  async cancel(sourceId: number, id: number): Promise<BackfillView> {
    await this.db.write((tx) =>
      tx.run(
        `UPDATE source_backfills SET state = 'cancelled', ended_at = ? WHERE id = ? AND source_id = ? AND state = 'waiting'`,
        [this.clock.now(), id, sourceId],
      ),
    );
    return this.find(sourceId, id);
  }

  /** Continues a cancelled or failed one where it was. */
  async resume(sourceId: number, id: number): Promise<BackfillView> {
    await this.db.write(async (tx) => {
      const [open] = await tx.all(
        `SELECT 1 AS one FROM source_backfills WHERE source_id = ? AND state = 'waiting' AND id <> ?`,
        [sourceId, id],
      );
      if (open !== undefined) throw conflict('这个采集源已有一项补采正在进行，没有继续这一项。', '请等它完成后再试。');
      await tx.run(
        `UPDATE source_backfills SET state = 'waiting', failures = 0, next_at = 0, ended_at = NULL, message = NULL
         WHERE id = ? AND source_id = ? AND state IN ('cancelled', 'failed')`,
        [id, sourceId],
      );
    });
    return this.find(sourceId, id);
  }

  async list(sourceId: number): Promise<BackfillView[]> {
    const rows = await this.db.all('SELECT * FROM source_backfills WHERE source_id = ? ORDER BY id DESC LIMIT 20', [
      sourceId,
    ]);
    return rows.map(view);
  }

  private async find(sourceId: number, id: number): Promise<BackfillView> {
    const row = await this.db.one('SELECT * FROM source_backfills WHERE id = ? AND source_id = ?', [id, sourceId]);
    if (row === undefined) throw notFound('项补采');
    return view(row);
  }

  /** What is due of a source, or null. */
  async next(sourceId: number): Promise<Backfill | null> {
    const row = await this.db.one(
      `SELECT id, from_at, to_at, position FROM source_backfills WHERE source_id = ? AND state = 'waiting' AND next_at <= ? ORDER BY id LIMIT 1`,
      [sourceId, this.clock.now()],
    );
    if (row === undefined) return null;
    return {
      id: Number(row['id']),
      range: { from: new Date(Number(row['from_at'])), to: new Date(Number(row['to_at'])) },
      position: row['position'] === null ? undefined : JSON.parse(String(row['position'])),
    };
  }

  /** A page, in the transaction that stores it. @returns false when it was cancelled meanwhile. */
  async page(
    tx: Tx,
    id: number,
    cursor: unknown,
    counts: { read: number; stored: number; duplicate: number },
    publishedAt: number | null,
  ): Promise<boolean> {
    await tx.run(
      `UPDATE source_backfills SET position = ?, pages = pages + 1, fetched = fetched + ?, stored = stored + ?, duplicate = duplicate + ?,
         first_at = COALESCE(first_at, ?), last_at = COALESCE(?, last_at), failures = 0, message = NULL WHERE id = ?`,
      [JSON.stringify(cursor ?? null), counts.read, counts.stored, counts.duplicate, publishedAt, publishedAt, id],
    );
    const [row] = await tx.all<{ state: string }>('SELECT state FROM source_backfills WHERE id = ?', [id]);
    return row?.state === 'waiting';
  }

  /** How a slice ended: at the end of the range, between pages, or with an error. */
  async slice(
    tx: Tx,
    id: number,
    end: {
      requests: number;
      complete: boolean;
      error: { message: string; retryAt: number | null; person: boolean } | null;
    },
  ): Promise<void> {
    const now = this.clock.now();
    const [row] = await tx.all<{ failures: number }>('SELECT failures FROM source_backfills WHERE id = ?', [id]);
    const { error } = end;
    const failures =
      error === null || error.retryAt !== null ? Number(row?.failures ?? 0) : Number(row?.failures ?? 0) + 1;
    const state =
      error === null
        ? end.complete
          ? 'done'
          : 'waiting'
        : error.person || failures >= GIVES_UP_AT
          ? 'failed'
          : 'waiting';
    const next = error === null ? 0 : (error.retryAt ?? now + RETRY_MS * 2 ** Math.min(failures, 5));
    await tx.run(
      `UPDATE source_backfills SET requests = requests + ?, state = ?, failures = ?, next_at = ?, message = ?, ended_at = ?
       WHERE id = ? AND state = 'waiting'`,
      [end.requests, state, failures, next, error?.message ?? null, state === 'waiting' ? null : now, id],
    );
  }
}

/** How far it is, by the publishing times it has passed; platforms list newest or oldest first. */
export function progressOf(from: number, to: number, first: number | null, last: number | null): number {
  if (first === null || last === null || to <= from) return 0;
  const done = last <= first ? to - last : last - from;
  return Math.min(0.99, Math.max(0, done / (to - from)));
}

function view(r: Row): BackfillView {
  const whole = (name: string) => Number(r[name]);
  const moment = (name: string) => (r[name] === null ? null : Number(r[name]));
  const state = String(r['state']) as BackfillView['state'];
  return {
    id: String(r['id']),
    from: toInstant(whole('from_at')),
    to: toInstant(whole('to_at')),
    state,
    progress:
      state === 'done' ? 1 : progressOf(whole('from_at'), whole('to_at'), moment('first_at'), moment('last_at')),
    reached: toInstantOrNull(moment('last_at')),
    pages: whole('pages'),
    fetched: whole('fetched'),
    stored: whole('stored'),
    duplicate: whole('duplicate'),
    requests: whole('requests'),
    askedBy: String(r['asked_by']),
    askedAt: toInstant(whole('asked_at')),
    endedAt: toInstantOrNull(moment('ended_at')),
    message: r['message'] === null ? null : String(r['message']),
  };
}

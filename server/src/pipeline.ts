/**
 * In: raw items of a connector or a file. Out: posts, searchable and counted, and a log of changes that detection and the desks read.
 * Called by: collect (each page of a run) and ingest (each batch of a file).
 *
 * This file names the order of the product; nothing else knows it:
 *
 *   sources → collect → intake → enrich → posts + search → detect → desks → web
 */
import type { IngestReport } from '@minsheng/contracts';
import { AccountBook } from './accounts/account-book.ts';
import type { Kept } from './enrich/columns.ts';
import type { Enricher } from './enrich/enricher.ts';
import type { EnrichPool } from './enrich/pool.ts';
import type { AcceptedItem, Arrival, Intake, Rejected } from './intake/intake.ts';
import type { Clock } from './platform/clock.ts';
import type { Database, Tx } from './platform/database/database.ts';
import type { Live } from './platform/live/live.ts';
import type { Secrets } from './platform/secrets.ts';
import { originOf } from './posts/post-id.ts';
import { PostStore, type EnrichedItem, type KnownPost, type WrittenPost } from './posts/post-store.ts';

/** What reads posts in the transaction that writes them: the search index and the rollups. */
export interface PostWriter {
  write(tx: Tx, posts: readonly WrittenPost[]): Promise<void>;
  /** Posts that are gone from the source: no longer found, still counted. */
  remove(tx: Tx, ids: readonly number[]): Promise<void>;
  /** Before posts are edited: takes back what was written of them; `write` follows with what they say now. */
  retract(tx: Tx, posts: readonly WrittenPost[]): Promise<void>;
}

export interface Batch {
  arrivals: readonly Arrival[];
  sourceId: number | null;
  /** Counters that changed without a text. */
  engagement?: readonly {
    platform: string;
    kind: string;
    id: string;
    likes?: number;
    comments?: number;
    reposts?: number;
    reads?: number;
  }[];
  gone?: readonly { platform: string; kind: string; id: string; state: 'deleted' | 'restricted' }[];
  /** Official accounts seen on the way. */
  accounts?: readonly { platform: string; nativeId: string; name: string; followers?: number }[];
  demo?: boolean;
  /** Told of every accepted item what became of it; asked again when a transaction is. */
  fate?: (item: AcceptedItem, fate: 'stored' | 'duplicate' | 'updated') => void;
  /** Runs in the same transaction, e.g. to keep the connector's cursor. */
  alongside?: (tx: Tx, report: IngestReport) => Promise<void>;
}

/** A batch that has passed intake, and perhaps enrich, and waits to be written. */
export interface Prepared {
  batch: Batch;
  now: number;
  accepted: AcceptedItem[];
  rejected: Rejected[];
  enrichments: ReadonlyMap<AcceptedItem, Kept>;
}

export class Pipeline {
  private readonly store = new PostStore();
  private readonly accounts = new AccountBook();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly db: Database,
    private readonly intake: Intake,
    private readonly enricher: () => Enricher,
    private readonly writers: readonly PostWriter[],
    private readonly secrets: Secrets,
    private readonly live: Live,
    private readonly clock: Clock,
  ) {}

  /** Takes one batch through intake, enrich, posts and search: all of it is committed, or nothing. */
  accept(batch: Batch): Promise<IngestReport> {
    return this.prepare(batch).then((prepared) => this.commit(prepared));
  }

  /** Intake, and with a pool enrich as well: what can be done for the next batch while this one is being written. */
  async prepare(batch: Batch, pool: EnrichPool | null = null): Promise<Prepared> {
    const now = this.clock.now();
    const { accepted, rejected } = await this.intake.accept(batch.arrivals, String(batch.sourceId ?? 'import'), now);
    const enrichments = new Map<AcceptedItem, Kept>();
    if (pool !== null) {
      const texts = accepted.map((item) => ({ text: textOf(item), official: item.account !== null, kind: item.kind }));
      (await pool.enrich(texts)).forEach((enrichment, i) => {
        const item = accepted[i];
        if (item !== undefined) enrichments.set(item, enrichment);
      });
    }
    return { batch, now, accepted, rejected, enrichments };
  }

  /** One batch at a time, tried again when another replica wrote the same posts first or the database went away. */
  commit(prepared: Prepared): Promise<IngestReport> {
    if (this.db.dialect === 'sqlite') return this.commitOnce(prepared);
    const run = this.turn.then(async () => {
      await this.store.makeRoom(this.db, prepared.accepted);
      return this.db.untilWritten(() => this.commitOnce(prepared));
    });
    this.turn = run.catch(() => undefined);
    return run;
  }

  /** Posts, index, counters and whatever runs alongside: one transaction. */
  private async commitOnce({ batch, now, accepted, rejected, enrichments }: Prepared): Promise<IngestReport> {
    const report = emptyReport(batch.arrivals.length);
    note(report, rejected);
    try {
      await this.db.write(async (tx) => {
        const accounts = await this.accounts.ids(tx, accepted, batch.accounts ?? [], now, batch.demo === true);
        const { fresh, edited, counted, gone } = await this.sort(tx, accepted, report, batch.fate);

        const enriched = fresh.map((item) => this.enrich(item, enrichments));
        const written = await this.store.insert(tx, enriched, { sourceId: batch.sourceId, accounts, now });
        report.stored = written.length;
        await this.keepHandles(tx, fresh);

        const rewritten = await this.rewrite(tx, edited, enrichments, now);
        for (const { known, item } of counted) await this.store.engagement(tx, known.id, item, now);
        for (const { id, state } of [...gone, ...(await this.goneIds(tx, batch))]) {
          await this.store.gone(tx, id, state, now);
          await this.remove(tx, [id]);
        }
        report.updated += await this.refresh(tx, batch, now);

        const posts = [...written, ...rewritten].sort((a, b) => a.id - b.id);
        for (const writer of this.writers) await writer.write(tx, posts);
        await this.store.settle(tx);
        await batch.alongside?.(tx, report);
      }, 'once');
    } catch (error) {
      this.forget();
      throw error;
    }
    if (report.stored > 0) this.live.tell({ type: 'posts', stored: report.stored });
    return report;
  }

  /** Forgets remembered ids, after a rollback or when the demo's rows are deleted. */
  forget(): void {
    this.store.forget();
    this.accounts.forget();
  }

  private enrich(item: AcceptedItem, ready: ReadonlyMap<AcceptedItem, Kept>): EnrichedItem {
    const { kind, account } = item;
    return {
      item,
      enrichment: ready.get(item) ?? this.enricher().enrich(textOf(item), { official: account !== null, kind }),
    };
  }

  /** New, edited, re-counted or gone; a second copy inside the batch is a duplicate of the first. */
  private async sort(tx: Tx, accepted: readonly AcceptedItem[], report: IngestReport, fate: Batch['fate']) {
    const known = await this.store.known(tx, accepted);
    const fresh = new Map<string, AcceptedItem>();
    const edited = [];
    const counted = [];
    const gone: { id: number; state: 'deleted' | 'restricted' }[] = [];
    for (const item of accepted) {
      const origin = originOf(item);
      const old = known.get(origin);
      if (old === undefined) {
        const copy = fresh.has(origin);
        if (copy) report.duplicate++;
        else fresh.set(origin, item);
        fate?.(item, copy ? 'duplicate' : 'stored');
        continue;
      }
      report.duplicate++;
      if (item.state !== 'live') {
        if (old.state === item.state) {
          fate?.(item, 'duplicate');
          continue;
        }
        gone.push({ id: old.id, state: item.state });
      } else if (item.text !== old.text && item.text !== '' && old.state !== 'deleted')
        edited.push({ known: old, item });
      else if (grew(old, item)) counted.push({ known: old, item });
      else {
        fate?.(item, 'duplicate');
        continue;
      }
      fate?.(item, 'updated');
      report.updated++;
    }
    return { fresh: [...fresh.values()], edited, counted, gone };
  }

  private async keepHandles(tx: Tx, items: readonly AcceptedItem[]): Promise<void> {
    for (const item of items) {
      if (item.replyHandle === null) continue;
      await tx.run(
        `INSERT INTO reply_handles (post_id, sealed) SELECT post_id, ? FROM post_natives WHERE platform = ? AND kind = ? AND native_id = ?
         ON CONFLICT (post_id) DO NOTHING`,
        [this.secrets.seal('reply-handle', JSON.stringify(item.replyHandle)), item.platform, item.kind, item.nativeId],
      );
    }
  }

  private async goneIds(tx: Tx, batch: Batch): Promise<{ id: number; state: 'deleted' | 'restricted' }[]> {
    const ids = [];
    for (const { platform, kind, id: nativeId, state } of batch.gone ?? []) {
      const [row] = await tx.all<{ id: number }>(
        `SELECT p.id FROM post_natives n JOIN posts p ON p.id = n.post_id
         WHERE n.platform = ? AND n.kind = ? AND n.native_id = ? AND p.state <> ?`,
        [platform, kind, nativeId, state],
      );
      if (row !== undefined) ids.push({ id: row.id, state });
    }
    return ids;
  }

  private async refresh(tx: Tx, batch: Batch, now: number): Promise<number> {
    let updated = 0;
    for (const { platform, kind, id: nativeId, ...counts } of batch.engagement ?? []) {
      const [old] = await tx.all<{ id: number; likes: number; comments: number; reposts: number; reads: number }>(
        `SELECT p.id, p.likes, p.comments, p.reposts, p.reads FROM post_natives n JOIN posts p ON p.id = n.post_id
         WHERE n.platform = ? AND n.kind = ? AND n.native_id = ?`,
        [platform, kind, nativeId],
      );
      if (old === undefined) continue;
      const next = { ...old, ...Object.fromEntries(Object.entries(counts).filter(([, v]) => v !== undefined)) };
      if (!grew(old, next)) continue;
      await this.store.engagement(tx, old.id, next, now);
      updated++;
    }
    return updated;
  }

  /** Takes back what was written of edited posts, edits them, and answers with what is to be written of them now. */
  private async rewrite(
    tx: Tx,
    edited: readonly { known: KnownPost; item: AcceptedItem }[],
    ready: ReadonlyMap<AcceptedItem, Kept>,
    now: number,
  ): Promise<WrittenPost[]> {
    if (edited.length === 0) return [];
    const tokens = new Map(edited.map(({ known }) => [known.id, '']));
    const before = await this.store.written(tx, tokens);
    for (const writer of this.writers) await writer.retract(tx, before);
    for (const { known, item } of edited) {
      const entry = this.enrich(item, ready);
      await this.store.edit(tx, known, entry, now);
      tokens.set(known.id, entry.enrichment.searchTokens);
    }
    return this.store.written(tx, tokens);
  }

  private async remove(tx: Tx, ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    for (const writer of this.writers) await writer.remove(tx, ids);
  }
}

function grew(
  old: { likes: number; comments: number; reposts: number; reads: number },
  next: { likes: number; comments: number; reposts: number; reads: number },
): boolean {
  return (
    old.likes !== next.likes ||
    old.comments !== next.comments ||
    old.reposts !== next.reposts ||
    old.reads !== next.reads
  );
}

/** What enrich reads: the title speaks as well. */
function textOf(item: AcceptedItem): string {
  return item.title === null ? item.text : `${item.title}\n${item.text}`;
}

const EXAMPLES = 20;

export function emptyReport(read: number): IngestReport {
  return { read, stored: 0, duplicate: 0, updated: 0, rejected: 0, reasons: {}, examples: [] };
}

/** Adds rejected items to a report. */
export function note(report: IngestReport, rejected: readonly Rejected[]): void {
  for (const { at, reason, detail } of rejected) {
    report.rejected++;
    report.reasons[reason] = (report.reasons[reason] ?? 0) + 1;
    if (report.examples.length < EXAMPLES) report.examples.push({ at, reason, detail: detail.slice(0, 200) });
  }
}

/** The sum of two reports. */
export function addReports(a: IngestReport, b: IngestReport): IngestReport {
  const reasons = { ...a.reasons };
  for (const [reason, n] of Object.entries(b.reasons) as [keyof typeof reasons, number][])
    reasons[reason] = (reasons[reason] ?? 0) + n;
  return {
    read: a.read + b.read,
    stored: a.stored + b.stored,
    duplicate: a.duplicate + b.duplicate,
    updated: a.updated + b.updated,
    rejected: a.rejected + b.rejected,
    reasons,
    examples: [...a.examples, ...b.examples].slice(0, EXAMPLES),
  };
}

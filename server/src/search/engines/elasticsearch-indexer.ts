/**
 * In: the outbox and the records. Out: the index, after them: at least once, idempotent, per post in order. Called by: elasticsearch.ts, which
 * starts and stops it; of several processes one at a time works, held by a lease.
 *
 * The number of a change is the version of the document (`external`), so a repetition or a late arrival is refused by the index itself. Documents
 * filled in from the records have version 1, below every change. A window of changes is acknowledged whole before the next is sent.
 */
import type { Client } from '@elastic/elasticsearch';
import type { Clock } from '../../platform/clock.ts';
import type { Leases } from '../../platform/leases/leases.ts';
import type { Log } from '../../platform/logging.ts';
import { dayOf } from '../../platform/clock.ts';
import { publishedAtOf } from '../../posts/post-id.ts';
import type { SearchDocument, StoredDocuments } from '../search-engine.ts';
import type { IndexState, OutboxRow, SearchOutbox } from '../search-outbox.ts';
import { checkVersion, isVague, reasonOf, refusalOf, shardsGivenUp } from './elasticsearch-client.ts';
import type { Indices } from './elasticsearch-indices.ts';
import { folded } from './elasticsearch-query.ts';

/** Changes taken at once: a multiple of what is under way, so that seldom one bulk is waited for alone. */
const WINDOW = 24_000;
/** Documents and characters of one bulk; the server writes each to disk before it answers. Halved when it says it is busy. */
const BULK = 3000;
const BULK_CHARACTERS = 5_000_000;
/** Bulks under way at once. */
const ABREAST = 4;
const LEASE = 'search-index';
const IDLE_MS = 500;
const WORST_WAIT_MS = 10_000;
/** A bulk waits this long for a shard that is not there; below the client's own patience, so that the server can say what is wrong. */
const SHARD_WAIT = '20s';
/** Shards that the cluster has given up are tried again this often. */
const REVIVE_MS = 20_000;
/** A rebuild's documents: below every change, since changes are numbered from 1. */
const FILLED_IN = 1;

interface Operation {
  id: number;
  /** Null = delete. */
  source: string | null;
  version: number;
  /** The change behind it; null when filled in from the records. */
  seq: number | null;
}

interface ItemAnswer {
  status: number;
  error?: { type: string; reason: string };
}

/** Another process has taken over since this one looked. */
class Superseded extends Error {}

export function sourceOf(doc: SearchDocument): string {
  const { id, platform, kind, sourceId, accountId, sentiment, official, topicId } = doc;
  return JSON.stringify({
    id,
    words: folded(doc.searchTokens),
    platform,
    kind,
    sentiment: String(sentiment),
    ...(sourceId === null ? {} : { source: String(sourceId) }),
    ...(accountId === null ? {} : { account: String(accountId) }),
    ...(topicId === null ? {} : { topic: String(topicId) }),
    official,
    day: dayOf(publishedAtOf(id)),
  });
}

export class Indexer {
  private running: Promise<void> | null = null;
  private stopped = false;
  private wakeUp: (() => void) | null = null;
  private bulk = BULK;
  private revived = -Infinity;
  private checked = false;
  private published: string | null = null;
  /** Since when it has failed without a success between; null when it works. */
  failingSince: number | null = null;
  /** What the status pages read of it; undefined when another process may have written it. */
  private problem: string | null | undefined;

  constructor(
    private readonly client: Client,
    private readonly indices: Indices,
    private readonly outbox: SearchOutbox,
    private readonly documents: StoredDocuments,
    private readonly leases: Leases,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  start(): void {
    this.running ??= this.loop();
  }

  /** Finishes what is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  /** There is something to do. A cluster that refuses is not asked more often for it. */
  wake(): void {
    if (this.failingSince === null || this.stopped) this.wakeUp?.();
  }

  private async loop(): Promise<void> {
    let wait = 0;
    while (!this.stopped) {
      try {
        const ours = await this.leased();
        const worked = ours && (await this.step());
        wait = worked ? 0 : IDLE_MS;
        if (ours) await this.well();
        else this.failingSince = null;
      } catch (error) {
        if (error instanceof Superseded) {
          this.published = null;
          continue;
        }
        wait = Math.min(WORST_WAIT_MS, Math.max(250, wait * 2));
        await this.failed(reasonOf(error));
      }
      if (wait > 0) await this.nap(wait);
    }
  }

  /** @returns whether there was anything to do */
  private async step(): Promise<boolean> {
    // Another engine has been chosen since: nobody reads this index any more.
    if (!(await this.outbox.isWanted())) return false;
    const state = await this.ready();
    const rows = await this.outbox.next(WINDOW);
    const [first] = rows;
    if (first?.op === 'clear' || first?.op === 'rebuild') {
      if (first.op === 'clear') await this.begin(state, false);
      // Beside an index that is itself still being filled, nobody would say what it lacks.
      else if (state.building === state.live) await this.begin(state, true);
      else await this.beside(state);
      await this.outbox.forget(rows.slice(0, 1));
      return true;
    }
    if (rows.length > 0) await this.follow(rows, state);
    const filled = state.building !== null && (await this.fillIn(state, state.building));
    return rows.length > 0 || filled;
  }

  /** Knows the server, has a live generation of the current schema, and searches read it. */
  private async ready(): Promise<IndexState> {
    if (!this.checked) {
      await checkVersion(this.client);
      this.checked = true;
    }
    const state = await this.outbox.state();
    if (state.live === null || !(await this.indices.exists(state.live))) return this.begin(state, true);
    if (state.building === null && !this.indices.isCurrent(state.live)) return this.beside(state);
    if (this.published !== state.live) {
      await this.indices.prepare(state.live);
      if (state.building !== null) await this.indices.prepare(state.building);
      await this.publish(state);
    }
    return state;
  }

  /** A new generation that is live at once: the first one, filled from the records, or an empty one after `clear`. */
  private async begin(state: IndexState, fill: boolean): Promise<IndexState> {
    const live = this.indices.newGeneration();
    await this.indices.prepare(live);
    const next = { live, building: fill ? live : null, builtTo: 0 };
    await this.move(state, next);
    this.log.info({ index: live, before: state.live }, 'search index begun');
    await this.publish(next);
    return next;
  }

  /** A new generation that is filled while searches go on reading the live one. */
  private async beside(state: IndexState): Promise<IndexState> {
    const next = { live: state.live, building: this.indices.newGeneration(), builtTo: 0 };
    await this.indices.prepare(next.building);
    await this.move(state, next);
    // What an earlier, unfinished rebuild left is deleted.
    await this.publish(next);
    return next;
  }

  private async move(from: IndexState, to: IndexState): Promise<void> {
    if (!(await this.outbox.move(from, to))) throw new Superseded();
  }

  private async publish(state: IndexState): Promise<void> {
    if (state.live === null) return;
    // A process that slept through its lease must not take the alias back, nor delete what its successor built.
    const now = await this.outbox.state();
    if (now.live !== state.live || now.building !== state.building) throw new Superseded();
    await this.indices.publish(state.live, state.building === null ? [state.live] : [state.live, state.building]);
    this.published = state.live;
  }

  /** Window after window, until none is full: the next is read and the last one forgotten while one is being sent. */
  private async follow(rows: readonly OutboxRow[], state: IndexState): Promise<void> {
    let forgotten = Promise.resolve();
    for (let next = rows; next.length > 0 && !this.stopped;) {
      const window = changesOf(next);
      const last = next.at(-1)?.seq ?? 0;
      const full = next.length === WINDOW && window.length === next.length;
      const [following, refused] = await Promise.all([
        full ? this.outbox.next(WINDOW, last) : [],
        this.sendChanges(window, state),
        forgotten,
      ]);
      if (this.failingSince !== null) await this.well();
      await this.outbox.refuse(refused);
      forgotten = this.outbox.forget(window);
      // Heard when it is waited for; until then a failure must not count as unheard.
      forgotten.catch(() => undefined);
      // A rebuild asks for its share between windows.
      next = state.building === null && (await this.leased()) ? following : [];
    }
    await forgotten;
  }

  /** The last change of each post counts. @returns the changes that the index will never take */
  private async sendChanges(window: readonly OutboxRow[], state: IndexState) {
    const last = new Map(window.map((row) => [row.postId, row]));
    const looked = [...last.values()].filter((row) => row.op === 'look').map((row) => row.postId);
    const now = new Map((await this.documents.of(looked)).map((doc) => [doc.id, sourceOf(doc)]));
    const operations = [...last.values()].map(({ postId, seq, op, document }): Operation => {
      const source = op === 'look' ? (now.get(postId) ?? null) : op === 'put' ? document : null;
      return { id: postId, source, version: seq + 1, seq };
    });
    return this.send(operations, generationsOf(state), state.live);
  }

  /** The next posts of a rebuild; at its end searches move to what was built. @returns whether there is more to do */
  private async fillIn(state: IndexState, generation: string): Promise<boolean> {
    const page = await this.documents.after(state.builtTo, WINDOW);
    if (page !== null) {
      const operations = page.documents.map((doc) => ({
        id: doc.id,
        source: sourceOf(doc),
        version: FILLED_IN,
        seq: null,
      }));
      await this.send(operations, [generation], state.live);
      await this.move(state, { ...state, builtTo: page.last });
      return true;
    }
    await this.indices.refresh(generation);
    const built = { live: generation, building: null, builtTo: 0 };
    await this.move(state, built);
    await this.publish(built);
    this.log.info({ index: generation }, 'search index built');
    return true;
  }

  /**
   * Sends until the index has taken everything. @returns the changes it will never take.
   * Throws when it takes nothing, so that the loop can wait; what was taken is then sent again and refused as known.
   */
  private async send(operations: readonly Operation[], generations: readonly string[], live: string | null) {
    const refused: { seq: number; reason: string }[] = [];
    for (const generation of generations) {
      let left: readonly Operation[] = operations;
      for (let attempt = 0; left.length > 0; attempt++) {
        await this.indices.ensure(
          left.map((o) => this.indices.nameOf(generation, o.id)),
          generation === live,
        );
        const answers = await this.abreast(left, generation);
        const again: Operation[] = [];
        let reason = '';
        for (const { operation, answer } of answers) {
          const verdict = verdictOf(operation, answer);
          if (verdict === 'taken') continue;
          reason = refusalOf(answer.status, answer.error?.type ?? '', answer.error?.reason ?? '');
          if (verdict === 'later') again.push(operation);
          else if (operation.seq !== null) refused.push({ seq: operation.seq, reason });
          else this.log.error({ post: operation.id, reason }, 'search index refused a post');
        }
        if (again.length > 0) {
          this.indices.forget();
          await this.failed(reason);
          if (this.stopped || !(await this.leased())) throw new Error(reason);
          await this.nap(Math.min(WORST_WAIT_MS, 250 * 2 ** attempt));
        }
        left = again;
      }
    }
    return refused;
  }

  private async abreast(operations: readonly Operation[], generation: string) {
    const answers: { operation: Operation; answer: ItemAnswer }[] = [];
    let at = 0;
    const worker = async () => {
      while (at < operations.length) {
        const part = operations.slice(at, (at = this.endOf(operations, at)));
        const items = await this.bulkOf(part, generation);
        part.forEach((operation, i) => answers.push({ operation, answer: items[i] ?? { status: 500 } }));
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, worker));
    return answers;
  }

  private endOf(operations: readonly Operation[], from: number): number {
    let characters = 0;
    let end = from;
    while (end < operations.length && end - from < this.bulk && characters < BULK_CHARACTERS)
      characters += operations[end++]?.source?.length ?? 0;
    return end;
  }

  private async bulkOf(part: readonly Operation[], generation: string): Promise<ItemAnswer[]> {
    const lines: string[] = [];
    for (const { id, source, version } of part) {
      const index = this.indices.nameOf(generation, id);
      const meta = `{"_index":"${index}","_id":"${String(id)}","version":${String(version)},"version_type":"external"}`;
      if (source === null) lines.push(`{"delete":${meta}}`);
      else lines.push(`{"index":${meta}}`, source);
    }
    // One text already, which the client sends as it is instead of looking at every line once more.
    const answer = await this.client.transport
      .request<{ errors: boolean; items?: Record<string, ItemAnswer>[] }>(
        {
          method: 'POST',
          path: '/_bulk',
          querystring: {
            timeout: SHARD_WAIT,
            filter_path: 'errors,items.*.status,items.*.error.type,items.*.error.reason',
          },
          bulkBody: `${lines.join('\n')}\n`,
        },
        { maxRetries: 0 },
      )
      .catch((error: unknown) => {
        // Too much at once: smaller from now on, and the loop tries again.
        this.bulk = Math.max(50, Math.floor(this.bulk / 2));
        throw error;
      });
    if (answer.errors) this.bulk = Math.max(50, Math.floor(this.bulk / 2));
    else this.bulk = Math.min(BULK, this.bulk + BULK / 20);
    return (answer.items ?? []).map((item) => Object.values(item)[0] ?? { status: 500 });
  }

  private async leased(): Promise<boolean> {
    const ours = await this.leases.hold(LEASE);
    // Whoever held it meanwhile may have moved the alias, or met with problems.
    if (!ours) {
      this.published = null;
      this.problem = undefined;
    }
    return ours;
  }

  private async failed(reason: string): Promise<void> {
    this.failingSince ??= this.clock.now();
    await this.noted(reason);
    await this.revive();
  }

  /** A full disk, for one, takes shards away; with room again the cluster gets them back, but has to be asked when it has failed often enough. */
  private async revive(): Promise<void> {
    const now = performance.now();
    if (now - this.revived < REVIVE_MS) return;
    this.revived = now;
    try {
      const failed = await this.indices.failedShards();
      if (failed.length > 0) await this.noted(shardsGivenUp(failed, await this.indices.retryFailed()));
    } catch (error) {
      this.log.debug({ reason: reasonOf(error) }, 'the cluster could not be asked what is wrong with it');
    }
  }

  private async noted(reason: string): Promise<void> {
    const known = typeof this.problem === 'string';
    if (this.problem === reason || (known && isVague(reason))) return;
    this.problem = reason;
    this.log.warn({ reason }, 'search index does not follow');
    await this.outbox.setProblem(reason).catch(() => undefined);
  }

  private async well(): Promise<void> {
    this.failingSince = null;
    this.revived = -Infinity;
    if (this.problem === null) return;
    if (this.problem !== undefined) this.log.info({}, 'search index follows again');
    this.problem = null;
    await this.outbox.setProblem(null);
  }

  private nap(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.stopped) this.wakeUp();
    });
  }
}

/** Up to the next `clear` or `rebuild`. */
function changesOf(rows: readonly OutboxRow[]): readonly OutboxRow[] {
  const end = rows.findIndex((row) => row.op === 'clear' || row.op === 'rebuild');
  return end < 0 ? rows : rows.slice(0, end);
}

function generationsOf({ live, building }: IndexState): string[] {
  return [...new Set([live, building].filter((g) => g !== null))];
}

/** A version the index already has means that it is newer or the same: done before. */
function verdictOf(operation: Operation, { status, error }: ItemAnswer): 'taken' | 'later' | 'never' {
  if (status < 300 || status === 409) return 'taken';
  if (status === 404 && operation.source === null && error === undefined) return 'taken';
  return status === 400 ? 'never' : 'later';
}

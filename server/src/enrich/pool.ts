/**
 * In: many texts. Out: their enrichments, made on another thread while this one writes. Called by: bulk ingest; a crawl's pages are small
 * enough to be enriched where they are.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { UserError } from '../platform/errors.ts';
import { rowAt, type Columns, type Kept } from './columns.ts';
import type { EnrichOptions } from './enricher.ts';
import type { DictionaryEntry } from './segment.ts';

export interface TextToEnrich extends EnrichOptions {
  text: string;
}

/** What a worker is asked, and what it answers, row by row. */
export interface PoolQuestion {
  id: number;
  texts: string[];
  kinds: EnrichOptions['kind'][];
  official: Uint8Array;
}
export interface PoolAnswer {
  id: number;
  columns: Columns;
}

interface Waiting {
  resolve(answer: Columns): void;
  reject(error: unknown): void;
}

export class EnrichPool {
  private readonly waiting = new Map<number, Waiting>();
  private readonly worker: Worker;
  private next = 0;
  private failed: unknown = null;

  private constructor(dictionary: readonly DictionaryEntry[], models: string) {
    this.worker = new Worker(
      new URL(import.meta.url.endsWith('.ts') ? './pool-worker.ts' : './pool-worker.js', import.meta.url),
      {
        workerData: { dictionary, models },
      },
    );
    this.worker.unref();
    this.worker.on('message', ({ id, columns }: PoolAnswer) => {
      this.waiting.get(id)?.resolve(columns);
      this.waiting.delete(id);
    });
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', () => this.fail(new Error('the enriching thread ended')));
  }

  /** Null on a machine with one core, where another thread would only get in the way. */
  static open(dictionary: readonly DictionaryEntry[], models: string): EnrichPool | null {
    return availableParallelism() < 2 ? null : new EnrichPool(dictionary, models);
  }

  /** In the order of `texts`. @throws UserError when the thread has died; nothing of the batch is written then. */
  async enrich(texts: readonly TextToEnrich[]): Promise<Kept[]> {
    const columns = await this.ask(texts);
    return texts.map((_, i) => rowAt(columns, i));
  }

  private ask(texts: readonly TextToEnrich[]): Promise<Columns> {
    if (this.failed !== null) return Promise.reject(this.told());
    const id = this.next++;
    this.worker.ref();
    return new Promise<Columns>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({
        id,
        texts: texts.map((t) => t.text),
        kinds: texts.map((t) => t.kind),
        official: Uint8Array.from(texts, (t) => (t.official ? 1 : 0)),
      } satisfies PoolQuestion);
    }).finally(() => {
      if (this.waiting.size === 0) this.worker.unref();
    });
  }

  private fail(error: unknown): void {
    this.failed ??= error;
    for (const { reject } of this.waiting.values()) reject(this.told());
    this.waiting.clear();
  }

  private told(): UserError {
    return new UserError('unavailable', '文本分析线程意外退出，这一批没有写入。', {
      kept: '此前各批已完整入库。',
      todo: '请重新运行同一命令，已入库的会自动跳过。',
      cause: this.failed,
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

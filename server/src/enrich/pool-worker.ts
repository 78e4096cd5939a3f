/** In: texts, from pool.ts. Out: what is kept of them, as columns. Runs on a thread of its own, with a dictionary and models of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { emptyColumns, putRow } from './columns.ts';
import { createEnricher } from './enricher.ts';
import type { PoolAnswer, PoolQuestion } from './pool.ts';
import type { DictionaryEntry } from './segment.ts';

const enricher = createEnricher(workerData as { dictionary: DictionaryEntry[]; models: string });

parentPort?.on('message', ({ id, texts, kinds, official }: PoolQuestion) => {
  const columns = emptyColumns(texts.length);
  texts.forEach((text, i) => {
    putRow(columns, i, enricher.enrich(text, { kind: kinds[i] ?? 'post', official: official[i] === 1 }));
  });
  parentPort?.postMessage({ id, columns } satisfies PoolAnswer);
});

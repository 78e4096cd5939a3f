/** In: texts, from pool.ts. Out: their enrichments. Runs on a thread of its own, with a dictionary and models of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { createEnricher } from './enricher.ts';
import type { PoolAnswer, TextToEnrich } from './pool.ts';
import type { DictionaryEntry } from './segment.ts';

const enricher = createEnricher({ dictionary: (workerData as { dictionary: DictionaryEntry[] }).dictionary });

parentPort?.on('message', ({ id, texts }: { id: number; texts: TextToEnrich[] }) => {
  const answer: PoolAnswer = texts.map(({ text, ...options }) => {
    const { tokens: _, ...enrichment } = enricher.enrich(text, options);
    return enrichment;
  });
  parentPort?.postMessage({ id, answer });
});

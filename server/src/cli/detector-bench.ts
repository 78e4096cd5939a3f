/**
 * In: posts in the import format. Out: a product of its own in a directory for a while, with those posts in it, and the detectors that run on it.
 * Called by: `eval topics` and `bench detection`, so that both measure what production runs.
 */
import { Alerts } from '../alerts/alerts.ts';
import { ClaimDetector } from '../claims/detect.ts';
import type { Opened } from '../open.ts';
import { inPassingProduct } from '../passing-product.ts';
import { TopicDetector } from '../topics/detect.ts';

export interface Workshop {
  opened: Opened;
  topics: TopicDetector;
  claims: ClaimDetector;
}

/** @param server a PostgreSQL to do it on */
export function inWorkshop<T>(work: (workshop: Workshop) => Promise<T>, server?: string): Promise<T> {
  return inPassingProduct((opened) => {
    const { db, clock, live, engine } = opened.core;
    const enricher = opened.core.enricher();
    const alerts = new Alerts(db, clock, live);
    return work({
      opened,
      topics: new TopicDetector(db, clock, live, engine, alerts, enricher),
      claims: new ClaimDetector(db, clock, enricher, alerts),
    });
  }, server);
}

/** Reads the log to its end. @returns changes read and seconds taken */
export async function runToEnd(
  detector: { step(): Promise<number> },
  after: () => void = () => undefined,
): Promise<{ changes: number; seconds: number }> {
  const started = performance.now();
  let changes = 0;
  for (let n = await detector.step(); n > 0; n = await detector.step()) {
    changes += n;
    after();
  }
  return { changes, seconds: (performance.now() - started) / 1000 };
}

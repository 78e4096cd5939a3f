/**
 * In: posts in the import format. Out: a product of its own in a directory for a while, with those posts in it, and the detectors that run on it.
 * Called by: `eval topics` and `bench detection`, so that both measure what production runs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Alerts } from '../alerts/alerts.ts';
import { ClaimDetector } from '../claims/detect.ts';
import { open, type Opened } from '../open.ts';
import { readConfig } from '../platform/config.ts';
import { TopicDetector } from '../topics/detect.ts';

export interface Workshop {
  opened: Opened;
  topics: TopicDetector;
  claims: ClaimDetector;
}

/** The directory and all in it are gone afterwards. */
export async function inWorkshop<T>(work: (workshop: Workshop) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'minsheng-detection-'));
  const opened = await open({ ...readConfig({}), dataDir: join(dir, 'data'), demo: false, logLevel: 'silent' });
  try {
    const { db, clock, live, engine } = opened.core;
    const enricher = opened.core.enricher();
    const alerts = new Alerts(db, clock, live);
    return await work({
      opened,
      topics: new TopicDetector(db, clock, live, engine, alerts, enricher),
      claims: new ClaimDetector(db, clock, enricher, alerts),
    });
  } finally {
    await opened.close();
    rmSync(dir, { recursive: true, force: true });
  }
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

/**
 * In: a data directory. Out: its due sources, crawled until this process is killed. Called by: the soak, as a process of its own.
 */
import 'reflect-metadata';
import { open } from '../../open.ts';
import { readConfig } from '../../platform/config.ts';
import { Collector } from '../collector.ts';

const TICK_MS = 1000;

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('worker DATA_DIR');
const opened = await open({ ...readConfig({}), dataDir, demo: false, logLevel: 'error' });
const { db, pipeline, secrets, live, clock, log } = opened.core;
// As in production, only that a soak of minutes cannot wait half a minute after each fault, nor six hours for a person.
const collector = new Collector(db, pipeline, secrets, live, clock, log, {
  backoffMs: 500,
  lookAgainMs: { first: 1000, then: 4000 },
});
process.send?.({ ready: true });
// Whoever started this is gone: nobody would ever stop it.
process.on('disconnect', () => process.exit(1));
for (;;) {
  await collector.tick();
  process.send?.({ rss: process.memoryUsage.rss() });
  await new Promise((resolve) => setTimeout(resolve, TICK_MS));
}

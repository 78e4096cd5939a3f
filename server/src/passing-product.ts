/**
 * In: work to be done with a product. Out: what it brought; the product and its directory are gone afterwards. Called by: benches and `eval`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type Opened } from './open.ts';
import { readConfig } from './platform/config.ts';

/** Silent, embedded and empty, without the demo city. */
export async function inPassingProduct<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-passing-'));
  try {
    const opened = await open({ ...readConfig({}), dataDir, demo: false, logLevel: 'silent' });
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

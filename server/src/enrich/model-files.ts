/**
 * In: the name of a shipped file. Out: its path, the same from `src/` and from `dist/`. Called by: everything in enrich
 * that loads a dictionary, a table or weights.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, type LinearModel } from './linear-model.ts';

/** `server/models`, found from `server/src/enrich` and `server/dist/enrich` alike. */
const SHIPPED = join(import.meta.dirname, '..', '..', 'models');

/** Absolute path of a shipped model file. */
export function modelPath(name: string): string {
  return join(SHIPPED, name);
}

/** An office's own retrained copy in `directory` when there is one that can be read, the shipped file otherwise. */
export function preferredModel(name: string, directory?: string): LinearModel | undefined {
  if (directory !== undefined) {
    const own = join(directory, name);
    try {
      if (existsSync(own)) return loadModel(own);
    } catch {
      // Damaged, or taught by another release: the page of models says so, and the work goes on with the shipped one.
    }
  }
  const shipped = modelPath(name);
  return existsSync(shipped) ? loadModel(shipped) : undefined;
}

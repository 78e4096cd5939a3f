/**
 * In: the name of a shipped file. Out: its path, the same from `src/` and from `dist/`. Called by: everything in enrich
 * that loads a dictionary, a table or weights.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** `server/models`, found from `server/src/enrich` and `server/dist/enrich` alike. */
const SHIPPED = join(import.meta.dirname, '..', '..', 'models');

/** Absolute path of a shipped model file. */
export function modelPath(name: string): string {
  return join(SHIPPED, name);
}

/** Path of a model: the office's own retrained copy in `directory` when there is one, the shipped file otherwise. */
export function preferredModelPath(name: string, directory?: string): string {
  if (directory !== undefined) {
    const own = join(directory, name);
    if (existsSync(own)) return own;
  }
  return modelPath(name);
}

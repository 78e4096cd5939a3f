/** In: the package file. Out: the product's version. Used by: status pages, OpenAPI, the command line, the crawler's User-Agent. */
import { readFileSync } from 'node:fs';

const file = new URL('../../package.json', import.meta.url);

export const VERSION = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;

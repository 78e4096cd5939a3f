/** In: the configuration read at start. Out: the same, injectable. Used by: modules that Nest makes. */
import type { Config } from './config.ts';

export class ConfigHolder {
  constructor(readonly value: Config) {}
}

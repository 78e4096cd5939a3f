/**
 * In: a source's credentials, open or sealed. Out: the other; whatever passes here is never logged. Called by: whoever keeps or uses credentials.
 */
import { neverLog } from '../platform/redaction.ts';
import type { Secrets } from '../platform/secrets.ts';
import type { SourceEntity } from './source.entity.ts';

const PURPOSE = 'source-credentials';

/** @returns none for a source that needs none. */
export function openCredentials(
  secrets: Secrets,
  { credentials: sealed }: Pick<SourceEntity, 'credentials'>,
): Record<string, unknown> {
  if (sealed === null) return {};
  const credentials = JSON.parse(secrets.open(PURPOSE, sealed)) as Record<string, unknown>;
  neverLog(credentials);
  return credentials;
}

export function sealCredentials(secrets: Secrets, credentials: Record<string, unknown>): string | null {
  neverLog(credentials);
  return Object.keys(credentials).length === 0 ? null : secrets.seal(PURPOSE, JSON.stringify(credentials));
}

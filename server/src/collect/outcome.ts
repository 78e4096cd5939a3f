/**
 * In: whatever ended a run. Out: its kind, its words for 采集状态, and whether a retry can mend it. Called by: the collector and the pages.
 */
import { ConnectorError } from '@minsheng/crawlers';
import { storageError, UserError } from '../platform/errors.ts';

/** Errors that no retry mends: the source waits for a person, and is only looked at now and then. */
const NEEDS_PERSON = new Set(['blocked', 'login-needed', 'permission', 'config', 'gone', 'refused-address']);

export interface Told {
  kind: string;
  message: string;
  retryAfterSeconds?: number;
  unexpected?: true;
}

export function needsPerson(kind: string | null): boolean {
  return kind !== null && NEEDS_PERSON.has(kind);
}

/** Any failure of a run in the words of 采集状态. */
export function tell(error: unknown): Told {
  if (error instanceof ConnectorError) {
    const { retryAfterSeconds } = error.details;
    return {
      kind: error.kind,
      message: error.message,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    };
  }
  const known = storageError(error) ?? (error instanceof UserError ? error : null);
  if (known !== null)
    return { kind: known.code, message: [known.message, known.kept, known.todo].filter(Boolean).join('') };
  return {
    kind: 'our-bug',
    message: '程序处理这个源时出错，已保存到上一页，稍后自动重试。请把时间告诉系统维护方。',
    unexpected: true,
  };
}

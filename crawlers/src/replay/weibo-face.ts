/**
 * In: Weibo's Open Platform as the replay plays it. Out: the same as a face, with Weibo's own words for faults. Called by: `startReplay`.
 */
import { json, type Answer, type Face } from './exchange.ts';
import type { FaultKind } from './faults.ts';
import type { WeiboOpen } from './weibo-open.ts';

const REFUSALS: Partial<Record<FaultKind, readonly [code: number, error: string, status: number]>> = {
  'error-body-200': [10001, 'system error', 200],
  'token-expired': [21327, 'expired_token', 400],
  'quota-used': [10023, 'User requests out of rate limit!', 403],
  'no-permission': [10014, 'Insufficient app permissions!', 403],
};

export function weiboFace(weibo: WeiboOpen): Face {
  return {
    platform: 'weibo',
    owns: (path) => path.startsWith('/2/') || path.startsWith('/oauth2/'),
    answer: (x) => weibo.answer(x),
    sourceOf: (x) =>
      x.query.get('access_token') ?? /^OAuth2\s+(\S+)$/.exec(x.headers['authorization'] ?? '')?.[1] ?? '',
    refusal(fault, x): Answer | undefined {
      const known = REFUSALS[fault];
      return known && json({ error: known[1], error_code: known[0], request: x.path }, known[2]);
    },
  };
}

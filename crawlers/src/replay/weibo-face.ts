/**
 * In: Weibo's Open Platform and its web pages as the replay plays them. Out: the same as faces, with Weibo's own words for faults. Called by: `startReplay`.
 */
import { json, type Answer, type Face } from './exchange.ts';
import type { FaultKind } from './faults.ts';
import type { WeiboOpen } from './weibo-open.ts';
import { isWeiboWeb, type WeiboWeb } from './weibo-web.ts';

const REFUSALS: Partial<Record<FaultKind, readonly [code: number, error: string, status: number]>> = {
  'error-body-200': [10001, 'system error', 200],
  'token-expired': [21327, 'expired_token', 400],
  'quota-used': [10023, 'User requests out of rate limit!', 403],
  'no-permission': [10014, 'Insufficient app permissions!', 403],
};

export function weiboFace(weibo: WeiboOpen): Face {
  return {
    platform: 'weibo',
    owns: ({ path }) => path.startsWith('/2/') || path.startsWith('/oauth2/'),
    answer: (x) => weibo.answer(x),
    sourceOf: (x) =>
      x.query.get('access_token') ?? /^OAuth2\s+(\S+)$/.exec(x.headers['authorization'] ?? '')?.[1] ?? '',
    refusal(fault, x): Answer | undefined {
      const known = REFUSALS[fault];
      return known && json({ error: known[1], error_code: known[0], request: x.path }, known[2]);
    },
  };
}

const SUB = /\bSUB=([^;]+)/;
const WEB_REFUSALS: Partial<Record<FaultKind, object>> = {
  'error-body-200': { ok: 0, errno: '100003', msg: '请求过于频繁' },
  'quota-used': { ok: 0, msg: '请求过于频繁，歇歇吧' },
  'token-expired': { ok: -100, url: 'https://passport.weibo.com/sso/signin' },
  captcha: { ok: 0, url: 'https://m.weibo.cn/c/captcha/verify' },
};

export function weiboWebFace(web: WeiboWeb): Face {
  return {
    platform: 'weibo',
    owns: ({ path, headers }) => isWeiboWeb(path) || (path === '/' && SUB.test(headers['cookie'] ?? '')),
    answer: (x) => web.answer(x),
    sourceOf: (x) => SUB.exec(x.headers['cookie'] ?? '')?.[1] ?? '',
    refusal(fault): Answer | undefined {
      const body = WEB_REFUSALS[fault];
      return body && json(body);
    },
  };
}

/**
 * In: a fault and the request that meets it. Out: the answer that takes the real one's place, or the real one spoiled on the wire.
 * Called by: `startReplay`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { htmlPage, type Answer, type Exchange, type Face } from './exchange.ts';
import type { FaultKind, FaultPlan } from './faults.ts';

const GZIP_ABOVE_BYTES = 1400;

const page = (title: string, body: string) =>
  `<!DOCTYPE html><html><head><meta charset="utf-8"><title>${title}</title></head><body>${body}</body></html>`;
const LOGIN_PAGE = page(
  '登录',
  '<form action="/signin"><input name="username"><input type="password" name="password"><button>登录</button></form>',
);

/** The answer in place of the real one; undefined when the real one is only spoiled, or not touched. */
export function replacement(
  fault: FaultKind,
  x: Exchange,
  face: Face | undefined,
  plan: FaultPlan,
): Answer | undefined {
  const own = face?.refusal(fault, x);
  if (own !== undefined) return own;
  switch (fault) {
    case 'error-body-200':
      return htmlPage(page('系统维护', '<p>系统正在维护，请稍后再试。</p>'));
    case 'login-page':
      return htmlPage(LOGIN_PAGE);
    case 'empty-body':
      return { status: 200, type: 'application/json; charset=utf-8', body: '' };
    case 'too-many':
    case 'quota-used':
      return htmlPage(page('Too Many Requests', ''), 429, { 'Retry-After': String(plan.retryAfterSeconds) });
    case 'bad-gateway':
      return htmlPage(page('502 Bad Gateway', '<center><h1>502 Bad Gateway</h1></center>'), 502);
    case 'blocked':
      return htmlPage('', 432);
    case 'captcha':
      return htmlPage('', 302, { Location: `${x.base}/captcha/verify?from=${encodeURIComponent(x.path)}` });
    case 'login-redirect':
      return htmlPage('', 302, { Location: 'https://passport.invalid/sso/signin' });
    case 'no-permission':
      return htmlPage(page('403 Forbidden', '<h1>403</h1>'), 403);
    case 'gone':
      return htmlPage(page('410 Gone', '<h1>410</h1>'), 410);
    default:
      return undefined;
  }
}

/** Sends an answer, as the fault wants it. */
export async function send(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  fault: FaultKind | undefined,
  now: number,
  plan: FaultPlan,
): Promise<void> {
  if (fault === 'connection-reset') {
    request.socket.destroy();
    return;
  }
  const whole = typeof answer.body === 'string' ? Buffer.from(answer.body, 'utf8') : answer.body;
  const plain = fault === 'garbled-body' ? whole.subarray(0, Math.floor(whole.length * 0.6)) : whole;
  const zip =
    fault === 'truncated-gzip' ||
    (plain.length > GZIP_ABOVE_BYTES && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')));
  const payload = zip ? gzipSync(plain, { level: 1 }) : plain;
  response.writeHead(answer.status, {
    'Content-Type': answer.type,
    Date: new Date(now).toUTCString(),
    ...(zip ? { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' } : {}),
    ...(answer.status === 304 || fault === 'truncated-gzip' ? {} : { 'Content-Length': String(payload.length) }),
    ...answer.headers,
  });
  if (request.method === 'HEAD' || answer.status === 304) {
    response.end();
  } else if (fault === 'truncated-gzip') {
    response.end(payload.subarray(0, Math.max(10, Math.floor(payload.length / 2))));
  } else if (fault === 'half-body') {
    response.write(payload.subarray(0, Math.ceil(payload.length / 2)), () => request.socket.destroy());
  } else if (fault === 'slow-body') {
    const steps = 10;
    const size = Math.max(1, Math.ceil(payload.length / steps));
    for (let from = 0; from < payload.length && !response.destroyed; from += size) {
      response.write(payload.subarray(from, from + size));
      await new Promise((resolve) => setTimeout(resolve, plan.slowBodyMs / steps));
    }
    response.end();
  } else {
    response.end(payload);
  }
}

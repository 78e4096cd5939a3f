/**
 * In: what ended an attempt to answer a citizen. Out: whether it is certain that nothing was published, so that trying again cannot
 * double it. Called by: connectors' `reply`, and the server, which lets nobody repeat what is not certain.
 */
import { ConnectorError } from './errors.ts';

/** No connection was made. */
const NO_CONNECTION = new Set(['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT']);
/** Refusals because of a used-up limit: Weibo, WeChat, Douyin. Other "busy" answers may come from behind the point of no return. */
const OVER_LIMIT = new Set(['10022', '10023', '10024', '20016', '45009', '45011', '2190016']);
/** The platform refuses this attempt because an answer like it is there, or may be: Weibo 20017 and 20019, WeChat 88005. */
const ANSWER_THERE = new Set(['20017', '20019', '88005']);

export function certainlyNotSent(error: unknown): boolean {
  if (!(error instanceof ConnectorError)) return false;
  const { code, status } = error.details;
  if (ANSWER_THERE.has(String(code))) return false;
  switch (error.kind) {
    case 'config':
    case 'permission':
    case 'gone':
    case 'blocked':
    case 'refused-address':
      return true;
    case 'login-needed':
      // With a code the platform itself refused the token; without one a page came where an answer should be.
      return Number.isInteger(Number(code ?? 'none'));
    case 'retry-after':
      return code === undefined ? status === undefined || status === 429 : OVER_LIMIT.has(String(code));
    case 'unreachable':
      return NO_CONNECTION.has(String(code));
    default:
      return false;
  }
}

/**
 * In: a body that should be JSON. Out: its value, with integers beyond 2^53 as strings. Called by: the HTTP client's answers.
 */
import { LayoutChanged, LoginNeeded } from '../errors.ts';

/**
 * 19-digit ids survive as strings; every other number is a number.
 * @throws LoginNeeded for an empty body or a web page, which is how platforms answer when a session has ended; LayoutChanged for broken JSON.
 */
export function readJson(text: string): unknown {
  const body = text.replace(/^\ufeff/u, '').trim();
  if (body === '') throw new LoginNeeded('对方返回了空白内容，通常表示登录已失效或访问受限。请重新授权。');
  if (body.startsWith('<')) throw new LoginNeeded('对方返回的是网页而不是数据，通常是登录页或验证页。请重新授权。');
  try {
    return /[0-9]{16}/u.test(body) ? JSON.parse(body, keepLongIntegers) : JSON.parse(body);
  } catch (cause) {
    throw new LayoutChanged('对方返回的数据格式无法识别，这一页没有读取。可能是接口有变，请联系系统维护方。', {
      code: cause instanceof Error ? cause.name : 'parse',
    });
  }
}

function keepLongIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?[0-9]{16,}$/u.test(source) ? source : value;
}

/**
 * In: sizes and audit actions. Out: the words that the system pages show. Called by: system pages.
 */
import { type ErrorCode, type Route, routes } from '@minsheng/contracts';

/** `1.2 GB`; binary steps, one decimal. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toFixed(1))} ${units[unit] ?? ''}`;
}

const REFUSALS: Partial<Record<ErrorCode, string>> = {
  'wrong-credentials': '账号或口令不正确',
  'locked-out': '账号已锁定',
  'login-required': '没有登录',
  'password-change-required': '须先修改口令',
  forbidden: '角色不允许',
  csrf: '缺少页面校验码',
  conflict: '与现有情况冲突',
  'invalid-input': '填写有误',
  'not-found': '对象不存在',
};
/** Why a step was refused; the record keeps the code. */
export const refusalText = (detail: string | null): string =>
  detail === null ? '' : (REFUSALS[detail as ErrorCode] ?? detail);

const NAMES = new Map([
  ...Object.values(routes)
    .flatMap((group) => Object.values(group) as Route[])
    .flatMap((route) => (route.audit ? [[route.audit, route.summary] as const] : [])),
  ['inbox.delivered', '官方账号发送答复的结果'] as const,
]);
/** Audit actions are named by the routes that record them, the outcome of a sending by itself; an unknown one is shown as it is. */
export const auditName = (action: string): string => NAMES.get(action) ?? action;
export const auditActions: readonly (readonly [string, string])[] = [...NAMES];

/**
 * In: something that a person must be told. Out: an error that says what happened, what was kept and what to do (zh-CN).
 * Thrown by: any module. Turned into an answer by: http/error.filter.ts, and into a line by the command line.
 */
import type { ErrorCode } from '@minsheng/contracts';

export class UserError extends Error {
  readonly code: ErrorCode;
  readonly kept: string | undefined;
  readonly todo: string | undefined;
  readonly fields: Record<string, string> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { kept?: string; todo?: string; fields?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'UserError';
    this.code = code;
    this.kept = more.kept;
    this.todo = more.todo;
    this.fields = more.fields;
  }
}

export function notFound(what: string): UserError {
  return new UserError('not-found', `没有找到这${what}，它可能已被删除或合并。`, { todo: '请返回列表重新打开。' });
}

export function conflict(message: string, todo = '请刷新页面后再试。'): UserError {
  return new UserError('conflict', message, { todo });
}

/** Storage failures in the user's words; null when it is something else. */
export function storageError(error: unknown): UserError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const inner = error instanceof Error && 'driverError' in error ? error.driverError : undefined;
  if (inner !== undefined && inner !== error) return storageError(inner);
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return new UserError('storage-full', '磁盘已满，这一步没有写入。', {
      kept: '此前已提交的数据完整保留。',
      todo: '请清理磁盘或扩容后重试；采集会自动从断点继续。',
      cause: error,
    });
  }
  if (code === '53100') {
    return new UserError('storage-full', '数据库服务器的磁盘已满，这一步没有写入。', {
      kept: '此前已提交的数据完整保留。',
      todo: '请联系数据库管理员清理或扩容；采集会自动从断点继续。',
      cause: error,
    });
  }
  if (/^(?:57P0[123]|08\w{3}|53300|ECONNREFUSED|ECONNRESET)$/u.test(code) || lostConnection(error)) {
    return new UserError('unavailable', '暂时无法连接数据库，这一步没有完成。', {
      kept: '此前已提交的数据完整保留。',
      todo: '数据库恢复后会自动重新连接，请稍后重试；如持续出现，请联系数据库管理员。',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new UserError('storage-busy', '数据库正被另一个进程占用，这一步没有写入。', {
      kept: '此前已提交的数据完整保留。',
      todo: '请确认没有重复启动本程序，稍后重试。',
      cause: error,
    });
  }
  return null;
}

function lostConnection(error: unknown): boolean {
  return error instanceof Error && /^Connection terminated/u.test(error.message);
}

/** A file that a person named on the command line and that cannot be read; null when it is something else. */
export function fileError(error: unknown): UserError | null {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return null;
  const said = { ENOENT: '没有找到文件', EACCES: '没有权限读取文件', EISDIR: '这是一个目录，不是文件：' }[
    String(error.code)
  ];
  if (said === undefined) return null;
  return new UserError('not-found', `${said} ${String(error.path)}。`, {
    kept: '没有写入任何内容。',
    todo: '请核对路径。',
    cause: error,
  });
}

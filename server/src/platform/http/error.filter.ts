/**
 * In: anything thrown while answering. Out: one ErrorBody with a correlation id; unexpected errors are logged with it and told without details.
 * Called by: Nest, for every failed request.
 */
import type { ErrorBody, ErrorCode } from '@minsheng/contracts';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { AuthorizedRequest } from '../auth/caller.ts';
import { storageError, UserError } from '../errors.ts';
import { Log } from '../logging.ts';

const STATUS: Record<ErrorCode, number> = {
  'invalid-input': 400,
  'wrong-credentials': 401,
  'login-required': 401,
  'password-change-required': 403,
  forbidden: 403,
  csrf: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'locked-out': 423,
  'too-many-requests': 429,
  internal: 500,
  unavailable: 503,
  'storage-busy': 503,
  'storage-full': 507,
};

@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<AuthorizedRequest>();
    const reply = http.getResponse<FastifyReply>();
    const correlationId = request.correlationId ?? request.id;
    const known = error instanceof UserError ? error : (storageError(error) ?? fromHttp(error, request.url));
    if (known === null) this.log.error({ err: error, correlationId, url: request.url.split('?')[0] }, 'request failed');
    const told =
      known ??
      new UserError('internal', '程序出错，这一步没有完成。', {
        kept: '此前的数据没有受影响。',
        todo: '请稍后重试；如仍出现，请把下面的编号告诉系统管理员。',
      });
    const body: ErrorBody = {
      code: told.code,
      message: told.message,
      ...(told.kept === undefined ? {} : { kept: told.kept }),
      ...(told.todo === undefined ? {} : { todo: told.todo }),
      ...(told.fields === undefined ? {} : { fields: told.fields }),
      correlationId,
    };
    if (reply.raw.headersSent) return;
    void reply
      .status(STATUS[told.code])
      .header('content-type', 'application/json; charset=utf-8')
      .send(JSON.stringify(body));
  }
}

function fromHttp(error: unknown, url: string): UserError | null {
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  if (status === 404)
    return new UserError('not-found', `没有这个地址：${url.split('?')[0]}`, { todo: '请从导航重新进入。' });
  if (status === 403) return new UserError('forbidden', '不允许访问这个地址。', { todo: '请从导航重新进入。' });
  if (status === 413) return new UserError('too-large', '提交的内容过大，没有保存。', { todo: '请减少内容后重试。' });
  if (status === 400 || status === 415)
    return new UserError('invalid-input', '提交的内容无法识别，没有保存。', { todo: '请检查格式（应为 JSON）。' });
  return null;
}

function statusOf(error: unknown): number | undefined {
  return typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}

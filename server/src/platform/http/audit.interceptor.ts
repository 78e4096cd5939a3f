/**
 * In: a handled request. Out: an audit entry where the route names an action, and the answer held to its schema, so that nothing the
 * contract does not name can leave the server. Called by: Nest, for every route.
 */
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { catchError, from, map, mergeMap, throwError, type Observable } from 'rxjs';
import { Audit } from '../audit/audit.service.ts';
import type { AuthorizedRequest } from '../auth/caller.ts';
import { UserError } from '../errors.ts';
import { routeOf } from './endpoint.ts';

@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(private readonly audit: Audit) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const route = routeOf(context);
    if (route === undefined) return next.handle();
    const answer = next.handle().pipe(map((value) => route.response.parse(value)));
    if (route.audit === undefined) return answer;

    const request = context.switchToHttp().getRequest<AuthorizedRequest>();
    const action = route.audit;
    const params = request.params as Record<string, string>;
    const record = (outcome: 'ok' | 'refused' | 'failed', detail: string | null) =>
      this.audit.record({
        userId: request.caller?.userId ?? null,
        username: request.caller?.username ?? nameGiven(request.body),
        action,
        // What the address names: of a part of something, e.g. `12/pushToken`, both.
        target: Object.values(params).join('/') || null,
        outcome,
        detail,
        correlationId: request.correlationId ?? request.id,
      });
    return answer.pipe(
      mergeMap((value) => from(record('ok', null)).pipe(map(() => value))),
      catchError((error: unknown) => {
        const refused = error instanceof UserError;
        return from(record(refused ? 'refused' : 'failed', refused ? error.code : null)).pipe(
          mergeMap(() => throwError(() => error)),
        );
      }),
    );
  }
}

/** A failed login has no caller; the name that was tried is what the auditor needs. */
function nameGiven(body: unknown): string {
  const name = typeof body === 'object' && body !== null && 'username' in body ? body.username : undefined;
  return typeof name === 'string' ? name.slice(0, 64) : '未登录';
}

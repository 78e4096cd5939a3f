/**
 * In: every request. Out: let through with its caller, or refused. A handler without a route of the contract is refused: deny by default.
 * Called by: Nest, for every route.
 */
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AuthService } from '../auth/auth.service.ts';
import { SESSION_COOKIE } from '../auth/auth.controller.ts';
import type { AuthorizedRequest } from '../auth/caller.ts';
import { UserError } from '../errors.ts';
import { Settings } from '../settings/settings.ts';
import { routeOf } from './endpoint.ts';

/** What a person with a one-time password may still do before changing it. */
const BEFORE_CHANGE = new Set(['/auth/session', '/auth/password', '/auth/logout']);

@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly auth: AuthService,
    private readonly settings: Settings,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = routeOf(context);
    const request = context.switchToHttp().getRequest<AuthorizedRequest>();
    if (route === undefined) return false;
    if (route.access === 'public') return true;

    const token = request.cookies[SESSION_COOKIE];
    const known = token === undefined ? null : await this.auth.callerOf(token);
    if (known === null)
      throw new UserError('login-required', '请先登录。', { todo: '登录已过期或尚未登录，请登录后继续。' });
    request.caller = known.caller;

    if (route.method !== 'GET') {
      const sent = request.headers['x-csrf-token'];
      if (typeof sent !== 'string' || !this.auth.sameToken(sent, known.csrfToken)) {
        throw new UserError('csrf', '请求缺少页面校验码，没有执行。', { todo: '请刷新页面后重试。' });
      }
    }
    if (known.mustChange && !BEFORE_CHANGE.has(route.path) && !(await this.settings.demo())) {
      throw new UserError('password-change-required', '请先修改一次性口令。', { todo: '修改后即可继续使用。' });
    }
    const { access } = route;
    if (access !== 'signed-in' && !known.caller.roles.some((role) => access.includes(role))) {
      throw new UserError('forbidden', '您的角色不能使用这项功能。', {
        todo: '如确有需要，请联系安全管理员调整角色。',
      });
    }
    return true;
  }
}

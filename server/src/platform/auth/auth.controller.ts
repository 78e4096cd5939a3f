/**
 * In: sign-in forms. Out: the session cookie and who one is. Called by: the web's login page and user menu.
 */
import '@fastify/cookie';
import { routes, type PublicStatus, type RouteInput, type Session } from '@minsheng/contracts';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Clock, toInstant } from '../clock.ts';
import { CallerParam, Endpoint, Input } from '../http/endpoint.ts';
import { Settings } from '../settings/settings.ts';
import { VERSION } from '../version.ts';
import { AuthService } from './auth.service.ts';
import type { Caller } from './caller.ts';

export const SESSION_COOKIE = 'minsheng_session';

@Controller()
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  @Endpoint(routes.auth.status)
  async status(): Promise<PublicStatus> {
    const office = await this.settings.office();
    return {
      product: '民声',
      version: VERSION,
      demo: await this.settings.demo(),
      office: office.office,
      now: toInstant(this.clock.now()),
    };
  }

  @Endpoint(routes.auth.login)
  async login(
    @Input() input: RouteInput<typeof routes.auth.login>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    const { token, session } = await this.auth.login(input.body.username, input.body.password);
    void reply.setCookie(SESSION_COOKIE, token, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: reply.request.protocol === 'https',
    });
    return session;
  }

  @Endpoint(routes.auth.session)
  session(@CallerParam() caller: Caller): Promise<Session> {
    return this.auth.session(caller);
  }

  @Endpoint(routes.auth.logout)
  async logout(@CallerParam() caller: Caller, @Res({ passthrough: true }) reply: FastifyReply): Promise<{ ok: true }> {
    await this.auth.logout(caller);
    void reply.clearCookie(SESSION_COOKIE, { path: '/' });
    return { ok: true };
  }

  @Endpoint(routes.auth.password)
  async password(
    @Input() input: RouteInput<typeof routes.auth.password>,
    @CallerParam() caller: Caller,
  ): Promise<{ ok: true }> {
    await this.auth.changePassword(caller, input.body.current, input.body.next);
    return { ok: true };
  }
}

/**
 * In: an open dashboard. Out: a stream of the hints its reader may hear (server-sent events), with a heartbeat. Called by: the web's `useLive`.
 * A stream outlives what let it in, so with every heartbeat its session and roles are looked at anew.
 */
import { LiveEvent, mayHear, type Role } from '@minsheng/contracts';
import { Controller, Get, Req, Res, SetMetadata } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AuthService } from '../auth/auth.service.ts';
import type { AuthorizedRequest } from '../auth/caller.ts';
import { ROUTE } from '../http/endpoint.ts';
import { Live } from './live.ts';

const HEARTBEAT_MS = 20_000;

const stream = {
  method: 'GET',
  path: '/events',
  summary: '实时提示',
  tag: '登录',
  access: 'signed-in',
  response: z.unknown(),
};

@Controller()
export class LiveController {
  constructor(
    private readonly live: Live,
    private readonly auth: AuthService,
  ) {}

  @SetMetadata(ROUTE, stream)
  @Get('/api/events')
  events(@Req() request: AuthorizedRequest, @Res() reply: FastifyReply): void {
    const { caller } = request;
    if (caller === undefined) return;
    let roles: readonly Role[] = caller.roles;
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    });
    raw.write('retry: 3000\n\n');
    const subscription = this.live.events.subscribe((event) => {
      const hint = LiveEvent.parse(event);
      if (mayHear(hint, roles)) raw.write(`data: ${JSON.stringify(hint)}\n\n`);
    });
    const heartbeat = setInterval(() => {
      this.auth.rolesIn(caller.sessionId).then(
        (now) => {
          if (now === null) return stop();
          roles = now;
          raw.write(': alive\n\n');
        },
        // The database does not answer: who listens now is not known, and the browser asks again.
        () => stop(),
      );
    }, HEARTBEAT_MS);
    const stop = () => {
      clearInterval(heartbeat);
      subscription.unsubscribe();
      raw.end();
    };
    const forget = this.live.onClose(stop);
    request.raw.on('close', () => {
      forget();
      stop();
    });
  }
}

/**
 * In: an open dashboard. Out: a stream of hints (server-sent events), with a heartbeat. Called by: the web's `useLive`.
 */
import { LiveEvent } from '@minsheng/contracts';
import { Controller, Get, Req, Res, SetMetadata } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
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
  constructor(private readonly live: Live) {}

  @SetMetadata(ROUTE, stream)
  @Get('/api/events')
  events(@Req() request: AuthorizedRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    });
    raw.write('retry: 3000\n\n');
    const subscription = this.live.events.subscribe((event) =>
      raw.write(`data: ${JSON.stringify(LiveEvent.parse(event))}\n\n`),
    );
    const heartbeat = setInterval(() => raw.write(': alive\n\n'), HEARTBEAT_MS);
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

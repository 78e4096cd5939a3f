/**
 * In: an opened product. Out: the dashboard, its API and the scheduler, until a signal comes. Called by: the `serve` verb, tests.
 */
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppModule } from './app.module.ts';
import { ClaimDetector } from './claims/detect.ts';
import { IMPORT_MAX_BYTES } from './intake/table.ts';
import { TopicDetector } from './topics/detect.ts';
import type { Opened } from './open.ts';
import './platform/chinese.ts';
import { openApi } from './platform/http/openapi.ts';
import { UserError } from './platform/errors.ts';
import { watch } from './platform/health/health.ts';
import { correlated } from './platform/logging.ts';

const WEB = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** What other systems and platforms push besides JSON; their doors read the bytes themselves. */
const PUSHED_TYPES = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'text/xml',
  'application/xml',
  'text/plain',
];

export interface Served {
  url: string;
  app: NestFastifyApplication;
  close(): Promise<void>;
}

export async function serve(opened: Opened, options: { scheduled: boolean }): Promise<Served> {
  const { config } = opened.core;
  const adapter = new FastifyAdapter({ genReqId: requestId, bodyLimit: 10 * 1024 * 1024, trustProxy: true });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(opened.core, options.scheduled),
    adapter,
    { logger: ['error', 'fatal'], rawBody: true },
  );
  for (const type of PUSHED_TYPES) app.useBodyParser(type, { bodyLimit: 10 * 1024 * 1024 });
  app.useBodyParser('application/octet-stream', { bodyLimit: IMPORT_MAX_BYTES });
  const fastify = adapter.getInstance();
  await fastify.register(cookie);
  await fastify.register(compress, { threshold: 1024, encodings: ['br', 'gzip'] });
  await fastify.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        upgradeInsecureRequests: null,
      },
    },
    hsts: false,
  });
  fastify.addHook('onSend', async (request, reply) => {
    reply.header('x-correlation-id', request.id);
    if (request.url.startsWith('/api/') && !request.url.startsWith('/api/docs'))
      reply.header('cache-control', 'no-store');
  });
  opened.core.demo.onLeft = () => {
    app.get(TopicDetector).forget();
    app.get(ClaimDetector).forget();
    opened.core.pipeline.forget();
  };
  const log = opened.core.log;
  fastify.addHook('onRequest', (request, _reply, done) => correlated(request.id, done));
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const line = { method, route: routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
    if (reply.statusCode >= 500) log.warn(line, 'request');
    else log.debug(line, 'request');
    done();
  });
  let stopping = false;
  const { db, engine } = opened.core;
  watch(fastify, { db, searchLag: () => engine.lag(), metricsToken: config.metricsToken, stopping: () => stopping });
  openApi(app);
  if (existsSync(WEB)) {
    await fastify.register(fastifyStatic, {
      root: WEB,
      wildcard: false,
      setHeaders: (reply, path) => {
        reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
    // Every page of the dashboard is an address of its own.
    fastify.get('/*', (request, reply) => {
      if (request.url.startsWith('/api/')) return reply.callNotFound();
      return reply.sendFile('index.html');
    });
  }
  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    await app.close();
    throw portError(error, config.host, config.port);
  }
  const close = () => {
    stopping = true;
    return app.close();
  };
  return { url: await app.getUrl(), app, close };
}

/** A proxy's number for the request is kept, so that its log and ours can be read together. */
function requestId(request: { headers: Record<string, string | string[] | undefined> }): string {
  const given = request.headers['x-correlation-id'] ?? request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{8,64}$/u.test(given) ? given : randomUUID();
}

function portError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new UserError('unavailable', `端口 ${port} 已被别的程序占用，没有启动。`, {
      kept: '数据没有改动。',
      todo: `请换一个端口，例如 PORT=${port + 1} npm start。`,
    });
  if (code === 'EACCES')
    return new UserError('unavailable', `没有权限使用端口 ${port}。`, {
      todo: '请换用 1024 以上的端口，例如 PORT=3000 npm start。',
    });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new UserError('unavailable', `本机没有地址 ${host}，没有启动。`, {
      todo: '请检查 HOST，只在本机使用时填 127.0.0.1。',
    });
  return error;
}

/**
 * In: probes of whatever runs this process, and of what watches it. Out: `/health/live`, `/health/ready`, `/metrics` (Prometheus). Called by: serve.ts.
 *
 * Live: the process answers. Ready: it may be sent requests; not while it stops or cannot reach the records. Metrics hold counts of the office's
 * business, so they are for this machine alone (a request that no proxy has passed on), or for whoever has METRICS_TOKEN.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { timingSafeEqual, createHash } from 'node:crypto';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '../database/database.ts';

const PATIENCE_MS = 2000;

export interface Watched {
  db: Database;
  /** How far the search index is behind the records. */
  searchLag: () => Promise<{ behind: number; since: number | null }>;
  metricsToken: string | undefined;
  stopping: () => boolean;
}

export function watch(fastify: FastifyInstance, watched: Watched): void {
  const registry = measure(fastify, watched);
  fastify.get('/health/live', (_request, reply) => reply.send({ live: true }));
  fastify.get('/health/ready', async (_request, reply) => {
    const database = await reaches(watched.db);
    const ready = database && !watched.stopping();
    return reply
      .status(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, database: database ? 'ok' : 'unreachable', stopping: watched.stopping() });
  });
  fastify.get('/metrics', async (request, reply) => {
    if (!allowed(request, watched.metricsToken)) {
      return reply
        .status(403)
        .send({ message: '指标只对本机开放；从别处读取请设置 METRICS_TOKEN 并以 Bearer 方式提供。' });
    }
    return reply.header('content-type', registry.contentType).send(await registry.metrics());
  });
}

async function reaches(db: Database): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE_MS);
  });
  const asked = db.one('SELECT 1 AS one FROM settings LIMIT 1').then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

function allowed(request: FastifyRequest, token: string | undefined): boolean {
  if (token !== undefined) {
    const given = request.headers.authorization?.replace(/^Bearer /u, '') ?? '';
    const digest = (text: string) => createHash('sha256').update(text).digest();
    if (timingSafeEqual(digest(given), digest(token))) return true;
  }
  // What a proxy on this machine passes on comes from loopback as well, but says from whom.
  const passedOn = request.headers['x-forwarded-for'] ?? request.headers['forwarded'];
  return passedOn === undefined && LOOPBACK.has(request.socket.remoteAddress ?? '');
}

function measure(fastify: FastifyInstance, { db, searchLag }: Watched): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: 'minsheng_http_request_duration_seconds',
    help: 'How long requests took, by route.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    // The route as declared, never the address: addresses hold what people searched for.
    const route = request.routeOptions.url ?? 'none';
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
  const office = (name: string, help: string, label: string | null, sql: string) =>
    new Gauge({
      name: `minsheng_${name}`,
      help,
      labelNames: label === null ? [] : [label],
      registers,
      async collect() {
        this.reset();
        for (const { name: value, n } of await db.all<{ name: string | null; n: number }>(sql)) {
          if (label === null) this.set(Number(n));
          else this.set({ [label]: String(value) }, Number(n));
        }
      },
    });
  office('posts', 'Posts stored.', null, 'SELECT NULL AS name, coalesce(sum(posts), 0) AS n FROM rollup_days');
  office(
    'sources',
    'Sources by state.',
    'state',
    `SELECT CASE WHEN paused = 1 THEN 'paused' WHEN failures > 0 THEN 'failing' ELSE 'ok' END AS name, count(*) AS n FROM sources
     GROUP BY CASE WHEN paused = 1 THEN 'paused' WHEN failures > 0 THEN 'failing' ELSE 'ok' END`,
  );
  office(
    'sources_running',
    'Sources that some process holds a lease of.',
    null,
    'SELECT NULL AS name, count(*) AS n FROM sources WHERE lease_owner IS NOT NULL',
  );
  office(
    'log_behind',
    'Changes of posts that a reader has not read yet.',
    'reader',
    'SELECT name, (SELECT coalesce(max(seq), 0) FROM post_changes) - seq AS n FROM post_consumers',
  );
  office(
    'cases',
    'Messages of citizens by state.',
    'state',
    'SELECT state AS name, count(*) AS n FROM inbox_cases GROUP BY state',
  );
  office(
    'alerts_open',
    'Alerts that nobody has acknowledged.',
    null,
    `SELECT NULL AS name, count(*) AS n FROM alerts WHERE state = 'open'`,
  );
  const search = (name: string, help: string, of: (lag: Awaited<ReturnType<typeof searchLag>>) => number) =>
    new Gauge({
      name: `minsheng_search_${name}`,
      help,
      registers,
      async collect() {
        this.set(of(await searchLag()));
      },
    });
  search('behind', 'Changes of posts that are stored and not yet found.', ({ behind }) => behind);
  search('behind_seconds', 'How long the oldest of them has waited; 0 when none does.', ({ since }) =>
    since === null ? 0 : Math.max(0, (Date.now() - since) / 1000),
  );
  return registry;
}

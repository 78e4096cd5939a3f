/**
 * In: node requests of the dev server under `--mode fake`. Out: answers of the in-memory API. Called by: vite.config.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer } from './fake-api.ts';
import './fake-city.ts';
import './fake-desks.ts';

async function bodyOf(req: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of req) text += String(chunk);
  return text ? JSON.parse(text) : undefined;
}

export async function handleNode(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://fake');
  if (url.pathname === '/api/events') {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    res.write(': hello\n\n');
    return;
  }
  const cookie = /fake-user=([a-z]*)/.exec(req.headers.cookie ?? '')?.[1] ?? '';
  const result = answer(req.method ?? 'GET', url, await bodyOf(req), cookie);
  res.writeHead(result.status, {
    'content-type': 'application/json; charset=utf-8',
    ...(result.user === undefined ? {} : { 'set-cookie': `fake-user=${result.user}; Path=/` }),
  });
  res.end(JSON.stringify(result.body));
}

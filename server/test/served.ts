/**
 * In: nothing. Out: the whole product behind a real port, with its administrator signed in. Used by: tests of what comes in by HTTP.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { open } from '../src/open.ts';
import { AuthService } from '../src/platform/auth/auth.service.ts';
import type { Config } from '../src/platform/config.ts';
import { serve } from '../src/serve.ts';
import { testConfig, testDatabaseUrl } from './database.ts';

export type Answer<Field = unknown> = { status: number; body: Record<string, Field> };

/** @param given what differs from a silent office on the database at hand; the whole configuration of an office that was closed opens it again. */
export async function startServed(given: Partial<Config> = {}) {
  const dataDir = given.dataDir ?? mkdtempSync(join(tmpdir(), 'minsheng-served-'));
  const databaseUrl = 'databaseUrl' in given ? given.databaseUrl : await testDatabaseUrl();
  const config = { ...testConfig(dataDir, databaseUrl), ...given };
  const { opened, served, users, close } = await openServed(config, false);
  onTestFinished(async () => {
    await close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const browser = browserOf(served.url, users);
  const { login } = browser;
  // An office that was opened before has its passwords; nobody is signed in.
  if (users.length > 0) await login('admin');
  const push = async (id: string, key: string, body: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const answer = await fetch(`${served.url}/api/push/${id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body,
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const upload = async (id: string, name: string, bytes: Buffer): Promise<Answer> => {
    const { cookie, csrf } = browser.session();
    const answer = await fetch(`${served.url}/api/sources/${id}/imports?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { cookie, 'x-csrf-token': csrf, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(bytes),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return { config, close, opened, served, ...browser, push, upload };
}

/** The product on its port, with the users of a first start; closing twice is closing once. @param scheduled whether it works by itself */
export async function openServed(config: Config, scheduled: boolean) {
  const opened = await open(config);
  const served = await serve(opened, { scheduled });
  const users = await served.app.get(AuthService).bootstrap();
  let closed: Promise<void> | undefined;
  return { opened, served, users, close: () => (closed ??= served.close().then(() => opened.close())) };
}

/** What a browser keeps of one session, and the requests it makes with it. */
export function browserOf<Field = unknown>(
  url: string,
  users: readonly { username: string; oneTimePassword: string }[],
) {
  let cookie = '';
  let csrf = '';
  const passwords = new Map<string, string>();
  const call = async (method: string, path: string, body?: unknown): Promise<Answer<Field>> => {
    const answer = await fetch(`${url}/api${path}`, {
      method,
      headers: { cookie, 'x-csrf-token': csrf, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const set = answer.headers.get('set-cookie');
    if (set !== null) cookie = set.split(';')[0] ?? '';
    return { status: answer.status, body: (await answer.json()) as Record<string, Field> };
  };
  /** A session of its own each time; the first one changes the one-time password. */
  const login = async (username: string) => {
    cookie = '';
    csrf = '';
    const known = passwords.get(username);
    const password = known ?? users.find((u) => u.username === username)?.oneTimePassword ?? '';
    const answer = await call('POST', '/auth/login', { username, password });
    csrf = String(answer.body['csrfToken']);
    if (known !== undefined) return answer;
    passwords.set(username, 'Lanjiang-2026!');
    await call('POST', '/auth/password', { current: password, next: 'Lanjiang-2026!' });
    return answer;
  };
  return {
    call,
    login,
    /** Who is signed in now, to come back to. */
    session: () => ({ cookie, csrf }),
    resume: (session: { cookie: string; csrf: string }) => ({ cookie, csrf } = session),
  };
}

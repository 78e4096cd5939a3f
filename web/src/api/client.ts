/**
 * In: a route of the contract and its parts. Out: the typed answer, or an `ApiError` that carries the contract's ErrorBody.
 * Called by: every page, through `useLoad` for reading and directly for writing.
 */
import type { ErrorBody, Route, RouteAnswer, RouteCall } from '@minsheng/contracts';

export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
  }
}

export interface CallOptions {
  signal?: AbortSignal;
}

type CallArguments<T extends Route> =
  Record<never, never> extends RouteCall<T>
    ? [input?: RouteCall<T>, options?: CallOptions]
    : [input: RouteCall<T>, options?: CallOptions];

interface Parts {
  params?: unknown;
  query?: unknown;
  body?: unknown;
}

let csrfToken: string | null = null;
let refreshCsrf: (() => Promise<void>) | null = null;
let onSessionProblem: ((code: 'login-required' | 'password-change-required') => void) | null = null;

/** The session store hands over the token; `refresh` is asked once when the server says the token is stale. */
export function setCsrf(token: string | null, refresh: (() => Promise<void>) | null = null): void {
  csrfToken = token;
  refreshCsrf = refresh;
}

/** The router decides where to go when the session has ended. */
export function setSessionProblemHandler(handler: typeof onSessionProblem): void {
  onSessionProblem = handler;
}

/** `/topics/:id` + `{ id: '7' }` + `{ sort: 'heat', platform: ['weibo', 'site'] }` → `/api/topics/7?sort=heat&platform=weibo,site`. */
export function buildUrl(path: string, params: unknown, query: unknown): string {
  const values = new Map(Object.entries(params ?? {}));
  const filled = path.replace(/:([a-zA-Z]+)/g, (_all, name: string) => encodeURIComponent(String(values.get(name))));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null || value === '') continue;
    if (Array.isArray(value)) {
      if (value.length > 0) search.set(key, value.join(','));
    } else search.set(key, String(value));
  }
  const text = search.toString();
  return `/api${filled}${text ? `?${text}` : ''}`;
}

/** How long after a write a hint still counts as its echo. */
const OWN_ECHO_MS = 1500;

function localError(code: ErrorBody['code'], message: string, todo: string): ErrorBody {
  return { code, message, kept: '本页已填写的内容没有丢失。', todo, correlationId: '本机' };
}

async function readError(response: Response): Promise<ErrorBody> {
  try {
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null && 'code' in body && 'message' in body) return body as ErrorBody;
  } catch {
    // Not JSON: a proxy in between answered.
  }
  return localError(
    'unavailable',
    `服务器返回了无法识别的答复（${response.status}）。`,
    '请稍后重试；仍不行时联系系统管理员。',
  );
}

let lastWriteAt = -Infinity;
/** Whether this page itself wrote something just now: what it hears about then is its own doing, and it has loaded again already. */
export function wroteJustNow(): boolean {
  return Date.now() - lastWriteAt < OWN_ECHO_MS;
}

async function request(route: Route, parts: Parts, options: CallOptions, retried: boolean): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json' };
  const write = route.method !== 'GET';
  if (write) lastWriteAt = Date.now();
  if (write && csrfToken) headers['x-csrf-token'] = csrfToken;
  const file = parts.body instanceof Blob ? parts.body : null;
  if (parts.body !== undefined) headers['content-type'] = file ? 'application/octet-stream' : 'application/json';
  let response: Response;
  try {
    response = await fetch(buildUrl(route.path, parts.params, parts.query), {
      method: route.method,
      headers,
      body: file ?? (parts.body === undefined ? undefined : JSON.stringify(parts.body)),
      credentials: 'same-origin',
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, localError('unavailable', '连不上服务器。', '请检查网络后重试。'));
  }
  if (write) lastWriteAt = Date.now();
  if (response.ok) return response.json();
  const body = await readError(response);
  if (body.code === 'csrf' && refreshCsrf && !retried) {
    await refreshCsrf();
    return request(route, parts, options, true);
  }
  if (body.code === 'login-required' || body.code === 'password-change-required') onSessionProblem?.(body.code);
  throw new ApiError(response.status, body);
}

/**
 * @example const list = await call(routes.topics.list, { query: { sort: 'heat' } });
 * @throws ApiError, or the browser's AbortError when `signal` was aborted.
 */
export async function call<T extends Route>(route: T, ...[input, options]: CallArguments<T>): Promise<RouteAnswer<T>> {
  return (await request(route, (input ?? {}) as Parts, options ?? {}, false)) as RouteAnswer<T>;
}

/** A file as it is, for routes that take one as their whole body. */
export async function upload<T extends Route>(
  route: T,
  input: { params?: Record<string, string>; query?: Record<string, string> },
  file: Blob,
): Promise<RouteAnswer<T>> {
  return (await request(route, { ...input, body: file }, {}, false)) as RouteAnswer<T>;
}

/** For a form that chooses its route at run time: the body has already passed `route.body`, and the answer is not needed. */
export async function send(route: Route, parts: { params?: Record<string, string>; body?: unknown }): Promise<void> {
  await request(route, parts, {}, false);
}

/** Any thrown thing as an ErrorBody that can be shown; a fault of our own is told as one. */
export function errorBody(error: unknown): ErrorBody {
  if (error instanceof ApiError) return error.body;
  return localError('internal', '页面处理数据时出错。', '请刷新本页；仍不行时把出错时间告诉系统管理员。');
}

/**
 * In: method, address and body of an API call. Out: what the server would answer, from memory, checked against the contract.
 * Called by: fake-http.ts (dev server) and component tests (as `fetch`).
 */
import { type Role, type Route, type RouteAnswer, type RouteInput, routes, type Session } from '@minsheng/contracts';

type Handler = (input: { params: unknown; query: unknown; body: unknown; user: Session['user'] | null }) => unknown;
const handlers = new Map<Route, Handler>();

/** Registers the fake of one route; parts arrive parsed, the answer is typed and checked. */
export function fake<T extends Route>(
  route: T,
  handler: (input: RouteInput<T>, user: Session['user'] | null) => RouteAnswer<T>,
): void {
  handlers.set(route, (input) =>
    handler({ params: input.params, query: input.query, body: input.body } as RouteInput<T>, input.user),
  );
}

export class FakeError extends Error {
  readonly status: number;
  readonly code: string;
  readonly todo: string;
  constructor(status: number, code: string, message: string, todo = '') {
    super(message);
    this.status = status;
    this.code = code;
    this.todo = todo;
  }
}

const PEOPLE: Record<string, { displayName: string; roles: Role[] }> = {
  officer: { displayName: '周晓岚', roles: ['officer'] },
  leader: { displayName: '陈立群', roles: ['leader'] },
  staff: { displayName: '吴敏', roles: ['staff'] },
  admin: { displayName: '系统管理员', roles: ['sysadmin', 'officer'] },
  secadmin: { displayName: '安全管理员', roles: ['secadmin'] },
  auditor: { displayName: '审计管理员', roles: ['auditor'] },
  fresh: { displayName: '新同事', roles: ['officer'] },
};

export function fakeSession(name: string): Session | null {
  const person = PEOPLE[name];
  if (!person) return null;
  return {
    user: { id: '1', username: name, ...person },
    csrfToken: 'fake-token',
    expiresAt: new Date(Date.now() + 8 * 3_600_000).toISOString(),
    mustChangePassword: name === 'fresh',
  };
}

const allRoutes: Route[] = Object.values(routes).flatMap((group) => Object.values(group) as Route[]);

function match(pattern: string, path: string): Record<string, string> | null {
  const a = pattern.split('/');
  const b = path.split('/');
  if (a.length !== b.length) return null;
  const params: Record<string, string> = {};
  for (const [i, part] of a.entries()) {
    const given = b[i] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(given);
    else if (part !== given) return null;
  }
  return params;
}

export interface FakeAnswer {
  status: number;
  body: unknown;
  /** A change of who is signed in. */
  user?: string;
}

function problem(status: number, code: string, message: string, todo = ''): FakeAnswer {
  return { status, body: { code, message, kept: '没有改动任何数据。', todo, correlationId: 'fake-7f3a21' } };
}

/** Everyone signs in with their name and any password; `wrong` as password is refused. */
export function answer(method: string, url: URL, body: unknown, userName: string): FakeAnswer {
  const path = url.pathname.replace(/^\/api/, '');
  for (const route of allRoutes) {
    if (route.method !== method) continue;
    const params = match(route.path, path);
    // `/search/quick` is not `/search/:id`: an exact path wins because it is asked for its own method and length.
    if (!params) continue;
    const session = fakeSession(userName);
    if (route.access !== 'public' && !session) return problem(401, 'login-required', '请先登录。');
    if (route === routes.auth.login) {
      const { username, password } = routes.auth.login.body.parse(body);
      const next = fakeSession(username);
      if (!next || password === 'wrong') {
        return problem(401, 'wrong-credentials', '账号或口令不对。', '还可再试 4 次；忘记口令请联系安全管理员重置。');
      }
      return { status: 200, body: next, user: username };
    }
    if (route === routes.auth.session) return { status: 200, body: session };
    if (route === routes.auth.logout) return { status: 200, body: { ok: true }, user: '' };
    if (route === routes.auth.password) return { status: 200, body: { ok: true }, user: 'officer' };
    const handler = handlers.get(route);
    if (!handler) return problem(404, 'not-found', `演示接口尚未提供 ${method} ${route.path}。`);
    try {
      const result = handler({
        params: route.params ? route.params.parse(params) : undefined,
        query: route.query ? route.query.parse(Object.fromEntries(url.searchParams)) : undefined,
        body: route.body ? route.body.parse(body) : undefined,
        user: session?.user ?? null,
      });
      return { status: 200, body: route.response.parse(result) };
    } catch (error) {
      if (error instanceof FakeError) return problem(error.status, error.code, error.message, error.todo);
      return problem(500, 'internal', `演示数据不符合约定：${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return problem(404, 'not-found', '没有这个接口。');
}

/** The same API as a `fetch`, for component tests. */
export function fakeFetch(userName: string): typeof fetch {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input), 'http://fake');
    const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
    const result = answer(init?.method ?? 'GET', url, body, userName);
    return Promise.resolve(new Response(JSON.stringify(result.body), { status: result.status }));
  };
}

fake(routes.auth.status, () => ({
  product: '民声',
  version: '0.1.0',
  demo: true,
  office: '澜川市政府新闻办公室',
  now: new Date().toISOString(),
}));

/**
 * In: a route of the contract. Out: decorators that bind a controller method to it: path, validation, guard, audit and OpenAPI follow.
 * Used by: every controller. A method without `@Endpoint` cannot be called.
 */
import type { AuthorizedRequest } from '../auth/caller.ts';
import {
  applyDecorators,
  createParamDecorator,
  Delete,
  Get,
  HttpCode,
  Patch,
  Post,
  Put,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import type { Route } from '@minsheng/contracts';
import { UserError } from '../errors.ts';

export const ROUTE = 'minsheng:route';

const byMethod = { GET: Get, POST: Post, PATCH: Patch, PUT: Put, DELETE: Delete };

/** Binds the method to the route. The controller itself has no path: `@Controller()`. */
export function Endpoint(route: Route): MethodDecorator {
  return applyDecorators(SetMetadata(ROUTE, route), byMethod[route.method](`/api${route.path}`), HttpCode(200));
}

export function routeOf(context: ExecutionContext): Route | undefined {
  return Reflect.getMetadata(ROUTE, context.getHandler()) as Route | undefined;
}

/** The validated input: `{ params, query, body }` as RouteInput<typeof routes.x.y>. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const route = routeOf(context);
  if (route === undefined) throw new Error('@Input without @Endpoint');
  const request = context.switchToHttp().getRequest<AuthorizedRequest>();
  const fields: Record<string, string> = {};
  const parse = (part: 'params' | 'query' | 'body') => {
    const schema = route[part];
    if (schema === undefined) return undefined;
    const given: unknown = part === 'body' ? (request.body ?? {}) : request[part];
    const parsed = schema.safeParse(given);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) fields[[part, ...issue.path].join('.')] ??= issue.message;
    return undefined;
  };
  const input = { params: parse('params'), query: parse('query'), body: parse('body') };
  if (Object.keys(fields).length > 0) {
    throw new UserError('invalid-input', '填写的内容有误，没有保存。', {
      todo: Object.values(fields).join('；'),
      fields,
    });
  }
  return input;
});

/** Who is calling; only on routes that are not public. */
export const CallerParam = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const caller = context.switchToHttp().getRequest<AuthorizedRequest>().caller;
  if (caller === undefined) throw new Error('@CallerParam on a public route');
  return caller;
});

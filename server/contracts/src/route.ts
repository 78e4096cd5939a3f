/**
 * In: one HTTP route as data. Out: a typed definition from which the server's controller, its validation, its guard, the OpenAPI page and
 * the web client all follow. Used by: routes/.
 */
import type { z } from 'zod';
import type { Role } from './auth.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** `public` needs no session; `signed-in` any; a list means any of those roles. */
export type Access = 'public' | 'signed-in' | readonly Role[];

export interface Route<
  P extends z.ZodType | undefined = z.ZodType | undefined,
  Q extends z.ZodType | undefined = z.ZodType | undefined,
  B extends z.ZodType | undefined = z.ZodType | undefined,
  R extends z.ZodType = z.ZodType,
> {
  method: Method;
  /** Below `/api`, with `:name` for parameters, e.g. `/topics/:id`. */
  path: string;
  /** zh-CN, for the OpenAPI page. */
  summary: string;
  tag: string;
  access: Access;
  /** The audit action this route records; every write has one, and so has every opening of protected data. */
  audit?: string;
  params?: P;
  query?: Q;
  body?: B;
  response: R;
}

export function defineRoute<
  R extends z.ZodType,
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(route: Route<P, Q, B, R>): Route<P, Q, B, R> & { params: P; query: Q; body: B } {
  // Without the intersection an optional part reads as `P | undefined`, and neither side's types would see the schema.
  return { ...route, params: route.params as P, query: route.query as Q, body: route.body as B };
}

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;
type Given<T> = T extends z.ZodType ? z.input<T> : undefined;

/** What a controller receives: parsed and with defaults filled in. */
export interface RouteInput<T extends Route> {
  params: Parsed<T['params']>;
  query: Parsed<T['query']>;
  body: Parsed<T['body']>;
}

/** What a client passes: only the parts that the route has. */
export type RouteCall<T extends Route> = (T['params'] extends z.ZodType
  ? { params: Given<T['params']> }
  : { params?: undefined }) &
  (T['query'] extends z.ZodType ? { query?: Given<T['query']> } : { query?: undefined }) &
  (T['body'] extends z.ZodType ? { body: Given<T['body']> } : { body?: undefined });

export type RouteAnswer<T extends Route> = z.output<T['response']>;

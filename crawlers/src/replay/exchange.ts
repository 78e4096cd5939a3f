/**
 * In: one HTTP request, read. Out: the answer before it is sent, so that faults can spoil it on the way.
 * Used by: the server and the protocol faces.
 */
import type { RawItem } from '@minsheng/contracts';
import type { FaultKind } from './faults.ts';

export interface Exchange {
  method: string;
  path: string;
  /** Query and, for a form POST, form fields; both transports of a parameter are equal here. */
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: string;
  ip: string;
  /** Base address of this server, without a slash at the end. */
  base: string;
  /** The server's clock for this request, epoch milliseconds. */
  now: number;
  /** Lets the fault plan repeat, reorder or thin out a list on its way out. */
  page<T extends object>(list: T[]): T[];
}

/** One platform as the server plays it. */
export interface Face {
  platform: RawItem['platform'];
  owns(x: Pick<Exchange, 'path' | 'headers'>): boolean;
  /** Undefined when there is nothing under this path. */
  answer(x: Exchange): Answer | undefined;
  /** Who is asking: the token or appid of an interface, the address of a feed or site. */
  sourceOf(x: Exchange): string;
  /** The platform's own words for a fault; undefined where it has none. */
  refusal(fault: FaultKind, x: Exchange): Answer | undefined;
}

export interface Answer {
  status: number;
  type: string;
  /** Bytes where the charset is not UTF-8. */
  body: string | Buffer;
  headers?: Record<string, string>;
}

export function json(body: unknown, status = 200): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

export function htmlPage(body: string, status = 200, headers: Record<string, string> = {}): Answer {
  return { status, type: 'text/html; charset=utf-8', body, headers };
}

/** An integer parameter; `fallback` when absent; NaN when it is not an integer. */
export function intParam(x: Exchange, name: string, fallback: number): number {
  const given = x.query.get(name);
  if (given === null || given === '') return fallback;
  return /^-?\d{1,16}$/.test(given) ? Number(given) : NaN;
}

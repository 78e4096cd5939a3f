/**
 * In: one HTTP request, read. Out: the answer before it is sent, so that faults can spoil it on the way.
 * Used by: the server and the three protocol faces.
 */

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
  /** Lets the fault plan repeat or reorder a list on its way out. */
  page<T>(list: T[]): T[];
}

export interface Answer {
  status: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

export function json(body: unknown, status = 200): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

/** An integer parameter; `fallback` when absent; NaN when it is not an integer. */
export function intParam(x: Exchange, name: string, fallback: number): number {
  const given = x.query.get(name);
  if (given === null || given === '') return fallback;
  return /^-?\d{1,16}$/.test(given) ? Number(given) : NaN;
}

/**
 * In: a request a connector wants to make. Out: a bounded, decoded answer, or a connector error.
 * Called by: connectors only; nothing else in the product fetches from platforms.
 */

export interface HttpRequest {
  url: string;
  method?: 'GET' | 'POST';
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  json?: unknown;
  form?: Record<string, string>;
  signal?: AbortSignal;
  /** Validators of the last answer, for a conditional request. */
  ifNoneMatch?: string;
  ifModifiedSince?: string;
  /** Never sent twice, whatever goes wrong: for writes that a repetition would double. */
  once?: boolean;
  /** The platform does not count this request, so the budget does not either. */
  uncounted?: boolean;
}

export interface HttpAnswer {
  status: number;
  url: string;
  headers: Record<string, string>;
  /** Decoded by the declared or detected charset. */
  text: string;
  /** Lossless: integers beyond 2^53 come back as strings. Throws LayoutChanged when the body is not JSON. */
  json(): unknown;
}

export interface HttpClient {
  request(request: HttpRequest): Promise<HttpAnswer>;
}

export { certainlyNotSent } from './certainly-not-sent.ts';
export * from './connector.ts';
export * from './errors.ts';
export type { HttpAnswer, HttpClient, HttpRequest } from './http/client.ts';
export { Pacer, WindowBudget, type Budget, type PaceOptions } from './http/pacer.ts';
export { createHttpClient, type CountingHttpClient, type HttpOptions, type HttpOutcome } from './http/undici-client.ts';
export { parseCount } from './parse/wire.ts';
export { htmlToText } from './parse/html.ts';
export { connectors } from './connectors/index.ts';

/**
 * In: what happens. Out: one JSON line each on standard error, without secrets or citizens' text. Used by: everything in the server.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { pino, type DestinationStream, type Logger } from 'pino';
import { redactLine } from './redaction.ts';

/** What every line written on behalf of one request, or one turn of a job, has in common. */
const context = new AsyncLocalStorage<{ correlationId: string }>();

/** Lines written within carry the id. */
export function correlated<T>(correlationId: string, work: () => T): T {
  return context.run({ correlationId }, work);
}

/** An injectable name for pino's logger. */
export abstract class Log {
  abstract info(fields: object, message: string): void;
  abstract warn(fields: object, message: string): void;
  abstract error(fields: object, message: string): void;
  abstract debug(fields: object, message: string): void;
}

/** @param write where lines go; standard error unless a test listens. */
export function createLog(level: string, write: DestinationStream = toStandardError()): Log & Logger {
  return pino({ level, base: null, mixin: () => context.getStore() ?? {}, hooks: { streamWrite: redactLine } }, write);
}

function toStandardError(): DestinationStream {
  return pino.destination({ dest: 2, sync: true });
}

/**
 * In: what happens. Out: one JSON line each on standard error, without secrets or citizens' text. Used by: everything in the server.
 */
import { pino, type Logger } from 'pino';

/** An injectable name for pino's logger. */
export abstract class Log {
  abstract info(fields: object, message: string): void;
  abstract warn(fields: object, message: string): void;
  abstract error(fields: object, message: string): void;
  abstract debug(fields: object, message: string): void;
}

export function createLog(level: string): Log & Logger {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          '*.access_token',
          '*.accessToken',
          '*.secret',
          '*.password',
          '*.credentials',
          'access_token',
          'password',
        ],
        censor: '[…]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

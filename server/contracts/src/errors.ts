/**
 * In: anything that went wrong in a request. Out: the one shape every error answer has. Used by: server error filter, web client.
 */
import { z } from 'zod';

/** Machine-readable reasons the web client reacts to; everything else is told by `message`. */
export const ErrorCode = z.enum([
  'invalid-input',
  'not-found',
  'login-required',
  'password-change-required',
  'forbidden',
  'csrf',
  'locked-out',
  'wrong-credentials',
  'conflict',
  'too-large',
  'too-many-requests',
  'storage-full',
  'storage-busy',
  'unavailable',
  'internal',
]);
export type ErrorCode = z.infer<typeof ErrorCode>;

export const ErrorBody = z.object({
  code: ErrorCode,
  /** zh-CN: what happened. */
  message: z.string(),
  /** zh-CN: what was kept. */
  kept: z.string().optional(),
  /** zh-CN: what to do. */
  todo: z.string().optional(),
  /** Where the input was wrong: `body.name` → why. */
  fields: z.record(z.string(), z.string()).optional(),
  /** Quote it to the administrator; the log carries the same id. */
  correlationId: z.string(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;

/**
 * In: a request that passed the guard. Out: who is calling. Used by: guard (writes it), controllers (read it).
 */
import '@fastify/cookie';
import type { Role } from '@minsheng/contracts';
import type { FastifyRequest } from 'fastify';

export interface Caller {
  userId: number;
  username: string;
  displayName: string;
  roles: readonly Role[];
  departmentId: number | null;
  sessionId: number;
}

export type AuthorizedRequest = FastifyRequest & { caller?: Caller; correlationId?: string };

/**
 * In: roles. Out: the sets of roles that routes are open to, and the parameter most of them take. Used by: the routes beside it.
 */
import { z } from 'zod';
import { DESK_ROLES } from '../auth.ts';
import { Id } from '../common.ts';

export const ById = z.object({ id: Id });

export const DESK = DESK_ROLES;
export const OFFICER = ['officer'] as const;
export const REPLY = ['officer', 'staff'] as const;
export const SYSADMIN = ['sysadmin'] as const;
export const COLLECT = ['officer', 'sysadmin'] as const;
export const SECADMIN = ['secadmin'] as const;

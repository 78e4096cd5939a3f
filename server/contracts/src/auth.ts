/**
 * In: people. Out: users, roles, sessions, the audit record. Used by: platform/auth, platform/audit, web login and 系统 pages.
 */
import { z } from 'zod';
import { Id, Instant } from './common.ts';

/** officer 舆情专员 · leader 领导 · staff 回复人员 · sysadmin 系统管理员 · secadmin 安全管理员 · auditor 审计管理员 */
export const Role = z.enum(['officer', 'leader', 'staff', 'sysadmin', 'secadmin', 'auditor']);
export type Role = z.infer<typeof Role>;

/** Who may read the desks: officers, leaders, reply staff. Administrators as such may not. */
export const DESK_ROLES = ['officer', 'leader', 'staff'] as const satisfies readonly Role[];
export function hasDesk(roles: readonly Role[]): boolean {
  return DESK_ROLES.some((role) => roles.includes(role));
}

export const ADMIN_ROLES = ['sysadmin', 'secadmin', 'auditor'] as const satisfies readonly Role[];

/**
 * 三员分立: one person holds at most one administrator role, and the security and audit administrators hold nothing else.
 * The system administrator of a small office may also do office work.
 * @returns a zh-CN reason why the combination is refused, or null.
 */
export function roleConflict(roles: readonly Role[]): string | null {
  if (roles.length === 0) return '至少选择一个角色。';
  const admins = roles.filter((r) => ADMIN_ROLES.some((a) => a === r));
  if (admins.length > 1) return '三员分立：系统管理员、安全管理员、审计管理员不能由同一人兼任。';
  if ((roles.includes('secadmin') || roles.includes('auditor')) && roles.length > 1) {
    return '三员分立：安全管理员和审计管理员不能兼任其他角色。';
  }
  return null;
}

export const Username = z
  .string()
  .trim()
  .regex(/^[a-z][a-z0-9_.-]{1,31}$/, '账号用小写字母开头，2–32 位字母、数字、下划线、点或短横');

export const NewPassword = z
  .string()
  .min(10, '口令至少 10 位')
  .max(128, '口令最多 128 位')
  .refine((p) => [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/].filter((r) => r.test(p)).length >= 3, {
    message: '口令须含大写字母、小写字母、数字、符号中的至少三类',
  });

export const LoginBody = z.object({ username: z.string().trim().min(1).max(64), password: z.string().min(1).max(256) });

export const Session = z.object({
  user: z.object({ id: Id, username: z.string(), displayName: z.string(), roles: z.array(Role) }),
  /** Sent back in the `x-csrf-token` header with every write. */
  csrfToken: z.string(),
  expiresAt: Instant,
  mustChangePassword: z.boolean(),
});
export type Session = z.infer<typeof Session>;

/** What the sign-in page may know before anybody has signed in. */
export const PublicStatus = z.object({
  product: z.string(),
  version: z.string(),
  /** The demo city is being shown; every page says so. */
  demo: z.boolean(),
  office: z.string(),
  now: Instant,
});
export type PublicStatus = z.infer<typeof PublicStatus>;

export const ChangePasswordBody = z.object({ current: z.string().min(1).max(256), next: NewPassword });

export const User = z.object({
  id: Id,
  username: z.string(),
  displayName: z.string(),
  roles: z.array(Role),
  departmentId: Id.nullable(),
  disabled: z.boolean(),
  lockedUntil: Instant.nullable(),
  lastLoginAt: Instant.nullable(),
  createdAt: Instant,
});
export type User = z.infer<typeof User>;

export const UserCreate = z.object({
  username: Username,
  displayName: z.string().trim().min(1).max(40),
  roles: z.array(Role).min(1),
  departmentId: Id.nullable().optional(),
});
export const UserUpdate = z.object({
  displayName: z.string().trim().min(1).max(40).optional(),
  roles: z.array(Role).min(1).optional(),
  departmentId: Id.nullable().optional(),
  disabled: z.boolean().optional(),
  /** Ends a lock-out early. */
  unlock: z.literal(true).optional(),
});
/** The password is shown once. */
export const UserWithPassword = z.object({ user: User, oneTimePassword: z.string() });

export const AuditEntry = z.object({
  id: Id,
  at: Instant,
  userId: Id.nullable(),
  username: z.string(),
  /** e.g. `claims.verdict`, `inbox.reveal`, `auth.login`. */
  action: z.string(),
  /** e.g. `claim:17`. */
  target: z.string().nullable(),
  outcome: z.enum(['ok', 'refused', 'failed']),
  detail: z.string().nullable(),
  correlationId: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/**
 * In: names and passwords. Out: sessions; who is calling. Called by: auth.controller, access.guard, the command line (first administrator).
 */
import type { Role, Session } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Clock, toInstant } from '../clock.ts';
import { Database } from '../database/database.ts';
import { UserError } from '../errors.ts';
import { oneTimePassword } from '../secrets.ts';
import type { Caller } from './caller.ts';
import { SessionEntity, UserEntity } from './user.entity.ts';

/** A session ends after this long without a request, and in any case after MAX_AGE. */
const IDLE_MS = 8 * 3_600_000;
const MAX_AGE_MS = 7 * 86_400_000;
const FAILURES_BEFORE_LOCK = 5;
const LOCK_MS = 15 * 60_000;
/** OWASP's second recommendation for argon2id: 19 MiB, 2 passes, 1 lane (the library's algorithm 2 is argon2id, its default). */
const ARGON = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

@Injectable()
export class AuthService {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** Checked against when the name is unknown, so that the answer takes as long either way. */
  private readonly nobody = hash(randomBytes(16).toString('hex'), ARGON);

  async login(username: string, password: string): Promise<{ token: string; session: Session; userId: number }> {
    const now = this.clock.now();
    const user = await this.db.repo(UserEntity).findOneBy({ username: username.toLowerCase() });
    if (user?.lockedUntil && user.lockedUntil > now) {
      throw new UserError('locked-out', '口令连续输错，账号已暂时锁定。', {
        todo: `请 ${Math.ceil((user.lockedUntil - now) / 60_000)} 分钟后再试，或请安全管理员解锁。`,
      });
    }
    const right = await verify(user?.passwordHash ?? (await this.nobody), password);
    if (user === null || !right || user.disabled === 1) {
      if (user !== null && !right) await this.countFailure(user, now);
      throw new UserError('wrong-credentials', '账号或口令不正确。', {
        todo: `请核对后重试；连续输错 ${FAILURES_BEFORE_LOCK} 次将锁定 15 分钟。`,
      });
    }
    const token = randomBytes(32).toString('base64url');
    const session = {
      tokenHash: sha256(token),
      csrfToken: randomBytes(24).toString('base64url'),
      userId: user.id,
      createdAt: now,
      seenAt: now,
      expiresAt: now + IDLE_MS,
    };
    await this.db.write(async (tx) => {
      await tx.run('UPDATE users SET failures = 0, locked_until = NULL, last_login_at = ? WHERE id = ?', [
        now,
        user.id,
      ]);
      await tx.run('DELETE FROM sessions WHERE expires_at < ?', [now]);
      await tx.repo(SessionEntity).insert(session);
    });
    return { token, session: this.view(user, session), userId: user.id };
  }

  private async countFailure(user: UserEntity, now: number): Promise<void> {
    await this.db.write(async (tx) => {
      await tx.run(
        `UPDATE users SET failures = CASE WHEN failures + 1 >= ${FAILURES_BEFORE_LOCK} THEN 0 ELSE failures + 1 END,
           locked_until = CASE WHEN failures + 1 >= ${FAILURES_BEFORE_LOCK} THEN ? ELSE locked_until END WHERE id = ?`,
        [now + LOCK_MS, user.id],
      );
    });
  }

  /** The caller behind a cookie, or null. Prolongs the session, at most once a minute. */
  async callerOf(token: string): Promise<{ caller: Caller; csrfToken: string; mustChange: boolean } | null> {
    const now = this.clock.now();
    const session = await this.db.repo(SessionEntity).findOneBy({ tokenHash: sha256(token) });
    if (session === null || session.expiresAt <= now) return null;
    const user = await this.db.repo(UserEntity).findOneBy({ id: session.userId });
    if (user === null || user.disabled === 1) return null;
    if (now - session.seenAt > 60_000) {
      const expiresAt = Math.min(now + IDLE_MS, session.createdAt + MAX_AGE_MS);
      await this.db.write((tx) =>
        tx.run('UPDATE sessions SET seen_at = ?, expires_at = ? WHERE id = ?', [now, expiresAt, session.id]),
      );
    }
    const { id: userId, username, displayName, roles, departmentId } = user;
    return {
      caller: { userId, username, displayName, roles, departmentId, sessionId: session.id },
      csrfToken: session.csrfToken,
      mustChange: user.mustChange === 1,
    };
  }

  /** What a session's person may do now, or null when it has ended. Looking does not prolong it. */
  async rolesIn(sessionId: number): Promise<readonly Role[] | null> {
    const session = await this.db.repo(SessionEntity).findOneBy({ id: sessionId });
    if (session === null || session.expiresAt <= this.clock.now()) return null;
    const user = await this.db.repo(UserEntity).findOneBy({ id: session.userId });
    return user === null || user.disabled === 1 ? null : user.roles;
  }

  sameToken(a: string, b: string): boolean {
    const left = Buffer.from(sha256(a));
    return timingSafeEqual(left, Buffer.from(sha256(b)));
  }

  async session(caller: Caller): Promise<Session> {
    const user = await this.db.repo(UserEntity).findOneByOrFail({ id: caller.userId });
    const session = await this.db.repo(SessionEntity).findOneByOrFail({ id: caller.sessionId });
    return this.view(user, session);
  }

  private view(user: UserEntity, session: Pick<SessionEntity, 'csrfToken' | 'expiresAt'>): Session {
    return {
      user: { id: String(user.id), username: user.username, displayName: user.displayName, roles: user.roles },
      csrfToken: session.csrfToken,
      expiresAt: toInstant(session.expiresAt),
      mustChangePassword: user.mustChange === 1,
    };
  }

  async logout(caller: Caller): Promise<void> {
    await this.db.write((tx) => tx.run('DELETE FROM sessions WHERE id = ?', [caller.sessionId]));
  }

  /** Ends every other session of this person. */
  async changePassword(caller: Caller, current: string, next: string): Promise<void> {
    const user = await this.db.repo(UserEntity).findOneByOrFail({ id: caller.userId });
    if (!(await verify(user.passwordHash, current))) {
      await this.countFailure(user, this.clock.now());
      throw new UserError('wrong-credentials', '当前口令不正确，口令没有修改。', { todo: '请核对后重试。' });
    }
    if (current === next)
      throw new UserError('invalid-input', '新口令与当前口令相同，没有修改。', { todo: '请换一个新口令。' });
    const passwordHash = await hash(next, ARGON);
    await this.db.write(async (tx) => {
      await tx.run('UPDATE users SET password_hash = ?, must_change = 0 WHERE id = ?', [passwordHash, user.id]);
      await tx.run('DELETE FROM sessions WHERE user_id = ? AND id <> ?', [user.id, caller.sessionId]);
    });
  }

  /** Makes a user with a one-time password, which is returned once and kept only as a hash. */
  async createUser(user: {
    username: string;
    displayName: string;
    roles: Role[];
    departmentId?: number | null;
  }): Promise<{ id: number; oneTimePassword: string }> {
    const password = oneTimePassword();
    const passwordHash = await hash(password, ARGON);
    const id = await this.db.write(async (tx) => {
      const [taken] = await tx.all('SELECT id FROM users WHERE username = ?', [user.username]);
      if (taken !== undefined)
        throw new UserError('conflict', `账号 ${user.username} 已存在，没有新增。`, { todo: '请换一个账号名。' });
      const saved = await tx.repo(UserEntity).save({
        username: user.username,
        displayName: user.displayName,
        roles: user.roles,
        departmentId: user.departmentId ?? null,
        passwordHash,
        mustChange: 1,
        disabled: 0,
        failures: 0,
        lockedUntil: null,
        lastLoginAt: null,
        createdAt: this.clock.now(),
      });
      return saved.id;
    });
    return { id, oneTimePassword: password };
  }

  async resetPassword(id: number): Promise<string> {
    const password = oneTimePassword();
    const passwordHash = await hash(password, ARGON);
    await this.db.write(async (tx) => {
      await tx.run(
        'UPDATE users SET password_hash = ?, must_change = 1, failures = 0, locked_until = NULL WHERE id = ?',
        [passwordHash, id],
      );
      await tx.run('DELETE FROM sessions WHERE user_id = ?', [id]);
    });
    return password;
  }

  /**
   * On an empty database: the system administrator (who may also do office work in a small office), the security administrator and the
   * audit administrator, each with a one-time password. Otherwise nothing.
   */
  async bootstrap(): Promise<{ username: string; role: string; oneTimePassword: string }[]> {
    const [row] = await this.db.all<{ n: number }>('SELECT count(*) AS n FROM users');
    if ((row?.n ?? 0) > 0) return [];
    const first: { username: string; displayName: string; roles: Role[]; role: string }[] = [
      {
        username: 'admin',
        displayName: '系统管理员',
        roles: ['officer', 'leader', 'staff', 'sysadmin'],
        role: '系统管理员（兼业务）',
      },
      { username: 'security', displayName: '安全管理员', roles: ['secadmin'], role: '安全管理员' },
      { username: 'audit', displayName: '审计管理员', roles: ['auditor'], role: '审计管理员' },
    ];
    const made = [];
    for (const { role, ...user } of first) {
      const { oneTimePassword: password } = await this.createUser(user);
      made.push({ username: user.username, role, oneTimePassword: password });
    }
    return made;
  }
}

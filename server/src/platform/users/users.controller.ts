/**
 * In: what the security and audit administrators do. Out: users and the audit record. Called by: the web's 系统 pages.
 */
import {
  roleConflict,
  routes,
  type AuditEntry,
  type RouteAnswer,
  type RouteInput,
  type User,
} from '@minsheng/contracts';
import { Controller } from '@nestjs/common';
import { AuthService } from '../auth/auth.service.ts';
import type { Caller } from '../auth/caller.ts';
import { AuditEntity, UserEntity } from '../auth/user.entity.ts';
import { Clock, toInstant, toInstantOrNull } from '../clock.ts';
import { Database } from '../database/database.ts';
import { notFound, UserError } from '../errors.ts';
import { CallerParam, Endpoint, Input } from '../http/endpoint.ts';

@Controller()
export class UsersController {
  constructor(
    private readonly db: Database,
    private readonly auth: AuthService,
    private readonly clock: Clock,
  ) {}

  @Endpoint(routes.system.users)
  async users(): Promise<RouteAnswer<typeof routes.system.users>> {
    const users = await this.db.repo(UserEntity).find({ order: { id: 'ASC' } });
    return { items: users.map((user) => this.view(user)) };
  }

  @Endpoint(routes.system.createUser)
  async create(
    @Input() { body }: RouteInput<typeof routes.system.createUser>,
  ): Promise<RouteAnswer<typeof routes.system.createUser>> {
    this.checkRoles(body.roles);
    const { id, oneTimePassword } = await this.auth.createUser({
      ...body,
      departmentId: body.departmentId ? Number(body.departmentId) : null,
    });
    return { user: this.view(await this.find(id)), oneTimePassword };
  }

  @Endpoint(routes.system.updateUser)
  async update(
    @Input() { params, body }: RouteInput<typeof routes.system.updateUser>,
    @CallerParam() caller: Caller,
  ): Promise<User> {
    const user = await this.find(Number(params.id));
    if (body.roles !== undefined) this.checkRoles(body.roles);
    if (user.id === caller.userId && (body.disabled === true || body.roles !== undefined)) {
      throw new UserError('conflict', '不能停用自己或修改自己的角色，没有保存。', {
        todo: '请由另一位安全管理员操作。',
      });
    }
    await this.db.write(async (tx) => {
      await tx.repo(UserEntity).update(user.id, {
        ...(body.displayName === undefined ? {} : { displayName: body.displayName }),
        ...(body.roles === undefined ? {} : { roles: body.roles }),
        ...(body.departmentId === undefined
          ? {}
          : { departmentId: body.departmentId === null ? null : Number(body.departmentId) }),
        ...(body.disabled === undefined ? {} : { disabled: Number(body.disabled) }),
        ...(body.unlock === undefined ? {} : { lockedUntil: null, failures: 0 }),
      });
      if (body.disabled === true || body.roles !== undefined)
        await tx.run('DELETE FROM sessions WHERE user_id = ?', [user.id]);
    });
    return this.view(await this.find(user.id));
  }

  @Endpoint(routes.system.resetPassword)
  async resetPassword(
    @Input() { params }: RouteInput<typeof routes.system.resetPassword>,
  ): Promise<RouteAnswer<typeof routes.system.resetPassword>> {
    const user = await this.find(Number(params.id));
    const oneTimePassword = await this.auth.resetPassword(user.id);
    return { user: this.view(await this.find(user.id)), oneTimePassword };
  }

  @Endpoint(routes.system.audit)
  async audit(
    @Input() { query }: RouteInput<typeof routes.system.audit>,
  ): Promise<RouteAnswer<typeof routes.system.audit>> {
    const find = this.db
      .repo(AuditEntity)
      .createQueryBuilder('a')
      .where('a.id < :before', { before: Number(query.cursor ?? Number.MAX_SAFE_INTEGER) })
      .orderBy('a.id', 'DESC')
      .take(query.limit + 1);
    if (query.action) find.andWhere('a.action LIKE :action', { action: `${query.action}%` });
    if (query.username) find.andWhere('a.username = :username', { username: query.username });
    const rows = await find.getMany();
    const items = rows.slice(0, query.limit).map((row): AuditEntry => ({
      ...row,
      id: String(row.id),
      at: toInstant(row.at),
      userId: row.userId === null ? null : String(row.userId),
    }));
    return { items, nextCursor: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  private checkRoles(roles: User['roles']): void {
    const problem = roleConflict(roles);
    if (problem !== null)
      throw new UserError('invalid-input', problem, {
        todo: '请调整角色后再保存。',
        fields: { 'body.roles': problem },
      });
  }

  private async find(id: number): Promise<UserEntity> {
    const user = await this.db.repo(UserEntity).findOneBy({ id });
    if (user === null) throw notFound('个用户');
    return user;
  }

  private view(user: UserEntity): User {
    const locked = user.lockedUntil !== null && user.lockedUntil > this.clock.now();
    return {
      id: String(user.id),
      username: user.username,
      displayName: user.displayName,
      roles: user.roles,
      departmentId: user.departmentId === null ? null : String(user.departmentId),
      disabled: user.disabled === 1,
      lockedUntil: locked ? toInstantOrNull(user.lockedUntil) : null,
      lastLoginAt: toInstantOrNull(user.lastLoginAt),
      createdAt: toInstant(user.createdAt),
    };
  }
}

/**
 * In: people and their sessions. Out: who may sign in, with which roles. Read by: auth, users, the guard.
 */
import type { Role } from '@minsheng/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { json, moment, whole } from '../database/columns.ts';

@Entity('users')
export class UserEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Index({ unique: true }) @Column('text') username!: string;
  @Column('text', { name: 'display_name' }) displayName!: string;
  /** argon2id, encoded with its parameters. */
  @Column('text', { name: 'password_hash' }) passwordHash!: string;
  @Column('smallint', { name: 'must_change', default: 1 }) mustChange!: number;
  @Column(json()) roles!: Role[];
  @Column(whole({ name: 'department_id', nullable: true })) departmentId!: number | null;
  @Column('smallint', { default: 0 }) disabled!: number;
  @Column('smallint', { default: 0 }) failures!: number;
  @Column(moment({ name: 'locked_until', nullable: true })) lockedUntil!: number | null;
  @Column(moment({ name: 'last_login_at', nullable: true })) lastLoginAt!: number | null;
  @Column(moment({ name: 'created_at' })) createdAt!: number;
}

@Entity('sessions')
export class SessionEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  /** SHA-256 of the cookie's token; the token itself is only in the browser. */
  @Index({ unique: true }) @Column('text', { name: 'token_hash' }) tokenHash!: string;
  @Column('text', { name: 'csrf_token' }) csrfToken!: string;
  @Column(whole({ name: 'user_id' })) userId!: number;
  @Column(moment({ name: 'created_at' })) createdAt!: number;
  @Column(moment({ name: 'seen_at' })) seenAt!: number;
  @Column(moment({ name: 'expires_at' })) expiresAt!: number;
}

@Entity('audit_log')
export class AuditEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Column(moment()) at!: number;
  @Column(whole({ name: 'user_id', nullable: true })) userId!: number | null;
  @Column('text') username!: string;
  @Column('text') action!: string;
  @Column('text', { nullable: true }) target!: string | null;
  @Column('text') outcome!: 'ok' | 'refused' | 'failed';
  @Column('text', { nullable: true }) detail!: string | null;
  @Column('text', { name: 'correlation_id' }) correlationId!: string;
}

/** Small values that belong to the office: name, retention, tick state, secrets sealed by the data directory's key. */
@Entity('settings')
export class SettingEntity {
  @PrimaryColumn('text') key!: string;
  @Column(json()) value!: unknown;
}

/** The HMAC key of one month of authors; destroyed at its expiry, after which nobody can recompute the pseudonyms. */
@Entity('author_keys')
export class AuthorKeyEntity {
  /** `2026-11` */
  @PrimaryColumn('text') month!: string;
  @Column('text') sealed!: string;
  @Column(moment({ name: 'expires_at' })) expiresAt!: number;
}

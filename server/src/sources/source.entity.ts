/**
 * In: what an administrator configured. Out: sources with their lease, cursor and health; one row per run. Read by: collect, sources.
 */
import type { Schedule } from '@minsheng/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { json, moment, whole } from '../platform/database/columns.ts';

export interface StoredGap {
  what: string;
  size: number | null;
  cause: string;
  since: number | null;
}

@Entity('sources')
export class SourceEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Column('text') kind!: string;
  @Column('text') name!: string;
  @Column(json()) settings!: Record<string, unknown>;
  /** Sealed; opened only to run. */
  @Column('text', { nullable: true }) credentials!: string | null;
  @Column(json()) schedule!: Schedule;
  @Column('smallint', { default: 0 }) demo!: number;
  @Column('smallint', { default: 0 }) paused!: number;
  /** The connector's cursor after the last stored page. */
  @Column(json({ nullable: true })) position!: unknown;
  @Column('text', { name: 'lease_owner', nullable: true }) leaseOwner!: string | null;
  @Column(moment({ name: 'lease_until', default: 0 })) leaseUntil!: number;
  @Column(moment({ name: 'next_run_at', default: 0 })) nextRunAt!: number;
  @Column(moment({ name: 'last_run_at', nullable: true })) lastRunAt!: number | null;
  @Column(moment({ name: 'last_success_at', nullable: true })) lastSuccessAt!: number | null;
  @Column(moment({ name: 'last_new_at', nullable: true })) lastNewAt!: number | null;
  @Column(whole({ default: 0 })) failures!: number;
  @Column('text', { name: 'error_kind', nullable: true }) errorKind!: string | null;
  @Column('text', { nullable: true }) message!: string | null;
  @Column(whole({ default: 0 })) posts!: number;
  /** A copy of its open gaps, for figures that carry their coverage. */
  @Column(json({ nullable: true })) gaps!: StoredGap[] | null;
  @Column(moment({ name: 'created_at' })) createdAt!: number;
  /** Counts changes of settings and credentials: a run that began with older ones stops after its page. */
  @Column(whole({ default: 0 })) revision!: number;
  /** The platform asked us to stay away until then. */
  @Column(moment({ name: 'hold_until', default: 0 })) holdUntil!: number;
  /** When its credentials end, where they say. */
  @Column(moment({ name: 'expires_at', nullable: true })) expiresAt!: number | null;
  /** The budgets its last run drew on. */
  @Column(json({ name: 'budget_names', nullable: true })) budgetNames!: string[] | null;
}

/** New items by schedule; counters of known ones; a range of the past. */
export type RunPurpose = 'regular' | 'refresh' | 'backfill';

@Entity('source_runs')
export class RunEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Column(whole({ name: 'source_id' })) sourceId!: number;
  @Column('text', { default: 'regular' }) purpose!: RunPurpose;
  @Column(moment({ name: 'started_at' })) startedAt!: number;
  @Column(moment({ name: 'ended_at', nullable: true })) endedAt!: number | null;
  @Column('text') outcome!: 'running' | 'ok' | 'nothing-new' | 'waiting' | 'failed' | 'interrupted';
  @Column(whole({ default: 0 })) requests!: number;
  @Column(whole({ default: 0 })) pages!: number;
  @Column(whole({ nullable: true })) expected!: number | null;
  @Column(whole({ default: 0 })) fetched!: number;
  @Column(whole({ default: 0 })) stored!: number;
  @Column(whole({ default: 0 })) duplicate!: number;
  @Column(whole({ default: 0 })) updated!: number;
  @Column(whole({ default: 0 })) rejected!: number;
  @Column(json({ nullable: true })) gaps!: StoredGap[] | null;
  @Column('text', { name: 'error_kind', nullable: true }) errorKind!: string | null;
  @Column('text', { nullable: true }) message!: string | null;
}

/**
 * In: messages and questions of the public. Out: cases with their replies and history, departments, the answer bank, due rules.
 * A case keeps no name and nothing of its author; what is needed to answer lies sealed in `reply_handles`.
 */
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { InboxState, ReplyState } from '@minsheng/contracts';
import { json, moment, whole } from '../platform/database/columns.ts';
import type { RuleKey } from './due-rules.ts';
import type { SuggestedDepartment } from './ports.ts';

@Entity('departments')
export class DepartmentEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Index({ unique: true }) @Column('text') name!: string;
  @Column(json()) duties!: string[];
  @Column('text', { nullable: true }) contact!: string | null;
  @Column('smallint', { default: 0 }) demo!: number;
}

@Entity('inbox_cases')
@Index('inbox_cases_group', ['groupId', 'state'])
@Index('inbox_cases_state', ['state', 'dueAt', 'id'])
export class CaseEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Index({ unique: true }) @Column(whole({ name: 'post_id' })) postId!: number;
  @Column(whole({ name: 'parent_post_id', nullable: true })) parentPostId!: number | null;
  @Column('text') platform!: string;
  @Column('text') kind!: string;
  /** Redacted, as the post. */
  @Column('text') title!: string;
  @Column('text') excerpt!: string;
  @Column(moment({ name: 'received_at' })) receivedAt!: number;
  @Column('text') state!: InboxState;
  @Column('text', { name: 'rule_key' }) ruleKey!: RuleKey;
  @Column('smallint', { name: 'working_days' }) workingDays!: number;
  @Column('smallint', { name: 'extended_days', default: 0 }) extendedDays!: number;
  /** When the period began: the receipt, or the latest reopening. */
  @Column(moment({ name: 'started_at' })) startedAt!: number;
  @Column(moment({ name: 'due_at' })) dueAt!: number;
  /** 1 once an answer or a decision came late; stays 1. */
  @Column('smallint', { default: 0 }) missed!: number;
  /** The first answer; never overwritten. */
  @Column(moment({ name: 'answered_at', nullable: true })) answeredAt!: number | null;
  /** When it was last answered, dismissed or closed; null while somebody still has to act. */
  @Column(moment({ name: 'settled_at', nullable: true })) settledAt!: number | null;
  @Column(whole({ name: 'department_id', nullable: true })) departmentId!: number | null;
  @Column(whole({ name: 'assignee_id', nullable: true })) assigneeId!: number | null;
  /** The post id of the first case that asked this. */
  @Column(whole({ name: 'group_id' })) groupId!: number;
  @Column(json()) suggested!: SuggestedDepartment[];
  @Column('text', { name: 'copy_key', nullable: true }) copyKey!: string | null;
  @Column('text', { nullable: true }) fingerprint!: string | null;
  /** What the question is about, for finding the same one again. */
  @Column(json()) terms!: string[];
  @Column(json()) places!: string[];
}

@Entity('inbox_replies')
@Index('inbox_replies_case', ['caseId', 'id'])
export class ReplyEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Column(whole({ name: 'case_id' })) caseId!: number;
  /** Replies written once for several cases share the id of the first. */
  @Column(whole({ name: 'batch_id', nullable: true })) batchId!: number | null;
  @Column('text') text!: string;
  @Column(whole({ name: 'author_id' })) authorId!: number;
  @Column('text', { name: 'author_name' }) authorName!: string;
  @Column(moment({ name: 'created_at' })) createdAt!: number;
  @Column('text') state!: ReplyState;
  @Column('text', { name: 'reviewer_name', nullable: true }) reviewerName!: string | null;
  @Column('text', { name: 'review_note', nullable: true }) reviewNote!: string | null;
  @Column(moment({ name: 'sent_at', nullable: true })) sentAt!: number | null;
  /** Of sending it through the office's account: which attempt, since when, what went wrong. */
  @Column('text', { nullable: true }) attempt!: string | null;
  @Column(moment({ name: 'sending_at', nullable: true })) sendingAt!: number | null;
  @Column('text', { nullable: true }) problem!: string | null;
  /** The platform's receipt. */
  @Column('text', { name: 'platform_reply_id', nullable: true }) platformReplyId!: string | null;
  /** Where collecting saw it on the platform. */
  @Column(whole({ name: 'seen_post_id', nullable: true })) seenPostId!: number | null;
}

/** Only ever added to. */
@Entity('inbox_history')
@Index('inbox_history_case', ['caseId', 'id'])
export class CaseHistoryEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Column(whole({ name: 'case_id' })) caseId!: number;
  @Column(moment()) at!: number;
  /** The name of the colleague who did it; null when the product did. */
  @Column('text', { nullable: true }) username!: string | null;
  @Column('text') action!: string;
  @Column('text') text!: string;
}

@Entity('answers')
export class AnswerRowEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Column('text') question!: string;
  @Column('text') answer!: string;
  @Column(whole({ name: 'department_id', nullable: true })) departmentId!: number | null;
  @Column(moment({ name: 'review_by', nullable: true })) reviewBy!: number | null;
  @Column(whole({ default: 0 })) uses!: number;
  @Column(moment({ name: 'created_at' })) createdAt!: number;
  @Column('smallint', { default: 0 }) demo!: number;
}

/** Defaults lie in the migration. A rule whose published text was not read is marked; the strictest of those starts switched off. */
@Entity('inbox_rules')
export class RuleEntity {
  @PrimaryColumn('text') key!: RuleKey;
  @Column('text') name!: string;
  @Column('smallint', { name: 'working_days' }) workingDays!: number;
  /** Working days that may be added in all, with reasons. */
  @Column('smallint') extension!: number;
  /** Where the number comes from. */
  @Column('text') source!: string;
  /** 1 when the published text was read; 0 = 待核对. */
  @Column('smallint') verified!: number;
  @Column('smallint') enabled!: number;
}

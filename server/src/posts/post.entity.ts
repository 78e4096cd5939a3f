/**
 * In: what intake and enrich made of a raw item. Out: the record of truth. Read by: search (rebuild), detect, desks.
 */
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { json, moment, whole, wholeKey } from '../platform/database/columns.ts';

/** -1 negative · 0 neutral · 1 positive · 9 uncertain */
export type SentimentCode = -1 | 0 | 1 | 9;

/**
 * The primary key is ordered by time: `id = floor(publishedAt / 1000) * 1_000_000 + n`, where n (0–999,999) tells posts of one second apart
 * (see post-id.ts). So a time window is a range of ids, the newest posts are the highest ids, and paging by id is stable.
 */
@Entity('posts')
@Index('posts_native', ['platform', 'kind', 'nativeId'], { unique: true })
export class PostEntity {
  @PrimaryColumn(wholeKey()) id!: number;
  @Column(whole({ name: 'source_id', nullable: true })) sourceId!: number | null;
  @Column('text') platform!: string;
  @Column('text') kind!: string;
  @Column('text', { name: 'native_id' }) nativeId!: string;
  @Column('text', { name: 'parent_native_id', nullable: true }) parentNativeId!: string | null;
  /** Our id of the post it answers; null until that post has arrived. */
  @Column(whole({ name: 'parent_id', nullable: true })) parentId!: number | null;
  /** Set exactly when an official account wrote it. */
  @Column(whole({ name: 'account_id', nullable: true })) accountId!: number | null;
  /** Keyed HMAC of the author, scoped to source and month; only for counting distinct authors. Never in an answer, index or export. */
  @Column('text', { name: 'author_key', nullable: true }) authorKey!: string | null;
  @Column(moment({ name: 'published_at' })) publishedAt!: number;
  @Column(moment({ name: 'fetched_at' })) fetchedAt!: number;
  @Column('text', { nullable: true }) title!: string | null;
  /** Redacted plain text. */
  @Column('text') text!: string;
  @Column('text', { nullable: true }) url!: string | null;
  @Column(whole({ default: 0 })) likes!: number;
  @Column(whole({ default: 0 })) comments!: number;
  @Column(whole({ default: 0 })) reposts!: number;
  @Column(whole({ default: 0 })) reads!: number;
  @Column('smallint', { default: 9 }) sentiment!: SentimentCode;
  @Column('real', { name: 'sentiment_confidence', default: 0 }) sentimentConfidence!: number;
  @Column('real', { name: 'claim_score', default: 0 }) claimScore!: number;
  /** 1 when it asks the office something. */
  @Column('smallint', { default: 0 }) question!: number;
  @Column(json({ nullable: true })) places!: string[] | null;
  @Column(json({ nullable: true })) keywords!: string[] | null;
  @Column(json({ nullable: true })) hashtags!: string[] | null;
  /** 64-bit simhash as 16 hex characters; null for texts too short to compare. */
  @Column('text', { nullable: true }) fingerprint!: string | null;
  /** Hash of the normalised text, 16 hex characters: equal texts have equal keys. */
  @Column('text', { name: 'copy_key', nullable: true }) copyKey!: string | null;
  /** The first post that said this (near-)identical text; null when it is the first or not yet compared. Written by detect. */
  @Column(whole({ name: 'copy_of', nullable: true })) copyOf!: number | null;
  /** On the first post of a group: how many copies are known, itself included. Written by detect. */
  @Column(whole({ default: 1 })) copies!: number;
  /** `live` `edited` `deleted` `restricted` */
  @Column('text', { default: 'live' }) state!: string;
  /** Written by detect. */
  @Column(whole({ name: 'topic_id', nullable: true })) topicId!: number | null;
}

/** The redacted text before an edit at the source. */
@Entity('post_edits')
@Index('post_edits_post', ['postId'])
export class PostEditEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Column(whole({ name: 'post_id' })) postId!: number;
  @Column(moment()) at!: number;
  @Column('text') text!: string;
}

/**
 * The log of what happened to posts, in order of commit: written in the same transaction as the posts, read by consumers
 * (topics, claims, inbox, an external search engine), each with its own position, trimmed when all have passed.
 */
@Entity('post_changes')
export class PostChangeEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) seq!: number;
  @Column(whole({ name: 'post_id' })) postId!: number;
  /** `stored` new · `edited` text changed · `engagement` counters changed · `gone` deleted or restricted */
  @Column('text') change!: 'stored' | 'edited' | 'engagement' | 'gone';
}

/** How far a consumer of `post_changes` has come. */
@Entity('post_consumers')
export class PostConsumerEntity {
  @PrimaryColumn('text') name!: string;
  @Column(whole({ default: 0 })) seq!: number;
  /** Raised when a person changed what the consumer remembers. */
  @Column(whole({ default: 0 })) changed!: number;
}

/** What is needed to answer one citizen, encrypted; opened per case, every opening is in the audit record. */
@Entity('reply_handles')
export class ReplyHandleEntity {
  @PrimaryColumn(wholeKey('post_id')) postId!: number;
  @Column('text') sealed!: string;
}

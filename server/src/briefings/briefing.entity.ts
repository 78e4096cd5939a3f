/**
 * In: generated briefings. Out: the same, for as long as the office keeps them; an issued one never changes again.
 */
import type { Briefing } from '@minsheng/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { json, moment } from '../platform/database/columns.ts';

/** What the generator made; state, remark and signature are kept beside it. */
export type BriefingBody = Omit<Briefing, 'state' | 'issuedBy' | 'remark'>;

@Entity('briefings')
export class BriefingEntity {
  /** `2026-11-24` */
  @PrimaryColumn('text') day!: string;
  @Column('text') state!: 'draft' | 'issued';
  @Column(moment({ name: 'generated_at' })) generatedAt!: number;
  @Column('text') title!: string;
  /** The lead sentence in plain words, for lists. */
  @Column('text') lead!: string;
  @Column(json()) body!: BriefingBody;
  @Column('text', { nullable: true }) remark!: string | null;
  @Column('text', { name: 'issued_by', nullable: true }) issuedBy!: string | null;
  @Column(moment({ name: 'issued_at', nullable: true })) issuedAt!: number | null;
}

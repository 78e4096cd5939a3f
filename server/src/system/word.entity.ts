/** In: words an administrator adds. Out: the office's own dictionary, read by enrich. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { moment } from '../platform/database/columns.ts';

@Entity('dictionary')
export class WordEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Column('text') word!: string;
  @Column('text') kind!: 'word' | 'place' | 'agency' | 'stop';
  @Column('text', { nullable: true }) tag!: string | null;
  @Column(moment({ name: 'created_at' })) createdAt!: number;
  @Column('text', { name: 'created_by' }) createdBy!: string;
}

/**
 * In: official accounts seen by connectors or named in imports. Out: the list of 政务账号. Their names are public and kept.
 */
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { moment, whole } from '../platform/database/columns.ts';

@Entity('accounts')
@Index('accounts_native', ['platform', 'nativeId'], { unique: true })
export class AccountEntity {
  @PrimaryColumn('integer', { generated: 'increment' }) id!: number;
  @Column('text') platform!: string;
  /** The account's id on the platform; its name where no id is known (imports). */
  @Column('text', { name: 'native_id' }) nativeId!: string;
  @Column('text') name!: string;
  @Column(whole({ nullable: true })) followers!: number | null;
  @Column(moment({ name: 'first_seen_at' })) firstSeenAt!: number;
  @Column(moment({ name: 'last_post_at', nullable: true })) lastPostAt!: number | null;
  @Column('smallint', { default: 0 }) demo!: number;
}

/**
 * In: what a member of staff says a post's sentiment is. Out: that label beside what the machine said. It holds no text and nobody of the
 * public: the text is the post's, and goes when the post's goes.
 */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { moment, whole, wholeKey } from '../platform/database/columns.ts';
import type { SentimentCode } from '../posts/post.entity.ts';

@Entity('sentiment_labels')
export class SentimentLabelEntity {
  @PrimaryColumn(wholeKey('post_id')) postId!: number;
  @Column('smallint') label!: SentimentCode;
  /** What the machine had said, and how sure it was. */
  @Column('smallint') was!: SentimentCode;
  @Column('real') confidence!: number;
  @Column(moment()) at!: number;
  @Column(whole({ name: 'user_id' })) userId!: number;
}

/**
 * In: every module's entity files. Out: the list TypeORM is given. Used by: database.ts only.
 */
import { AccountEntity } from '../../accounts/account.entity.ts';
import {
  PostChangeEntity,
  PostConsumerEntity,
  PostEditEntity,
  PostEntity,
  ReplyHandleEntity,
} from '../../posts/post.entity.ts';

export const entities = [
  AccountEntity,
  PostEntity,
  PostEditEntity,
  PostChangeEntity,
  PostConsumerEntity,
  ReplyHandleEntity,
];

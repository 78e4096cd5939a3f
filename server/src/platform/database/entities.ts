/**
 * In: every module's entity files. Out: the list TypeORM is given. Used by: database.ts only.
 */
import { AccountEntity } from '../../accounts/account.entity.ts';
import { AuditEntity, AuthorKeyEntity, SessionEntity, SettingEntity, UserEntity } from '../auth/user.entity.ts';
import { RunEntity, SourceEntity } from '../../sources/source.entity.ts';
import { SentimentLabelEntity } from '../../labels/label.entity.ts';
import { WordEntity } from '../../system/word.entity.ts';
import { BriefingEntity } from '../../briefings/briefing.entity.ts';
import {
  AnswerRowEntity,
  CaseEntity,
  CaseHistoryEntity,
  DepartmentEntity,
  ReplyEntity,
  RuleEntity,
} from '../../inbox/inbox.entity.ts';
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
  DepartmentEntity,
  CaseEntity,
  ReplyEntity,
  CaseHistoryEntity,
  AnswerRowEntity,
  RuleEntity,
  BriefingEntity,
  UserEntity,
  SessionEntity,
  AuditEntity,
  SettingEntity,
  AuthorKeyEntity,
  SourceEntity,
  RunEntity,
  WordEntity,
  SentimentLabelEntity,
];

/**
 * In: every migration, oldest first. Out: the list TypeORM runs at opening. `synchronize` is never on.
 * A migration is named `<What><timestamp>`; it belongs to the module whose tables it makes and lies in that module's folder.
 */
import { Briefings1763900000031 } from '../../briefings/briefings.migration.ts';
import { Collect1764000001000 } from '../../collect/collect.migration.ts';
import { SharedPace1764000011001 } from '../../collect/shared-pace.migration.ts';
import { Inbox1763900000030 } from '../../inbox/inbox.migration.ts';
import { Labels1764000002001 } from '../../labels/labels.migration.ts';
import { Posts1763900000001 } from '../../posts/posts.migration.ts';
import { IndexOwner1764000012001 } from '../../search/index-owner.migration.ts';
import { SearchOutbox1764000005001 } from '../../search/outbox.migration.ts';
import { Search1763900000010 } from '../../search/search.migration.ts';
import { SearchTuning1764000000001 } from '../../search/search-tuning.migration.ts';
import { Rollups1763900000011 } from '../../rollups/rollups.migration.ts';
import { Topics1763900000020 } from '../../topics/topics.migration.ts';
import { TopicWaiting1764000016001 } from '../../topics/waiting.migration.ts';
import { TopicMemory1764000003001 } from '../../topics/meaning.migration.ts';
import { WordSuggestions1764000003002 } from '../../system/word-suggestions.migration.ts';
import { Platform1763900000040 } from '../platform.migration.ts';
import { PostMonths1764000004001 } from '../../posts/post-months.migration.ts';
import { SearchWords1764000004002 } from '../../search/search-words.migration.ts';
import { ReplyDelivery1764000006001 } from '../../inbox/delivery.migration.ts';
import { Leases1764000004003 } from '../leases/leases.migration.ts';

export const migrations = [
  Posts1763900000001,
  Search1763900000010,
  Rollups1763900000011,
  Topics1763900000020,
  Inbox1763900000030,
  Briefings1763900000031,
  Platform1763900000040,
  SearchOutbox1764000005001,
  SearchTuning1764000000001,
  Labels1764000002001,
  TopicMemory1764000003001,
  Collect1764000001000,
  PostMonths1764000004001,
  SearchWords1764000004002,
  Leases1764000004003,
  WordSuggestions1764000003002,
  ReplyDelivery1764000006001,
  SharedPace1764000011001,
  IndexOwner1764000012001,
  TopicWaiting1764000016001,
];

/**
 * In: every migration, oldest first. Out: the list TypeORM runs at opening. `synchronize` is never on.
 * A migration is named `<What><timestamp>`; it belongs to the module whose tables it makes and lies in that module's folder.
 */
import { Briefings1763900000031 } from '../../briefings/briefings.migration.ts';
import { Inbox1763900000030 } from '../../inbox/inbox.migration.ts';
import { Posts1763900000001 } from '../../posts/posts.migration.ts';

export const migrations = [Posts1763900000001, Inbox1763900000030, Briefings1763900000031];

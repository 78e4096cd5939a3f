/**
 * In: the readers of the change log. Out: the order in which they read it: topics first, because claims and cases refer to them.
 * Called by: the scheduler; tests run it until nothing is left.
 */
import { Injectable } from '@nestjs/common';
import { BriefingDesk } from './briefings/briefing-desk.ts';
import { ClaimDetector } from './claims/detect.ts';
import { Steps, type Step } from './collect/scheduler.ts';
import { Deliveries } from './inbox/deliveries.ts';
import { InboxIntake } from './inbox/intake.ts';
import { OverdueWatch } from './inbox/overdue.ts';
import { Database } from './platform/database/database.ts';
import { TopicDetector } from './topics/detect.ts';
import { Retention } from './posts/retention.ts';
import { Rollups } from './rollups/rollups.ts';
import { WordSuggestions } from './system/word-suggestions.ts';

const INBOX_STEP = 500;
/** Changes that every reader has passed are of no use to anybody. */
const TRIM_EVERY = 40;

@Injectable()
export class DetectionSteps extends Steps {
  readonly list: readonly Step[];
  private refreshes = 0;

  constructor(
    topics: TopicDetector,
    claims: ClaimDetector,
    inbox: InboxIntake,
    overdue: OverdueWatch,
    deliveries: Deliveries,
    briefings: BriefingDesk,
    db: Database,
    rollups: Rollups,
    retention: Retention,
    words: WordSuggestions,
  ) {
    super();
    this.list = [
      topics,
      claims,
      {
        name: 'inbox',
        step: () => inbox.step(INBOX_STEP),
        refresh: async () => {
          await deliveries.settleLost();
          await overdue.check();
        },
      },
      {
        name: 'briefings',
        step: () => Promise.resolve(0),
        refresh: async () => {
          // A briefing made before the first crawl has ended would say that nobody said anything.
          const [waiting] = await db.all<{ n: number }>(
            'SELECT count(*) AS n FROM sources WHERE paused = 0 AND last_success_at IS NULL AND failures = 0',
          );
          if (Number(waiting?.n ?? 0) === 0) await briefings.tick();
        },
      },
      {
        name: 'tidy',
        step: () => Promise.resolve(0),
        refresh: async () => {
          if (this.refreshes++ % TRIM_EVERY !== 0) return;
          await db.write(async (tx) => {
            await tx.run('DELETE FROM post_changes WHERE seq <= (SELECT min(seq) FROM post_consumers)');
            await rollups.prune(tx);
          });
          await retention.run();
          await db.optimize();
        },
      },
      { name: 'new words', step: () => Promise.resolve(0), refresh: () => words.tick() },
    ];
  }
}

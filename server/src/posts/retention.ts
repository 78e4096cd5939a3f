/**
 * In: the office's retention period. Out: texts of the public that are older are gone, from the index too; expired author keys are destroyed.
 * Called by: the scheduler's tidying, hourly. Rule: 个人信息保护法 art. 19 (shortest retention necessary); official posts are public record and stay.
 */
import { Injectable } from '@nestjs/common';
import { Pseudonyms } from '../intake/pseudonym.ts';
import { Clock } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { Settings } from '../platform/settings/settings.ts';
import { SearchEngine } from '../search/search-engine.ts';
import { firstIdAt } from './post-id.ts';

const BATCH = 1000;
const DAY = 86_400_000;

@Injectable()
export class Retention {
  constructor(
    private readonly db: Database,
    private readonly settings: Settings,
    private readonly engine: SearchEngine,
    private readonly pseudonyms: Pseudonyms,
    private readonly clock: Clock,
  ) {}

  /** Counted from when we fetched the text. Figures stay: the row remains without text, words or author. @returns how many texts were purged. */
  async run(): Promise<number> {
    const { retentionDays } = await this.settings.office();
    const before = this.clock.now() - retentionDays * DAY;
    let purged = 0;
    for (;;) {
      const n = await this.db.write(async (tx) => {
        const rows = await tx.all<{ id: number; copy_key: string | null }>(
          `SELECT id, copy_key FROM posts WHERE account_id IS NULL AND id < ? AND state <> 'expired' AND fetched_at < ? LIMIT ${BATCH}`,
          [firstIdAt(before), before],
        );
        for (const { id } of rows) {
          await tx.run(
            `UPDATE posts SET state = 'expired', text = '［已按保存期限清除］', title = NULL, url = NULL, author_key = NULL, keywords = NULL,
               hashtags = NULL, fingerprint = NULL, copy_key = NULL WHERE id = ?`,
            [id],
          );
          await tx.run('DELETE FROM post_edits WHERE post_id = ?', [id]);
          await tx.run('DELETE FROM reply_handles WHERE post_id = ?', [id]);
        }
        // What a text was recognised by goes with it; a wording that outlives its first post is counted anew.
        for (const { copy_key } of rows) {
          if (copy_key === null) continue;
          await tx.run(
            `DELETE FROM copy_groups WHERE copy_key = ?
               AND EXISTS (SELECT 1 FROM posts p WHERE p.id = copy_groups.first_id AND p.state = 'expired')`,
            [copy_key],
          );
        }
        await this.engine.remove(
          tx,
          rows.map((r) => Number(r.id)),
        );
        return rows.length;
      });
      purged += n;
      if (n < BATCH) break;
    }
    await this.pseudonyms.destroyExpired(this.clock.now());
    return purged;
  }
}

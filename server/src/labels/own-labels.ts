/**
 * In: what staff corrected and decided. Out: labelled texts in the shape that `train` and `eval` read. Called by: the `labels` verb, the
 * page of models. Nothing is copied to be kept: the texts are the posts' own, redacted as stored, and are gone when retention purges them.
 *
 * sentiment: a post's sentiment was corrected. rumor: a claim was dismissed as not worth checking, or got a verdict; a few posts of each
 * claim stand for it, so that one claim does not drown the others. routing: a case lies with a department.
 */
import type { LabelTask } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { toInstant } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { publishedAtOf } from '../posts/post-id.ts';

export interface OwnLabel {
  id: string;
  text: string;
  label: string;
  publishedAt: string;
}

/** Posts that stand for one claim. */
const POSTS_OF_A_CLAIM = 5;

/** A text is there, neither purged by retention nor withdrawn at the source, and somebody's: nothing is learnt from the demo city. */
const KEPT = `p.state NOT IN ('expired', 'deleted', 'restricted')
  AND (p.source_id IS NULL OR p.source_id NOT IN (SELECT id FROM sources WHERE demo = 1))`;

const SELECT: Record<LabelTask, string> = {
  sentiment: `
    SELECT p.id, p.title, p.text, CASE l.label WHEN 1 THEN 'positive' WHEN 0 THEN 'neutral' ELSE 'negative' END AS label
    FROM sentiment_labels l JOIN posts p ON p.id = l.post_id WHERE ${KEPT} ORDER BY p.id`,
  rumor: `
    SELECT id, title, text, label FROM (
      SELECT p.id, p.title, p.text, CASE WHEN c.dismissed IS NULL THEN 'rumor' ELSE 'nonrumor' END AS label,
        ROW_NUMBER() OVER (PARTITION BY c.id ORDER BY p.id) AS nth
      FROM claims c JOIN claim_posts k ON k.claim_id = c.id AND k.stance = 'spreading' JOIN posts p ON p.id = k.post_id
      WHERE (c.dismissed IS NOT NULL OR c.verdict <> 'pending') AND p.account_id IS NULL AND ${KEPT}) AS s
    WHERE nth <= ${POSTS_OF_A_CLAIM} ORDER BY id`,
  routing: `
    SELECT p.id, p.title, p.text, d.name AS label
    FROM inbox_cases c JOIN departments d ON d.id = c.department_id JOIN posts p ON p.id = c.post_id
    WHERE c.state <> 'dismissed' AND ${KEPT} ORDER BY p.id`,
};

@Injectable()
export class OwnLabels {
  constructor(private readonly db: Database) {}

  async of(task: LabelTask): Promise<OwnLabel[]> {
    const rows = await this.db.all<{ id: number; title: string | null; text: string; label: string }>(SELECT[task]);
    return rows.map((row) => ({
      id: String(row.id),
      text: row.title === null ? row.text : `${row.title}\n${row.text}`,
      label: row.label,
      publishedAt: toInstant(publishedAtOf(Number(row.id))),
    }));
  }

  async count(task: LabelTask): Promise<number> {
    const [row] = await this.db.all<{ n: number }>(`SELECT COUNT(*) AS n FROM (${SELECT[task]}) AS t`);
    return Number(row?.n ?? 0);
  }
}

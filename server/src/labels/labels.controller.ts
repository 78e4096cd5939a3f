/**
 * In: corrections by staff; which model an administrator wants. Out: labels, and the models in use. Called by: posts wherever they are shown;
 * the web's 模型 card.
 */
import { LabelTask, routes, type ModelInUse, type RouteAnswer, type RouteInput } from '@minsheng/contracts';
import { Controller } from '@nestjs/common';
import { Enricher } from '../enrich/enricher.ts';
import type { Caller } from '../platform/auth/caller.ts';
import { Clock } from '../platform/clock.ts';
import { ConfigHolder } from '../platform/config-holder.ts';
import { Database, type Tx } from '../platform/database/database.ts';
import { conflict, notFound } from '../platform/errors.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { asCorrected } from '../posts/corrected.ts';
import { PostEntity } from '../posts/post.entity.ts';
import { writtenOf } from '../posts/post-store.ts';
import { sentimentCode } from '../posts/post-view.ts';
import { Rollups } from '../rollups/rollups.ts';
import { recountInTopic } from '../topics/recount.ts';
import { ModelStore } from './model-store.ts';
import { OwnLabels } from './own-labels.ts';

export const MODEL_NAMES: Record<LabelTask, string> = {
  sentiment: '情感',
  rumor: '值得核实程度',
  routing: '承办单位建议',
};

@Controller()
export class LabelsController {
  private readonly models: ModelStore;

  constructor(
    private readonly db: Database,
    private readonly labels: OwnLabels,
    private readonly enricher: Enricher,
    private readonly rollups: Rollups,
    private readonly clock: Clock,
    config: ConfigHolder,
  ) {
    this.models = new ModelStore(config.value.dataDir);
  }

  /** Correcting again replaces the label; what the machine had said stays. Charts count the label from now on. */
  @Endpoint(routes.labels.correct)
  async correct(
    @Input() { params, body }: RouteInput<typeof routes.labels.correct>,
    @CallerParam() caller: Caller,
  ): Promise<RouteAnswer<typeof routes.labels.correct>> {
    const id = Number(params.id);
    await this.db.write(async (tx) => {
      const post = await this.counted(tx, id);
      if (post === null) throw notFound('条帖文');
      if (post.state === 'expired') throw conflict('这条帖文的原文已按保存期限清除，不能再改判。');
      if (post.accountId !== null) throw conflict('官方账号发布的内容不作情感判断，没有保存。');
      const label = sentimentCode(body.label);
      await this.recount(tx, post, label);
      await tx.run(
        `INSERT INTO sentiment_labels (post_id, label, was, confidence, at, user_id) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (post_id) DO UPDATE SET label = excluded.label, at = excluded.at, user_id = excluded.user_id`,
        [id, label, post.sentiment, post.sentimentConfidence, this.clock.now(), caller.userId],
      );
    });
    return { ok: true };
  }

  @Endpoint(routes.labels.undo)
  async undo(
    @Input() { params }: RouteInput<typeof routes.labels.undo>,
  ): Promise<RouteAnswer<typeof routes.labels.undo>> {
    const id = Number(params.id);
    await this.db.write(async (tx) => {
      const post = await this.counted(tx, id);
      if (post !== null) await this.recount(tx, post, post.sentiment);
      await tx.run('DELETE FROM sentiment_labels WHERE post_id = ?', [id]);
    });
    return { ok: true };
  }

  /** The post, once nobody else is changing counters: two corrections of one post must not both take back the same count. */
  private async counted(tx: Tx, id: number): Promise<PostEntity | null> {
    await tx.inOrder();
    return tx.repo(PostEntity).findOneBy({ id });
  }

  /** Charts count this post under `sentiment` from now on. */
  private async recount(tx: Tx, post: PostEntity, sentiment: number): Promise<void> {
    const [counted] = await asCorrected(tx, [writtenOf(post, '', 'stored')]);
    if (counted === undefined) return;
    await this.rollups.correct(tx, counted, sentiment);
    await recountInTopic(tx, counted, sentiment);
  }

  @Endpoint(routes.labels.models)
  async list(): Promise<{ items: ModelInUse[] }> {
    const items: ModelInUse[] = [];
    for (const task of LabelTask.options) {
      items.push({
        task,
        name: MODEL_NAMES[task],
        labels: await this.labels.count(task),
        versions: this.models.versions(task),
      });
    }
    return { items };
  }

  /** Holds for what is enriched from now on; what is stored keeps its judgement. */
  @Endpoint(routes.labels.useModel)
  async use(@Input() { params, body }: RouteInput<typeof routes.labels.useModel>): Promise<{ items: ModelInUse[] }> {
    this.models.use(params.task, body.id);
    this.enricher.loadModels();
    return this.list();
  }
}

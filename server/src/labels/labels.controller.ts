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
import { Database } from '../platform/database/database.ts';
import { conflict, notFound } from '../platform/errors.ts';
import { CallerParam, Endpoint, Input } from '../platform/http/endpoint.ts';
import { sentimentCode } from '../posts/post-view.ts';
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
    private readonly clock: Clock,
    config: ConfigHolder,
  ) {
    this.models = new ModelStore(config.value.dataDir);
  }

  /** Correcting again replaces the label; what the machine had said stays. Charts go on counting what the machine says. */
  @Endpoint(routes.labels.correct)
  async correct(
    @Input() { params, body }: RouteInput<typeof routes.labels.correct>,
    @CallerParam() caller: Caller,
  ): Promise<RouteAnswer<typeof routes.labels.correct>> {
    const id = Number(params.id);
    await this.db.write(async (tx) => {
      const [post] = await tx.all<{
        sentiment: number;
        sentiment_confidence: number;
        state: string;
        account_id: unknown;
      }>('SELECT sentiment, sentiment_confidence, state, account_id FROM posts WHERE id = ?', [id]);
      if (post === undefined) throw notFound('条帖文');
      if (post.state === 'expired') throw conflict('这条帖文的原文已按保存期限清除，不能再改判。');
      if (post.account_id !== null) throw conflict('官方账号发布的内容不作情感判断，没有保存。');
      await tx.run(
        `INSERT INTO sentiment_labels (post_id, label, was, confidence, at, user_id) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (post_id) DO UPDATE SET label = excluded.label, at = excluded.at, user_id = excluded.user_id`,
        [id, sentimentCode(body.label), post.sentiment, post.sentiment_confidence, this.clock.now(), caller.userId],
      );
    });
    return { ok: true };
  }

  @Endpoint(routes.labels.undo)
  async undo(
    @Input() { params }: RouteInput<typeof routes.labels.undo>,
  ): Promise<RouteAnswer<typeof routes.labels.undo>> {
    await this.db.write((tx) => tx.run('DELETE FROM sentiment_labels WHERE post_id = ?', [Number(params.id)]));
    return { ok: true };
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

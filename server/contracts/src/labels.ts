/**
 * In: what staff correct, and the models that learn from it. Out: shapes of corrections and of model versions. Used by: labels, web 系统.
 */
import { z } from 'zod';
import { Instant } from './common.ts';

export const LabelTask = z.enum(['sentiment', 'rumor', 'routing']);
export type LabelTask = z.infer<typeof LabelTask>;

/** 不确定 is no label: whoever is not sure corrects nothing. */
export const SentimentLabel = z.enum(['positive', 'neutral', 'negative']);
export type SentimentLabel = z.infer<typeof SentimentLabel>;
export const SentimentCorrection = z.object({ label: SentimentLabel });

export const ModelVersion = z.object({
  /** Names the version in `models use`; `shipped` is the one that came with the product. */
  id: z.string(),
  madeAt: Instant.nullable(),
  /** zh-CN: how it was measured when it was taught. */
  figure: z.string(),
  active: z.boolean(),
});
export type ModelVersion = z.infer<typeof ModelVersion>;

export const ModelInUse = z.object({
  task: LabelTask,
  name: z.string(),
  /** Own labels whose texts are still kept. */
  labels: z.int(),
  versions: z.array(ModelVersion),
});
export type ModelInUse = z.infer<typeof ModelInUse>;

export const UseModelParams = z.object({ task: LabelTask });
export const UseModelBody = z.object({ id: z.string().regex(/^[\w.-]{1,80}$/u) });

/**
 * In: what staff correct. Out: the routes of corrections and models. Used by: routes/index.
 */
import { z } from 'zod';
import * as labels from '../labels.ts';
import { Done } from '../common.ts';
import { defineRoute } from '../route.ts';
import { ById, COLLECT, REPLY, SYSADMIN } from './access.ts';

export const labelsRoutes = {
  correct: defineRoute({
    method: 'PUT',
    path: '/posts/:id/sentiment',
    summary: '改判情感',
    tag: '标注与模型',
    access: REPLY,
    audit: 'labels.correct',
    params: ById,
    body: labels.SentimentCorrection,
    response: Done,
  }),
  undo: defineRoute({
    method: 'DELETE',
    path: '/posts/:id/sentiment',
    summary: '撤销情感改判',
    tag: '标注与模型',
    access: REPLY,
    audit: 'labels.undo',
    params: ById,
    response: Done,
  }),
  models: defineRoute({
    method: 'GET',
    path: '/models',
    summary: '在用模型与本单位标注',
    tag: '标注与模型',
    access: COLLECT,
    response: z.object({ items: z.array(labels.ModelInUse) }),
  }),
  useModel: defineRoute({
    method: 'PUT',
    path: '/models/:task',
    summary: '切换模型',
    tag: '标注与模型',
    access: SYSADMIN,
    audit: 'models.use',
    params: labels.UseModelParams,
    body: labels.UseModelBody,
    response: z.object({ items: z.array(labels.ModelInUse) }),
  }),
};

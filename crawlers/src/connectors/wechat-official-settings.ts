/**
 * In: nothing. Out: what a wechat-official source is told, and what it remembers between runs. Called by: wechat-official and its crawl.
 */
import { z } from 'zod';
import type { RunContext } from '../connector.ts';
import { Holes } from './holes.ts';
import { allowPrivateNetwork, apiAddress } from './settings-fields.ts';

export const Settings = z.object({
  baseUrl: apiAddress('https://api.weixin.qq.com'),
  accountName: z.string().min(1).max(80).meta({ title: '公众号名称', description: '与公众号后台一致' }),
  days: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(14)
    .meta({ title: '采集天数', description: '首次采集往前多少天，也是继续采集留言的天数' }),
  statistics: z
    .boolean()
    .default(true)
    .meta({ title: '采集阅读统计', description: '每天 08:00 后取一次，同时补上群发文章的标题' }),
  dailyRequests: z
    .number()
    .int()
    .min(50)
    .max(1_000_000)
    .default(2000)
    .meta({ title: '每日请求上限', advanced: true, description: '本系统一天最多请求多少次，不超过公众号后台所示额度' }),
  allowPrivateNetwork,
});
export const Credentials = z.object({
  appid: z.string().trim().min(1).meta({ title: 'AppID', description: '公众号后台“基本配置”中查看' }),
  secret: z.string().trim().min(1).meta({ title: 'AppSecret', description: '保存后不再显示，只能重新填写' }),
  pushToken: z
    .string()
    .trim()
    .min(3)
    .max(32)
    .optional()
    .meta({ title: '消息推送令牌（Token）', description: '接收群众来信时填写，与公众号后台一致' }),
  encodingAesKey: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9]{43}$/u)
    .optional()
    .meta({ title: 'EncodingAESKey', description: '填写后只接受加密消息（安全模式或兼容模式）' }),
});

export const Article = z.object({
  id: z.string(),
  msgDataId: z.string(),
  /** 0-based, as the comment interface counts. */
  index: z.number(),
  /** Unix seconds. */
  at: z.number(),
  /** Comments up to this number are stored. */
  since: z.number(),
  checkedAt: z.number(),
  fullAt: z.number().default(0),
  /** The platform's count when all were last read, and how many of them it did not show. */
  total: z.number().default(0),
  hidden: z.number().default(0),
  /** The platform has closed its comments to everybody. */
  restricted: z.boolean().default(false),
  /** Comments whose reply is stored. */
  replied: z.array(z.string()).default([]),
});
export type Article = z.infer<typeof Article>;
const ListPass = z.object({
  offset: z.number(),
  total: z.number(),
  newest: z.number(),
  edge: z.array(z.string()),
  ids: z.array(z.string()),
});
const CommentPass = z.object({
  id: z.string(),
  begin: z.number(),
  total: z.number(),
  max: z.number(),
  seen: z.number(),
  fresh: z.number(),
  full: z.boolean(),
  ids: z.array(z.string()),
});
export const Cursor = z.object({
  /** Articles updated up to this moment (unix s) are stored; of that very second, those in `edge`. */
  since: z.number(),
  edge: z.array(z.string()).default([]),
  pass: ListPass.nullable().default(null),
  commentPass: CommentPass.nullable().default(null),
  articles: z.array(Article),
  commentsOffUntil: z.number().default(0),
  statisticsOffUntil: z.number().default(0),
  /** Publication day → the day on which its statistics were last taken. */
  statistics: z.record(z.string(), z.string()).default({}),
  /** Step → when its daily quota comes back. */
  exhausted: z.record(z.string(), z.number()).default({}),
  holes: Holes.default([]),
});
export type Cursor = z.infer<typeof Cursor>;
export type Run = RunContext<z.infer<typeof Settings>, z.infer<typeof Credentials>, Cursor>;

/**
 * In: nothing. Out: what a weibo-official source is told, and what it remembers between runs. Called by: weibo-official and its crawl.
 */
import { z } from 'zod';
import type { RunContext } from '../connector.ts';
import { Followed, Pass } from './weibo-followed.ts';
import { allowPrivateNetwork, apiAddress } from './settings-fields.ts';

export const Settings = z.object({
  baseUrl: apiAddress('https://api.weibo.com'),
  uids: z
    .array(z.string().regex(/^\d+$/u, '应为数字'))
    .optional()
    .meta({ title: '账号 UID', description: '只采集这些账号；留空为服务账号关注的全部机构账号' }),
  days: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(14)
    .meta({ title: '首次采集天数', description: '第一次运行往前采集多少天' }),
  commentDays: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(7)
    .meta({ title: '评论采集天数', description: '发布后多少天内继续采集评论' }),
  mentions: z.boolean().default(true).meta({ title: '采集@服务账号的微博', description: '需要相应接口权限' }),
  received: z.boolean().default(true).meta({ title: '采集服务账号收到的评论', description: '需要相应接口权限' }),
  operatorIp: z.ipv4().optional().meta({ title: '本单位公网 IP', description: '微博要求答复时注明；不答复可不填' }),
  requestsPerDay: z.number().int().min(10).optional().meta({
    title: '每日请求额度',
    advanced: true,
    description: '平台批给本应用每个授权用户的次数；留空按公布的 100 次',
  }),
  pageCap: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .meta({ title: '每次最多页数', advanced: true, description: '达到后下次从断点继续' }),
  allowPrivateNetwork,
});
export const Credentials = z.object({
  appKey: z.string().trim().min(1).optional().meta({ title: 'App Key', description: '用于在线授权；已有令牌时可不填' }),
  appSecret: z.string().trim().min(1).optional().meta({ title: 'App Secret', description: '保存后不再显示' }),
  accessToken: z
    .string()
    .trim()
    .min(1)
    .optional()
    .meta({ title: 'access_token', advanced: true, description: '服务账号的授权令牌；在线授权后自动填入' }),
  uid: z
    .string()
    .regex(/^\d+$/u, '应为数字')
    .optional()
    .meta({ title: '服务账号 UID', advanced: true, description: '在线授权后自动填入' }),
  expiresAt: z.string().optional().meta({
    title: '授权到期时间',
    advanced: true,
    visible: true,
    description: '在线授权后自动填入；手填令牌时可留空，由平台告知',
  }),
});

/** A stream of the service account's own: mentions, or comments received. */
export const Stream = z.object({
  since: z.string().default('0'),
  pass: Pass.nullable().default(null),
  /** Without the permission it is asked for once a day. */
  closedUntil: z.number().default(0),
});
export type Stream = z.infer<typeof Stream>;
const NO_STREAM = Stream.parse({});

export const Cursor = z.object({
  /** Posts up to this id are stored, without a hole. */
  since: z.string(),
  pass: Pass.nullable(),
  commentPass: Pass.extend({ postId: z.string() }).nullable(),
  posts: z.array(Followed),
  /** Names of the monitored accounts, by uid. */
  officials: z.record(z.string(), z.string()),
  mentions: Stream.default(NO_STREAM),
  received: Stream.default(NO_STREAM),
  /** The authorised account's uid; empty before it was asked for, `0` when the platform does not say. */
  me: z.string().default(''),
  /** Which token the platform was asked the end of (only a mark of it), and when. */
  end: z.object({ of: z.string(), askedAt: z.number() }).default({ of: '', askedAt: 0 }),
  /** When each step had its last turn, so that a small budget serves them in turn. */
  turns: z.record(z.string(), z.number()).default({}),
  ranAt: z.number().default(0),
  /** The part of a request that the last run was granted and could not ask for. */
  spare: z.number().default(0),
});
export type Cursor = z.infer<typeof Cursor>;
export type Run = RunContext<z.infer<typeof Settings>, z.infer<typeof Credentials>, Cursor>;

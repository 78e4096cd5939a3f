/**
 * In: nothing. Out: what an operator configures for weibo-web, and what the form says about it. Used by: weibo-web and its crawl.
 */
import { z } from 'zod';
import { allowPrivateNetwork } from './settings-fields.ts';

const days = (max: number) => z.number().int().min(1).max(max);
export const Settings = z.object({
  enabled: z.boolean().default(false).meta({
    title: '已阅读说明并启用',
    description: '本方式读取网页接口，不在平台开放范围内；启用前请取得平台同意，并由本单位负责人批准',
  }),
  uids: z
    .array(z.string().regex(/^\d{5,13}$/u, '应为 5–13 位数字'))
    .min(1)
    .meta({ title: '账号 UID', description: '政务微博主页地址中的数字；个人账号不采集' }),
  shape: z
    .enum(['mobile', 'desktop'])
    .default('mobile')
    .meta({
      title: '读取哪种网页',
      advanced: true,
      description: 'Cookie 须取自同一网站',
      choices: { mobile: '手机版 m.weibo.cn', desktop: '桌面版 weibo.com' },
    }),
  visitor: z
    .boolean()
    .default(false)
    .meta({ title: '以访客身份访问', description: '不填 Cookie 时使用；评论的后续页通常看不到' }),
  days: days(3650).default(7).meta({ title: '首次采集天数', description: '第一次运行往前采集多少天' }),
  comments: z.boolean().default(true).meta({ title: '采集评论' }),
  commentDays: days(3650).default(3).meta({ title: '评论采集天数', description: '发布后多少天内继续采集评论' }),
  commentPages: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(50)
    .meta({ title: '每条帖文最多评论页数', advanced: true, description: '超出部分列为缺口' }),
  hotWords: z
    .array(z.string().trim().min(2).max(40))
    .default([])
    .meta({ title: '热搜关注词', description: '本地地名、单位名等；热搜词含有其一才入库，留空则不看热搜' }),
  pauseSeconds: z
    .number()
    .min(0)
    .max(120)
    .default(5)
    .meta({ title: '两次请求间隔（秒）', advanced: true, description: '访问微博网站时至少 3 秒' }),
  pageCap: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .meta({ title: '每次最多页数', advanced: true, description: '达到后下次从断点继续' }),
  respectRobots: z.boolean().default(true).meta({
    title: '遵守 robots.txt',
    advanced: true,
    description: '平台的 robots.txt 不允许时停止采集；取得平台书面同意后方可关闭',
  }),
  baseUrl: z.url().optional().meta({ title: '网页地址', advanced: true, description: '留空为微博网站' }),
  allowPrivateNetwork,
});
export const Credentials = z.object({
  cookie: z
    .string()
    .trim()
    .min(1)
    .optional()
    .meta({ title: 'Cookie', description: '用本单位账号登录后从浏览器复制；只使用其中的 SUB、SUBP，保存后不再显示' }),
});

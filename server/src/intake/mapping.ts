/**
 * In: a table's columns and rows, and which column is what. Out: a guess of that, and items in the import format. Called by: imports. Pure.
 */
import type { ImportField, ImportMapping } from '@minsheng/contracts';
import { parseCount } from '@minsheng/crawlers';
import { createHash } from 'node:crypto';
import { tableTime, type TableRow } from './table.ts';

/** Heads of tables that offices export, most telling first. */
const HEADS: Record<ImportField, RegExp> = {
  id: /^(?:id|.*(?:编号|工单号|流水号|序号|单号))$/iu,
  parentId: /^(?:parentid|.*(?:原帖|所属|被评论|回复对象).*(?:编号|id)?)$/iu,
  account: /^(?:account|.*(?:官方账号|账号名称|发布单位|公众号))$/iu,
  author: /^(?:author|.*(?:昵称|用户|诉求人|来电人|留言人|作者|姓名|openid).*)$/iu,
  publishedAt: /^(?:publishedat|date|time|.*(?:时间|日期).*)$/iu,
  title: /^(?:title|.*(?:标题|主题|题目))$/iu,
  text: /^(?:text|content|.*(?:内容|正文|诉求|留言|评论|描述).*)$/iu,
  url: /^(?:url|link|.*(?:链接|网址|地址))$/iu,
  likes: /^(?:likes|.*(?:点赞|赞).*)$/iu,
  comments: /^(?:comments|.*(?:评论数|评论量|回复数))$/iu,
  reposts: /^(?:reposts|.*(?:转发|分享).*)$/iu,
  reads: /^(?:reads|.*(?:阅读|浏览|播放).*)$/iu,
};
/** Asked in this order, so that 评论数 is a counter before 评论 is a text. */
const ORDER: readonly ImportField[] = [
  'comments',
  'likes',
  'reposts',
  'reads',
  'publishedAt',
  'title',
  'parentId',
  'id',
  'account',
  'url',
  'text',
  'author',
];
const COUNTERS = ['likes', 'comments', 'reposts', 'reads'] as const;

export function guessMapping(columns: readonly string[]): ImportMapping {
  const taken = new Set<number>();
  const guessed: ImportMapping['columns'] = {};
  for (const field of ORDER) {
    const at = columns.findIndex((head, i) => !taken.has(i) && HEADS[field].test(head.replace(/\s/gu, '')));
    if (at === -1) continue;
    taken.add(at);
    guessed[field] = at;
  }
  return { kind: guessed.account !== undefined && guessed.author === undefined ? 'post' : 'message', columns: guessed };
}

/** A row as an item; intake judges it. Without a column of ids, the same row always gets the same id. */
export function itemOf(row: TableRow, mapping: ImportMapping, platform: string): Record<string, unknown> {
  const { columns, kind } = mapping;
  const cell = (field: ImportField): string | undefined => {
    const at = columns[field];
    const value = at === undefined ? undefined : row.cells[at]?.trim();
    return value === '' ? undefined : value;
  };
  const item: Record<string, unknown> = {
    platform,
    kind,
    id: cell('id') ?? `row-${createHash('sha256').update(JSON.stringify(row.cells)).digest('hex').slice(0, 24)}`,
    publishedAt: tableTime(cell('publishedAt') ?? ''),
    text: cell('text') ?? '',
  };
  for (const field of ['parentId', 'account', 'title', 'url'] as const) {
    const value = cell(field);
    if (value !== undefined) item[field] = value;
  }
  // An official account's name is public; whoever else wrote it is only counted.
  const author = cell('author');
  if (author !== undefined && item['account'] === undefined) item['author'] = author.slice(0, 200);
  for (const field of COUNTERS) {
    const count = parseCount(cell(field));
    if (count !== undefined) item[field] = count;
  }
  return item;
}

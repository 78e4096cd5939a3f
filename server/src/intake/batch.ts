/**
 * In: a pushed body. Out: its items in order, each with what is wrong with it where it cannot even be read. Called by: the push door. Pure.
 */
import { UserError } from '../platform/errors.ts';

export interface BatchEntry {
  /** As given; intake judges it. */
  item: unknown;
  id: string | null;
  /** zh-CN; null when intake may judge. */
  problem: string | null;
}

/** A JSON array, `{"items": […]}`, or NDJSON. Items without a platform are of the source's. @throws UserError when the whole cannot be read. */
export function readBatch(body: Buffer, contentType: string, platform: string): BatchEntry[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body).trim();
  } catch {
    throw new UserError('invalid-input', '内容不是 UTF-8 编码，本批没有保存。', { todo: '请以 UTF-8 编码推送。' });
  }
  if (text === '') throw new UserError('invalid-input', '本批没有内容。', { todo: '请推送 JSON 数组或 NDJSON。' });
  if (!/ndjson|jsonl/u.test(contentType) && (text.startsWith('[') || isWrapped(text))) return fromArray(text, platform);
  return text
    .split(/\r?\n/u)
    .filter((line) => line.trim() !== '')
    .map((line) => {
      try {
        return entryOf(JSON.parse(line) as unknown, platform);
      } catch {
        return { item: null, id: null, problem: '这一行不是有效的 JSON' };
      }
    });
}

function isWrapped(text: string): boolean {
  return /^\{\s*"items"\s*:/u.test(text);
}

function fromArray(text: string, platform: string): BatchEntry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new UserError('invalid-input', '内容不是有效的 JSON，本批没有保存。', {
      todo: '请推送 JSON 数组；逐行推送请用 Content-Type: application/x-ndjson。',
    });
  }
  const items = Array.isArray(parsed) ? parsed : (parsed as { items: unknown }).items;
  if (!Array.isArray(items))
    throw new UserError('invalid-input', 'items 应为数组，本批没有保存。', { todo: '请检查推送格式。' });
  return items.map((item: unknown) => entryOf(item, platform));
}

function entryOf(item: unknown, platform: string): BatchEntry {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { item: null, id: null, problem: '这一项不是对象' };
  const given = item as Record<string, unknown>;
  const { id } = given;
  if (typeof id === 'number') return { item: null, id: String(id), problem: 'id 应为字符串（长编号作为数字会失真）' };
  return {
    item: given['platform'] === undefined ? { ...given, platform } : given,
    id: typeof id === 'string' ? id.slice(0, 200) : null,
    problem: null,
  };
}

/**
 * In: where a page ended. Out: an opaque cursor, and back. Used by: engines.
 */
import { z } from 'zod';
import { UserError } from '../platform/errors.ts';

/** `last` is the last id given; in relevance order also its score, and the newest id when the first page was read. */
const Cursor = z.object({ last: z.int(), score: z.number().optional(), newest: z.int().optional() });
export type Cursor = z.infer<typeof Cursor>;

export function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

export function readCursor(text: string): Cursor {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (cause) {
    throw new UserError('invalid-input', '翻页位置无效，没有读取。', { todo: '请从第一页重新检索。', cause });
  }
}

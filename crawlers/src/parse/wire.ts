/**
 * In: values as platforms put them on the wire. Out: plain ones, or LayoutChanged. Called by: connectors.
 */
import { z } from 'zod';
import { LayoutChanged } from '../errors.ts';
import { htmlToText } from './html.ts';

const UNITS: Record<string, number> = { 万: 1e4, 亿: 1e8, w: 1e4, W: 1e4 };

/** `12` · `"1,234"` · `32.6万` · `1.2亿` · `100万+` (a lower bound). Undefined for anything else, negative numbers included. */
export function parseCount(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Math.trunc(value) : undefined;
  if (typeof value !== 'string') return undefined;
  const m = /^(\d{1,15}(?:\.\d{1,6})?)([万亿wW]?)\+?$/u.exec(value.replaceAll(/[,，\s]/gu, ''));
  if (m === null) return undefined;
  const count = Math.round(Number(m[1]) * (UNITS[m[2] ?? ''] ?? 1));
  return Number.isSafeInteger(count) ? count : undefined;
}

/** A counter that may be a number, a numeric string, a shorthand or absent (0). */
export const WireCount = z
  .unknown()
  .optional()
  .transform((value) => parseCount(value) ?? 0);

/** A numeric id as digits, whether it came as a number or a string. */
export const WireId = z
  .union([z.string(), z.number().int()])
  .transform(String)
  .pipe(z.string().regex(/^\d{1,25}$/u));

/** A list that may be an array, an object keyed by index, false, null or absent. */
export function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

/** The entries that have the shape, and how many have not: one broken entry does not cost the page. */
export function sift<T extends z.ZodType>(schema: T, value: unknown): { good: z.infer<T>[]; broken: number } {
  const entries = listOf(value);
  const good = entries.flatMap((entry) => {
    const parsed = schema.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
  return { good, broken: entries.length - good.length };
}

/** @throws LayoutChanged naming the first field that is not as expected; never its value. */
export function shaped<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new LayoutChanged(
    `${what}返回的数据与约定不符${field === '' ? '' : `（${field}）`}，这一页没有读取，已保存到上一页。可能是接口有变，请联系系统维护方。`,
  );
}

/** The client's name out of Weibo's `<a href="…">client</a>`, or the plain name. */
export function clientName(source: string): string {
  return htmlToText(source);
}

/** The region out of `发布于 北京`, `来自 北京`, `来自上海`, `IP属地：广东`; empty when there is none. */
export function regionName(text: string): string {
  return text.trim().replace(/^(?:发布于|来自|IP ?属地[：:])\s*/u, '');
}

/** The JSON text inside `callback({...})`: what stands between the first `(` and the last `)`. Undefined without both. */
export function jsonpBody(text: string): string | undefined {
  const from = text.indexOf('(');
  const to = text.lastIndexOf(')');
  return from < 0 || to < from ? undefined : text.slice(from + 1, to);
}

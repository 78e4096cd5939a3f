/**
 * In: the address of an RSS 2.0, Atom or JSON feed and where the last run stopped. Out: its entries, page by page, each with the next cursor.
 * Called by: feed, wechat-bridge.
 */
import type { RawItem } from '@minsheng/contracts';
import { parseFeed } from 'feedsmith';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Gap, Page, RunContext } from '../connector.ts';
import { ConnectorError, LayoutChanged } from '../errors.ts';
import { officeTime } from '../parse/dates.ts';
import { HoleBook, Holes } from './holes.ts';

const SEEN_KEPT = 1000;
/** Pages that one run reads of a pass; the next run goes on where it stopped. */
const PAGES = 10;
/** Pages of a whole pass. What lies behind is named as a gap. */
const PASS_PAGES = 500;

/** Where a pass goes on, and how many pages it may still read. */
const Stretch = z.object({ url: z.string(), left: z.number() });
type Stretch = z.infer<typeof Stretch>;

export const FeedCursor = z.object({
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  /** id → hash of what it said, newest last. */
  seen: z.array(z.tuple([z.string(), z.string()])),
  /** Passes over several pages that are not at their end, newest first. */
  resume: z.preprocess((given) => (given === null ? [] : given), z.array(Stretch).default([])),
  holes: Holes.default([]),
});
export type FeedCursor = z.infer<typeof FeedCursor>;

export interface Entry {
  id: string;
  url: string | undefined;
  title: string | undefined;
  /** Empty when the feed carries none. */
  text: string;
  summary: string | undefined;
  date: string | undefined;
}

interface Options {
  run: Pick<RunContext<unknown, unknown, FeedCursor>, 'http' | 'signal' | 'cursor' | 'range' | 'now'>;
  url: string;
  /** Sent with every request, e.g. an access key. */
  query?: Record<string, string>;
  /** Undefined = the entry is left out; `gaps` may be added to. */
  itemOf(entry: Entry, gaps: Gap[]): RawItem | undefined;
  /** The page after this one where the feed itself does not name it. */
  nextOf?(url: string, entries: readonly Entry[]): string | undefined;
}

/**
 * Asks conditionally, so an unchanged feed costs one small answer. Where pages can be followed, goes on as long as a page brings news,
 * so a long absence leaves no hole; where they cannot, says so when nothing on the page is known any more.
 */
export async function* feedPages(options: Options): AsyncGenerator<Page<FeedCursor>> {
  const { run } = options;
  const state: FeedCursor = run.cursor ?? { etag: null, lastModified: null, seen: [], resume: [], holes: [] };
  const holes = new HoleBook(state, run.now().getTime());
  const known = new Map(state.seen);
  let allowed = run.range === undefined ? PAGES : PASS_PAGES;
  // News first; then what earlier passes had still before them, so that a long archive never delays the day.
  if (run.range === undefined || known.size === 0) yield* follow({ url: options.url, left: PASS_PAGES }, true);
  for (const stretch of [...state.resume]) if (allowed > 0) yield* follow(stretch, false);
  const gaps = holes.ofEarlierRuns();
  if (gaps.length > 0) yield { items: [], gaps, cursor: structuredClone(state) };

  async function* follow(stretch: Stretch, top: boolean): AsyncGenerator<Page<FeedCursor>> {
    let first = top;
    // What was published meanwhile has pushed known entries down to where a stretch goes on: those pages are passed over.
    let met = top;
    for (let idle = 0; allowed > 0 && !run.signal.aborted; allowed--) {
      const { url } = stretch;
      const answer = await fetchFeed(run, url, options.query, first ? state : undefined);
      if (answer.unchanged) {
        yield { items: [], cursor: structuredClone(state) };
        return;
      }
      const { etag, lastModified, entries } = answer;
      if (first) Object.assign(state, { etag, lastModified });
      const page = newItems(options, entries, known);
      const next = answer.next ?? options.nextOf?.(url, entries);
      const absent = known.size > page.fresh && page.overlap === 0 && entries.length > 0;
      if (first && next === undefined && absent && run.range === undefined) {
        const slid: Gap = { what: '两次采集之间可能有条目已滑出订阅列表', cause: 'platform-limit' };
        holes.note([slid]);
        page.gaps.push(slid);
      }
      first = false;
      met ||= page.fresh > 0;
      if (page.fresh === 0) idle++;
      stretch.left--;
      const wanted = next !== undefined && !page.beforeRange && (page.fresh > 0 || (!met && idle < PAGES));
      if (wanted && stretch.left === 0) {
        const beyond: Gap = { what: `订阅中前 ${PASS_PAGES} 页以外的较早条目`, cause: 'platform-limit' };
        holes.note([beyond]);
        page.gaps.push(beyond);
      }
      const more = wanted && stretch.left > 0;
      state.resume = state.resume.filter((open) => open !== stretch);
      if (more) {
        stretch.url = next;
        state.resume.unshift(stretch);
      }
      state.seen = [...known].slice(-SEEN_KEPT);
      const { items, gaps } = page;
      yield { items, gaps, expected: items.length + page.dateless, cursor: structuredClone(state) };
      if (!more) return;
    }
  }
}

function newItems(options: Options, entries: readonly Entry[], known: Map<string, string>) {
  const { range } = options.run;
  const items: RawItem[] = [];
  const gaps: Gap[] = [];
  let dateless = 0;
  let overlap = 0;
  let fresh = 0;
  let older = 0;
  for (const entry of entries) {
    const hash = createHash('sha256')
      .update(`${entry.title ?? ''}\n${entry.text}`)
      .digest('base64url')
      .slice(0, 16);
    if (known.has(entry.id)) overlap++;
    if (known.get(entry.id) === hash) continue;
    if (entry.date === undefined) {
      dateless++;
      continue;
    }
    if (!known.has(entry.id)) fresh++;
    known.delete(entry.id);
    known.set(entry.id, hash);
    const at = Date.parse(entry.date);
    if (range !== undefined && at < range.from.getTime()) older++;
    if (range !== undefined && (at < range.from.getTime() || at >= range.to.getTime())) continue;
    const item = options.itemOf(entry, gaps);
    if (item !== undefined) items.push(item);
  }
  if (dateless > 0) gaps.push({ what: '没有发布时间、无法入库的条目', size: dateless, cause: 'skipped' });
  return { items, gaps, dateless, overlap, fresh, beforeRange: entries.length > 0 && older === entries.length };
}

/** @throws ConnectorError for every answer that is not a feed. */
export async function fetchFeed(
  run: Pick<RunContext<unknown, unknown, unknown>, 'http' | 'signal'>,
  url: string,
  query: Record<string, string> = {},
  validators?: Pick<FeedCursor, 'etag' | 'lastModified'>,
) {
  const answer = await run.http.request({
    url,
    query,
    signal: run.signal,
    ...(validators?.etag == null ? {} : { ifNoneMatch: validators.etag }),
    ...(validators?.lastModified == null ? {} : { ifModifiedSince: validators.lastModified }),
  });
  const { status } = answer;
  const etag = answer.headers['etag'] ?? null;
  const lastModified = answer.headers['last-modified'] ?? null;
  if (status === 304) return { entries: [], next: undefined, etag, lastModified, unchanged: true };
  if (status === 410)
    throw new ConnectorError('gone', '对方已永久关闭这个订阅。请更换地址或删除这个采集源。', { status });
  if (status === 404 || status === 400)
    throw new ConnectorError('config', `订阅地址不存在（HTTP ${status}）。请核对地址。`, { status });
  if (status === 401 || status === 403)
    throw new ConnectorError('permission', `对方不允许读取这个订阅（HTTP ${status}）。请核对访问权限或密钥。`, {
      status,
    });
  if (status >= 400) throw new ConnectorError('unreachable', `对方网站返回 HTTP ${status}，稍后自动重试。`, { status });
  return { ...readFeed(answer.text, url), etag, lastModified, unchanged: false };
}

/** @throws LayoutChanged when the text is a web page, defines entities, or is not a feed. */
export function readFeed(text: string, base: string): { entries: Entry[]; next: string | undefined } {
  const start = text.trimStart().slice(0, 500).toLowerCase();
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) {
    throw new LayoutChanged('这个地址返回的是网页而不是订阅内容，没有读取。请核对订阅地址，或确认是否需要登录。');
  }
  const root = text.search(/<[a-z]/iu);
  if (/<!(?:entity|doctype)/iu.test(text.slice(0, root < 0 ? undefined : root)) && !text.trimStart().startsWith('{'))
    throw new LayoutChanged('订阅内容含有实体定义，出于安全没有读取。请联系对方网站。');
  // A parser that forgives would take half a page for a whole one, and what was cut off would never be asked for again.
  if (
    !text.trimStart().startsWith('{') &&
    !/<\/\s*(?:rss|feed|rdf:rdf)\s*>\s*(?:<!--(?:(?!-->)[\s\S])*-->\s*)*$/iu.test(text)
  )
    throw new LayoutChanged('订阅内容不完整，或不是订阅格式，没有读取，稍后自动重试。若一直如此，请核对订阅地址。');
  let parsed: ReturnType<typeof parseFeed>;
  try {
    // eslint-disable-next-line no-control-regex -- characters that XML forbids and some sites send
    parsed = parseFeed(text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/gu, ''));
  } catch (cause) {
    throw new LayoutChanged('订阅内容的格式无法识别，没有读取。请核对订阅地址。', {
      code: cause instanceof Error ? cause.name : 'parse',
    });
  }
  const absolute = (link: string | undefined) =>
    link === undefined || !URL.canParse(link, base) ? undefined : new URL(link, base).href;
  const entries: Entry[] = [];
  const add = (
    id: string | undefined,
    link: string | undefined,
    title: string | undefined,
    body: string | undefined,
    summary: string | undefined,
    date: unknown,
  ) => {
    const url = absolute(link);
    const content = unwrap(body ?? summary ?? '').trim();
    const key = id ?? url ?? digest(`${title ?? ''}${content}`);
    entries.push({
      id: key.length > 200 ? digest(key) : key,
      url,
      title: title === undefined ? undefined : unwrap(title).trim(),
      text: content,
      summary: summary === undefined ? undefined : unwrap(summary).trim(),
      date: typeof date === 'string' ? feedDate(date) : undefined,
    });
  };
  if (parsed.format === 'rss') {
    for (const i of parsed.feed.items ?? [])
      add(i.guid?.value, i.link, i.title, i.content?.encoded, i.description, i.pubDate ?? i.dc?.dates?.[0]);
    return { entries, next: absolute(parsed.feed.atom?.links?.find((l) => l.rel === 'next')?.href) };
  }
  if (parsed.format === 'atom') {
    for (const e of parsed.feed.entries ?? []) {
      const link = e.links?.find((l) => l.rel === undefined || l.rel === 'alternate')?.href;
      add(e.id, link, textOf(e.title), textOf(e.content), textOf(e.summary), e.published ?? e.updated);
    }
    return { entries, next: absolute(parsed.feed.links?.find((l) => l.rel === 'next')?.href) };
  }
  if (parsed.format === 'json') {
    for (const i of parsed.feed.items ?? []) {
      const link = i.url ?? i.external_url;
      add(i.id, link, i.title, i.content_html ?? i.content_text, i.summary, i.date_published ?? i.date_modified);
    }
    return { entries, next: absolute(parsed.feed.next_url) };
  }
  throw new LayoutChanged('不支持的订阅格式，没有读取。支持 RSS 2.0、Atom、JSON Feed。');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Atom texts are strings, or objects that carry the text in `value`. */
function textOf(text: unknown): string | undefined {
  if (typeof text === 'string') return text;
  if (typeof text === 'object' && text !== null && 'value' in text && typeof text.value === 'string') return text.value;
  return undefined;
}

/** Some bridges send the CDATA mark itself as text. */
function unwrap(text: string): string {
  return /^\s*(?:<|&lt;)!\[CDATA\[([\s\S]*?)\]\](?:>|&gt;)\s*$/u.exec(text)?.[1] ?? text;
}

const PLAIN = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?$/u;
/** `Mon, 23 Nov 2026 10:00:00 GMT`, week day and seconds optional, years of two digits too. */
const RFC822 = /^(?:\w{3,9},?\s+)?(\d{1,2})\s+(\w{3})\w*\s+(\d{2}|\d{4})\s+(\d{1,2}:\d{2}(?::\d{2})?)\s*(\S*)$/u;
/** Java's own: `Mon Nov 23 10:00:00 CST 2026`. */
const JAVA = /^\w{3}\s+(\w{3})\s+(\d{1,2})\s+(\d{2}:\d{2}:\d{2})\s+(\S+)\s+(\d{4})$/u;
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/u;

/** RFC 822, RFC 3339, Java's form or `2026-11-23 10:00:00`; without a zone, and with `CST`, +08:00. Unknown shapes give undefined. */
export function feedDate(text: string): string | undefined {
  const given = text.trim();
  const plain = PLAIN.exec(given);
  if (plain !== null) {
    const [, y = '', mo = '', d = '', h = '0', mi = '0', s = '0'] = plain;
    const two = (v: string) => v.padStart(2, '0');
    return timeOf(`${y}-${two(mo)}-${two(d)}T${two(h)}:${two(mi)}:${two(s)}+08:00`);
  }
  if (ISO.test(given)) return timeOf(given);
  const java = JAVA.exec(given);
  if (java !== null) return timeOf(`${java[2]} ${java[1]} ${java[5]} ${java[3]} ${zone(java[4])}`);
  const rfc = RFC822.exec(given);
  if (rfc === null) return undefined;
  const year = rfc[3]?.length === 2 ? `20${rfc[3]}` : rfc[3];
  return timeOf(`${rfc[1]} ${rfc[2]} ${year} ${rfc[4]} ${zone(rfc[5])}`);
}

/** On Chinese sites CST is China's time, which the engine would read as Chicago's. */
function zone(name = ''): string {
  return name === '' || name === 'CST' ? '+0800' : name.replace(':', '');
}

function timeOf(text: string): string | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms < 0 ? undefined : officeTime(ms);
}

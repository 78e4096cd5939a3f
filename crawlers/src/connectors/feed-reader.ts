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
/** Pages that are read in one go and then looked through again; without a range a run reads that many of a pass, the next run goes on. */
const PAGES = 10;
/** Pages of a whole pass. What lies behind is named as a gap. */
const PASS_PAGES = 500;
/** How often the same pages are read while each time something had slipped between two of them. */
const WALKS = 4;

/**
 * Where a pass goes on. Pages are counted from the newest entry, so what appears or is withdrawn between two requests moves entries over
 * the pages' edges. A pass therefore goes on with the page it read last, and pages whose edges lay among news are walked once more.
 */
const Stretch = z.object({
  pass: z.number().default(0),
  /** The page read last, or the first one. */
  url: z.string(),
  left: z.number(),
  /** The first page of those that hang together only if nothing moved, and their number. */
  from: z.string().default(''),
  read: z.number().default(0),
  /** An edge lay among news: to be walked again. */
  loose: z.boolean().default(false),
  /** Nothing more is wanted below. */
  ended: z.boolean().default(false),
});
type Stretch = z.infer<typeof Stretch>;

export const FeedCursor = z.object({
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  /** Id, hash of what it said and the pass that brought it, newest last. */
  seen: z.array(z.tuple([z.string(), z.string()], z.number())),
  /** Passes begun so far. */
  passes: z.number().default(0),
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
  const state: FeedCursor = run.cursor ?? {
    etag: null,
    lastModified: null,
    seen: [],
    resume: [],
    passes: 0,
    holes: [],
  };
  const holes = new HoleBook(state, run.now().getTime());
  const known = new Map(state.seen.map(([id, hash, pass = 0]) => [id, { hash, pass }]));
  let allowed = run.range === undefined ? PAGES : PASS_PAGES;
  // News first; then what earlier passes had still before them, so that a long archive never delays the day.
  if (run.range === undefined || known.size === 0) yield* follow(firstStretch(), true);
  for (const stretch of [...state.resume]) if (allowed > 0) yield* follow(stretch, false);
  const gaps = holes.ofEarlierRuns();
  if (gaps.length > 0) yield { items: [], gaps, cursor: structuredClone(state) };

  function firstStretch(): Stretch {
    const pass = ++state.passes;
    return { pass, url: options.url, from: options.url, left: PASS_PAGES, read: 0, loose: false, ended: false };
  }

  /** As many pages as the run may read, each ten of them walked until no edge lay among news. */
  async function* follow(stretch: Stretch, top: boolean): AsyncGenerator<Page<FeedCursor>> {
    let walks = 0;
    stretch.from ||= stretch.url;
    let outcome = stretch.ended ? ('loose' as const) : yield* walk(stretch, stretch.read > 0, walks, top);
    while (outcome !== 'done' && !run.signal.aborted) {
      if (outcome === 'further' && allowed <= 0) return;
      walks = outcome === 'loose' ? walks + 1 : 0;
      outcome = yield* walk(stretch, outcome === 'further', walks, false);
    }
  }

  /** From the page read last, or again from the first, down to where nothing more is wanted or ten pages are full. */
  async function* walk(
    stretch: Stretch,
    onward: boolean,
    walks: number,
    top: boolean,
  ): AsyncGenerator<Page<FeedCursor>, 'done' | 'further' | 'loose'> {
    let url = onward ? stretch.url : stretch.from;
    let place = onward ? stretch.read - 1 : 0;
    let loose = onward && stretch.loose;
    const { read: before, ended: endedBefore } = stretch;
    for (let idle = 0; !run.signal.aborted;) {
      const answer = await fetchFeed(run, url, options.query, top && place === 0 ? state : undefined);
      if (answer.unchanged) {
        yield { items: [], cursor: structuredClone(state) };
        return 'done';
      }
      const { etag, lastModified, entries } = answer;
      if (top && place === 0) Object.assign(state, { etag, lastModified });
      const page = newItems(options, entries, known, stretch.pass);
      const next = answer.next ?? options.nextOf?.(url, entries);
      const name = (what: string, cause: Gap['cause']) => {
        holes.note([{ what, cause }]);
        page.gaps.push({ what, cause });
      };
      const absent = known.size > page.fresh && page.overlap === 0 && entries.length > 0;
      if (top && place === 0 && next === undefined && absent && run.range === undefined)
        name('两次采集之间可能有条目已滑出订阅列表', 'platform-limit');
      place++;
      if (place > stretch.read) {
        Object.assign(stretch, { url, read: place, left: stretch.left - 1 });
        allowed--;
      }
      if (page.fresh === 0) idle++;
      loose ||= page.endsFresh && next !== undefined;
      const below = place < before || (place === before && !onward && !endedBefore);
      const wanted =
        next !== undefined &&
        !page.beforeRange &&
        // What was published meanwhile pushes entries down: pages of nothing but this pass's own and newer ones are passed over.
        (below || page.fresh > 0 || (page.overlap === 0 && !endedBefore && idle < PAGES));
      if (wanted && stretch.left === 0) name(`订阅中前 ${PASS_PAGES} 页以外的较早条目`, 'platform-limit');
      const more = wanted && stretch.left > 0;
      const full = place >= before && (place >= PAGES || allowed <= 0);
      const last = !more || full;
      if (last && loose && walks >= WALKS) {
        name('列表在读取时不断变动，可能有条目没有读到', 'unknown');
        loose = false;
      }
      Object.assign(stretch, {
        loose: loose || (!last && stretch.loose),
        ended: place < before ? endedBefore : !more,
      });
      if (last && more && !loose) Object.assign(stretch, { from: stretch.url, read: 1 });
      state.resume = state.resume.filter((open) => open !== stretch);
      if (more || loose) state.resume.unshift(stretch);
      state.seen = [...known].slice(-SEEN_KEPT).map(([id, { hash, pass }]) => [id, hash, pass]);
      const { items, gaps } = page;
      yield { items, gaps, expected: items.length + page.dateless, cursor: structuredClone(state) };
      if (last) return loose ? 'loose' : more ? 'further' : 'done';
      url = next;
    }
    return 'done';
  }
}

interface Known {
  hash: string;
  pass: number;
}

function newItems(options: Options, entries: readonly Entry[], known: Map<string, Known>, pass: number) {
  const { range } = options.run;
  const items: RawItem[] = [];
  const gaps: Gap[] = [];
  let dateless = 0;
  let overlap = 0;
  let fresh = 0;
  let older = 0;
  let endsFresh = false;
  for (const entry of entries) {
    const hash = createHash('sha256')
      .update(`${entry.title ?? ''}\n${entry.text}`)
      .digest('base64url')
      .slice(0, 16);
    const before = known.get(entry.id);
    if (before !== undefined && before.pass < pass) overlap++;
    if (before?.hash === hash) {
      endsFresh = false;
      continue;
    }
    if (entry.date === undefined) {
      dateless++;
      continue;
    }
    endsFresh = before === undefined;
    if (endsFresh) fresh++;
    known.delete(entry.id);
    known.set(entry.id, { hash, pass: before?.pass ?? pass });
    const at = Date.parse(entry.date);
    if (range !== undefined && at < range.from.getTime()) older++;
    if (range !== undefined && (at < range.from.getTime() || at >= range.to.getTime())) continue;
    const item = options.itemOf(entry, gaps);
    if (item !== undefined) items.push(item);
  }
  if (dateless > 0) gaps.push({ what: '没有发布时间、无法入库的条目', size: dateless, cause: 'skipped' });
  return {
    items,
    gaps,
    dateless,
    overlap,
    fresh,
    endsFresh,
    beforeRange: entries.length > 0 && older === entries.length,
  };
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

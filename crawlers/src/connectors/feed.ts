/**
 * In: the address of an RSS 2.0, Atom or JSON feed. Out: its entries as posts of the site, or as citizens' published letters.
 * Called by: the collect step. Asks conditionally, so an unchanged feed costs one small answer.
 */
import type { RawItem } from '@minsheng/contracts';
import { parseFeed } from 'feedsmith';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { defineConnector, type Gap, type Page, type RunContext } from '../connector.ts';
import { ConnectorError, LayoutChanged } from '../errors.ts';
import { officeTime } from '../parse/dates.ts';

const SEEN_KEPT = 1000;
const PAGES = 10;

const Settings = z.object({
  url: z.url({ protocol: /^https?$/u }).meta({ title: '订阅地址', description: 'RSS 2.0、Atom 或 JSON Feed' }),
  itemKind: z
    .enum(['post', 'message'])
    .default('post')
    .meta({ title: '内容类型', description: 'post 为网站发布的文章，message 为公开选登的群众来信' }),
  accountName: z.string().min(1).max(80).meta({ title: '网站名称' }),
  respectRobots: z.boolean().default(true).meta({ title: '遵守 robots.txt', description: '建议保持打开' }),
  allowPrivateNetwork: z
    .boolean()
    .default(false)
    .meta({ title: '允许内网地址', description: '仅用于本单位内网站点或演示' }),
});
const Cursor = z.object({
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  /** id → hash of what it said, newest last. */
  seen: z.array(z.tuple([z.string(), z.string()])),
  /** Older pages that a pass did not come to, and how many more may be read from there. */
  left: z.array(z.object({ url: z.string(), pages: z.int() })).default([]),
});
type Cursor = z.infer<typeof Cursor>;
type Run = RunContext<z.infer<typeof Settings>, Record<string, never>, Cursor>;

interface Entry {
  id: string;
  url: string | undefined;
  title: string | undefined;
  text: string;
  date: string | undefined;
}

export const feed = defineConnector({
  kind: 'feed',
  platform: 'site',
  manual: {
    name: '网站订阅（RSS / Atom / JSON Feed）',
    brings: '政府网站发布的文章，或公开选登的群众来信。',
    needs: '网站提供的订阅地址，无需账号。',
    cost: '每次运行 1 次请求；内容没有变化时对方只回一个“未变”。',
  },
  settings: Settings,
  credentials: z.object({}),
  cursor: Cursor,
  defaultIntervalSeconds: 600,

  async probe(run) {
    const { entries } = await fetchFeed(run, run.settings.url, undefined);
    return entries.length === 0
      ? '连接正常，订阅里还没有内容。'
      : `连接正常，共 ${entries.length} 条，最近一条《${entries[0]?.title ?? '无题'}》。`;
  },

  // From the newest page down to one that brings nothing new, then what an interrupted pass had still before it.
  async *crawl(run) {
    const known = new Map(run.cursor?.seen ?? []);
    const left = (run.cursor?.left ?? []).filter(({ url }) => URL.canParse(url));
    let validators: Pick<Cursor, 'etag' | 'lastModified'> = { etag: null, lastModified: null };
    let top = true;
    for (let at: Left | undefined = { url: run.settings.url, pages: PAGES }; at !== undefined;) {
      const { entries, next, etag, lastModified, unchanged } = await fetchFeed(
        run,
        at.url,
        top ? run.cursor : undefined,
      );
      if (top) {
        validators = unchanged
          ? { etag: etag ?? run.cursor?.etag ?? null, lastModified: lastModified ?? run.cursor?.lastModified ?? null }
          : { etag, lastModified };
        if (!unchanged)
          run.account({
            platform: 'site',
            nativeId: new URL(run.settings.url).host + ':' + run.settings.accountName,
            name: run.settings.accountName,
          });
      }
      const page = pageOf(run, entries, known, validators);
      const more = page.items.length > 0 && next !== undefined;
      if (more && at.pages > 1) left.unshift({ url: next, pages: at.pages - 1 });
      else if (more) page.gaps?.push({ what: `订阅中前 ${PAGES} 页以外的较早条目`, cause: 'platform-limit' });
      top = false;
      yield { ...page, cursor: { ...page.cursor, left: [...left] } };
      at = left.shift();
    }
  },
});

type Left = Cursor['left'][number];

function pageOf(
  run: Run,
  entries: readonly Entry[],
  known: Map<string, string>,
  validators: Pick<Cursor, 'etag' | 'lastModified'>,
): Page<Cursor> {
  const items: RawItem[] = [];
  const gaps: Gap[] = [];
  let dateless = 0;
  for (const entry of entries) {
    const hash = createHash('sha256')
      .update(`${entry.title ?? ''}\n${entry.text}`)
      .digest('base64url')
      .slice(0, 16);
    if (known.get(entry.id) === hash) continue;
    if (entry.date === undefined) {
      dateless++;
      continue;
    }
    known.delete(entry.id);
    known.set(entry.id, hash);
    const { itemKind, accountName } = run.settings;
    items.push({
      platform: 'site',
      kind: itemKind,
      id: entry.id,
      ...(itemKind === 'post' ? { account: accountName } : {}),
      publishedAt: entry.date,
      ...(entry.title === undefined ? {} : { title: entry.title.slice(0, 1000) }),
      text: entry.text,
      ...(entry.url === undefined ? {} : { url: entry.url }),
    });
  }
  if (dateless > 0) gaps.push({ what: '没有发布时间、无法入库的条目', size: dateless, cause: 'skipped' });
  return {
    items,
    gaps,
    expected: items.length + dateless,
    cursor: { ...validators, seen: [...known].slice(-SEEN_KEPT), left: [] },
  };
}

async function fetchFeed(run: Run, url: string, cursor: Cursor | undefined) {
  const answer = await run.http.request({
    url,
    signal: run.signal,
    ...(cursor?.etag == null ? {} : { ifNoneMatch: cursor.etag }),
    ...(cursor?.lastModified == null ? {} : { ifModifiedSince: cursor.lastModified }),
  });
  const etag = answer.headers['etag'] ?? null;
  const lastModified = answer.headers['last-modified'] ?? null;
  if (answer.status === 304) return { entries: [], next: undefined, etag, lastModified, unchanged: true };
  if (answer.status === 410)
    throw new ConnectorError('gone', '对方已永久关闭这个订阅。请更换地址或删除这个采集源。', { status: 410 });
  if (answer.status === 404) throw new ConnectorError('config', '订阅地址不存在（404）。请核对地址。', { status: 404 });
  if (answer.status >= 400)
    throw new ConnectorError('unreachable', `对方网站返回 HTTP ${answer.status}，稍后自动重试。`, {
      status: answer.status,
    });
  const { entries, next } = readFeed(answer.text, url);
  return { entries, next, etag, lastModified, unchanged: false };
}

/** @throws LayoutChanged when the text is a web page, or not a feed. */
export function readFeed(text: string, base: string): { entries: Entry[]; next: string | undefined } {
  const start = text.trimStart().slice(0, 500).toLowerCase();
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) {
    throw new LayoutChanged('这个地址返回的是网页而不是订阅内容，没有读取。请核对订阅地址，或确认是否需要登录。');
  }
  if (/<!entity/iu.test(text.slice(0, 10_000)))
    throw new LayoutChanged('订阅内容含有实体定义，出于安全没有读取。请联系对方网站。');
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
    date: unknown,
  ) => {
    const url = absolute(link);
    const content = unwrap(body ?? '');
    const key =
      id ??
      url ??
      createHash('sha256')
        .update(`${title ?? ''}${content}`)
        .digest('hex')
        .slice(0, 32);
    entries.push({
      id: key.slice(0, 200),
      url,
      title: title?.trim(),
      text: content === '' ? (title ?? '') : content,
      date: typeof date === 'string' ? feedDate(date) : undefined,
    });
  };
  if (parsed.format === 'rss') {
    for (const i of parsed.feed.items ?? [])
      add(i.guid?.value, i.link, i.title, i.content?.encoded ?? i.description, i.pubDate ?? i.dc?.dates?.[0]);
    return { entries, next: absolute(parsed.feed.atom?.links?.find((l) => l.rel === 'next')?.href) };
  }
  if (parsed.format === 'atom') {
    for (const e of parsed.feed.entries ?? []) {
      const link = e.links?.find((l) => l.rel === undefined || l.rel === 'alternate')?.href;
      add(e.id, link, textOf(e.title), textOf(e.content) ?? textOf(e.summary), e.published ?? e.updated);
    }
    return { entries, next: absolute(parsed.feed.links?.find((l) => l.rel === 'next')?.href) };
  }
  if (parsed.format === 'json') {
    for (const i of parsed.feed.items ?? [])
      add(
        i.id,
        i.url ?? i.external_url,
        i.title,
        i.content_html ?? i.content_text ?? i.summary,
        i.date_published ?? i.date_modified,
      );
    return { entries, next: absolute(parsed.feed.next_url) };
  }
  throw new LayoutChanged('不支持的订阅格式，没有读取。支持 RSS 2.0、Atom、JSON Feed。');
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

/** RFC 822, RFC 3339 or `2026-11-23 10:00:00`; without a zone +08:00. Unknown shapes give undefined. */
export function feedDate(text: string): string | undefined {
  const trimmed = text.trim();
  const plain = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?$/u.exec(trimmed);
  if (plain !== null) {
    const [, y = '', mo = '', d = '', h = '0', mi = '0', s = '0'] = plain;
    const two = (v: string) => v.padStart(2, '0');
    return `${y}-${two(mo)}-${two(d)}T${two(h)}:${two(mi)}:${two(s)}+08:00`;
  }
  if (!/^(?:\w{3},?\s+)?\d{1,2}\s+\w{3}\s+\d{2,4}\s+\d|^\d{4}-\d{2}-\d{2}T\d/u.test(trimmed)) return undefined;
  const zoned = /(?:Z|GMT|UT|[A-Z]{3}|[+-]\d{2}:?\d{2})$/u.test(trimmed);
  const ms = Date.parse(zoned ? trimmed : `${trimmed} +0800`);
  return Number.isNaN(ms) ? undefined : officeTime(ms);
}

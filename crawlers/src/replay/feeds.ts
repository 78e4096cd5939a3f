/**
 * In: requests for a website's feeds, pages and robots.txt. Out: RSS 2.0, Atom 1.0, JSON Feed 1.1 and plain HTML pages over the replay store.
 * Called by: `startReplay` for /feeds/, /site/, /robots.txt and /.
 */
import { createHash } from 'node:crypto';
import type { RawItem } from '@minsheng/contracts';
import { htmlPage, intParam, type Answer, type Exchange, type Face } from './exchange.ts';
import { gbk } from './gbk.ts';
import { cdata, escapeHtml, paragraphs, titleOf } from './markup.ts';
import type { HeldPost, ReplayStore } from './store.ts';
import { isoBeijing, plainBeijing, rfc822 } from './wire-time.ts';

/** One feed of the site: what it is called in the address, and which items it carries. */
export interface FeedDefinition {
  name: string;
  title: string;
  platform: RawItem['platform'];
  kind: 'post' | 'message';
  /** Only items of this official account. */
  account?: string;
  /** Items on one page; older ones are behind the page's `next` link. Default 50. */
  window?: number;
  /** No `next` link: what has left the page is gone. */
  unpaged?: boolean;
  quirks?: readonly FeedQuirk[];
}

/** What Chinese sites do to feeds. Entity bombs and oversized bodies must be refused; the rest must be read. */
export type FeedQuirk =
  | 'gbk'
  | 'zoneless-dates'
  | 'no-guid'
  | 'escaped-cdata'
  | 'control-characters'
  | 'entity-bomb'
  | 'oversized'
  | 'html-200';

const KINDS: Record<string, string> = {
  rss: 'application/rss+xml; charset=utf-8',
  atom: 'application/atom+xml; charset=utf-8',
  json: 'application/feed+json; charset=utf-8',
};

export class Feeds implements Face {
  readonly platform = 'site';
  readonly #store: ReplayStore;
  readonly #definitions: readonly FeedDefinition[];
  readonly #siteName: string;

  constructor(store: ReplayStore, definitions: readonly FeedDefinition[], siteName: string) {
    this.#store = store;
    this.#definitions = definitions;
    this.#siteName = siteName;
  }

  owns({ path }: Pick<Exchange, 'path'>): boolean {
    return path === '/' || path.startsWith('/site/') || path.startsWith('/feeds/');
  }

  sourceOf(x: Exchange): string {
    return x.path;
  }

  refusal(): Answer | undefined {
    return undefined;
  }

  answer(x: Exchange): Answer | undefined {
    if (x.path === '/') return this.#home(x);
    const page = /^\/site\/([a-z]+)\/(.+)\.html$/.exec(x.path);
    if (page) return this.#page(x, page[1] ?? '', page[2] ?? '');
    const feed = /^\/feeds\/([\w-]+)\.(rss|atom|json)$/.exec(x.path);
    if (!feed) return undefined;
    const definition = this.#definitions.find((d) => d.name === feed[1]);
    if (!definition)
      return { status: 404, type: 'text/html; charset=utf-8', body: '<html><body><h1>404</h1></body></html>' };
    return this.#feed(x, definition, feed[2] ?? 'rss');
  }

  /** Feed names, for a person who looks at the address in a browser. */
  names(): string[] {
    return this.#definitions.map((d) => d.name);
  }

  #items(x: Exchange, d: FeedDefinition): HeldPost[] {
    return this.#store
      .select(
        d.platform,
        (p) =>
          p.kind === d.kind &&
          p.at <= x.now &&
          p.state === 'live' &&
          (d.account === undefined || p.account?.name === d.account),
      )
      .toReversed();
  }

  #feed(x: Exchange, d: FeedDefinition, format: string): Answer {
    const all = this.#items(x, d);
    const window = Math.max(1, Math.min(intParam(x, 'limit', d.window ?? 50) || 1, 500));
    const page = Math.max(1, intParam(x, 'page', 1) || 1);
    const part = x.page(all.slice((page - 1) * window, page * window));
    const self = `${x.base}/feeds/${d.name}.${format}`;
    const quirks = new Set(d.quirks);
    if (quirks.has('html-200'))
      return htmlPage('<!DOCTYPE html><html><head><title>系统提示</title></head><body>您的访问出错了</body></html>');
    const next =
      all.length > page * window && d.unpaged !== true
        ? `${self}?page=${page + 1}${x.query.has('limit') ? `&limit=${window}` : ''}`
        : undefined;
    const newest = all[0]?.at ?? x.now;
    const plain =
      format === 'rss'
        ? this.#rss(x, d, part, newest, next)
        : format === 'atom'
          ? this.#atom(x, d, part, newest, self, next)
          : this.#json(x, d, part, self, next);
    const body = spoilt(plain, quirks);
    const etag = `"${createHash('sha1').update(body).digest('base64url')}"`;
    const headers = { ETag: etag, 'Last-Modified': new Date(newest).toUTCString(), 'Cache-Control': 'max-age=60' };
    const match = x.headers['if-none-match'];
    const since = Date.parse(x.headers['if-modified-since'] ?? '');
    const unchanged =
      match === undefined ? since >= Math.floor(newest / 1000) * 1000 : match.split(/,\s*/).includes(etag);
    if (unchanged) return { status: 304, type: KINDS[format] ?? '', body: '', headers };
    const type = (KINDS[format] ?? '').replace(/; charset=utf-8$/, quirks.has('gbk') ? '' : '; charset=utf-8');
    return { status: 200, type, body: quirks.has('gbk') ? gbk(body) : body, headers };
  }

  #rss(x: Exchange, d: FeedDefinition, posts: HeldPost[], newest: number, next: string | undefined): string {
    const items = posts.map(
      (p) =>
        `<item><title>${escapeHtml(titleOf(p))}</title><link>${escapeHtml(linkOf(x, p))}</link><guid isPermaLink="false">${escapeHtml(p.rawId)}</guid><pubDate>${rfc822(p.at)}</pubDate>${
          p.account ? `<dc:creator>${escapeHtml(p.account.name)}</dc:creator>` : ''
        }<description>${escapeHtml(p.text.replace(/\s+/g, ' ').slice(0, 120))}</description><content:encoded>${cdata(paragraphs(p.text))}</content:encoded></item>`,
    );
    return `<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>${escapeHtml(d.title)}</title><link>${x.base}/</link><description>${escapeHtml(d.title)}</description><language>zh-cn</language><lastBuildDate>${rfc822(newest)}</lastBuildDate>${
      next ? `<atom:link rel="next" href="${escapeHtml(next)}"/>` : ''
    }\n${items.join('\n')}\n</channel></rss>\n`;
  }

  #atom(
    x: Exchange,
    d: FeedDefinition,
    posts: HeldPost[],
    newest: number,
    self: string,
    next: string | undefined,
  ): string {
    const entries = posts.map(
      (p) =>
        `<entry><id>${escapeHtml(p.rawId)}</id><title type="text">${escapeHtml(titleOf(p))}</title><link rel="alternate" href="${escapeHtml(linkOf(x, p))}"/><published>${isoBeijing(p.at)}</published><updated>${isoBeijing(p.at)}</updated>${
          p.account ? `<author><name>${escapeHtml(p.account.name)}</name></author>` : ''
        }<content type="html">${escapeHtml(paragraphs(p.text))}</content></entry>`,
    );
    return `<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN"><id>${self}</id><title>${escapeHtml(d.title)}</title><updated>${isoBeijing(newest)}</updated><link rel="self" href="${self}"/>${
      next ? `<link rel="next" href="${escapeHtml(next)}"/>` : ''
    }<author><name>${escapeHtml(this.#siteName)}</name></author>\n${entries.join('\n')}\n</feed>\n`;
  }

  #json(x: Exchange, d: FeedDefinition, posts: HeldPost[], self: string, next: string | undefined): string {
    return JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      title: d.title,
      home_page_url: `${x.base}/`,
      feed_url: self,
      language: 'zh-CN',
      ...(next ? { next_url: next } : {}),
      items: posts.map((p) => ({
        id: p.rawId,
        url: linkOf(x, p),
        title: titleOf(p),
        content_html: paragraphs(p.text),
        date_published: isoBeijing(p.at),
        ...(p.account ? { authors: [{ name: p.account.name }] } : {}),
      })),
    });
  }

  #page(x: Exchange, platform: string, rawId: string): Answer {
    const known = this.#definitions.find((d) => d.platform === platform);
    const post = known && this.#store.post(known.platform, decodeURIComponent(rawId));
    if (!post || post.at > x.now || post.state !== 'live') {
      return {
        status: 404,
        type: 'text/html; charset=utf-8',
        body: '<html><head><title>404</title></head><body><h1>您访问的页面不存在</h1></body></html>',
      };
    }
    const title = escapeHtml(titleOf(post));
    const date = plainBeijing(post.at).slice(0, 16);
    const body = `<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>${title}</title><meta name="SiteName" content="${escapeHtml(this.#siteName)}"><meta name="ArticleTitle" content="${title}"><meta name="PubDate" content="${date}"><meta name="ContentSource" content="${escapeHtml(post.account?.name ?? this.#siteName)}"></head><body><main class="article"><h1>${title}</h1><p class="date">${date}</p>${paragraphs(post.text)}</main></body></html>\n`;
    return { status: 200, type: 'text/html; charset=utf-8', body };
  }

  #home(x: Exchange): Answer {
    const links = this.#definitions.map(
      (d) => `<li><a href="/feeds/${d.name}.rss">${escapeHtml(d.title)}</a>（${this.#items(x, d).length} 条）</li>`,
    );
    const body = `<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>${escapeHtml(this.#siteName)}</title></head><body><h1>${escapeHtml(this.#siteName)}</h1><p>演示：此站点由 minsheng replay 在本机提供。</p><ul>${links.join('')}</ul></body></html>\n`;
    return { status: 200, type: 'text/html; charset=utf-8', body };
  }
}

/** 9 levels of tenfold entities: a billion characters for a parser that expands them. */
const BOMB = `<!DOCTYPE rss [<!ENTITY a0 "ha">${Array.from({ length: 9 }, (_, i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(10)}">`).join('')}]>`;
const OVERSIZED_BYTES = 6 * 1024 * 1024;

function spoilt(xml: string, quirks: ReadonlySet<FeedQuirk>): string {
  let body = xml;
  if (quirks.has('gbk')) body = body.replace('encoding="UTF-8"', 'encoding="GBK"');
  if (quirks.has('zoneless-dates'))
    body = body.replace(
      /<pubDate>([^<]+)<\/pubDate>/g,
      (_, d: string) => `<pubDate>${plainBeijing(Date.parse(d))}</pubDate>`,
    );
  if (quirks.has('no-guid')) body = body.replace(/<guid[^>]*>[^<]*<\/guid>/g, '');
  if (quirks.has('escaped-cdata'))
    body = body.replace(
      /<content:encoded>(<!\[CDATA\[[\s\S]*?\]\]>)<\/content:encoded>/g,
      (_, c: string) => `<content:encoded>${escapeHtml(c)}</content:encoded>`,
    );
  if (quirks.has('control-characters')) body = body.replaceAll('<title>', '<title>\u0008');
  if (quirks.has('entity-bomb')) body = body.replace('?>\n', `?>\n${BOMB}`).replace('<title>', '<title>&a9;');
  if (quirks.has('oversized')) body += `<!--${' '.repeat(OVERSIZED_BYTES)}-->`;
  return body;
}

function linkOf(x: Exchange, post: HeldPost): string {
  return post.url ?? `${x.base}/site/${post.platform}/${encodeURIComponent(post.rawId)}.html`;
}

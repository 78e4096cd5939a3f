/**
 * In: requests as WeChat-to-RSS bridges take them, and WeChat articles of the store. Out: their feeds, with their quirks.
 * Called by: `startReplay` for /wewe/ (wewe-rss), /wemp/ (we-mp-rss) and /rsshub/.
 */
import { htmlPage, intParam, json, type Answer, type Exchange, type Face } from './exchange.ts';
import type { FaultKind } from './faults.ts';
import { cdata, escapeHtml, paragraphs, titleOf } from './markup.ts';
import { hash53 } from './seeded.ts';
import type { HeldPost, ReplayAccount, ReplayStore } from './store.ts';
import { isoBeijing, plainBeijing, rfc822 } from './wire-time.ts';

export interface BridgeOptions {
  /** RSSHub's access key; without one everybody may read. */
  key?: string;
  /** Articles (by corpus id) whose full text the bridge could not fetch. */
  withoutText?: string[];
}

const FAILED_TEXT = '获取全文失败，请重试~';
const XML = 'application/xml; charset=utf-8';

export class Bridges implements Face {
  readonly platform = 'wechat';
  readonly #store: ReplayStore;
  readonly #options: BridgeOptions;

  constructor(store: ReplayStore, options: BridgeOptions = {}) {
    this.#store = store;
    this.#options = options;
  }

  owns({ path }: Pick<Exchange, 'path'>): boolean {
    return /^\/(?:wewe|wemp|rsshub)\//.test(path);
  }

  sourceOf(x: Exchange): string {
    return x.path;
  }

  /** RSSHub answers 503 with a page when what is behind it breaks. */
  refusal(fault: FaultKind): Answer | undefined {
    return fault === 'error-body-200' ? htmlPage('<h1>Looks like something went wrong</h1>', 503) : undefined;
  }

  answer(x: Exchange): Answer | undefined {
    if (x.path === '/wewe/feeds') return json(this.#store.accounts('wechat').map((a) => this.#entryOf(a)));
    const wewe = /^\/wewe\/feeds\/([\w-]+)(?:\.(\w+))?$/.exec(x.path);
    if (wewe) return this.#wewe(x, wewe[1] ?? '', wewe[2] ?? 'atom');
    const wemp = /^\/wemp\/rss\/([\w-]+)(?:\/fresh)?$/.exec(x.path);
    if (wemp) return this.#weMp(x, wemp[1] ?? '');
    const hub = /^\/rsshub\/wechat\/feeds\/([\w-]+)$/.exec(x.path);
    return hub ? this.#rssHub(x, hub[1] ?? '') : undefined;
  }

  #entryOf(account: ReplayAccount): object {
    const cover = '';
    return {
      id: feedIdOf(account),
      name: account.name,
      intro: '',
      cover,
      syncTime: 1_763_863_200,
      updateTime: 1_763_863_200,
    };
  }

  /** An account's articles, newest first. */
  #articles(x: Exchange, feedId: string): HeldPost[] | undefined {
    const account = this.#store.accounts('wechat').find((a) => feedIdOf(a) === feedId);
    return (
      account &&
      this.#store
        .select('wechat', (p) => p.kind === 'post' && p.account === account && p.at <= x.now && p.state === 'live')
        .toReversed()
    );
  }

  #text(post: HeldPost): string {
    return this.#options.withoutText?.includes(post.rawId) === true ? FAILED_TEXT : paragraphs(post.text);
  }

  /** Short addresses; a text only in full-text mode; 400 for a feed it does not know. */
  #wewe(x: Exchange, id: string, extension: string): Answer {
    const all = this.#articles(x, id);
    if (all === undefined) return json({ statusCode: 400, message: '不存在该feed！' }, 400);
    const limit = intParam(x, 'limit', 10);
    const page = intParam(x, 'page', 1);
    const part = x.page(all.slice((page - 1) * limit, page * limit));
    const full = x.query.get('mode') === 'fulltext';
    const content = (p: HeldPost) => (full ? this.#text(p) : '');
    if (extension === 'json') {
      const items = part.map((p) => ({
        id: shortOf(p),
        url: shortUrl(p),
        title: titleOf(p),
        date_modified: isoBeijing(p.at),
        content_html: content(p),
      }));
      const body = { version: 'https://jsonfeed.org/version/1', title: id, items };
      return { ...json(body), type: 'application/feed+json; charset=utf-8' };
    }
    const title = `<title>${escapeHtml(id)}</title>`;
    if (extension === 'rss') {
      const items = part.map(
        (p) =>
          `<item><title>${cdata(titleOf(p))}</title><link>${shortUrl(p)}</link><guid>${shortUrl(p)}</guid><pubDate>${new Date(p.at).toUTCString()}</pubDate><content:encoded>${cdata(content(p))}</content:encoded></item>`,
      );
      return xml(
        `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>${title}${items.join('')}</channel></rss>`,
      );
    }
    const entries = part.map(
      (p) =>
        `<entry><title type="html">${cdata(titleOf(p))}</title><id>${shortOf(p)}</id><link href="${shortUrl(p)}"/><updated>${isoBeijing(p.at)}</updated><content type="html">${cdata(content(p))}</content></entry>`,
    );
    return xml(
      `<feed xmlns="http://www.w3.org/2005/Atom"><id>${x.base}${x.path}</id>${title}<updated>${isoBeijing(x.now)}</updated>${entries.join('')}</feed>`,
    );
  }

  /** Times without a zone, an element `id` that RSS does not have, CDATA marks escaped into text, an enclosure of length 0. */
  #weMp(x: Exchange, id: string): Answer {
    const all = this.#articles(x, id) ?? [];
    const limit = Math.min(100, Math.max(1, intParam(x, 'limit', 100)));
    const offset = intParam(x, 'offset', 0);
    const items = x
      .page(all.slice(offset, offset + limit))
      .map(
        (p) =>
          `<item><id>${shortOf(p)}</id><title>${escapeHtml(titleOf(p))}</title><link>${shortUrl(p)}</link><guid>${shortUrl(p)}</guid><pubDate>${plainBeijing(p.at)}</pubDate><enclosure url="" length="0" type="image/jpeg"/><description>${escapeHtml(cdata(p.text.slice(0, 60)))}</description><content:encoded>${escapeHtml(cdata(this.#text(p)))}</content:encoded></item>`,
      );
    return xml(
      `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>${escapeHtml(id)}</title><link>${x.base}</link><description/>${items.join('\n')}</channel></rss>`,
    );
  }

  /** One page only, long addresses, an access key where the instance has one. */
  #rssHub(x: Exchange, id: string): Answer {
    const { key } = this.#options;
    if (key !== undefined && x.query.get('key') !== key) return htmlPage('<h1>Access denied</h1>', 403);
    const all = this.#articles(x, id);
    if (all === undefined) return htmlPage('<h1>Route not found</h1>', 404);
    const items = x.page(all.slice(0, intParam(x, 'limit', 20))).map((p) => {
      const url = `https://mp.weixin.qq.com/s?__biz=Mz&mid=${p.mid}&idx=1&sn=${hash53(p.rawId, 5).toString(16)}&scene=27#wechat_redirect`;
      return `<item><title>${escapeHtml(titleOf(p))}</title><description>${escapeHtml(this.#text(p))}</description><link>${escapeHtml(url)}</link><guid isPermaLink="false">${escapeHtml(url)}</guid><pubDate>${rfc822(p.at)}</pubDate></item>`;
    });
    return xml(
      `<rss version="2.0"><channel><title>${escapeHtml(id)}</title><link>${x.base}</link><description>RSSHub</description><ttl>5</ttl>${items.join('')}</channel></rss>`,
    );
  }
}

function xml(body: string): Answer {
  return { status: 200, type: XML, body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` };
}

/** What the bridge calls an account. */
export function feedIdOf(account: ReplayAccount): string {
  return `MP_WXS_${hash53(account.nativeId, 61) % 10_000_000_000}`;
}

/** The article's short name; here its long one, so that the ledger's id and the crawled one are the same. */
function shortOf(post: HeldPost): string {
  return `${post.mid}_1`;
}

function shortUrl(post: HeldPost): string {
  return `https://mp.weixin.qq.com/s/${shortOf(post)}`;
}

/**
 * In: requests for a government website's columns, and posts of the store. Out: list and article pages as such sites write them, with their quirks.
 * Called by: `startReplay` for /gov/ and /robots.txt.
 */
import type { RawItem } from '@minsheng/contracts';
import { htmlPage, type Answer, type Exchange, type Face } from './exchange.ts';
import type { FaultKind } from './faults.ts';
import { gb18030, gbk } from './gbk.ts';
import { escapeHtml, paragraphs, titleOf } from './markup.ts';
import { hash53 } from './seeded.ts';
import type { HeldPost, ReplayStore } from './store.ts';
import { plainBeijing } from './wire-time.ts';

export interface GovColumn {
  name: string;
  title: string;
  platform: RawItem['platform'];
  /** Only posts of this official account. */
  account?: string;
  /** `trs`: index_1.html and a script that counts; `links`: ?page=2 and 下一页. */
  paging?: 'trs' | 'links';
  /** Articles per list page. Default 20. */
  window?: number;
  quirks?: readonly GovQuirk[];
}

export type GovQuirk =
  /** Bytes in GBK, said by a meta element only. */
  | 'gbk'
  /** Bytes in GB 18030, characters of four bytes among them, said by a meta element only. */
  | 'gb18030'
  /** UTF-8 under a meta element that says GBK. */
  | 'lying-charset'
  /** Label names in other cases, empty ones before the right ones, column labels repeated. */
  | 'untidy-labels'
  /** PubDate without a time, which stands in the text. */
  | 'date-only'
  /** PubDate on a twelve-hour clock. */
  | 'twelve-hour'
  /** Title and date in a 政府信息公开 table, no labels. */
  | 'disclosure-table'
  /** The first article is pinned above newer ones. */
  | 'pinned'
  /** HTTP 521 and a script. */
  | 'script-wall'
  /** HTTP 200 and a script. */
  | 'script-wall-200'
  /** After a redesign: other elements, filled by a script. */
  | 'redesigned'
  /** After a redesign of articles only. */
  | 'redesigned-articles';

export interface GovOptions {
  columns?: readonly GovColumn[];
  robots?: 'open' | 'missing' | 'broken' | 'closed' | 'moved';
  /** Articles (by corpus id) whose page answers 500. */
  broken?: string[];
}

const WINDOW = 20;
const DEFAULT_COLUMNS: readonly GovColumn[] = [{ name: 'gzdt', title: '工作动态', platform: 'site' }];
const WALL = '<script>document.cookie=("_")+("_jsl_clearance_s=1769.1|-1|x");location.href=location.pathname</script>';
const ROBOTS: Record<NonNullable<GovOptions['robots']>, Answer> = {
  open: plain('User-agent: *\nAllow: /\nDisallow: /admin/\n'),
  missing: htmlPage('<h1>404</h1>', 404),
  broken: htmlPage('<h1>500</h1>', 500),
  closed: plain('User-agent: *\nDisallow: /gov/\n'),
  moved: htmlPage('', 302, { Location: '/gov-robots.txt' }),
};

export class GovSite implements Face {
  readonly platform = 'site';
  readonly #store: ReplayStore;
  readonly #siteName: string;
  readonly #columns: readonly GovColumn[];
  readonly #options: GovOptions;

  constructor(store: ReplayStore, siteName: string, options: GovOptions = {}) {
    this.#store = store;
    this.#siteName = siteName;
    this.#options = options;
    this.#columns = options.columns ?? DEFAULT_COLUMNS;
  }

  owns({ path }: Pick<Exchange, 'path'>): boolean {
    return path === '/robots.txt' || path === '/gov-robots.txt' || path.startsWith('/gov/');
  }

  sourceOf(x: Exchange): string {
    return x.path.split('/').slice(0, 3).join('/');
  }

  refusal(fault: FaultKind): Answer | undefined {
    return fault === 'blocked' ? htmlPage(WALL, 521) : undefined;
  }

  answer(x: Exchange): Answer | undefined {
    if (x.path === '/robots.txt') return ROBOTS[this.#options.robots ?? 'open'];
    if (x.path === '/gov-robots.txt') return ROBOTS.open;
    const [, name, rest] = /^\/gov\/([\w-]+)\/(.*)$/.exec(x.path) ?? [];
    const column = this.#columns.find((c) => c.name === name);
    if (column === undefined) return undefined;
    const quirks = new Set(column.quirks);
    if (quirks.has('script-wall')) return htmlPage(WALL, 521);
    if (quirks.has('script-wall-200')) return htmlPage(WALL);
    const list = /^(?:index(?:_(\d+))?\.html)?$/.exec(rest ?? '');
    if (list) return this.#list(x, column, Number(list[1] ?? Number(x.query.get('page') ?? '1') - 1));
    const post = this.#posts(x, column).find((p) => addressOf(p) === rest);
    return post && this.#article(column, post);
  }

  /** The id under which `gov-site` brings a post of this server. */
  idOf(base: string, column: string, rawId: string): string | undefined {
    const platform = this.#columns.find((c) => c.name === column)?.platform ?? 'site';
    const post = this.#store.post(platform, rawId);
    return post && `${new URL(base).host}/gov/${column}/${addressOf(post)}`;
  }

  /** Newest first. */
  #posts(x: Exchange, c: GovColumn): HeldPost[] {
    const posts = this.#store
      .select(
        c.platform,
        (p) => p.kind === 'post' && p.at <= x.now && (c.account === undefined || p.account?.name === c.account),
      )
      .toReversed();
    const oldest = c.quirks?.includes('pinned') === true ? posts.pop() : undefined;
    return oldest === undefined ? posts : [oldest, ...posts];
  }

  #list(x: Exchange, c: GovColumn, page: number): Answer {
    const quirks = new Set(c.quirks);
    const window = c.window ?? WINDOW;
    // A removed article stays in the list until somebody builds the page anew.
    const all = this.#posts(x, c).filter((p) => p.state !== 'restricted');
    const total = Math.max(1, Math.ceil(all.length / window));
    if (page >= total && page > 0) return htmlPage('<h1>404</h1>', 404);
    const rows = x.page(all.slice(page * window, (page + 1) * window)).map((p) => {
      const title = titleOf(p);
      const shown = title.length > 12 ? `${title.slice(0, 12)}...` : title;
      return `<li><span>${plainBeijing(p.at).slice(0, 10)}</span><a href="./${addressOf(p)}" title="${escapeHtml(title)}" target="_blank">${escapeHtml(shown)}</a></li>`;
    });
    const paging =
      c.paging === 'links'
        ? page + 1 < total
          ? `<div class="page"><a href="index.html?page=${page + 2}">下一页</a></div>`
          : ''
        : `<script>var countPage = ${total}; createPageHTML(countPage, ${page}, "index", "html");</script>`;
    const list = quirks.has('redesigned') ? '<div id="app"></div>' : `<ul class="list">${rows.join('\n')}</ul>`;
    const body = `<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/gov/${c.name}/">${c.title}栏目</a></li></ul></div>${list}${paging}<div class="side"><ul><li><a href="./202001/t20200101_1.html">旧闻一则：往年回顾</a> 2020-01-01</li></ul></div><div class="footer"><a href="/site-map.html">网站地图与联系方式</a></div>`;
    return this.#page(c, c.title, this.#labels(c, quirks), body);
  }

  #article(c: GovColumn, post: HeldPost): Answer {
    if (this.#options.broken?.includes(post.rawId) === true) return htmlPage('<h1>500</h1>', 500);
    if (post.state !== 'live') return htmlPage('<h1>您访问的页面不存在</h1>', 404);
    const quirks = new Set(c.quirks);
    const title = escapeHtml(titleOf(post));
    const time = plainBeijing(post.at).slice(0, 16);
    const source = escapeHtml(post.account?.name ?? this.#siteName);
    const shown = `<div class="info">发布时间：${time} 来源：${source} 字号：大 中 小</div>`;
    const content = `<div class="TRS_Editor">${paragraphs(post.text)}<p><a href="./P020.pdf">附件1：申请表.pdf</a></p></div>`;
    if (quirks.has('redesigned') || quirks.has('redesigned-articles'))
      return this.#page(c, title, '', '<div id="app"></div>');
    if (quirks.has('disclosure-table')) {
      const table = `<table><tr><td>索 引 号：</td><td>000014349/2026</td><td>发布机构：</td><td>${source}</td></tr><tr><td>名　　称：</td><td>${title}</td><td>发布日期：</td><td>${time.replace(/^(\d+)-(\d+)-(\d+).*/, '$1年$2月$3日')}</td></tr></table>`;
      return this.#page(c, this.#siteName, '', table + content);
    }
    const hour = Number(time.slice(11, 13));
    const wrong = `${time.slice(0, 11)}${String(hour % 12).padStart(2, '0')}${time.slice(13)}`;
    const date = quirks.has('date-only') ? time.slice(0, 10) : quirks.has('twelve-hour') ? wrong : time;
    const labels = this.#labels(c, quirks) + this.#articleLabels(quirks, title, date, source);
    return this.#page(c, title, labels, `<h1>${title}</h1>${shown}${content}`);
  }

  #labels(c: GovColumn, quirks: ReadonlySet<GovQuirk>): string {
    const column = `<meta name="ColumnName" content="${c.title}"><meta name="ColumnType" content="工作动态">`;
    const site = `<meta name="SiteName" content="${escapeHtml(this.#siteName)}"><meta name="SiteDomain" content="www.example.gov.cn"><meta name="SiteIDCode" content="0000000000">`;
    return site + column + (quirks.has('untidy-labels') ? column : '');
  }

  #articleLabels(quirks: ReadonlySet<GovQuirk>, title: string, date: string, source: string): string {
    if (quirks.has('untidy-labels'))
      return `<META NAME="articletitle" CONTENT=""><META NAME="articletitle" CONTENT="${title}"><meta name="PUBDATE" content=" "><meta content="${date}" name="pubdate"><meta name="Contentsource" content="${source}"><meta name="filetype" content="0">`;
    return `<meta name="ArticleTitle" content="${title}"><meta name="PubDate" content="${date}"><meta name="ContentSource" content="${source}">`;
  }

  #page(c: GovColumn, title: string, labels: string, body: string): Answer {
    const quirks = new Set(c.quirks);
    const charset = quirks.has('gb18030')
      ? 'gb18030'
      : quirks.has('gbk') || quirks.has('lying-charset')
        ? 'gb2312'
        : 'utf-8';
    const page = `<!DOCTYPE html>\n<html><head><meta http-equiv="Content-Type" content="text/html; charset=${charset}"><title>${title}</title>${labels}</head><body>${body}</body></html>\n`;
    if (charset === 'utf-8') return htmlPage(page);
    const encoded = quirks.has('gb18030') ? gb18030(page) : quirks.has('gbk') ? gbk(page) : page;
    return { status: 200, type: 'text/html', body: encoded };
  }
}

function plain(body: string): Answer {
  return { status: 200, type: 'text/plain; charset=utf-8', body };
}

/** `202607/t20260719_1234567.html`, as TRS names articles. */
function addressOf(post: HeldPost): string {
  const day = plainBeijing(post.at).slice(0, 10).replaceAll('-', '');
  return `${day.slice(0, 6)}/t${day}_${hash53(post.rawId, 71) % 1_000_000_000}.html`;
}

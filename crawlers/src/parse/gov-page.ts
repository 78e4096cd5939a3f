/**
 * In: a list page or an article page of a government website. Out: its entries and next page, or title, time, text and attachments.
 * Source: 国办发〔2017〕47号 (page labels) and the common TRS publishing system. Called by: gov-site.
 */
import { selectAll, selectOne } from 'css-select';
import { DomUtils, parseDocument } from 'htmlparser2';

type Document = ReturnType<typeof parseDocument>;
type Element = ReturnType<typeof DomUtils.getElementsByTagName>[number];

export interface ListEntry {
  url: string;
  title: string;
  /** As found beside the link or in the address. */
  date: string | undefined;
}

export interface ListSelectors {
  item?: string | undefined;
}

export interface ArticleSelectors {
  content?: string | undefined;
  title?: string | undefined;
  date?: string | undefined;
}

export interface Article {
  title: string;
  /** `YYYY-MM-DD` or `YYYY-MM-DD HH:mm[:ss]`, Asia/Shanghai. */
  date: string | undefined;
  source: string | undefined;
  /** HTML of the body; undefined when nothing on the page looks like one. */
  content: string | undefined;
  attachments: { name: string; url: string }[];
}

const DATE =
  /(?<!\d)((?:19|20)\d{2})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})日?(?:\s*[T ]?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?)?/u;
/** `./202607/t20260719_1234567.html` of TRS, `/art/2026/7/19/art_1_2.html` of others. */
const TRS_ADDRESS = /\/t((?:19|20)\d{2})(\d{2})(\d{2})_\d+\.\w+$/u;
const DATED_ADDRESS = /\/((?:19|20)\d{2})[-/]?(\d{1,2})[-/](\d{1,2})\//u;
const ROWS = new Set(['li', 'tr', 'dd', 'dt', 'p', 'div', 'article']);
/** A row with more links than this is a whole block. */
const LINKS_PER_ROW = 3;
const ATTACHMENT = /\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|7z|csv|txt)(?:$|[?#])/iu;
const SHORTEST_TITLE = 4;
/** Where the body stands on most sites, the most telling first. */
const BODIES = [
  '.TRS_UEDITOR',
  '.TRS_Editor',
  '#UCAP-CONTENT',
  '#zoom',
  '#Zoom',
  '.pages_content',
  '.article-content',
  '.article_content',
  '#articleContent',
  '.news_content',
  '.content_body',
  '.xxgk_content',
  'article',
  '.article',
  '.detail',
  '#content',
  '.content',
  'main',
];
const SHORTEST_BODY = 10;

export function parsePage(html: string): Document {
  return parseDocument(html);
}

/** A selector that an administrator typed may be none. */
export function isSelector(selector: string): boolean {
  try {
    selectOne(selector, parseDocument('<p></p>').children);
    return true;
  } catch {
    return false;
  }
}

function text(node: Parameters<typeof DomUtils.textContent>[0] | null): string {
  return node === null
    ? ''
    : DomUtils.innerText(node)
        .replaceAll(/[\s\u00a0\u3000]+/gu, ' ')
        .trim();
}

function all(document: Document, selector: string): Element[] {
  return selectAll(selector, document.children) as Element[];
}

function first(document: Document, selector: string): Element | null {
  return selectOne(selector, document.children) as Element | null;
}

/** `2026-07-19` or `2026-07-19 15:30[:00]` out of any text; undefined for none, and for 31 February. */
export function dateIn(given: string): string | undefined {
  const m = DATE.exec(given);
  if (m === null) return undefined;
  const [, year = '', month = '', day = '', hour, minute, second] = m;
  const date = wholeDay(year, month, day);
  if (date === undefined || hour === undefined || Number(hour) > 23 || Number(minute) > 59) return date;
  return `${date} ${hour.padStart(2, '0')}:${minute}${second === undefined ? '' : `:${second}`}`;
}

function wholeDay(year: string, month: string, day: string): string | undefined {
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return at.getUTCMonth() + 1 === Number(month) && at.getUTCDate() === Number(day)
    ? at.toISOString().slice(0, 10)
    : undefined;
}

export function dateInAddress(url: string): string | undefined {
  const m = TRS_ADDRESS.exec(url.replace(/[?#].*$/u, '')) ?? DATED_ADDRESS.exec(url);
  return m === null ? undefined : wholeDay(m[1] ?? '', m[2] ?? '', m[3] ?? '');
}

/**
 * Links with a date beside them or in their address, of the block that has most of them: menus and footers carry no dates, side columns are
 * shorter. With `item` the rows are those that the administrator named, dated or not.
 */
export function listEntries(document: Document, base: string, { item }: ListSelectors = {}): ListEntry[] {
  const groups = new Map<unknown, Map<string, ListEntry>>();
  const links =
    item === undefined
      ? all(document, 'a[href]')
      : all(document, item).flatMap((row) =>
          (row.name === 'a' ? [row] : (selectAll('a[href]', row) as Element[])).slice(0, 1),
        );
  for (const link of links) {
    const url = addressOf(link, base);
    if (url === undefined || ATTACHMENT.test(url) || !sameSite(url, base)) continue;
    const row = rowOf(link);
    const shown = text(link);
    const title = longer(DomUtils.getAttributeValue(link, 'title') ?? '', shown);
    const beside = row === null || row === link ? undefined : dateIn(text(row).replace(shown, ' '));
    const date = beside ?? dateInAddress(url);
    if (title.length < SHORTEST_TITLE || (date === undefined && item === undefined)) continue;
    const key = item === undefined ? (row?.parent ?? document) : document;
    const group = groups.get(key) ?? new Map<string, ListEntry>();
    if (!group.has(url)) group.set(url, { url, title, date });
    groups.set(key, group);
  }
  const largest = [...groups.values()].sort((a, b) => b.size - a.size)[0];
  return [...(largest?.values() ?? [])];
}

/** The full title stands in the attribute while the text is cut with dots. */
function longer(attribute: string, shown: string): string {
  const cut = shown.replace(/(?:\.{2,}|…+)$/u, '');
  const full = attribute.trim();
  return full.startsWith(cut) || shown === '' ? full || shown : shown;
}

function rowOf(link: Element): Element | null {
  for (let node = link.parent; node !== null && 'name' in node; node = node.parent)
    if (ROWS.has(node.name))
      return (selectAll('a[href]', node) as Element[]).length <= LINKS_PER_ROW ? (node as Element) : null;
  return null;
}

function addressOf(link: Element, base: string): string | undefined {
  const href = (DomUtils.getAttributeValue(link, 'href') ?? '').trim();
  if (href === '' || href.startsWith('#') || !URL.canParse(href, base)) return undefined;
  const url = new URL(href, base);
  url.hash = '';
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined;
}

function sameSite(url: string, base: string): boolean {
  return new URL(url).host === new URL(base).host;
}

/** `createPageHTML(20, 0, "index", "html")` of TRS, its count perhaps a variable; a link that says 下一页; rel=next. */
export function nextPage(document: Document, html: string, url: string): string | undefined {
  const call = /createPageHTML\(\s*([\w$]+)\s*,\s*(\d+)\s*,\s*["']([\w-]+)["']\s*,\s*["'](\w+)["']/u.exec(html);
  if (call !== null) {
    const [, count = '', current = '', name = '', extension = ''] = call;
    const total = /^\d+$/u.test(count)
      ? Number(count)
      : Number(new RegExp(`\\b${count.replaceAll('$', '\\$')}\\s*=\\s*(\\d+)`, 'u').exec(html)?.[1] ?? 0);
    const next = Number(current) + 1;
    return next < total ? new URL(`${name}_${next}.${extension}`, url).href : undefined;
  }
  const link =
    first(document, 'a[rel~="next"], link[rel~="next"]') ??
    all(document, 'a[href]').find((a) => /^(?:下一?页|后一?页|下页|>|›|»)\s*[>›»]?$/u.test(text(a)));
  if (link === null || link === undefined) return undefined;
  const next = addressOf(link, url);
  return next === undefined || next === url || !sameSite(next, url) ? undefined : next;
}

/** Labels by lower-case name; the first that is not empty counts, since sites repeat them. */
export function labelsOf(document: Document): Map<string, string> {
  const labels = new Map<string, string>();
  for (const meta of all(document, 'meta')) {
    const name = (DomUtils.getAttributeValue(meta, 'name') ?? '').trim().toLowerCase();
    const content = (DomUtils.getAttributeValue(meta, 'content') ?? '').trim();
    if (name !== '' && content !== '' && !labels.has(name)) labels.set(name, content);
  }
  return labels;
}

/** 政府信息公开 tables: label cells carry full-width colons and spaces. */
export function disclosureTable(document: Document): Map<string, string> {
  const found = new Map<string, string>();
  for (const row of all(document, 'tr')) {
    const cells = (selectAll('td, th', row) as Element[]).map((cell) => text(cell));
    for (let i = 0; i + 1 < cells.length; i++) {
      const label = (cells[i] ?? '').replaceAll(/[\s：:]/gu, '');
      const value = cells[i + 1] ?? '';
      if (DISCLOSURE.has(label) && value !== '' && !found.has(label)) found.set(label, value);
    }
  }
  return found;
}

const DISCLOSURE = new Set(
  '索引号 主题分类 信息分类 发文机关 发布机构 成文日期 标题 名称 发文字号 文号 发布日期 主题词 有效性'.split(' '),
);

export function readArticle(document: Document, base: string, selectors: ArticleSelectors = {}): Article {
  const labels = labelsOf(document);
  const table = disclosureTable(document);
  const heading = text(first(document, 'h1'));
  const title =
    (selectors.title === undefined ? '' : text(first(document, selectors.title))) ||
    labels.get('articletitle') ||
    (table.get('标题') ?? table.get('名称')) ||
    heading ||
    text(first(document, 'title'));
  const body = bodyOf(document, selectors.content);
  const named = selectors.date === undefined ? undefined : dateIn(text(first(document, selectors.date)));
  return {
    title,
    date: named ?? dateOf(document, labels, table, base),
    source: labels.get('contentsource') ?? table.get('发布机构') ?? table.get('发文机关'),
    content: body === null ? undefined : DomUtils.getOuterHTML(body),
    attachments: attachmentsOf(document, body, base),
  };
}

function bodyOf(document: Document, selector: string | undefined): Element | null {
  if (selector !== undefined) return first(document, selector);
  for (const candidate of BODIES) {
    const found = all(document, candidate).find((node) => text(node).length >= SHORTEST_BODY);
    if (found !== undefined) return found;
  }
  return null;
}

/**
 * The label PubDate; where it has no time, or one that is twelve hours off (a known fault of these sites), the time in the page's own words;
 * then the disclosure table, then the address.
 */
function dateOf(
  document: Document,
  labels: Map<string, string>,
  table: Map<string, string>,
  base: string,
): string | undefined {
  const label = dateIn(labels.get('pubdate') ?? '');
  const shown = shownDate(document);
  if (label !== undefined) {
    const better = shown !== undefined && shown.length > 10 && shown.slice(0, 10) === label.slice(0, 10);
    const halfDayOff = better && Math.abs(Number(shown.slice(11, 13)) - Number(label.slice(11, 13))) === 12;
    return better && (label.length === 10 || halfDayOff) ? shown : label;
  }
  return shown ?? dateIn(table.get('发布日期') ?? table.get('成文日期') ?? '') ?? dateInAddress(base);
}

function shownDate(document: Document): string | undefined {
  const words = /(?:发布|发文|更新)?(?:时间|日期)\s*[:：]\s*([^A-Za-z]{8,30})/u.exec(
    text(first(document, 'body') ?? document.children[0] ?? null),
  );
  return words === null ? undefined : dateIn(words[1] ?? '');
}

/** In the body, or in a list of attachments beside it. */
/** The last part of an address, in letters where it can be read. */
function fileNameOf(url: string): string {
  const name = url.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function attachmentsOf(document: Document, body: Element | null, base: string): Article['attachments'] {
  const beside = all(
    document,
    ['fujian', 'attach', 'appendix'].map((n) => `[class*="${n}" i] a[href], [id*="${n}" i] a[href]`).join(', '),
  );
  const inside = body === null ? [] : (selectAll('a[href]', body) as Element[]);
  const found = new Map<string, string>();
  for (const link of [...inside, ...beside]) {
    const url = addressOf(link, base);
    // A download page keeps the file's kind out of its address; the words of the link then tell it.
    if (url === undefined || found.has(url) || !(ATTACHMENT.test(url) || ATTACHMENT.test(text(link)))) continue;
    found.set(url, text(link) || fileNameOf(url));
  }
  return [...found].map(([url, name]) => ({ name, url }));
}

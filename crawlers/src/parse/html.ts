/**
 * In: HTML as platforms put it into texts. Out: plain text with line breaks, hashtags, emoticons and links' addresses kept.
 * Called by: the server's intake for every text that is not plain already.
 */
import { QuoteType, Tokenizer, type TokenizerCallbacks } from 'htmlparser2';

const SILENT = new Set(['script', 'style', 'template', 'noscript', 'head', 'title', 'svg', 'iframe', 'object']);
const BLOCK = new Set(
  'p div br li ul ol tr table section article header footer figure figcaption pre blockquote h1 h2 h3 h4 h5 h6 hr dd dt'.split(
    ' ',
  ),
);
/** The only attributes that are read. */
const READ = new Set(['href', 'alt', 'data-url']);
/** More markup than any real post; what comes after is left out. */
const MAX_HTML = 2_000_000;

/** Controls but tab and line break, soft hyphen, zero-width and direction marks, BOM. */
// eslint-disable-next-line no-control-regex -- controls are what this removes
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/** Plain text in, plain text out, without invisible characters; lone surrogates become U+FFFD. */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/gu, '\n')
    .replace(INVISIBLE, '')
    .replace(/\u00a0/gu, ' ')
    .replace(/[ \t]+/gu, ' ')
    .replace(/ ?\n ?/gu, '\n')
    .replace(/\n{3,}/gu, '\n\n')
    .trim();
}

/**
 * Linear in its input, whatever that is: no tree and no stack of open elements is kept. An emoticon image gives its `alt`
 * (`[允悲]`), a short link gives the address it leads to, a cut-off mark (全文) is dropped, scripts and styles vanish,
 * entities are decoded once.
 */
export function htmlToText(html: string): string {
  if (!html.includes('<') && !html.includes('&')) return cleanText(html);
  const reader = new TextReader(html.slice(0, MAX_HTML));
  return cleanText(reader.read());
}

class TextReader implements TokenizerCallbacks {
  private readonly out: string[] = [];
  private tag = '';
  private attribute = '';
  private value: string[] = [];
  private attributes = new Map<string, string>();
  /** The element whose whole content is left out, and how many of its name are open. */
  private muted: { name: string; depth: number } | null = null;

  constructor(private readonly html: string) {}

  read(): string {
    const tokenizer = new Tokenizer({ decodeEntities: true, xmlMode: false }, this);
    tokenizer.write(this.html);
    tokenizer.end();
    return this.out.join('');
  }

  ontext(start: number, end: number): void {
    if (this.muted === null) this.out.push(this.html.slice(start, end));
  }

  ontextentity(codepoint: number): void {
    if (this.muted === null) this.out.push(fromCodePoint(codepoint));
  }

  onopentagname(start: number, end: number): void {
    this.tag = this.html.slice(start, end).toLowerCase();
    this.attributes = new Map();
  }

  onattribname(start: number, end: number): void {
    this.attribute = this.html.slice(start, end).toLowerCase();
    this.value = [];
  }

  onattribdata(start: number, end: number): void {
    if (READ.has(this.attribute)) this.value.push(this.html.slice(start, end));
  }

  onattribentity(codepoint: number): void {
    if (READ.has(this.attribute)) this.value.push(fromCodePoint(codepoint));
  }

  onattribend(quote: QuoteType): void {
    if (quote === QuoteType.NoValue || !READ.has(this.attribute) || this.attributes.has(this.attribute)) return;
    this.attributes.set(this.attribute, this.value.join(''));
  }

  onopentagend(): void {
    const { tag, attributes } = this;
    if (this.muted !== null) {
      if (this.muted.name === tag) this.muted.depth++;
      // A head that was never closed ends where the body begins.
      else if (tag === 'body' && this.muted.name === 'head') this.muted = null;
      return;
    }
    const href = attributes.get('href') ?? '';
    const target = tag === 'a' ? linkTarget(href, attributes.get('data-url')) : undefined;
    if (target !== undefined) this.out.push(target);
    if (target !== undefined || SILENT.has(tag) || (tag === 'a' && href.startsWith('/status/'))) {
      this.muted = { name: tag, depth: 1 };
      return;
    }
    if (BLOCK.has(tag)) this.out.push('\n');
    const alt = tag === 'img' ? (attributes.get('alt') ?? '') : '';
    if (/^\[[^[\]]{1,12}\]$/u.test(alt)) this.out.push(alt);
  }

  onselfclosingtag(): void {
    // `<br/>`, `<img/>`; for other elements HTML ignores the slash, but a silent one that closes itself hides nothing.
    if (!SILENT.has(this.tag)) this.onopentagend();
    if (this.muted?.name === this.tag && this.tag === 'a') this.muted = null;
  }

  onclosetag(start: number, end: number): void {
    const name = this.html.slice(start, end).toLowerCase();
    if (this.muted !== null) {
      if (this.muted.name === name && --this.muted.depth === 0) this.muted = null;
    } else if (BLOCK.has(name)) this.out.push('\n');
  }

  oncdata(start: number, end: number, endOffset: number): void {
    this.ontext(start, end - endOffset);
  }

  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}
  onend(): void {}
}

/** Numeric entities can name what is no character. */
function fromCodePoint(codepoint: number): string {
  return codepoint >= 0 && codepoint <= 0x10ffff ? String.fromCodePoint(codepoint) : '\ufffd';
}

/** Where Weibo's short link leads: `sinaurl?u=` (or `toasturl=`) carries the address, `data-url` the short form. */
function linkTarget(href: string, short: string | undefined): string | undefined {
  if (/^https?:\/\/(?:[\w-]+\.)*(?:weibo\.cn|weibo\.com)\/sinaurl\?/iu.test(href) && URL.canParse(href)) {
    const query = new URL(href).searchParams;
    const target = query.get('u') ?? query.get('toasturl');
    if (target !== null && /^https?:\/\//iu.test(target)) return ` ${target} `;
  }
  return short !== undefined && /^https?:\/\/t\.cn\/\w+$/iu.test(short) ? ` ${short} ` : undefined;
}

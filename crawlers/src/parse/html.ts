/**
 * In: HTML as platforms put it into texts. Out: plain text with line breaks, links' words, hashtags and emoticons kept.
 * Called by: the server's intake for every text that is not plain already.
 */
import { Parser } from 'htmlparser2';

const SILENT = new Set(['script', 'style', 'template', 'noscript', 'head', 'title', 'svg', 'iframe', 'object']);
const BLOCK = new Set([
  'p',
  'div',
  'br',
  'li',
  'ul',
  'ol',
  'tr',
  'table',
  'section',
  'article',
  'blockquote',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'hr',
  'dd',
  'dt',
]);
const VOID = new Set([
  'area',
  'base',
  'br',
  'col',
  'embed',
  'hr',
  'img',
  'input',
  'link',
  'meta',
  'source',
  'track',
  'wbr',
]);
/** More markup than any real post; what comes after is left out. */
const MAX_HTML = 2_000_000;

/** Controls but tab and line break, soft hyphen, zero-width and direction marks, BOM. */
// eslint-disable-next-line no-control-regex -- controls are what this removes
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/gu;

/** Plain text in, plain text out, without invisible characters; lone surrogates become U+FFFD. */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/gu, '\n')
    .replace(INVISIBLE, '')
    .replace(/\u00a0/gu, ' ')
    .replace(/[ \t]{2,}/gu, ' ')
    .replace(/ *\n */gu, '\n')
    .replace(/\n{3,}/gu, '\n\n')
    .trim();
}

/**
 * Linear in its input, whatever that is. An emoticon image gives its `alt` (`[允悲]`), a cut-off mark (全文) is dropped,
 * scripts and styles vanish, entities are decoded once.
 */
export function htmlToText(html: string): string {
  if (!html.includes('<') && !html.includes('&')) return cleanText(html);
  const out: string[] = [];
  /** Inside elements that show nothing, or inside a cut-off mark's link. */
  let silent = 0;
  const silencers: boolean[] = [];
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const mutes = SILENT.has(name) || (name === 'a' && attributes['href']?.startsWith('/status/') === true);
        if (!VOID.has(name)) silencers.push(mutes);
        if (mutes && !VOID.has(name)) silent++;
        if (silent > 0) return;
        if (BLOCK.has(name)) out.push('\n');
        const alt = name === 'img' ? (attributes['alt'] ?? '') : '';
        if (/^\[[^[\]]{1,12}\]$/u.test(alt)) out.push(alt);
      },
      onclosetag(name) {
        if (VOID.has(name)) return;
        if (silencers.pop() === true) silent--;
        else if (silent === 0 && BLOCK.has(name)) out.push('\n');
      },
      ontext(text) {
        if (silent === 0) out.push(text);
      },
    },
    { decodeEntities: true },
  );
  parser.end(html.slice(0, MAX_HTML));
  return cleanText(out.join(''));
}

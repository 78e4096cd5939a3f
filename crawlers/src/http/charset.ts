/**
 * In: a body's bytes and what its headers say. Out: text. Called by: the HTTP client.
 */
import { LayoutChanged } from '../errors.ts';

/** Names that Chinese sites use; GB2312 and GBK are subsets of GB18030. */
const ALIAS = new Map([
  ['gb2312', 'gb18030'],
  ['gbk', 'gb18030'],
  ['gb_2312-80', 'gb18030'],
  ['x-gbk', 'gb18030'],
  ['cp936', 'gb18030'],
  ['utf8', 'utf-8'],
]);

/** Above this share of broken characters a text was not written in the encoding it names. */
const BROKEN = 0.1;

function declared(bytes: Uint8Array, contentType: string): { name: string; by: 'bom' | 'header' | 'text' } | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { name: 'utf-8', by: 'bom' };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { name: 'utf-16le', by: 'bom' };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { name: 'utf-16be', by: 'bom' };
  const header = /charset\s*=\s*["']?([\w.:-]+)/iu.exec(contentType)?.[1];
  if (header !== undefined) return { name: header.toLowerCase(), by: 'header' };
  const head = Buffer.from(bytes.subarray(0, 2048)).toString('latin1');
  const text =
    /^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)/iu.exec(head)?.[1] ??
    /<meta[^>]+charset\s*=\s*["']?([\w.:-]+)/iu.exec(head)?.[1];
  return text === undefined ? undefined : { name: text.toLowerCase(), by: 'text' };
}

/**
 * BOM, then header, then XML prolog or meta, then: UTF-8 where it is valid, else GB18030. A page's own word is not believed against its
 * bytes: copied templates say GBK over UTF-8, and servers say UTF-8 over GBK.
 * @throws LayoutChanged for a charset nobody knows.
 */
export function decodeBody(bytes: Uint8Array, contentType: string): string {
  const said = declared(bytes, contentType);
  if (said === undefined) return strictUtf8(bytes) ?? new TextDecoder('gb18030').decode(bytes);
  const name = ALIAS.get(said.name) ?? said.name;
  if (name === 'gb18030' && said.by === 'text') {
    const text = strictUtf8(bytes);
    if (text !== undefined && CHINESE.test(text)) return text;
  }
  let text: string;
  try {
    text = new TextDecoder(name).decode(bytes);
  } catch {
    throw new LayoutChanged(
      `对方声明了无法识别的字符编码“${said.name.slice(0, 30)}”，这一页没有读取。请联系对方网站，或检查地址是否正确。`,
    );
  }
  return name === 'utf-8' && said.by !== 'bom' && brokenShare(text) > BROKEN
    ? new TextDecoder('gb18030').decode(bytes)
    : text;
}

/** Two ordinary characters side by side: what valid UTF-8 gives when it is Chinese, and GBK that happens to be valid UTF-8 does not. */
const CHINESE = /[\u4e00-\u9fff]{2}/u;

function strictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Replacement characters among all that are not ASCII. */
function brokenShare(text: string): number {
  let broken = 0;
  let foreign = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 128) continue;
    foreign++;
    if (code === 0xfffd) broken++;
  }
  return foreign === 0 ? 0 : broken / foreign;
}

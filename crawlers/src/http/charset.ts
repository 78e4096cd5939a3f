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

function declared(bytes: Uint8Array, contentType: string): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const header = /charset\s*=\s*["']?([\w.:-]+)/iu.exec(contentType)?.[1];
  if (header !== undefined) return header;
  const head = Buffer.from(bytes.subarray(0, 2048)).toString('latin1');
  return (
    /^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)/iu.exec(head)?.[1] ??
    /<meta[^>]+charset\s*=\s*["']?([\w.:-]+)/iu.exec(head)?.[1]
  );
}

/** BOM, then header, then XML prolog or meta, then: UTF-8 where it is valid, else GB18030. @throws LayoutChanged for a charset nobody knows. */
export function decodeBody(bytes: Uint8Array, contentType: string): string {
  const name = declared(bytes, contentType)?.toLowerCase();
  if (name !== undefined) {
    try {
      return new TextDecoder(ALIAS.get(name) ?? name).decode(bytes);
    } catch {
      throw new LayoutChanged(
        `对方声明了无法识别的字符编码“${name.slice(0, 30)}”，这一页没有读取。请联系对方网站，或检查地址是否正确。`,
      );
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

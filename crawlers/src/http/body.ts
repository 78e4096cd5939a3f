/**
 * In: an answer's body as it comes over the wire. Out: all of its bytes, unpacked, or an error. Called by: the HTTP client.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { ConnectorError, LayoutChanged } from '../errors.ts';

/** What `unpack` understands, for the Accept-Encoding header. */
export const ENCODINGS = 'gzip, deflate, br';

type Unpack = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;
const gunzipAll: Unpack = promisify(gunzip);
const inflateAll: Unpack = promisify(inflate);
const inflateRawAll: Unpack = promisify(inflateRaw);
const brotliAll: Unpack = promisify(brotliDecompress);

function tooLarge(maxBytes: number): ConnectorError {
  return new ConnectorError(
    'too-large',
    `对方返回的内容超过 ${Math.round(maxBytes / 1024 / 1024)} MB，这一页没有读取。请检查地址是否正确。`,
  );
}

/**
 * A body that is cut off is an error, never a short answer; a body beyond `maxBytes`, packed or unpacked, is given up early.
 * @throws ConnectorError `too-large`; `unreachable` for a packed body that ends too soon; LayoutChanged for an unknown packing.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array> & { destroy(): unknown; on(event: 'error', listener: () => void): unknown },
  headers: Record<string, string>,
  maxBytes: number,
): Promise<Uint8Array> {
  // A body given up on reports its own end as an error; the one that matters is thrown below.
  body.on('error', () => undefined);
  if (Number(headers['content-length'] ?? 0) > maxBytes) {
    body.destroy();
    throw tooLarge(maxBytes);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) {
      body.destroy();
      throw tooLarge(maxBytes);
    }
    chunks.push(chunk);
  }
  return unpack(Buffer.concat(chunks), headers['content-encoding'], maxBytes);
}

async function unpack(packed: Uint8Array, encoding: string | undefined, maxBytes: number): Promise<Uint8Array> {
  const layers = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  let bytes = packed;
  if (layers.length > 2) throw new LayoutChanged('对方返回的内容经过多重压缩，出于安全没有读取。请联系对方网站。');
  for (const name of layers.reverse()) {
    if (bytes.length === 0) return bytes;
    try {
      bytes = await layer(name, bytes, { maxOutputLength: maxBytes });
    } catch (error) {
      if (error instanceof ConnectorError) throw error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
      throw new ConnectorError('unreachable', '对方返回的压缩内容不完整或已损坏，这一页没有读取，稍后自动重试。', {
        code,
      });
    }
  }
  return bytes;
}

async function layer(name: string, bytes: Uint8Array, limit: { maxOutputLength: number }): Promise<Uint8Array> {
  if (name === 'gzip' || name === 'x-gzip') return gunzipAll(bytes, limit);
  if (name === 'br') return brotliAll(bytes, limit);
  // Some servers send deflate without its zlib header.
  if (name === 'deflate') return ((bytes[0] ?? 0) & 15) === 8 ? inflateAll(bytes, limit) : inflateRawAll(bytes, limit);
  throw new LayoutChanged(`对方使用了无法识别的压缩方式“${name.slice(0, 20)}”，这一页没有读取。请联系对方网站。`);
}

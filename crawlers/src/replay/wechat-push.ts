/**
 * In: citizens' messages of the store and the secrets agreed with a receiver. Out: pushes as WeChat sends them, delivered and tried again.
 * Called by: `ReplayServer.pushWechat` and tests.
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { cdata } from './markup.ts';
import { hash53 } from './seeded.ts';
import type { HeldPost } from './store.ts';
import { seconds } from './wechat-oa.ts';

export interface PushTarget {
  /** The receiver's address. */
  url: string;
  appid: string;
  /** The account's `gh_` id. */
  account: string;
  token: string;
  encodingAesKey?: string;
  /** Default plain without a key, safe with one; compat carries both. */
  mode?: 'plain' | 'compat' | 'safe';
  /** Default xml. */
  format?: 'xml' | 'json';
}

export interface Push {
  query: Record<string, string>;
  contentType: string;
  body: string;
}

const PATIENCE_MS = 5000;
const TRIES = 3;

const sha1 = (...parts: string[]) => createHash('sha1').update(parts.sort().join('')).digest('hex');

/** 19 digits, beyond 2^53; a numeric corpus id is kept. */
export function msgIdOf(rawId: string): string {
  if (/^[1-9]\d{0,18}$/.test(rawId)) return rawId;
  return (24_000_000_000_000_000n + BigInt(hash53(rawId, 51) % 900_000_000_000_000)).toString();
}

/** The fields of a text message, as XML or JSON. Numbers stay numbers there; a MsgId is beyond what JSON.stringify could write. */
export function messageBody(fields: Record<string, string | number>, format: 'xml' | 'json'): string {
  const entries = Object.entries(fields);
  const isNumber = (name: string, value: string | number) => typeof value === 'number' || name === 'MsgId';
  if (format === 'json')
    return `{${entries.map(([n, v]) => `${JSON.stringify(n)}:${isNumber(n, v) ? v : JSON.stringify(v)}`).join(',')}}`;
  const inner = entries.map(([n, v]) => `<${n}>${isNumber(n, v) ? v : cdata(String(v))}</${n}>`);
  return `<xml>${inner.join('\n')}</xml>`;
}

/** 16 random bytes ‖ length ‖ message ‖ appid, padded to 32, AES-256-CBC with the key's first half as its iv. */
export function encrypt(message: string, encodingAesKey: string, appid: string): string {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  const text = Buffer.from(message, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const content = Buffer.concat([randomBytes(16), length, text, Buffer.from(appid, 'utf8')]);
  const pad = 32 - (content.length % 32);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(content), cipher.update(Buffer.alloc(pad, pad)), cipher.final()]).toString(
    'base64',
  );
}

/** One push: query, signatures and body. */
export function pushOf(fields: Record<string, string | number>, target: PushTarget, now: number): Push {
  const { token, encodingAesKey: key, appid, format = 'xml', mode = key === undefined ? 'plain' : 'safe' } = target;
  const timestamp = String(seconds(now));
  const nonce = randomBytes(5).readUIntBE(0, 5).toString();
  const query: Record<string, string> = { signature: sha1(token, timestamp, nonce), timestamp, nonce };
  if (typeof fields['FromUserName'] === 'string') query['openid'] = fields['FromUserName'];
  const contentType = format === 'json' ? 'application/json' : 'text/xml';
  if (mode === 'plain' || key === undefined) return { query, contentType, body: messageBody(fields, format) };
  const Encrypt = encrypt(messageBody(fields, format), key, appid);
  query['encrypt_type'] = 'aes';
  query['msg_signature'] = sha1(token, timestamp, nonce, Encrypt);
  const outer: Record<string, string | number> =
    mode === 'compat' ? { ...fields, Encrypt } : { ToUserName: target.account, Encrypt };
  return { query, contentType, body: messageBody(outer, format) };
}

/** A citizen's text message as the platform words it. */
export function fieldsOfMessage(
  message: HeldPost,
  target: PushTarget,
  openid: string,
): Record<string, string | number> {
  return {
    ToUserName: target.account,
    FromUserName: openid,
    CreateTime: seconds(message.at),
    MsgType: 'text',
    Content: message.text,
    MsgId: msgIdOf(message.rawId),
  };
}

/** Waits five seconds for an answer and sends three times at most, always with the same MsgId. @returns whether it was taken. */
export async function deliver(push: Push, url: string): Promise<boolean> {
  const address = `${url}${url.includes('?') ? '&' : '?'}${new URLSearchParams(push.query).toString()}`;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    try {
      const answer = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': push.contentType },
        body: push.body,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await answer.text();
      if (answer.ok && (text === 'success' || text === '')) return true;
    } catch {
      // Nobody there, or too slow: the platform tries again.
    }
  }
  return false;
}

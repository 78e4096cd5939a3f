/**
 * In: a request that WeChat sends to our address, and the secrets agreed with it. Out: the citizen's message in it, or why it is refused.
 * Called by: wechat-official's `receive`. Source: the platform's pages on message push and message encryption.
 */
import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto';
import { DomUtils, parseDocument } from 'htmlparser2';
import type { Received, ReceiveAnswer } from '../connector.ts';
import { readJson } from '../http/json.ts';
import { officeTime } from '../parse/dates.ts';

/** A signature older than this may be somebody's recording; WeChat itself tries again within seconds. */
const FRESH_SECONDS = 600;
/** WeChat pads to 32 bytes, not to the cipher's 16. */
const PAD_BLOCK = 32;
const RANDOM_BYTES = 16;

export interface PushSecrets {
  appid: string;
  token: string;
  /** 43 characters; with it only encrypted messages are accepted. */
  encodingAesKey?: string;
}

/** The fields of a push, all as text: 19-digit ids stay whole. */
type Fields = ReadonlyMap<string, string>;

class Refused extends Error {}

/** Never asks anybody anything, so the answer is well within the platform's five seconds. */
export function receivePush(secrets: PushSecrets, request: Received, now: Date): ReceiveAnswer {
  try {
    checkSignature(secrets.token, request.query, now);
    if (request.method === 'GET') return said(200, request.query['echostr'] ?? '');
    const fields = opened(secrets, request);
    return { ...said(200, 'success'), items: messageOf(secrets.appid, fields) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return said(403, error.message);
  }
}

function said(status: number, body: string): ReceiveAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body, items: [] };
}

/** `hex(sha1(sorted parts))`, as the platform signs. */
export function signatureOf(...parts: string[]): string {
  return createHash('sha1').update(parts.sort().join('')).digest('hex');
}

/** Takes the same time whether the first or the last character differs. */
function same(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}

function checkSignature(token: string, query: Received['query'], now: Date): void {
  const { signature = '', timestamp = '', nonce = '' } = query;
  if (!same(signature, signatureOf(token, timestamp, nonce)))
    throw new Refused('签名不符，没有接收。请核对公众号后台与采集源中的令牌（Token）是否一致。');
  const age = now.getTime() / 1000 - Number(timestamp);
  if (!(Math.abs(age) <= FRESH_SECONDS))
    throw new Refused('消息的时间与本机相差超过 10 分钟，可能是重放，没有接收。请核对本机时钟。');
}

function opened(secrets: PushSecrets, { body, query }: Received): Fields {
  const outer = fieldsOf(body);
  if (secrets.encodingAesKey === undefined) {
    if (!outer.has('FromUserName') && outer.has('Encrypt'))
      throw new Refused('收到加密消息，但采集源没有填写 EncodingAESKey，没有接收。请补填后由微信重发。');
    return outer;
  }
  const encrypted = outer.get('Encrypt');
  if (encrypted === undefined)
    throw new Refused('采集源要求加密消息，收到的是明文，没有接收。请在公众号后台改为安全模式或兼容模式。');
  const { timestamp = '', nonce = '', msg_signature: signature = '' } = query;
  if (!same(signature, signatureOf(secrets.token, timestamp, nonce, encrypted)))
    throw new Refused('消息签名不符，没有接收。请核对公众号后台与采集源中的令牌是否一致。');
  return fieldsOf(decrypt(encrypted, secrets.encodingAesKey, secrets.appid));
}

/** 16 random bytes ‖ length (4 bytes, big-endian) ‖ message ‖ appid, padded to 32. */
function decrypt(encrypted: string, encodingAesKey: string, appid: string): string {
  const key = Buffer.from(`${encodingAesKey}=`, 'base64');
  let plain: Buffer;
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
    plain = Buffer.concat([decipher.update(encrypted, 'base64'), decipher.final()]);
  } catch {
    throw new Refused('消息无法解密，没有接收。请核对 EncodingAESKey。');
  }
  const pad = plain.at(-1) ?? 0;
  const content = plain.subarray(RANDOM_BYTES, plain.length - (pad >= 1 && pad <= PAD_BLOCK ? pad : 0));
  const length = content.length >= 4 ? content.readUInt32BE(0) : Infinity;
  if (content.length < 4 + length) throw new Refused('消息无法解密，没有接收。请核对 EncodingAESKey。');
  if (!same(content.subarray(4 + length).toString('utf8'), appid))
    throw new Refused('消息中的 AppID 不是这个公众号，没有接收。请核对推送地址是否填给了别的公众号。');
  return content.subarray(4, 4 + length).toString('utf8');
}

/** The top-level fields of an XML or JSON body; entities of the body's own making are never expanded. */
export function fieldsOf(body: string): Fields {
  const text = body.trim();
  if (text.startsWith('{')) {
    let parsed: unknown;
    try {
      parsed = readJson(text);
    } catch {
      throw new Refused('消息格式无法识别，没有接收。');
    }
    const entries = Object.entries(parsed as object).filter(([, v]) => typeof v === 'string' || typeof v === 'number');
    return new Map(entries.map(([name, value]) => [name, String(value)]));
  }
  const document = parseDocument(text, { xmlMode: true });
  if (document.children.some((node) => node.type === 'directive' && node.data.startsWith('!')))
    throw new Refused('消息含有文档类型定义，出于安全没有接收。');
  const root = document.children.find((node) => node.type === 'tag' && node.name === 'xml');
  if (root === undefined) throw new Refused('消息格式无法识别，没有接收。');
  const fields = new Map<string, string>();
  for (const node of DomUtils.getChildren(root))
    if (node.type === 'tag' && 'name' in node) fields.set(node.name, DomUtils.textContent(node).trim());
  return fields;
}

/** What cannot be read here and is only named: the desk opens it in the platform's own backend. */
const NAMED: Record<string, string> = {
  image: '[图片]',
  voice: '[语音]',
  video: '[视频]',
  shortvideo: '[小视频]',
  location: '[位置]',
};

/** A citizen's message, or nothing: events (follow, menu click …) say nothing that needs an answer. */
function messageOf(appid: string, fields: Fields): ReceiveAnswer['items'] {
  const id = fields.get('MsgId');
  const openid = fields.get('FromUserName');
  const type = fields.get('MsgType') ?? '';
  const at = Number(fields.get('CreateTime'));
  if (id === undefined || id === '' || openid === undefined || openid === '' || type === 'event' || !(at > 0))
    return [];
  return [
    {
      platform: 'wechat',
      kind: 'message',
      id,
      author: authorOf(appid, openid),
      publishedAt: officeTime(at * 1000),
      text: textOf(type, fields),
      replyHandle: { platform: 'wechat', openid, at: String(at) },
    },
  ];
}

function textOf(type: string, fields: Fields): string {
  if (type === 'text') return fields.get('Content') ?? '';
  if (type === 'link')
    return [fields.get('Title'), fields.get('Description'), fields.get('Url')].filter(Boolean).join('\n');
  const heard = type === 'voice' ? (fields.get('Recognition') ?? '') : '';
  const name = NAMED[type] ?? `[${type}]`;
  return heard === '' ? `${name}（请在公众号后台查看）` : `${name}${heard}`;
}

/** Tells readers apart without their openid, which stays in the sealed reply handle. */
export function authorOf(appid: string, openid: string): string {
  return createHash('sha256').update(`${appid}\n${openid}`).digest('base64url').slice(0, 22);
}

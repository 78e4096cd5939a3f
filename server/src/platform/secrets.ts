/**
 * In: the data directory's key. Out: sealing of credentials and reply handles, signatures of links, one-time passwords.
 * Used by: sources (credentials), intake (handles, author keys), inbox (opening a handle), briefings (links), users.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  randomInt,
  timingSafeEqual,
} from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './errors.ts';

/** AES-256-GCM with a key derived per purpose from one random master key, kept in a file only this user can read. */
export class Secrets {
  private constructor(private readonly master: Buffer) {}

  static open(dataDir: string): Secrets {
    const file = join(dataDir, 'secret.key');
    if (!existsSync(file)) makeKey(file);
    const master = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
    if (master.length !== 32) {
      throw new UserError('unavailable', `密钥文件 ${file} 已损坏。`, {
        kept: '数据库没有改动。',
        todo: '请从备份恢复该文件；没有它，已保存的授权信息无法解密，需要重新填写。',
      });
    }
    return new Secrets(master);
  }

  /** For a backup that a passphrase seals. */
  key32(): Buffer {
    return Buffer.from(this.master);
  }

  /** Puts a restored key where `open` finds it; a key that is there already stays. */
  static keep(dataDir: string, key: Buffer): void {
    const file = join(dataDir, 'secret.key');
    if (!existsSync(file)) makeKey(file, key);
  }

  /** Tells keys apart without telling the key: equal keys have equal marks. */
  mark(): string {
    return createHmac('sha256', this.key('mark')).update('minsheng').digest('base64url').slice(0, 22);
  }

  private key(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.master, Buffer.alloc(0), `minsheng:${purpose}`, 32));
  }

  /** @returns base64url of iv ‖ tag ‖ ciphertext */
  seal(purpose: string, plain: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key(purpose), iv);
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
  }

  /** @throws when the text was not sealed with this key for this purpose. */
  open(purpose: string, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', this.key(purpose), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  }

  /** `payload.signature`, both base64url. */
  sign(purpose: string, payload: string): string {
    const body = Buffer.from(payload).toString('base64url');
    return `${body}.${createHmac('sha256', this.key(purpose)).update(body).digest('base64url')}`;
  }

  /** Names a secret without telling it: the same text gives the same name, and only with our key. */
  digest(purpose: string, text: string): string {
    return createHmac('sha256', this.key(purpose)).update(text).digest('base64url');
  }

  /** The payload, or null when the signature does not fit. */
  verify(purpose: string, token: string): string | null {
    const [body, signature] = token.split('.');
    if (body === undefined || signature === undefined) return null;
    const right = createHmac('sha256', this.key(purpose)).update(body).digest();
    const given = Buffer.from(signature, 'base64url');
    return given.length === right.length && timingSafeEqual(given, right)
      ? Buffer.from(body, 'base64url').toString()
      : null;
  }
}

/** Whole or not at all: of two processes that share the directory and both wish to make it, one does, and neither reads half of it. */
function makeKey(file: string, key: Buffer = randomBytes(32)): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, key.toString('base64url'), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Four groups that can be read aloud: no 0/O, 1/l/I. Always holds upper case, lower case and digits. */
export function oneTimePassword(): string {
  const sets = ['ABCDEFGHJKMNPQRSTUVWXYZ', 'abcdefghjkmnpqrstuvwxyz', '23456789', 'abcdefghjkmnpqrstuvwxyz'];
  return sets.map((set) => Array.from({ length: 4 }, () => set[randomInt(set.length)]).join('')).join('-');
}

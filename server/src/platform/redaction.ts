/**
 * In: a line that is about to be logged, and every credential this process has opened. Out: the line without secrets.
 * Called by: logging.ts for each line; the places that open or take in credentials name them here.
 */

const CENSORED = '[…]';
/** Shorter texts are words as well as secrets: taking them out would make lines unreadable. */
export const SHORTEST = 6;
/** A province's sources have a few thousand; the longest unused are forgotten. */
const REMEMBERED = 20_000;

/** Fields whose value is a secret, whatever it looks like. */
const SECRET_NAME =
  /token|secret|passw|cookie|credential|authorization|signature|app[-_]?key|client[-_]?key|api[-_]?key|aes[-_]?key|private[-_]?key|open[-_]?id|session|^(?:code|ticket|sub|subp|scf)$/iu;
/** Of those, what an error's own fields are called and hold: `code: ECONNRESET`, `code: 21327`. */
const PLAIN_CODE = /^(?:[A-Z][A-Z0-9_]{2,40}|-?\d{1,9})$/u;

const NAMES =
  '[\\w-]*(?:token|secret|passw(?:or)?d|passwd|cookie|credential|authorization|signature|app[-_]?key|client[-_]?key|api[-_]?key|aes[-_]?key|open[-_]?id|session)[\\w-]*';

const IN_TEXT: readonly [RegExp, string][] = [
  // Headers first: a cookie's value goes to the end of its line.
  [/\b((?:set-)?cookie|(?:proxy-)?authorization)("?\s*[:=]\s*"?)[^\r\n"]+/giu, `$1$2${CENSORED}`],
  [/\b(bearer|oauth2|basic)\s+[\w.~+/=-]{6,}/giu, `$1 ${CENSORED}`],
  // Query strings and forms, also once more encoded.
  [/([?&]|%3F|%26)(code|ticket|state|key|sid|sub|subp)(=|%3D)[^&\s"'<>]+/giu, `$1$2$3${CENSORED}`],
  [new RegExp(`\\b(${NAMES})(=|%3D)[^&\\s"'<>;,)]+`, 'giu'), `$1$2${CENSORED}`],
  // JSON within a text, its quotes escaped or not, and `name: value`.
  [new RegExp(`(\\\\*["'])(${NAMES})\\1(\\s*:\\s*)(\\\\*["'])(?:(?!\\4).)*\\4`, 'giu'), `$1$2$1$3$4${CENSORED}$4`],
  [new RegExp(`\\b(${NAMES})(\\s*:\\s*)(?!\\[…\\])[^\\s"'{}[\\],;]+`, 'giu'), `$1$2${CENSORED}`],
  // The cookies of the platforms that are read with one.
  [/\b(SUBP?|SCF|SSOLoginState|XSRF-TOKEN|ALF|sessionid|sid_tt|passport_csrf_token)=[^;\s"']+/gu, `$1=${CENSORED}`],
];

/** Each with the forms it may come in. */
const known = new Map<string, readonly string[]>();

/** Credentials that this process has in hand: wherever one of their values turns up in a line, it is taken out. */
export function neverLog(credentials: unknown): void {
  for (const value of leavesOf(credentials)) {
    for (const secret of [value, ...partsOf(value)]) {
      if (secret.length < SHORTEST || /^\d{4}-\d\d-\d\dT[\d:.]+Z?$/u.test(secret)) continue;
      const forms = known.get(secret) ?? formsOf(secret);
      known.delete(secret);
      known.set(secret, forms);
    }
  }
  for (const oldest of known.keys()) {
    if (known.size <= REMEMBERED) break;
    known.delete(oldest);
  }
}

/** One JSON line in, one JSON line out. */
export function redactLine(line: string): string {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return `${redactText(line.trimEnd())}\n`;
  }
  return `${JSON.stringify(redact(fields))}\n`;
}

function redact(value: unknown, name = ''): unknown {
  if (value === null || typeof value === 'boolean') return value;
  const plainCode = name === 'code' && PLAIN_CODE.test(String(value));
  if (SECRET_NAME.test(name) && !plainCode) return CENSORED;
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map((entry) => redact(entry));
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redactKnown(key), redact(inner, key)]));
  return value;
}

function redactText(text: string): string {
  let clean = redactKnown(text);
  for (const [pattern, by] of IN_TEXT) clean = clean.replace(pattern, by);
  return clean;
}

function redactKnown(text: string): string {
  if (text.length < SHORTEST) return text;
  let clean = text;
  for (const forms of known.values()) {
    for (const form of forms) if (clean.includes(form)) clean = clean.split(form).join(CENSORED);
  }
  return clean;
}

/** As it stands, in an address, in a form, in JSON, as a header may carry it. */
function formsOf(secret: string): string[] {
  const forms = new Set([
    secret,
    encodeURIComponent(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ]);
  return [...forms];
}

function leavesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(leavesOf);
}

/** A cookie header holds several secrets, each of which may be told alone. */
function partsOf(value: string): string[] {
  if (!value.includes('=')) return [];
  return value.split(/;\s*/u).map((pair) => pair.slice(pair.indexOf('=') + 1));
}

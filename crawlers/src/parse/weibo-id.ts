/**
 * In: a Weibo post's number (mid) or its short form in addresses (bid). Out: the other one. Called by: the weibo-web connector and its server.
 */
const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Groups of `size` characters from the right; the first may be shorter. */
function groups(text: string, size: number): string[] {
  const first = text.length % size;
  const out = first === 0 ? [] : [text.slice(0, first)];
  for (let i = first; i < text.length; i += size) out.push(text.slice(i, i + size));
  return out;
}

/** Seven digits of a mid are four base-62 characters of a bid. */
export function bidOf(mid: string): string {
  const coded = groups(mid, 7).map((digits) => {
    let rest = Number(digits);
    let out = '';
    do {
      out = (ALPHABET[rest % 62] ?? '') + out;
      rest = Math.floor(rest / 62);
    } while (rest > 0);
    return out;
  });
  return coded.map((part, i) => (i === 0 ? part : part.padStart(4, '0'))).join('');
}

/** Undefined for what cannot be a bid. */
export function midOf(bid: string): string | undefined {
  if (!/^[0-9a-zA-Z]{1,16}$/u.test(bid)) return undefined;
  const parts = groups(bid, 4).map((part) => [...part].reduce((n, c) => n * 62 + ALPHABET.indexOf(c), 0));
  if (parts.some((n, i) => i > 0 && n > 9_999_999)) return undefined;
  return parts.map((n, i) => (i === 0 ? String(n) : String(n).padStart(7, '0'))).join('');
}

/**
 * In: two texts. Out: whether one denies what the other states. Called by: claims (matching, grouping), near-copies.
 */
const NEGATED = /(?:不是|不会|不能|不要|没有|并非|不|没|未|无)(?:法|需|必|可)?([一-鿿]{1,2})/g;
const NEGATOR = /[不没未无非]/;

/** True when one side negates a word that the other states plainly. Doubt (是不是, 会不会) is no negation. */
export function polarityDiffers(a: string, b: string): boolean {
  return negatesStated(a, b) || negatesStated(b, a);
}

function negatesStated(from: string, other: string): boolean {
  if (!NEGATOR.test(from)) return false;
  const plain = from
    .replace(/(.)不\1/g, '$1')
    // Who is not allowed to speak of it denies nothing of it.
    .replace(/不(?:让|准|许|敢|肯|给)[^，。；！？,;!?]{0,4}(?:说|讲|提|传|报|公开|声张)/g, '')
    .replace(/不(?:仅|但|过|久|同|少|断|得不|实|明|料|幸|慎|管|论|满|良|法|足)/g, '');
  for (const match of plain.matchAll(NEGATED)) {
    const word = match[1] ?? '';
    if (word.length < 2) continue;
    let at = other.indexOf(word);
    if (at < 0) continue;
    // Said plainly throughout: a text that both states and denies it (没变异, 若变异) contradicts nobody.
    let denied = false;
    for (; at >= 0 && !denied; at = other.indexOf(word, at + 1))
      denied = NEGATOR.test(other.slice(Math.max(0, at - 4), at));
    if (!denied) return true;
  }
  return false;
}

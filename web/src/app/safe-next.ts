/**
 * In: where somebody wanted to go before signing in. Out: an address of our own. Called by: router, sign-in pages. Apart from the router,
 * because the sign-in pages are loaded by it.
 */

/** Only addresses of our own may follow a sign-in: a page here, not `//elsewhere`. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/';
}

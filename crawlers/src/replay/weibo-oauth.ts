/**
 * In: requests of Weibo's OAuth2 code flow. Out: redirects with a code, tokens that the Open Platform's other paths accept, error bodies.
 * Called by: the weibo-open face. Source: open.weibo.com/wiki, OAuth2/authorize and OAuth2/access_token.
 */
import { json, type Answer, type Exchange } from './exchange.ts';
import { hash53 } from './seeded.ts';
import type { WeiboToken } from './weibo-open.ts';

/** The application that may send people to the authorisation page. */
export interface WeiboApp {
  key: string;
  secret: string;
  /** Must equal what the request says, to the letter. */
  redirect: string;
  /** Who authorises: name or uid of an account; the first Weibo account when absent. */
  account?: string;
  /** The person says no. */
  deny?: boolean;
  /** Lifetime of tokens; 30 days when absent. */
  tokenSeconds?: number;
  /** The documentation types `expires_in` as a string (default); old answers carried a number. */
  expiresInAs?: 'string' | 'number';
}

export class WeiboOauth {
  readonly #app: WeiboApp | undefined;
  readonly #tokens: WeiboToken[];
  readonly #codes = new Set<string>();
  readonly #uidOf: (token: WeiboToken) => string;
  #issued = 0;

  constructor(app: WeiboApp | undefined, tokens: WeiboToken[], uidOf: (token: WeiboToken) => string) {
    this.#app = app;
    this.#tokens = tokens;
    this.#uidOf = uidOf;
  }

  /** Answers the paths that need no token; undefined for the others. */
  answer(x: Exchange): Answer | undefined {
    if (x.path === '/oauth2/authorize') return this.#authorize(x);
    if (x.path === '/oauth2/access_token') return this.#token(x);
    return undefined;
  }

  revoke(token: WeiboToken): Answer {
    this.#tokens.splice(this.#tokens.indexOf(token), 1);
    return json({ result: 'true' });
  }

  #authorize(x: Exchange): Answer {
    const app = this.#app;
    const redirect = x.query.get('redirect_uri') ?? '';
    if (app === undefined || x.query.get('client_id') !== app.key) return failure(x, 'invalid_client', 21324);
    if (redirect !== app.redirect) return failure(x, 'redirect_uri_mismatch', 21322);
    const target = new URL(redirect);
    if (app.deny === true) {
      target.searchParams.set('error', 'access_denied');
      target.searchParams.set('error_code', '21330');
    } else {
      const code = hash53(`${app.key}:${++this.#issued}`, 21).toString(16);
      this.#codes.add(code);
      target.searchParams.set('code', code);
    }
    const state = x.query.get('state');
    if (state !== null) target.searchParams.set('state', state);
    return { status: 302, type: 'text/html; charset=utf-8', body: '', headers: { Location: target.href } };
  }

  #token(x: Exchange): Answer {
    const app = this.#app;
    if (x.method !== 'POST') return failure(x, 'HTTP method is not suported for this request', 10021);
    if (app === undefined || x.query.get('client_id') !== app.key || x.query.get('client_secret') !== app.secret)
      return failure(x, 'invalid_client', 21324);
    if (x.query.get('grant_type') !== 'authorization_code') return failure(x, 'unsupported_grant_type', 21328);
    if (x.query.get('redirect_uri') !== app.redirect) return failure(x, 'redirect_uri_mismatch', 21322);
    // A code works once.
    if (!this.#codes.delete(x.query.get('code') ?? '')) return failure(x, 'invalid_grant', 21325);
    const seconds = app.tokenSeconds ?? 2_592_000;
    const token: WeiboToken = {
      token: `2.00${hash53(`${app.key}:${this.#issued}:${x.now}`, 22).toString(36)}`,
      expiresAt: x.now + seconds * 1000,
      ...(app.account === undefined ? {} : { account: app.account }),
    };
    this.#tokens.push(token);
    const expires = app.expiresInAs === 'number' ? seconds : String(seconds);
    return json({
      access_token: token.token,
      remind_in: String(seconds),
      expires_in: expires,
      uid: this.#uidOf(token),
      isRealName: 'true',
    });
  }
}

function failure(x: Exchange, error: string, code: number): Answer {
  const body = { error, error_code: code, request: x.path, error_uri: x.path, error_description: error };
  return json(body, 400);
}

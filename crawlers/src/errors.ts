/**
 * In: what went wrong while collecting. Out: an error whose kind decides source health, the retry and the words on 采集状态.
 * Thrown by: connectors and the HTTP layer. Caught by: the server's collect step.
 */

export type ConnectorErrorKind =
  | 'blocked'
  | 'login-needed'
  | 'retry-after'
  | 'layout-changed'
  | 'permission'
  | 'config'
  | 'gone'
  | 'unreachable'
  | 'too-large'
  | 'refused-address';

export class ConnectorError extends Error {
  constructor(
    readonly kind: ConnectorErrorKind,
    /** zh-CN: what happened and what to do, without secrets. */
    message: string,
    readonly details: { status?: number; code?: string | number; retryAfterSeconds?: number; url?: string } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ConnectorError';
  }
}

/** The platform keeps us out (anti-bot page, 432, 418, captcha). We stop; we never work around it. */
export class Blocked extends ConnectorError {
  constructor(message: string, details: ConnectorError['details'] = {}) {
    super('blocked', message, details);
  }
}

/** A token or session has expired; a person must authorise again. */
export class LoginNeeded extends ConnectorError {
  constructor(message: string, details: ConnectorError['details'] = {}) {
    super('login-needed', message, details);
  }
}

/** Not a failure: come back after `retryAfterSeconds`. */
export class RetryAfter extends ConnectorError {
  constructor(message: string, retryAfterSeconds: number, details: ConnectorError['details'] = {}) {
    super('retry-after', message, { ...details, retryAfterSeconds });
  }
}

/** The answer no longer has the shape we know. */
export class LayoutChanged extends ConnectorError {
  constructor(message: string, details: ConnectorError['details'] = {}) {
    super('layout-changed', message, details);
  }
}

import { describe, expect, it } from 'vitest';
import { certainlyNotSent } from './certainly-not-sent.ts';
import { errorOf as wechat } from './connectors/wechat-api.ts';
import { errorOf as weibo } from './connectors/weibo-errors.ts';
import { ConnectorError, LoginNeeded, RetryAfter } from './errors.ts';

describe('a reply may be tried again', () => {
  const now = new Date();
  it.each([
    ['used-up limits', [weibo(10023, 200), weibo(20016, 200), wechat(45011, '', now), wechat(45009, '', now)]],
    [
      'refused texts and rights',
      [weibo(20012, 200), weibo(20203, 200), wechat(88007, '', now), wechat(45015, '', now)],
    ],
    ['a refused token', [weibo(21327, 200), wechat(42001, '', now)]],
    ['no connection', [new ConnectorError('unreachable', '', { code: 'ECONNREFUSED' })]],
    ['our own budget', [new RetryAfter('', 60)]],
  ])('after %s', (_, errors) => {
    expect(errors.map(certainlyNotSent)).toEqual(errors.map(() => true));
  });

  it.each([
    ['an answer like it may be there', [weibo(20017, 200), weibo(20019, 200), wechat(88005, '', now)]],
    [
      'the platform failed on its side',
      [weibo(10001, 200), wechat(-1, '', now), new RetryAfter('', 60, { status: 503 })],
    ],
    ['the answer was lost', [new ConnectorError('unreachable', '', { code: 'ECONNRESET' }), new LoginNeeded('')]],
    ['the answer is unknown', [weibo(99999, 200), new Error('?'), null]],
  ])('never when %s', (_, errors) => {
    expect(errors.map(certainlyNotSent)).toEqual(errors.map(() => false));
  });
});

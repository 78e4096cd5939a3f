import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog } from './logging.ts';
import { neverLog } from './redaction.ts';

/** What stands in the log after one line. */
function logged(fields: object, message: string): string {
  let text = '';
  createLog('debug', { write: (line) => (text += line) }).error(fields, message);
  return text;
}

const SECRET = 'geheim4711abcXYZ';

describe('a log line', () => {
  it.each<[string, object, string]>([
    ['a field', { credentials: { cookie: SECRET }, accessToken: SECRET, appSecret: SECRET }, 'x'],
    ['a field deep inside', { source: { settings: [{ client_secret: SECRET, encodingAESKey: SECRET }] } }, 'x'],
    ['an address', { url: `https://api.weibo.com/2/x.json?access_token=${SECRET}&count=1` }, 'x'],
    ['an address within an address', { url: `https://a.cn/?next=https%3A%2F%2Fb.cn%2F%3Fcode%3D${SECRET}` }, 'x'],
    ['the message', {}, `asked https://a.cn/cb?code=${SECRET}&state=${SECRET} with Bearer ${SECRET}`],
    ['an error', { err: new Error(`GET https://a.cn/?secret=${SECRET} failed`) }, 'x'],
    [
      'a cause of a cause',
      { err: new Error('a', { cause: new Error('b', { cause: new Error(`cookie: SUB=${SECRET}; SUBP=${SECRET}`) }) }) },
      'x',
    ],
    ['an error’s own fields', { err: Object.assign(new Error('a'), { config: { headers: { Cookie: SECRET } } }) }, 'x'],
    ['JSON in a text', {}, `answered {"access_token":"${SECRET}","expires_in":7200}`],
    ['JSON in JSON', { body: JSON.stringify({ inner: JSON.stringify({ appSecret: SECRET }) }) }, 'x'],
    ['headers in a text', {}, `access-token: ${SECRET}\nauthorization: OAuth2 ${SECRET}`],
  ])('tells no secret in %s', (_, fields, message) => {
    expect(logged(fields, message)).not.toContain(SECRET);
  });

  it('takes out a bare value of a credential that was opened, in whatever form it comes', () => {
    const cookie = 'SUB=_2AkM+bare/value==; SUBP=0033WrSXqPxf';
    neverLog({ cookie, nested: { aes: '密钥"带引号"的' }, expiresAt: '2026-12-01T00:00:00.000Z' });
    for (const bare of ['_2AkM+bare/value==', '0033WrSXqPxf', cookie, '密钥"带引号"的']) {
      for (const form of [bare, encodeURIComponent(bare), Buffer.from(bare).toString('base64')]) {
        const line = logged({ err: new Error('a', { cause: new Error(`got ${form}!`) }), [form]: 1 }, `saw ${form}`);
        expect(line).not.toContain(form);
        expect(line).not.toContain(JSON.stringify(form).slice(1, -1));
      }
    }
    expect(logged({ expires: '2026-12-01T00:00:00.000Z' }, 'x')).toContain('2026-12-01');
  });

  it('still says what happened', () => {
    const err = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:80'), { code: 'ECONNREFUSED' });
    const line = JSON.parse(
      logged({ err, source: 7, url: '/api/sources' }, 'a run failed for a reason of our own'),
    ) as {
      err: { code: string; message: string; stack: string };
    };
    expect(line).toMatchObject({
      level: 50,
      source: 7,
      url: '/api/sources',
      msg: 'a run failed for a reason of our own',
    });
    expect(line.err).toMatchObject({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:80' });
    expect(line.err.stack).toContain('redaction.test.ts');
  });

  it('never holds a known secret, nor the value of a field that is named as one, wherever they stand', () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 40 }).filter((s) => s.trim().length >= 8);
    const names = ['access_token', 'appSecret', 'Cookie', 'refreshToken', 'password', 'client-secret', 'X-Api-Key'];
    fc.assert(
      fc.property(
        secret,
        fc.constantFrom(...names),
        fc.integer({ min: 0, max: 4 }),
        fc.string({ maxLength: 20 }),
        (value, name, depth, around) => {
          // Named, but never seen before.
          const unique = `Qz${Buffer.from(value).toString('hex')}`;
          let field: unknown = { [name]: depth % 2 === 0 ? unique : [{ deep: unique }] };
          let failure = new Error(`https://a.cn/x?${name}=${unique}`);
          for (let i = 0; i < depth; i++) {
            field = i % 2 === 0 ? [field] : { inner: field };
            failure = new Error(`${name}: ${unique}`, { cause: failure });
          }
          expect(logged({ field, err: failure }, `{"${name}":"${unique}"}`)).not.toContain(unique);
          // Known, but unnamed.
          neverLog({ any: [value] });
          const line = logged({ a: [value, { b: `${around}${value}${around}` }], err: new Error(value) }, value);
          const heard = JSON.parse(line) as { msg: string; a: unknown };
          expect(heard.msg).not.toContain(value);
          expect(JSON.stringify(heard.a)).not.toContain(JSON.stringify(value).slice(1, -1));
        },
      ),
      { numRuns: 300 },
    );
  });
});

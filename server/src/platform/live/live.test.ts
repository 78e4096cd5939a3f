/**
 * What each role hears on the stream of hints, on the whole product with a real port.
 */
import type { Role } from '@minsheng/contracts';
import 'reflect-metadata';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { browserOf, startServed } from '../../../test/served.ts';
import { Alerts, type Raised } from '../../alerts/alerts.ts';
import { AuthService } from '../auth/auth.service.ts';
import { Live } from './live.ts';

const raised = (kind: Raised['kind'], subject: string): Raised => ({
  kind,
  subject,
  level: 'high',
  title: `望江路停水 ${subject}`,
  text: '两小时内 40 条',
  href: '/claims/1',
});

/** A person with these roles, and everything their open dashboard is sent. */
async function listener({ served }: Awaited<ReturnType<typeof startServed>>, roles: Role[]) {
  const username = `u-${roles.join('-')}`;
  const made = await served.app.get(AuthService).createUser({ username, displayName: username, roles });
  const browser = browserOf(served.url, [{ username, oneTimePassword: made.oneTimePassword }]);
  await browser.login(username);
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const answer = await fetch(`${served.url}/api/events`, {
    headers: { cookie: browser.session().cookie },
    signal: stop.signal,
  });
  const sent = { text: '', ended: false };
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) sent.text += decoder.decode(chunk as Uint8Array, { stream: true });
    sent.ended = true;
  })().catch(() => undefined);
  const heard = () =>
    [...sent.text.matchAll(/^data: (.*)$/gmu)].map(([, json]) => {
      const { type, kind } = JSON.parse(json ?? '') as { type: string; kind?: string };
      return kind === undefined ? type : `${type} of ${kind}`;
    });
  return { id: made.id, sent, heard };
}

const DESK = ['alert of claim', 'alert of source', 'posts', 'topics', 'claim', 'inbox', 'source', 'briefing'];
const SOURCES = ['alert of source', 'source'];

describe('the stream of hints', () => {
  it('tells each role of what it may read, and nobody any text', async () => {
    const product = await startServed();
    const expected: [Role[], string[]][] = [
      [['officer'], DESK],
      [['leader'], DESK],
      [['staff'], DESK],
      [['sysadmin'], SOURCES],
      [['staff', 'sysadmin'], DESK],
      [['secadmin'], []],
      [['auditor'], []],
    ];
    const dashboards = await Promise.all(expected.map(([roles]) => listener(product, roles)));
    const alerts = product.served.app.get(Alerts);
    const live = product.served.app.get(Live);
    await alerts.raise(raised('claim', 'claim:1'));
    await alerts.raise(raised('source', 'source:1'));
    live.tell({ type: 'posts', stored: 3 });
    live.tell({ type: 'topics' });
    live.tell({ type: 'claim', id: '1' });
    live.tell({ type: 'inbox', id: '1' });
    live.tell({ type: 'source', id: '1' });
    live.tell({ type: 'briefing', day: '2026-11-24' });
    await expect.poll(() => dashboards.map((one) => one.heard())).toEqual(expected.map(([, heard]) => heard));
    expect(dashboards.map((one) => one.sent.text).join('')).not.toMatch(/\p{Script=Han}/u);
  });

  it('follows a change of roles, and ends with the session', async () => {
    const product = await startServed();
    vi.useFakeTimers({ toFake: ['setInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { id, sent, heard } = await listener(product, ['officer']);
    const live = product.served.app.get(Live);
    live.tell({ type: 'topics' });
    await expect.poll(() => heard()).toEqual(['topics']);

    const { db } = product.opened.core;
    await db.write((tx) => tx.run('UPDATE users SET roles = ? WHERE id = ?', [JSON.stringify(['auditor']), id]));
    vi.advanceTimersByTime(20_000);
    await expect.poll(() => sent.text).toContain(': alive');
    live.tell({ type: 'topics' });
    await product.served.app.get(AuthService).resetPassword(id);
    vi.advanceTimersByTime(20_000);
    await expect.poll(() => sent.ended).toBe(true);
    expect(heard()).toEqual(['topics']);
  });
});

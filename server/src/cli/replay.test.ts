/** The verb as a person runs it: a process of its own, a plan in words, Ctrl-C, and the ledger on its last line. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { node, prepare, root } from '../../bin/prepare.mjs';

function start(...args: string[]) {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, 'server/dist/main.js'), ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? -1)));
  return { child, said, ended };
}

it('makes the faults of its plan and prints what it made when it ends', { timeout: 180_000 }, async () => {
  prepare();
  const folder = mkdtempSync(join(tmpdir(), 'minsheng-replay-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const corpus = join(folder, 'corpus.ndjson');
  const item = { platform: 'site', kind: 'post', id: '1', account: '市政府', publishedAt: '2026-11-24T08:00:00+08:00' };
  writeFileSync(corpus, JSON.stringify({ ...item, title: '停水通知', text: '今日停水' }));

  const { child, said, ended } = start('replay', corpus, '--faults', 'bad-gateway@/feeds/,gone@/gov/#2,seed=3');
  const url = async () => {
    for (;;) {
      const found = /(http:\/\/127\.0\.0\.1:\d+)/u.exec(said.err)?.[1];
      if (found !== undefined && said.err.includes('订阅源')) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const base = await url();
  const status = async (path: string) => (await fetch(base + path)).status;
  expect(await status('/feeds/site-posts.rss')).toBe(502);
  expect(await status('/feeds/site-posts.rss')).toBe(200);
  expect(await status('/gov/gzdt/')).toBe(200);
  expect(await status('/gov/gzdt/')).toBe(410);
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  const ledger = JSON.parse(said.out.trim().split('\n').at(-1) ?? '') as { made: object[] };
  expect(ledger).toMatchObject({ requests: 4, faults: { 'bad-gateway': 1, gone: 1 }, lasting: 0 });
  expect(ledger.made).toMatchObject([
    { fault: 'bad-gateway', path: '/feeds/site-posts.rss', platform: 'site', request: 1 },
    { fault: 'gone', path: '/gov/gzdt/', platform: 'site', request: 4 },
  ]);
  expect(said.err).toContain('注入故障 2 处');

  const wrong = start('replay', corpus, '--faults', 'earthquake');
  expect(await wrong.ended).toBe(1);
  expect(wrong.said.err).toMatch(/earthquake.*无法识别[\s\S]*没有开始回放/u);
  const help = start('help', 'replay');
  expect(await help.ended).toBe(0);
  for (const kind of ['connection-reset', 'withheld-items', 'none']) expect(help.said.out).toContain(kind);
});

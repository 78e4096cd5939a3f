import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { ElasticsearchConfig } from '../../src/platform/config.ts';
import { openTestDatabase } from '../database.ts';
import { newIndex, openElasticsearch } from './open.ts';

const KEY = 'Zm9yLXRoZS10ZXN0OnNlY3JldA==';

describe('reaching a cluster', () => {
  let directory: string;
  let ca: string;
  let secured: string;
  let close: () => void;

  /** The real server behind TLS and a key, as a secured cluster answers: the published libraries hold no security module. */
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'minsheng-test-'));
    const store = join(directory, 'server.p12');
    ca = join(directory, 'ca.pem');
    const keytool = (...args: string[]) =>
      execFileSync('keytool', [...args, '-keystore', store, '-storepass', 'password', '-alias', 'server'], {
        stdio: 'ignore',
      });
    const names = ['-dname', 'CN=localhost', '-ext', 'SAN=IP:127.0.0.1,DNS:localhost', '-ext', 'BC=ca:true'];
    keytool('-genkeypair', '-keyalg', 'RSA', '-storetype', 'PKCS12', '-validity', '30', ...names);
    keytool('-exportcert', '-rfc', '-file', ca);
    const proxy = createTlsServer({ pfx: readFileSync(store), passphrase: 'password' }, (asked, answer) => {
      if (asked.headers.authorization === `ApiKey ${KEY}`) return pass(asked, answer);
      answer.writeHead(401, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
      answer.end(JSON.stringify({ error: { type: 'security_exception', reason: 'missing credentials' }, status: 401 }));
    });
    proxy.listen(0, '127.0.0.1');
    await new Promise((resolve) => proxy.once('listening', resolve));
    secured = `https://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
    close = () => proxy.close();
  });

  afterAll(() => {
    close();
    rmSync(directory, { recursive: true, force: true });
  });

  function pass(asked: IncomingMessage, answer: ServerResponse): void {
    const headers = Object.fromEntries(
      Object.entries(asked.headers).filter(([name]) => name !== 'host' && name !== 'authorization'),
    );
    const onward = request(`${inject('elasticsearch')}${asked.url ?? ''}`, { method: asked.method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    asked.pipe(onward);
  }

  async function reach(url: string, config: Partial<ElasticsearchConfig>) {
    const engine = await openElasticsearch(await openTestDatabase(), url, newIndex(), config);
    onTestFinished(() => engine.close());
    return engine;
  }

  it('of the series that this run names', async () => {
    const answer = await fetch(`${inject('elasticsearch')}/_nodes/_local?filter_path=nodes.*.version`);
    const { nodes } = (await answer.json()) as { nodes: Record<string, { version: string }> };
    expect(Object.values(nodes).map((node) => node.version)).toEqual([process.env['ELASTICSEARCH_TEST_VERSION']]);
  });

  it('over TLS with the authority and the key that were configured', async () => {
    const engine = await reach(secured, { ca, apiKey: KEY });
    expect(await engine.settle()).toMatchObject({ documents: 0, behind: 0, problem: null });
  });

  it.each([
    ['an authority nobody named', () => ({ apiKey: KEY }), '证书未通过校验'],
    ['a wrong key', () => ({ ca, apiKey: 'wrong' }), '认证失败，请核对 ELASTICSEARCH_API_KEY'],
  ])('says what is wrong, and starts all the same: %s', async (_, config, sentence) => {
    const engine = await reach(secured, config());
    await expect.poll(async () => (await engine.status()).problem, { timeout: 20_000 }).toContain(sentence);
    await expect(engine.count({ query: null, filters: {} }, false)).rejects.toThrow(sentence);
  });

  it.each([
    ['an old server', { 'x-elastic-product': 'Elasticsearch' }, '7.17.1', '版本是 7.17.1，本程序支持 8.x 与 9.x'],
    ['a coming server', { 'x-elastic-product': 'Elasticsearch' }, '10.0.0', '版本是 10.0.0，本程序支持 8.x 与 9.x'],
    ['something else', {}, '3.1.0', '该地址上的不是 Elasticsearch'],
  ])('does not start on %s', async (_, product, version, sentence) => {
    const other = createServer((__, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json', ...product });
      answer.end(JSON.stringify({ nodes: { a: { version } } }));
    });
    other.listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    onTestFinished(() => void other.close());
    const url = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}`;
    await expect(reach(url, {})).rejects.toThrow(sentence);
  });

  it('names an authority file that is not there', async () => {
    await expect(reach(secured, { ca: '/nowhere/ca.pem' })).rejects.toThrow('没有找到文件 /nowhere/ca.pem');
  });
});

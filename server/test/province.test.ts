import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import 'reflect-metadata';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { open } from '../src/open.ts';
import { readConfig } from '../src/platform/config.ts';
import { serve } from '../src/serve.ts';
import { testConfig } from './database.ts';

const DOCKER = fileURLToPath(new URL('../../docker/', import.meta.url));

const Service = z.object({
  image: z.string().optional(),
  restart: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  healthcheck: z.object({ test: z.array(z.string()).min(2) }).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  networks: z.array(z.string()),
});
const File = z.object({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.null()),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
});

const text = readFileSync(`${DOCKER}compose.province.yml`, 'utf8');
const file = File.parse(parse(text, { merge: true }));
const example = readFileSync(`${DOCKER}province.env.example`, 'utf8');
const services = Object.entries(file.services);
const lasting = services.filter(([, service]) => service.restart !== undefined);

describe('docker/compose.province.yml', () => {
  it('holds a whole province: records, three index nodes, two servers, a proxy, a backup', () => {
    expect(lasting.map(([name]) => name).sort()).toEqual(
      ['backup', 'es1', 'es2', 'es3', 'postgres', 'proxy', 'server1', 'server2'].sort(),
    );
  });

  it('watches every service and waits for what a service needs', () => {
    expect(lasting.filter(([, service]) => service.healthcheck === undefined)).toEqual([]);
    for (const [, { depends_on = {} }] of services)
      for (const [needed, { condition }] of Object.entries(depends_on))
        expect([needed, condition]).toEqual([
          expect.toBeOneOf(Object.keys(file.services)),
          file.services[needed]?.restart === undefined ? 'service_completed_successfully' : 'service_healthy',
        ]);
  });

  it('opens the proxy alone to the outside, and keeps records and index from it', () => {
    expect(services.flatMap(([name, { ports }]) => (ports === undefined ? [] : [name]))).toEqual(['proxy']);
    expect(file.networks['inside']?.internal).toBe(true);
    for (const name of ['postgres', 'es1', 'es2', 'es3']) expect(file.services[name]?.networks).toEqual(['inside']);
    expect(file.services['proxy']?.networks).toEqual(['edge']);
  });

  it('keeps data in named volumes, each Elasticsearch node in its own', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((v) => v.split(':')[0] ?? ''));
    const named = used.filter((v) => !v.startsWith('.'));
    expect([...new Set(named)].sort()).toEqual(Object.keys(file.volumes).sort());
    for (const n of ['1', '2', '3']) expect(file.services[`es${n}`]?.volumes?.join()).toContain(`es${n}-data:`);
  });

  it('gives the servers settings that the product knows, and the nodes certificates of their own', () => {
    const given = Object.fromEntries(
      Object.entries(file.services['server1']?.environment ?? {}).map(([name, value]) => [
        name,
        String(value).replaceAll(/\$\{(\w+):[-?]([^}]*)\}/gu, (_, __, fallback: string) =>
          fallback.replaceAll(' ', '-'),
        ),
      ]),
    );
    const { elasticsearch, elasticsearchUrl, databaseUrl, demo } = readConfig(given);
    expect(elasticsearchUrl?.split(',')).toHaveLength(3);
    expect(databaseUrl).toMatch(/^postgres:\/\//u);
    expect(elasticsearch).toMatchObject({ username: 'elastic', ca: '/certs/ca/ca.crt', shards: 3 });
    expect(demo).toBe(false);
    for (const n of ['es1', 'es2', 'es3'])
      expect(file.services[n]?.environment?.['xpack.security.http.ssl.key']).toBe(`certs/${n}/${n}.key`);
  });

  it('sets nothing on the servers that the product does not read', () => {
    const read = readFileSync(new URL('../src/platform/config.ts', import.meta.url), 'utf8');
    for (const name of Object.keys(file.services['server1']?.environment ?? {}))
      expect(read).toMatch(new RegExp(`^  ${name}:`, 'mu'));
  });

  it('holds scripts that a shell can read', () => {
    const scripts = services.flatMap(([, { command = [] }]) => (command[1] === '-ec' ? [command[2] ?? ''] : []));
    expect(scripts).toHaveLength(2);
    for (const script of scripts) execFileSync('bash', ['-n'], { input: script.replaceAll('$$', '$') });
  });

  it('finds a server healthy while it answers, and no longer', async () => {
    const { healthcheck } = file.services['server1'] ?? {};
    const ask = (port: string) => {
      const [, , flag = '', script = ''] = healthcheck?.test ?? [];
      return promisify(execFile)(process.execPath, [flag, script.replace(':3000/', `:${port}/`)]);
    };
    const dataDir = mkdtempSync(join(tmpdir(), 'minsheng-health-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    const opened = await open(testConfig(dataDir, undefined));
    const served = await serve(opened, { scheduled: false });
    const { port } = new URL(served.url);
    await ask(port);
    await served.close();
    await opened.close();
    await expect(ask(port)).rejects.toMatchObject({ code: 1 });
  });

  it('asks for no secret that the example file does not name', () => {
    const asked = new Set([...text.matchAll(/\$\{(\w+):\?/gu)].map((m) => m[1] ?? ''));
    for (const name of asked) expect(example).toMatch(new RegExp(`^${name}=`, 'mu'));
  });
});
